"""The files in which processes share their metrics, kept few.

Each process writes files named after its pid. Workers fork a process for every job, so without care there would be
thousands of files within a day: what a dead process counted is added to one file, and its own are removed.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client.mmap_dict import MmapedDict

log = structlog.get_logger(__name__)

_OWN = re.compile(r"(?P<kind>counter|histogram|summary|gauge_\w+)_(?P<pid>\d+)\.db")


def folder() -> Path | None:
    """Where the files are; None where each process keeps its metrics to itself."""
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(name) if name else None


@contextmanager
def locked(place: Path, *, alone: bool) -> Iterator[None]:
    """Readers share the folder; who merges files has it alone."""
    with open(place / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _add(source: Path, target: Path) -> None:
    kept = MmapedDict(str(target))
    try:
        for key, value, _stamp, _position in MmapedDict.read_all_values_from_file(str(source)):
            kept.write_value(key, kept.read_value(key)[0] + value, 0.0)
    finally:
        kept.close()


def retire(pid: int) -> None:
    """A process has ended: keep what it counted, forget what it showed. Harmless when called twice."""
    place = folder()
    if place is None:
        return
    with locked(place, alone=True):
        for path in place.glob(f"*_{pid}.db"):
            found = _OWN.fullmatch(path.name)
            if found is None:
                continue
            if not found["kind"].startswith("gauge_"):
                try:
                    _add(path, place / f"{found['kind']}_retired.db")
                except (struct.error, RuntimeError, ValueError):  # killed while it made the file
                    log.warning("metric_file_unreadable", file=path.name)
            if not found["kind"].startswith("gauge_") or found["kind"].startswith("gauge_live"):
                path.unlink()


def retire_dead() -> int:
    """Retire every process that is not there any more; returns how many."""
    place = folder()
    if place is None:
        return 0
    pids = {int(m["pid"]) for path in place.glob("*.db") if (m := _OWN.fullmatch(path.name))}
    dead = {pid for pid in pids if not os.path.exists(f"/proc/{pid}")}
    for pid in dead:
        retire(pid)
    return len(dead)
