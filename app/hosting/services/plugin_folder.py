"""The folder with a server's jars: looked at, filled and emptied so that at every instant the old or the new jar is there.

A jar is written beside, under a name no game reads, compared with its hash, and then takes its place by one rename. When
the new one has another name, it first takes the place of the old one and is renamed then: there are never two, never none.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from app.hosting.gateways.files import (
    FileFault,
    Fresh,
    Here,
    Place,
    entry,
    look,
    make_folder,
    open_file,
    put_away,
    remove_away,
    rename,
)
from app.hosting.gateways.modrinth import ModrinthFault
from app.hosting.gateways.runtime import OutOfReach, WorldMissing
from app.hosting.models import Server
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.plugin_step import Step
from app.hosting.rules.server import State
from app.hosting.services.file_faults import FilesAway
from app.hosting.services.files import away
from app.hosting.services.place import runtime_named

MOST_JARS = 500
PIECE = 1 << 20


@dataclass(frozen=True)
class Lying:
    """A jar as it lies in the folder."""

    filename: str
    size: int
    changed_at: datetime


def place_of(server: Server | ServerDetail) -> Place:
    """Where the server's files lie, to change them. Raises FilesAway, RuntimeUnavailable."""
    if why := away(State(server.state), server.world, changing=True):
        raise FilesAway(why)
    try:
        return Place(runtime_named(server.runtime).world_folder(server.id, server.world or ""))
    except WorldMissing:
        raise FilesAway("none") from None
    except (OutOfReach, LookupError):
        raise FilesAway("out-of-reach") from None


@contextlib.contextmanager
def open_folder(place: Place, name: str, *, make: bool = False) -> Iterator[Here | None]:
    """The folder of jars; None when there is none and it need not be made. Raises FileFault, FilesAway."""
    with contextlib.ExitStack() as stack:
        try:
            here = stack.enter_context(place.folder((name.encode(),)))
        except FileFault as fault:
            if fault.code != "gone":
                raise
            here = None
        if here is None and make:
            with _root(place) as root, contextlib.suppress(FileFault):
                make_folder(root, name.encode())
            here = stack.enter_context(place.folder((name.encode(),)))
        yield here


@contextlib.contextmanager
def _root(place: Place) -> Iterator[Here]:
    try:
        with place.folder() as here:
            yield here
    except FileFault as fault:
        if fault.code == "gone":
            raise FilesAway("none") from None
        raise


def jars(here: Here) -> list[Lying]:
    """Files that a game would load, by name. Links, folders and what is hidden are none."""
    found = []
    for one in look(here, 0, MOST_JARS).entries:
        if one.kind == "file" and one.name.endswith(b".jar"):
            with contextlib.suppress(UnicodeDecodeError):
                found.append(Lying(one.name.decode(), one.size, one.changed_at))
    return found


def sha512_of(here: Here, filename: str, most: int) -> tuple[str, int] | None:
    """Hash and size of a file; None when there is none. Raises FileFault for what is no plain file or too large."""
    digest, size = hashlib.sha512(), 0
    try:
        opened = open_file(here, filename.encode())
    except FileFault as fault:
        if fault.code == "gone":
            return None
        raise
    with contextlib.closing(opened):
        if opened.size > most:
            raise FileFault("too-large")
        for piece in opened.pieces():
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def write_beside(here: Here, fresh: Fresh, source: BinaryIO, sha512: str) -> None:
    """Fill a file that nobody sees yet and compare it. Raises ModrinthFault wrong-hash, FileFault."""
    digest = hashlib.sha512()
    while piece := source.read(PIECE):
        digest.update(piece)
        fresh.write(piece)
    if digest.hexdigest() != sha512:
        raise ModrinthFault("wrong-hash")
    fresh.finish()


def exists(here: Here, filename: str) -> bool:
    """Whether anything has this name."""
    try:
        entry(here.descriptor, filename.encode())
    except FileFault as fault:
        if fault.code == "gone":
            return False
        raise
    return True


def exchange(here: Here, step: Step, fresh: Fresh | None) -> None:
    """Make one step. `fresh` is the new jar, None when it lies there already or there is none. Raises FileFault."""
    old = step.old.filename if step.old and exists(here, step.old.filename) else None
    if step.new is None:
        if old is not None:
            remove_away(here, put_away(here, old.encode()))
        return
    new = step.new.filename
    if old is not None and old != new and fresh is None and exists(here, new):
        remove_away(here, put_away(here, old.encode()))  # the new one came by another way
        return
    if old is not None and old != new and exists(here, new):
        raise FileFault("exists")
    if fresh is not None:
        fresh.put((old or new).encode(), replace=old is not None)
    if old is not None and old != new:
        rename(here, old.encode(), new.encode())
