"""Child processes on Linux: who they are, how they are told, and that none outlives its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(sig: int, parent: int) -> None:
    """Have the kernel send `sig` to this process when its parent ends; called in the child."""
    _libc.prctl(_PR_SET_PDEATHSIG, sig)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), sig)


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process instead of init's."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _parents() -> dict[int, int]:
    found: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError, IndexError):
                stat = Path("/proc", entry, "stat").read_text()
                state, parent = stat.rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(entry)] = int(parent)
    return found


def descendants(of: int) -> set[int]:
    """All living processes below `of`, whatever session or group they moved to."""
    parents = _parents()
    below, size = {of}, 0
    while len(below) != size:
        size = len(below)
        below |= {pid for pid, parent in parents.items() if parent in below}
    return below - {of}


def reap() -> dict[int, int]:
    """Collect every child that has ended: pid to exit code (negative: the signal)."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def kill_all(of: int, *, spare: Iterable[int] = ()) -> int:
    """Kill every descendant, also those that appear meanwhile; returns how many there were."""
    killed: set[int] = set()
    for _round in range(100):
        left = descendants(of) - set(spare)
        if not left:
            break
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        killed |= left
        time.sleep(0.01)
        reap()
    return len(killed)


class Child:
    """One process of the platform, restarted with growing pauses when it ends by itself."""

    PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    STEADY_SECONDS = 60.0

    def __init__(self, name: str, args: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self.name, self.args, self.env, self.cwd = name, list(args), dict(env), cwd
        self.pid = 0
        self.output = -1
        self.rest = b""
        self.started = 0.0
        self.crashes = 0
        self.due: float | None = None

    def start(self) -> None:
        """Start it in a session of its own; its output arrives at `self.output`."""
        parent = os.getpid()

        def prepare() -> None:
            die_with_parent(signal.SIGTERM, parent)

        process = subprocess.Popen(
            self.args, env=self.env, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - two system calls, no lock is taken
        )  # fmt: skip
        assert process.stdout is not None
        self.pid, self.started, self.due = process.pid, time.monotonic(), None
        self.output = os.dup(process.stdout.fileno())
        process.stdout.close()
        process.returncode = 0  # reap() collects it, not Popen

    def ended(self) -> float:
        """It has ended without being asked: returns the pause in seconds before the next start."""
        now = time.monotonic()
        self.crashes = 1 if now - self.started > self.STEADY_SECONDS else self.crashes + 1
        pause = self.PAUSES[min(self.crashes, len(self.PAUSES)) - 1]
        self.pid, self.due = 0, now + pause
        return pause

    def tell(self, sig: int) -> None:
        """Send it a signal."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sig)
