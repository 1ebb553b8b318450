"""An archive against what the plan had (Python's tarfile with gzip): time, size and memory on data like a game world's.

Each step runs in a process of its own, so that its peak of memory is its own; all of them write to the same disk, read
from the page cache, and take turns. Memory is how far the peak rose above what the interpreter and its modules take.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from app.hosting.gateways.archive import FolderStore, Packed, pack, unpack, verify
from app.kit.config import ROOT
from benchmarks.table import percentile, table

KEY = "benchmark/server/archive.tar.zst"
REGIONS, SMALL_REGIONS, ROUNDS = 80, 10, 3
REGION_CHUNKS = 384


def make_world(folder: Path, regions: int) -> None:
    """Region files as the game writes them (deflated chunks in sectors of 4 KiB), and a little of everything else."""
    dice = random.Random(7)
    pool = [deflated(dice) for _ in range(1500)]
    (folder / "world" / "region").mkdir(parents=True)
    (folder / "logs").mkdir()
    (folder / "plugins").mkdir()
    for number in range(regions):
        with open(folder / "world" / "region" / f"r.{number}.0.mca", "wb") as file:
            file.write(bytes(dice.randbytes(4 * REGION_CHUNKS)).ljust(8192, b"\0"))
            for _ in range(REGION_CHUNKS):
                chunk = dice.choice(pool)
                file.write(chunk + bytes(-len(chunk) % 4096))
    for number in range(regions):
        lines = [
            f"[12:00:{n % 60:02d}] [Server thread/INFO]: Player{dice.randrange(50)} moved\n"
            for n in range(2000)
        ]
        (folder / "logs" / f"{number}.log").write_text("".join(lines))
        (folder / "plugins" / f"{number}.jar").write_bytes(dice.randbytes(200_000))


def deflated(dice: random.Random) -> bytes:
    """A chunk: layers of few kinds of blocks with ores and caves in them, deflated."""
    blocks = bytearray()
    for _ in range(24):
        palette = dice.choices(range(256), k=dice.choice([2, 6, 12, 24]))
        blocks += bytes(dice.choices(palette, k=1600))
    data = zlib.compress(bytes(blocks))
    return struct.pack(">IB", len(data) + 1, 2) + data


def pieces(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            yield data


def plan_packs(folder: Path, held: Path) -> None:
    with tarfile.open(held / "plan.tar.gz", "w:gz") as tar:
        tar.add(folder, ".")


def plan_unpacks(folder: Path, held: Path) -> None:
    with tarfile.open(held / "plan.tar.gz") as tar:
        tar.extractall(held / "back", filter="data")


def tar_alone(folder: Path, held: Path) -> None:
    with tarfile.open(held / "plain.tar", "w") as tar:
        tar.add(folder, ".")


def packs(folder: Path, held: Path) -> None:
    with open(held / "plain.tar.zst", "wb") as file:
        file.writelines(pack(folder))


def packs_with_effort(folder: Path, held: Path) -> None:
    with open(held / "effort.tar.zst", "wb") as file:
        file.writelines(pack(folder, level=1, threads=2))


def puts(folder: Path, held: Path) -> None:
    packing = pack(folder)
    FolderStore(held).put(KEY, packing)
    (held / "noted").write_text(repr(packing.result))


def noted(held: Path) -> Packed:
    found: Packed = eval((held / "noted").read_text(), {"Packed": Packed})
    return found


def verifies(folder: Path, held: Path) -> None:
    verify(FolderStore(held).get_part(KEY), noted(held))


def unpacks(folder: Path, held: Path) -> None:
    unpack(FolderStore(held).get_part(KEY), held / "back", noted(held))


STEPS: dict[str, Callable[[Path, Path], None]] = {
    "tar.gz, as planned: pack": plan_packs,
    "tar.gz, as planned: unpack": plan_unpacks,
    "tar alone": tar_alone,
    "archive: pack": packs,
    "archive: pack, level 1, 2 threads": packs_with_effort,
    "archive: pack, durable in a store": puts,
    "archive: read back and verify": verifies,
    "archive: unpack with hashes, durable": unpacks,
}


def step(name: str, folder: Path, held: Path) -> tuple[float, ...]:
    """Seconds, seconds of processor, MiB that memory rose at most; of one step in a process of its own."""
    shutil.rmtree(held / "back", ignore_errors=True)
    os.sync()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.archive", name, str(folder), str(held)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(map(float, done.stdout.split()))


def alone(name: str, folder: Path, held: Path) -> None:
    before, began, used = peak_mib(), time.perf_counter(), time.process_time()
    STEPS[name](folder, held)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    sys.stdout.write(f"{seconds} {cpu} {peak_mib() - before}\n")


def peak_mib() -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def run(*, small: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="kontor-archive-") as base:
        folder, held = Path(base, "data"), Path(base, "held")
        held.mkdir()
        make_world(folder, SMALL_REGIONS if small else REGIONS)
        raw = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        found: dict[str, list[tuple[float, ...]]] = {name: [] for name in STEPS}
        for _ in range(ROUNDS):
            for name in STEPS:
                found[name].append(step(name, folder, held))
        report(found, raw, held)


def report(found: dict[str, list[tuple[float, ...]]], raw: int, held: Path) -> None:
    median = {
        name: [percentile(column, 0.5) for column in zip(*runs, strict=True)] for name, runs in found.items()
    }
    planned = {
        False: median["tar.gz, as planned: pack"],
        True: median["tar.gz, as planned: unpack"],
    }
    rows = []
    for name, (took, cpu, memory) in median.items():
        base = planned["unpack" in name]
        rows.append([name, took, raw / took / 1e6, base[0] / took, cpu, base[1] / cpu, memory])
    columns = ["step", "s", "MB/s", "× faster than tar.gz", "CPU s", "× less CPU", "memory MiB"]
    sys.stdout.write(table(f"A world of {raw / 1e6:,.0f} MB, median of {ROUNDS}", columns, rows))
    sizes = {
        "tar.gz, as planned": held / "plan.tar.gz",
        "archive": held / f"{KEY}.part",
        "archive, level 1": held / "effort.tar.zst",
    }
    planned_size = sizes["tar.gz, as planned"].stat().st_size
    size_rows = [
        [name, path.stat().st_size / 1e6, path.stat().st_size / raw * 100, path.stat().st_size / planned_size]
        for name, path in sizes.items()
    ]
    sys.stdout.write(table("What is stored", ["", "MB", "% of the world", "× of tar.gz"], size_rows))


if __name__ == "__main__":
    alone(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
