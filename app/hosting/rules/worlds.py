"""Worlds in a game's folder: which there are, where their dimensions lie, and which one the game loads."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from app.hosting.rules.files import Parts

Dimension = Literal["overworld", "nether", "end"]
DIMENSIONS: tuple[Dimension, ...] = ("overworld", "nether", "end")
PROPERTIES = b"server.properties"
MARK = b"level.dat"
"""A folder with this file is a world."""
OUTSIDE = {"nether": b"DIM-1", "end": b"DIM1"}
SUFFIXES = {"nether": b"_nether", "end": b"_the_end"}
"""Paper keeps these dimensions in folders of their own beside the world."""
NOT_OVERWORLD = (*OUTSIDE.values(), b"dimensions")
USUAL = b"world"
_KEY = re.compile(rb"\s*level-name\s*[=:]\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Part:
    """A folder that holds one dimension."""

    dimension: Dimension
    parts: Parts


def main_worlds(names: Collection[bytes]) -> list[bytes]:
    """Of all folders with a level.dat those that are worlds by themselves, not a dimension of the world beside them."""
    known = set(names)
    beside = {name + suffix for name in known for suffix in SUFFIXES.values()}
    return sorted(known - beside, key=lambda name: (name.lower(), name))


def places(name: bytes, inside: Collection[bytes], beside: Collection[Parts]) -> list[Part]:
    """Where a world's dimensions lie. `inside` are the folders in it, `beside` folders like (world_nether, DIM-1)."""
    found = [Part("overworld", (name,))] if b"region" in inside else []
    for dimension in DIMENSIONS[1:]:
        folder = OUTSIDE[dimension]
        outer = (name + SUFFIXES[dimension], folder)
        if outer in beside:
            found.append(Part(dimension, outer))
        elif folder in inside:
            found.append(Part(dimension, (name, folder)))
    return found


def level_name(properties: bytes | None) -> bytes:
    """The world a server.properties names, as a folder's name."""
    for line in reversed((properties or b"").splitlines()):
        found = _KEY.match(line)
        if found and not line.lstrip().startswith((b"#", b"!")):
            return _unescaped(found[1]) or USUAL
    return USUAL


def with_level_name(properties: bytes, name: bytes) -> bytes:
    """The same file naming another world; every other line stays as it is."""
    line = b"level-name=" + _escaped(name)
    made, done = [], False
    for old in properties.splitlines(keepends=True):
        body = old.rstrip(b"\r\n")
        if _KEY.match(body) and not body.lstrip().startswith((b"#", b"!")):
            if not done:
                made.append(line + old[len(body) :])
            done = True
        else:
            made.append(old)
    if not done:
        if made and not made[-1].endswith((b"\n", b"\r")):
            made.append(b"\n")
        made.append(line + b"\n")
    return b"".join(made)


def _escaped(name: bytes) -> bytes:
    """As Java reads it in any version: everything but ASCII as \\uNNNN."""
    made = []
    for unit in name.decode().encode("utf-16-be").hex(" ", 2).split():
        number = int(unit, 16)
        char = chr(number)
        made.append(char if 0x20 < number < 0x7F and char not in "\\=:#!" else f"\\u{unit}")
    return "".join(made).encode()


def _unescaped(value: bytes) -> bytes:
    text = value.decode("utf-8", "replace")
    text = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
