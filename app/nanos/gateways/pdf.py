"""Reading PDFs of strangers: in a process of its own with little memory and time, which may crash as it likes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.nanos.errors import Unreadable

SECONDS = 40
_CHILD = Path(__file__).with_name("pdf_child.py")


@dataclass(frozen=True)
class Look:
    """What is in a PDF: its pages, its text, and a picture of the first page (PNG)."""

    pages: int
    text: str
    picture: bytes


def look_at(file: BinaryIO) -> Look:
    """Raises Unreadable: broken, locked, or too much work."""
    with tempfile.TemporaryDirectory(prefix="kontor-pdf-") as folder:
        source, told, picture = (Path(folder, name) for name in ("in.pdf", "told.json", "page.png"))
        with source.open("wb") as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)
        try:
            done = subprocess.run(
                [sys.executable, str(_CHILD), str(source), str(told), str(picture)],
                cwd=folder, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Unreadable("slow") from error
        if done.returncode != 0 or not told.exists() or not picture.exists():
            raise Unreadable(f"exit {done.returncode}")
        said = json.loads(told.read_text("utf-8"))
        return Look(int(said["pages"]), str(said["text"]), picture.read_bytes())
