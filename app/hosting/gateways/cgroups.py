"""Control groups, version 1 and 2: memory, process and CPU limits, and readings that cost microseconds."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CPU_PERIOD = 100_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Usage:
    memory_bytes: int
    cpu_seconds: float


class Cgroups(Protocol):
    """The groups of one installation. Names are those of runs."""

    @property
    def version(self) -> int: ...

    def create(self, name: str, memory_bytes: int, processes: int, cpu_cores: float | None) -> None: ...

    def folders(self, name: str) -> list[Path]:
        """Where a process has to write itself into cgroup.procs."""

    def usage(self, name: str) -> Usage | None: ...

    def members(self, name: str) -> list[int]: ...

    def oom_kills(self, name: str) -> int: ...

    def remove(self, name: str) -> None: ...


def detect(installation: str, parent: str | None) -> Cgroups | None:
    """The groups that can be used here, proven by making one; None where the kernel or the container forbids it."""
    for candidate in _candidates(f"kontor-{installation}", parent):
        probe = f"probe-{os.getpid()}-{time.monotonic_ns()}"
        try:
            candidate.create(probe, 64 * 1024**2, 16, None)
        except OSError:
            continue
        finally:
            candidate.remove(probe)
        return candidate
    return None


def group_of(pid: int) -> tuple[Cgroups, str] | None:
    """The group a process is in and its name there, for reading; None when it cannot be seen from here."""
    mounts, own = _mounts(), _own(pid)
    if {"memory", "cpuacct"} <= own.keys() & mounts.keys():
        paths = {c: _seen(mounts[c], own[c]) for c in V1.CONTROLLERS if c in mounts and c in own}
        return V1({c: path.parent for c, path in paths.items()}), paths["memory"].name
    if "" in own and "" in mounts:
        path = _seen(mounts[""], own[""])
        return V2(path.parent), path.name
    return None


def _seen(mount: Path, below: str) -> Path:
    """A group's folder; inside a container the mount may begin deeper than the path says."""
    parts = Path(below.strip("/")).parts
    for skipped in range(len(parts)):
        path = mount.joinpath(*parts[skipped:])
        if path.is_dir():
            return path
    return mount.joinpath(*parts)


def _candidates(name: str, parent: str | None) -> list[Cgroups]:
    mounts, own = _mounts(), _own()
    found: list[Cgroups] = []
    if "" in mounts:
        # A group with processes of its own may not have limited children, unless it is the root of all.
        for below in (parent,) if parent else (own.get("", "/"), "/"):
            found.append(V2(mounts[""] / below.strip("/") / name))
    if {"memory", "pids", "cpu", "cpuacct"} <= mounts.keys():
        nested = {c: _existing(mounts[c], parent or own.get(c, "/")) / name for c in V1.CONTROLLERS}
        found += [V1(nested), V1({c: mounts[c] / name for c in V1.CONTROLLERS})]
    return found


def _existing(mount: Path, below: str) -> Path:
    path = mount / below.strip("/")
    return path if path.is_dir() else mount


def _mounts() -> dict[str, Path]:
    """Mount points by controller; "" is version 2."""
    found: dict[str, Path] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            point = Path(before.split(" ")[4].replace("\\040", " "))
            if kind == "cgroup2":
                found.setdefault("", point)
            elif kind == "cgroup":
                for option in options.split(","):
                    found.setdefault(option.strip(), point)
    return found


def _own(pid: int | str = "self") -> dict[str, str]:
    """A process's group by controller; "" is version 2."""
    found = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                found[controller] = path
    return found


def _number(path: Path) -> int:
    with open(path, "rb") as file:
        return int(file.read())


