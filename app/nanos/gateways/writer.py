"""Writing a package into a file, piece by piece: what is large is never in memory as a whole."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 1 << 20


@dataclass(frozen=True)
class Source:
    """A file of a package: its name there, and how to open what it holds."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def write_package(
    target: BinaryIO,
    texts: Sequence[tuple[str, bytes]],
    sources: Sequence[Source],
    said: Callable[[int], object],
) -> None:
    """`said` is told the hundredths that are written. Films and PDFs are packed already, so they are stored as they are."""
    whole, written = max(1, sum(one.size for one in sources)), 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, text in texts:
            box.writestr(name, text)
        for one in sources:
            info = zipfile.ZipInfo(one.name)
            info.compress_type = zipfile.ZIP_STORED
            with one.open() as source, box.open(info, "w", force_zip64=one.size > 2**31) as part:
                while piece := source.read(_PIECE):
                    part.write(piece)
                    written += len(piece)
                    said(min(99, written * 100 // whole))
