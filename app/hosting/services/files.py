"""A game's files as owners and admins read them. Nothing here waits for the game, and nothing trusts it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from app.hosting.gateways.files import (
    FileFault,
    Here,
    Listing,
    Place,
    Source,
    World,
    Zip,
    entry,
    look,
    open_file,
    read_small,
    worlds,
)
from app.hosting.gateways.runtime import OutOfReach, WorldMissing
from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.file_text import EDIT_BYTES, fingerprint, text_of
from app.hosting.rules.files import Parts, download_name, split_path
from app.hosting.rules.server import State
from app.hosting.rules.worlds import DIMENSIONS, NOT_OVERWORLD, Dimension
from app.hosting.services.file_faults import FilesAway, telling
from app.hosting.services.place import runtime_named
from app.kit.authz import Actor, require
from app.kit.db import db
from app.kit.errors import Invalid, NotFound, TooMany
from app.kit.observe import counter

SHOWN = 200
AT_ONCE = 2
"""Transfers of one web process: each holds one of its threads, and pages need some too."""
BYTES = counter(
    "kontor_game_file_bytes_total", "Bytes of game files that people downloaded (out) or uploaded (in)", ("direction",)
)  # fmt: skip
_transfers = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Text:
    """A text file as the editor shows it; `base` says which state of the file that was."""

    server: ServerDetail
    parts: Parts
    text: str
    base: str
    size: int


@dataclass(frozen=True)
class Download:
    """Bytes to send. `size` is None where nobody knows it before the end; call `close` when all is over."""

    name: str
    size: int | None
    pieces: Iterator[bytes]
    close: Callable[[], None]


def reach(
    actor: Actor, server_id: UUID, permission: P = P.file_read, *, changing: bool = False
) -> tuple[ServerDetail, Place]:
    """The server and where its files lie. Raises NotFound for strangers, NotAllowed, FilesAway, RuntimeUnavailable."""
    require(actor, permission)
    server = find_server(actor, server_id)
    db.session.rollback()  # what follows may take minutes, and needs no snapshot of the database
    if why := away(server.state, server.world, changing=changing):
        raise FilesAway(why)
    try:
        return server, Place(runtime_named(server.runtime).world_folder(server_id, server.world or ""))
    except WorldMissing:
        raise FilesAway("none") from None
    except (OutOfReach, LookupError):
        raise FilesAway("out-of-reach") from None


def away(state: State, world: str | None, *, changing: bool) -> str | None:
    """Why the files cannot be reached in this state; while they are copied to the archive they may only be read."""
    if state in (State.DELETING, State.DELETED):
        raise NotFound
    if state is State.WAKING:
        return "moving"
    if world is None or state is State.ARCHIVED:
        return "archived"
    return "moving" if changing and state is State.ARCHIVING else None


def path_of(text: str) -> Parts:
    """An address as names. What no page ever wrote leads to nothing: NotFound."""
    try:
        return split_path(text)
    except ValueError:
        raise NotFound from None


def one_name(text: str) -> tuple[Parts, bytes]:
    """Folder and name of an address. Invalid for the game's folder itself."""
    parts = path_of(text)
    if not parts:
        raise Invalid(_("Wähle eine Datei oder einen Ordner."))
    return parts[:-1], parts[-1]


@contextlib.contextmanager
def inside(place: Place, parts: Parts = ()) -> Iterator[Here]:
    """An open folder; faults inside the block become errors for people.

    The game's own folder may be missing although the runtime named it: then nothing has run yet.
    """
    with telling(), contextlib.ExitStack() as stack:
        try:
            here = stack.enter_context(place.folder(parts))
        except FileFault as fault:
            if fault.code == "gone" and not parts:
                raise FilesAway("none") from None
            raise
        yield here


def list_folder(
    actor: Actor, server_id: UUID, path: str, first: int = 0
) -> tuple[ServerDetail, Parts, Listing]:
    """A page of a folder. Raises NotFound, Conflict, FilesAway."""
    server, place = reach(actor, server_id)
    parts = path_of(path)
    with inside(place, parts) as here:
        return server, parts, look(here, max(0, first), SHOWN)


def read_text(actor: Actor, server_id: UUID, path: str) -> Text:
    """A text file for the editor. Raises NotFound, Conflict for what cannot be edited."""
    server, place = reach(actor, server_id)
    folder, name = one_name(path)
    with inside(place, folder) as here:
        data, _ = read_small(here, name, EDIT_BYTES)
        text = text_of(data)
        if text is None:
            raise FileFault("no-text")
    return Text(server, (*folder, name), text, fingerprint(data), len(data))


