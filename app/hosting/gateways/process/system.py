"""What the kernel says about processes: who lives, who belongs to whom, what they use. Linux only (/proc)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


def _boot_id() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


BOOT_ID = _boot_id()


@dataclass(frozen=True, slots=True)
class Stat:
    """The parts of /proc/<pid>/stat that are of use."""

    pid: int
    state: str
    parent: int
    session: int
    cpu_ticks: int
    """Own time and that of children it has waited for."""
    start_ticks: int
    pages: int

    @classmethod
    def read(cls, pid: int) -> Stat | None:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                data = file.read()
        except OSError:
            return None
        # The name in brackets may hold anything, so count from its end.
        fields = data[data.rfind(b")") + 2 :].split()
        return cls(
            pid,
            fields[0].decode(),
            int(fields[1]),
            int(fields[3]),
            sum(map(int, fields[11:15])),
            int(fields[19]),
            int(fields[21]),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that can be told from a later one with the same id."""

    pid: int
    start_ticks: int
    session: int

    @classmethod
    def read(cls, path: Path) -> Identity | None:
        try:
            pid, start, session = path.read_text().split("\n")[-2].split()  # only a whole line counts
            return cls(int(pid), int(start), int(session))
        except (OSError, ValueError, IndexError):
            return None

    def alive(self) -> bool:
        stat = Stat.read(self.pid)
        return stat is not None and stat.start_ticks == self.start_ticks and stat.state not in "ZX"

    def send(self, number: int) -> None:
        """Signals the process if it is still the same one."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def own_bytes(pid: int) -> int:
    """Resident memory without what is mapped from files, which others may share."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0
    return (resident - shared) * PAGE


def proportional_bytes(pid: int) -> int:
    """Resident memory in which a page shared by n processes counts as an nth; costs about a millisecond."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def snapshot() -> dict[int, Stat]:
    """Every process there is, zombies left out."""
    found = (Stat.read(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {stat.pid: stat for stat in found if stat and stat.state not in "ZX"}


def families(processes: Mapping[int, Stat], roots: Mapping[int, int]) -> dict[int, list[Stat]]:
    """For each root (process id to session id) its living tree: all descendants and all members of its session."""
    wanted = set(roots)
    sessions = {session: root for root, session in roots.items()}
    owner: dict[int, int | None] = {}

    def find(pid: int) -> int | None:
        trail = []
        while pid not in owner:
            stat = processes.get(pid)
            if stat is None:
                owner[pid] = None
            elif pid in wanted:
                owner[pid] = pid
            elif stat.session in sessions:
                owner[pid] = sessions[stat.session]
            else:
                trail.append(pid)
                pid = stat.parent
        for seen in trail:
            owner[seen] = owner[pid]
        return owner[pid]

    trees: dict[int, list[Stat]] = {root: [] for root in wanted}
    for pid, stat in processes.items():
        if (root := find(pid)) is not None:
            trees[root].append(stat)
    return trees


def kill_all(members: Callable[[], Iterable[int]], timeout_seconds: float = 5.0) -> bool:
    """Kills until nobody is left, since a process may fork while it is hunted. False when someone survives."""
    until = time.monotonic() + timeout_seconds
    while pids := list(members()):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def of_run(processes: Mapping[int, Stat], marker: bytes, user_id: int | None) -> list[int]:
    """Processes that carry a run's marker in their environment, and those of its user id that carry none.

    A user id may be in use by another installation on the same machine; what carries that one's marker is left alone.
    """
    name = marker.partition(b"=")[0] + b"="
    found = []
    for pid in processes:
        with contextlib.suppress(OSError):
            if user_id is not None and os.stat(f"/proc/{pid}").st_uid != user_id:
                continue
            with open(f"/proc/{pid}/environ", "rb") as file:
                marks = [entry for entry in file.read().split(b"\0") if entry.startswith(name)]
            if marker in marks or (user_id is not None and not marks):
                found.append(pid)
    return found