def _fields(path: Path) -> dict[bytes, int]:
    with open(path, "rb") as file:
        pairs = (line.split() for line in file.read().splitlines())
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def _members(folder: Path) -> list[int]:
    try:
        return [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _remove(folder: Path) -> None:
    """A group goes once its last process was reaped, which may take a moment."""
    for _ in range(20):
        try:
            folder.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class V1:
    bases: dict[str, Path]
    version: int = 1
    CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")

    def _folder(self, controller: str, name: str) -> Path:
        return self.bases[controller] / name

    def folders(self, name: str) -> list[Path]:
        return list(dict.fromkeys(self._folder(controller, name) for controller in self.CONTROLLERS))

    def create(self, name: str, memory_bytes: int, processes: int, cpu_cores: float | None) -> None:
        for folder in self.folders(name):
            folder.mkdir(parents=True, exist_ok=True)
        memory = self._folder("memory", name)
        (memory / "memory.limit_in_bytes").write_text(str(memory_bytes))
        swap = memory / "memory.memsw.limit_in_bytes"
        if swap.exists():
            swap.write_text(str(memory_bytes))
        (self._folder("pids", name) / "pids.max").write_text(str(processes))
        if cpu_cores:
            (self._folder("cpu", name) / "cpu.cfs_quota_us").write_text(str(int(cpu_cores * CPU_PERIOD)))

    def usage(self, name: str) -> Usage | None:
        memory = self._folder("memory", name)
        try:
            cache = _fields(memory / "memory.stat").get(b"total_inactive_file", 0)
            used = _number(memory / "memory.usage_in_bytes")
            nanoseconds = _number(self._folder("cpuacct", name) / "cpuacct.usage")
        except (OSError, ValueError):
            return None
        return Usage(max(0, used - cache), nanoseconds / 1e9)

    def members(self, name: str) -> list[int]:
        return _members(self._folder("memory", name))

    def oom_kills(self, name: str) -> int:
        with contextlib.suppress(OSError):
            return _fields(self._folder("memory", name) / "memory.oom_control").get(b"oom_kill", 0)
        return 0

    def remove(self, name: str) -> None:
        for folder in self.folders(name):
            _remove(folder)


@dataclass(frozen=True, slots=True)
class V2:
    base: Path
    version: int = 2

    def folders(self, name: str) -> list[Path]:
        return [self.base / name]

    def create(self, name: str, memory_bytes: int, processes: int, cpu_cores: float | None) -> None:
        folder = self.base / name
        offered = (self.base.parent / "cgroup.controllers").read_text().split()
        if not {"memory", "pids", "cpu"} <= set(offered):
            raise OSError(errno.ENOTSUP, "controllers are not offered here")
        self.base.mkdir(exist_ok=True)
        for parent in (self.base.parent, self.base):
            enabled = (parent / "cgroup.subtree_control").read_text().split()
            missing = [f"+{c}" for c in ("memory", "pids", "cpu") if c not in enabled]
            if missing:
                (parent / "cgroup.subtree_control").write_text(" ".join(missing))
        folder.mkdir(exist_ok=True)
        (folder / "memory.max").write_text(str(memory_bytes))
        for name_of, text in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with contextlib.suppress(FileNotFoundError):
                (folder / name_of).write_text(text)
        (folder / "pids.max").write_text(str(processes))
        if cpu_cores:
            (folder / "cpu.max").write_text(f"{int(cpu_cores * CPU_PERIOD)} {CPU_PERIOD}")

    def usage(self, name: str) -> Usage | None:
        folder = self.base / name
        try:
            cache = _fields(folder / "memory.stat").get(b"inactive_file", 0)
            used = _number(folder / "memory.current")
            microseconds = _fields(folder / "cpu.stat")[b"usage_usec"]
        except (OSError, ValueError, KeyError):
            return None
        return Usage(max(0, used - cache), microseconds / 1e6)

    def members(self, name: str) -> list[int]:
        return _members(self.base / name)

    def oom_kills(self, name: str) -> int:
        with contextlib.suppress(OSError):
            return _fields(self.base / name / "memory.events").get(b"oom_kill", 0)
        return 0

    def remove(self, name: str) -> None:
        _remove(self.base / name)
