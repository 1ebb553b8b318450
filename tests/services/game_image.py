"""A container image with Flying Squid: Node with its libraries, the installed game, and a leak that a file sets off."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path

COMMAND = ["/node", "-r", "/leak.js", "/game/server.js"]
LEAK_FILE = "leak"
"""Made in the world's folder, this file lets the game take memory until it has no more."""
LEAK = f"""
const fs = require('fs'), hoard = []
const grow = () => {{ hoard.push(Buffer.alloc(16 << 20, 1)); setTimeout(grow, 5) }}
const watch = setInterval(() => {{
  if (fs.existsSync('/data/{LEAK_FILE}')) {{ clearInterval(watch); fs.unlinkSync('/data/{LEAK_FILE}'); grow() }}
}}, 100)
"""
UNUSED = re.compile(r"minecraft-data/data/bedrock/(?!common)|/\.npm/|\.(map|md|ts)$|/docs?/")
"""More than half of the installation is data of another game, or not for running."""


def pack(node: Path, game: Path, target: Path) -> Path:
    """Write the image's layer as a tar file; `game` is a finished installation of the template."""
    with tarfile.open(target, "w") as tar:
        for folder in ("data", "tmp", "proc", "sys", "dev", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        tar.add(node.resolve(), "node")
        for library in _libraries(node):
            tar.add(library.resolve(), str(library).lstrip("/"))
        tar.add(game, "game", filter=lambda entry: None if UNUSED.search(entry.name) else entry)
        leak = tarfile.TarInfo("leak.js")
        leak.size = len(LEAK)
        tar.addfile(leak, io.BytesIO(LEAK.encode()))
    return target


def _libraries(program: Path) -> list[Path]:
    """Where the dynamic linker finds them on this machine, which is where it looks inside the image as well."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [Path(found) for found in re.findall(r"(/\S+)(?= \(0x)", told)]