def download(actor: Actor, server_id: UUID, path: str) -> Download:
    """A file as it is, a folder as a zip archive that is made while it is sent."""
    server, place = reach(actor, server_id)
    parts = path_of(path)
    with inside(place, parts[:-1]) as here:
        if not parts:
            return zip_of(place, server.name.encode(), [Source((), ())])
        try:
            opened = open_file(here, parts[-1])
        except FileFault as fault:
            if fault.code != "folder":
                raise
            return zip_of(place, parts[-1], [Source(parts, parts[-1:])])
    try:
        release = _transfer()
    except TooMany:
        opened.close()
        raise
    name, size = download_name(parts[-1]), opened.size
    return Download(name, size, _counted(opened.pieces(), release), _both(opened.close, release))


@dataclass(frozen=True)
class Weight:
    """What would be deleted. `files` is None where there is too much to count."""

    kind: str
    files: int | None
    size: int | None


def weigh(actor: Actor, server_id: UUID, path: str) -> Weight:
    """What lies behind a name: for the question before it is deleted."""
    _server, place = reach(actor, server_id)
    folder, name = one_name(path)
    with inside(place, folder) as here:
        found = entry(here.descriptor, name)
        if found.kind != "folder":
            return Weight(found.kind, 1, found.size)
        try:
            return Weight("folder", *Zip(place, [Source((*folder, name), ())]).count())
        except FileFault:
            return Weight("folder", None, None)


def list_worlds(actor: Actor, server_id: UUID) -> tuple[ServerDetail, list[World], bool]:
    """Worlds with their dimensions, and whether the game can be told which one to load."""
    server, place = reach(actor, server_id)
    with inside(place) as here:
        return server, *worlds(place, here)


def download_dimension(actor: Actor, server_id: UUID, path: str, dimension: str) -> Download:
    """One dimension of a world; the whole of it, with all that lies in its folder, for ""."""
    _server, place = reach(actor, server_id)
    parts = path_of(path)
    with inside(place) as here:
        found = next((world for world in worlds(place, here)[0] if (world.name,) == parts), None)
    wanted = [part for part in found.dimensions if dimension in ("", part.dimension)] if found else []
    if found is None or not wanted or dimension not in ("", *DIMENSIONS):
        raise NotFound
    sources = [_source(part.dimension, part.parts, whole=not dimension) for part in wanted]
    if not dimension and all(source.folder != (found.name,) for source in sources):
        sources.insert(0, Source((found.name,), (found.name,), NOT_OVERWORLD))
    with telling():
        return zip_of(place, found.name + (f"-{dimension}".encode() if dimension else b""), sources)


def _source(dimension: Dimension, parts: Parts, *, whole: bool) -> Source:
    if dimension == "overworld":
        return Source(parts, parts, () if whole else NOT_OVERWORLD)
    return Source(parts, parts)


def zip_of(place: Place, name: bytes, sources: list[Source]) -> Download:
    """Folders as one archive that is made while it is sent. Raises TooMany, FileFault."""
    made, release = Zip(place, _apart(sources)), _transfer()
    try:
        made.count()
    except BaseException:
        release()
        raise
    return Download(f"{download_name(name)}.zip", None, _counted(made.pieces(), release), release)


def _apart(sources: list[Source]) -> list[Source]:
    """Without those that lie in another one already."""
    folders = {source.folder for source in sources if not source.skip}
    return [
        source
        for source in sources
        if not any(source.folder[:n] in folders for n in range(len(source.folder)))
    ]


def _counted(pieces: Iterator[bytes], release: Callable[[], None]) -> Iterator[bytes]:
    try:
        for piece in pieces:
            BYTES.labels("out").inc(len(piece))
            yield piece
    finally:
        with contextlib.suppress(AttributeError):
            pieces.close()  # type: ignore[attr-defined]
        release()


def _transfer() -> Callable[[], None]:
    """Takes one of the few places for transfers; returns what gives it back, once. Raises TooMany."""
    if not _transfers.acquire(blocking=False):
        raise TooMany(
            _("Gerade laufen zu viele Übertragungen. Versuch es in ein paar Sekunden noch einmal."), 10
        )
    done = threading.Lock()

    def release() -> None:
        if done.acquire(blocking=False):
            _transfers.release()

    return release


@contextlib.contextmanager
def transfer() -> Iterator[None]:
    """One of the few places for transfers, for as long as the block lasts. Raises TooMany."""
    release = _transfer()
    try:
        yield
    finally:
        release()


def _both(*calls: Callable[[], None]) -> Callable[[], None]:
    def close() -> None:
        for call in calls:
            call()

    return close
