"""What archives of any kind have in common: members with plain names, and how much one may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.hosting.gateways.files.fault import FileFault
from app.hosting.rules.files import DEEPEST, BadName, Parts, typed_name


@dataclass(frozen=True, slots=True)
class Limits:
    """What one archive may hold. `ratio`: bytes unpacked for each byte packed, from `free_bytes` on."""

    entries: int = 20_000
    bytes: int = 2 * 1024**3
    ratio: int = 100
    free_bytes: int = 16 * 1024**2
    directory_bytes: int = 8 * 1024**2
    """The archive's own list, which has to be held in memory."""


UNPACK = Limits()


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder in an archive. Its `pieces` have to be read before the next member is asked for."""

    parts: Parts
    folder: bool
    pieces: Iterator[bytes] = field(default_factory=lambda: iter(()))


def member_parts(name: str) -> Parts:
    """A member's name as parts, each one somebody could have typed. Raises FileFault unsafe, too-deep."""
    try:
        parts = tuple(typed_name(part) for part in name.removesuffix("/").split("/"))
    except BadName as error:
        raise FileFault("unsafe", error.code) from error
    if len(parts) > DEEPEST:
        raise FileFault("too-deep")
    return parts
