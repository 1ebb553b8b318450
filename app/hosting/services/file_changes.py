"""Changing a game's files: the slow part first, beside what is there; then, with the row locked, one rename and the event.

So a change never lands in a world that is on its way into the archive, and history says nothing that did not happen.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from app.core.api import record
from app.hosting.events import FilesChanged
from app.hosting.gateways.files import (
    FileFault,
    Fresh,
    Here,
    bring,
    entry,
    make_folder,
    open_file,
    put_away,
    read_small,
    remove_away,
    rename,
    sweep,
    take_back,
    unpack,
)
from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.file_text import EDIT_BYTES, fingerprint, merged, text_of
from app.hosting.rules.files import extension, join_path, sent_name, typed_name, unpacked_name
from app.hosting.rules.server import State
from app.hosting.rules.worlds import MARK, PROPERTIES, with_level_name
from app.hosting.services import charge
from app.hosting.services.file_faults import EditConflict, FilesAway
from app.hosting.services.files import BYTES, away, inside, one_name, path_of, reach, transfer
from app.hosting.services.setup import owned
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import transaction
from app.kit.errors import Conflict, Invalid
from app.kit.upload import TooLarge


@contextlib.contextmanager
def changing(
    actor: Actor, server: ServerDetail, *facts: FilesChanged, stopped: bool = False
) -> Iterator[None]:
    """The moment of the change: the world is still the one that was opened, and stays so until it is written down."""
    with transaction():
        row = owned(actor, server.id)
        if why := away(State(row.state), row.world, changing=True):
            raise FilesAway(why)
        if row.world != server.world:
            raise FilesAway("moving")
        if stopped and row.state not in (State.STOPPED, State.CRASHED):
            raise Conflict(
                _("Stoppe den Server zuerst. Ein laufendes Spiel merkt von einer anderen Welt nichts.")
            )
        yield
        for fact in facts:
            record(fact, actor=actor, organisation_id=row.organisation_id, subject=charge.subject(server.id))


def save_text(actor: Actor, server_id: UUID, path: str, typed: str, base: str) -> None:
    """Writes what somebody edited, with the byte order mark, line ends, owner and mode the file had.

    `base` is the state that was loaded. Raises EditConflict when the file changed since, Invalid when it grew too long.
    """
    server, place = reach(actor, server_id, P.file_write, changing=True)
    folder, name = one_name(path)
    with inside(place, folder) as here:
        data, found = read_small(here, name, EDIT_BYTES)
        _same(data, base)
        if text_of(data) is None:
            raise FileFault("no-text")
        new = merged(data, typed)
        if len(new) > EDIT_BYTES or "\0" in typed:
            raise Invalid(_("Höchstens 1 MB Text, ohne Nullzeichen."), {"text": _("Höchstens 1 MB Text.")})
        sweep(here)
        with Fresh(here, found) as fresh:
            fresh.write(new)
            fresh.finish()
            with changing(actor, server, FilesChanged("saved", "file", len(new), extension(name))):
                _same(read_small(here, name, EDIT_BYTES)[0], base)
                fresh.put(name, replace=True)


def _same(data: bytes, base: str) -> None:
    if fingerprint(data) != base:
        raise EditConflict(text_of(data), fingerprint(data))


@dataclass(frozen=True)
class Sent:
    """A file on its way here: its name as it was sent, its bytes as they arrive."""

    name: str
    pieces: Iterable[bytes]
    replace: bool = False
    """Whether it may take the place of one with that name."""


def upload(actor: Actor, server_id: UUID, path: str, sent: Iterable[Sent]) -> list[str]:
    """Takes files as they arrive; all of them or none, unless the game takes a name in that very moment. Returns addresses.

    Raises TooLarge above the operator's limit, Invalid for a bad name, Conflict for a taken one.
    """
    server, place = reach(actor, server_id, P.file_write, changing=True)
    parts = path_of(path)
    taken: dict[bytes, tuple[Fresh, bool]] = {}
    with transfer(), inside(place, parts) as here, contextlib.ExitStack() as open_ones:
        left = upload_limit()
        for one in sent:
            name = sent_name(one.name)
            if name in taken:
                raise Invalid(_("Zwei der Dateien heißen gleich."))
            _check_free(here, name, one.replace)
            fresh = open_ones.enter_context(Fresh(here, _old(here, name)))
            taken[name] = fresh, one.replace
            left -= _receive(fresh, one.pieces, left)
        if not taken:
            raise Invalid(_("Wähle zuerst eine Datei."))
        sweep(here)
        facts = [
            FilesChanged("uploaded", "file", fresh.size, extension(name))
            for name, (fresh, _replace) in taken.items()
        ]
        with changing(actor, server, *facts):
            for name, (_fresh, replace) in taken.items():
                _check_free(here, name, replace)
            for name, (fresh, replace) in taken.items():
                fresh.put(name, replace=replace)
    return [join_path((*parts, name)) for name in taken]


def _receive(fresh: Fresh, pieces: Iterable[bytes], most: int) -> int:
    for piece in pieces:
        if fresh.size + len(piece) > most:
            raise TooLarge(too_large_words())
        fresh.write(piece)
        BYTES.labels("in").inc(len(piece))
    fresh.finish()
    return fresh.size


def upload_limit() -> int:
    """Bytes of one upload."""
    return settings().file_upload_mb * 1024 * 1024


def too_large_words() -> str:
    """What people read above the limit."""
    return _("Höchstens %(most)s MB auf einmal. Es wurde nichts gespeichert.", most=settings().file_upload_mb)


def _old(here: Here, name: bytes) -> os.stat_result | None:
    try:
        opened = open_file(here, name)
    except FileFault:
        return None
    opened.close()
    return opened.found


def _check_free(here: Here, name: bytes, replace: bool) -> None:
    try:
        found = entry(here.descriptor, name)
    except FileFault:
        return
    if not replace or found.kind == "folder":
        raise FileFault("exists")


def make(actor: Actor, server_id: UUID, path: str, typed: str, *, kind: str) -> str:
    """A new folder, or an empty file. Returns its address."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    parts = path_of(path)
    with inside(place, parts) as here:
        name = typed_name(typed)
        sweep(here)
        fact = FilesChanged("made", kind, None, extension(name) if kind == "file" else "")
        if kind == "folder":
            with changing(actor, server, fact):
                make_folder(here, name)
        else:
            with Fresh(here) as fresh:
                fresh.finish()
                with changing(actor, server, fact):
                    fresh.put(name, replace=False)
    return join_path((*parts, name))


