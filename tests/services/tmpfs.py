"""A disk of a few KiB, for tests of full and read-only ones."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(point: Path, *, kib: int, uid: int = 0, read_only: bool = False) -> Iterator[Path]:
    """Mount one; skips the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    point.mkdir(exist_ok=True)
    options = f"size={kib}k,uid={uid},mode=0755" + (",ro" if read_only else "")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)], capture_output=True
    ).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=False)
