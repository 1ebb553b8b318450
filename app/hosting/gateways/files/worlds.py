"""The worlds in a game's folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.hosting.gateways.files.fault import FileFault
from app.hosting.gateways.files.listing import MOST_NAMES, entry, look
from app.hosting.gateways.files.place import Here, Place
from app.hosting.gateways.files.read import read_small
from app.hosting.gateways.files.tree import walk
from app.hosting.rules.file_text import EDIT_BYTES
from app.hosting.rules.files import Parts
from app.hosting.rules.worlds import (
    MARK,
    NOT_OVERWORLD,
    OUTSIDE,
    PROPERTIES,
    SUFFIXES,
    Dimension,
    level_name,
    main_worlds,
    places,
)

MOST_WORLDS = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One dimension: its folder, and what its files weigh; None when nobody could count."""

    dimension: Dimension
    parts: Parts
    size: int | None


@dataclass(frozen=True, slots=True)
class World:
    name: bytes
    active: bool
    changed_at: datetime
    dimensions: tuple[Part, ...]


def worlds(place: Place, here: Here) -> tuple[list[World], bool]:
    """The worlds in the game's open folder, and whether a server.properties tells the game which one it loads."""
    folders = [one.name for one in look(here, 0, MOST_NAMES).entries if one.kind == "folder"]
    properties = _properties(here)
    marked = [name for name in folders if _marked(place, name)]
    active = level_name(properties)
    found = []
    for name in main_worlds(marked)[:MOST_WORLDS]:
        parts = places(name, _folders(place, (name,)), _beside(place, name, folders))
        dimensions = tuple(
            Part(one.dimension, one.parts, _size(place, one.dimension, one.parts)) for one in parts
        )
        try:
            with place.folder((name,)) as inner:
                changed_at = entry(inner.descriptor, MARK).changed_at
        except FileFault:
            continue
        found.append(World(name, name == active, changed_at, dimensions))
    return found, properties is not None


def _properties(here: Here) -> bytes | None:
    try:
        return read_small(here, PROPERTIES, EDIT_BYTES)[0]
    except FileFault:
        return None


def _marked(place: Place, name: bytes) -> bool:
    try:
        with place.folder((name,)) as here:
            return entry(here.descriptor, MARK).kind == "file"
    except FileFault:
        return False


def _folders(place: Place, parts: Parts) -> list[bytes]:
    """Folders in a folder; a world has a dozen names, so no limit is met."""
    try:
        with place.folder(parts) as here:
            return [one.name for one in look(here).entries if one.kind == "folder"]
    except FileFault:
        return []


def _beside(place: Place, name: bytes, folders: list[bytes]) -> list[Parts]:
    found: list[Parts] = []
    for dimension, suffix in SUFFIXES.items():
        outer = name + suffix
        if outer in folders and OUTSIDE[dimension] in _folders(place, (outer,)):
            found.append((outer, OUTSIDE[dimension]))
    return found


def _size(place: Place, dimension: Dimension, parts: Parts) -> int | None:
    skip = NOT_OVERWORLD if dimension == "overworld" else ()
    try:
        with place.folder(parts) as here:
            return sum(found.size for found in walk(here, skip) if found.kind == "file")
    except FileFault:
        return None