def rename_file(actor: Actor, server_id: UUID, path: str, typed: str) -> str:
    """Another name in the same folder. Returns the new address."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    folder, name = one_name(path)
    with inside(place, folder) as here:
        new = typed_name(typed)
        found = entry(here.descriptor, name)
        if new == name:
            return path
        with changing(actor, server, FilesChanged("renamed", found.kind, None, extension(new))):
            rename(here, name, new)
    return join_path((*folder, new))


def delete(actor: Actor, server_id: UUID, path: str) -> None:
    """Removes a file, link or folder with all that is in it. Raises Conflict when something in it resists."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    folder, name = one_name(path)
    with inside(place, folder) as here:
        found = entry(here.descriptor, name)
        size = found.size if found.kind == "file" else None
        sweep(here)
        with changing(actor, server, FilesChanged("deleted", found.kind, size, extension(name))):
            gone = put_away(here, name)
        try:
            remove_away(here, gone)
        except FileFault:
            take_back(here, gone, name)
            raise


def unpack_archive(actor: Actor, server_id: UUID, path: str) -> str:
    """Unpacks an archive into a new folder beside it, whole or not at all. Returns the folder's address."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    folder, name = one_name(path)
    target = unpacked_name(name)
    with transfer(), inside(place, folder) as here:
        _check_free(here, target, replace=False)
        sweep(here)
        with (
            contextlib.closing(open_file(here, name)) as opened,
            unpack(here, opened) as (made, size),
            changing(actor, server, FilesChanged("unpacked", "folder", size)),
        ):
            bring(here, made, target)
    return join_path((*folder, target))


def choose_world(actor: Actor, server_id: UUID, path: str) -> None:
    """The game loads this world from its next start on. Raises Conflict while it runs, or without server.properties."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    parts = path_of(path)
    with inside(place) as here:
        with place.folder(parts) as world:
            entry(world.descriptor, MARK)
        data, found = read_small(here, PROPERTIES, EDIT_BYTES)
        try:
            new = with_level_name(data, b"/".join(parts))
        except UnicodeDecodeError:
            raise Conflict(
                _("Benenne den Ordner zuerst um: Das Spiel kann diesen Namen nicht lesen.")
            ) from None
        with Fresh(here, found) as fresh:
            fresh.write(new)
            fresh.finish()
            fact = FilesChanged("world-chosen", "folder")
            with changing(actor, server, fact, stopped=True):
                fresh.put(PROPERTIES, replace=True)


__all__ = ["Sent", "choose_world", "delete", "make", "rename_file", "save_text", "unpack_archive", "upload"]
