"""Several files and folders of one folder at once: moved, deleted, downloaded. All of them or none, where that is possible."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from app.hosting.events import FilesChanged
from app.hosting.gateways.files import (
    Entry,
    FileFault,
    Here,
    Source,
    entry,
    look,
    move,
    open_file,
    put_away,
    remove_away,
    sweep,
    take_back,
)
from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.files import Parts, extension, join_path, name_fault, stored
from app.hosting.services.file_changes import changing
from app.hosting.services.files import Download, inside, path_of, reach, zip_of
from app.kit.authz import Actor
from app.kit.errors import Conflict, Invalid, NotFound

MOST = 200
"""At once: as many as a page of the list shows."""
MOST_FOLDERS = 1000
"""Folders a picker offers."""


@dataclass(frozen=True)
class Chosen:
    """What somebody ticked: names in one folder, as they lie there."""

    folder: Parts
    names: tuple[bytes, ...]

    @property
    def paths(self) -> list[str]:
        """Their addresses."""
        return [join_path((*self.folder, name)) for name in self.names]


def chosen(path: str, names: Iterable[str]) -> Chosen:
    """Names as pages write them. Raises Invalid for none or too many, NotFound for what no page wrote."""
    try:
        found = tuple(dict.fromkeys(stored(name) for name in names))
    except ValueError:
        raise NotFound from None
    if not found:
        raise Invalid(_("Wähle zuerst eine Datei oder einen Ordner."))
    if len(found) > MOST:
        raise Invalid(_("Höchstens %(most)s auf einmal.", most=MOST))
    if any(name_fault(name) for name in found):
        raise NotFound
    return Chosen(path_of(path), found)


@dataclass(frozen=True)
class Picker:
    """A folder to move into, as a page offers it. `fault` says why it cannot be this one."""

    server: ServerDetail
    target: Parts
    folders: tuple[bytes, ...]
    fault: str


def pick(actor: Actor, server_id: UUID, what: Chosen, target: str) -> Picker:
    """The folders below `target`, without those that are to be moved. Raises NotFound, Conflict, FilesAway."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    parts = path_of(target)
    with inside(place, parts) as here:
        listing = look(here, 0, MOST_FOLDERS)
    moved = what.names if parts == what.folder else ()
    folders = tuple(one.name for one in listing.entries if one.kind == "folder" and one.name not in moved)
    return Picker(server, parts, folders, _fault(what, parts))


def _fault(what: Chosen, target: Parts) -> str:
    if target == what.folder:
        return _("Da liegt es schon. Öffne den Ordner, in den es soll.")
    depth = len(what.folder)
    if target[:depth] == what.folder and target[depth : depth + 1] and target[depth] in what.names:
        return _("Ein Ordner kann nicht in sich selbst.")
    return ""


def move_files(actor: Actor, server_id: UUID, what: Chosen, target: str) -> int:
    """Into another folder, all of them or none. Returns how many. Raises Conflict when a name is taken there."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    parts = path_of(target)
    if fault := _fault(what, parts):
        raise Conflict(fault)
    with inside(place, what.folder) as here, inside(place, parts) as there:
        found = [entry(here.descriptor, name) for name in what.names]
        sweep(there)
        done: list[bytes] = []
        try:
            with changing(actor, server, *_facts("moved", found)):
                for name in what.names:
                    move(here, name, there)
                    done.append(name)
        except BaseException:
            _move_back(there, here, done)
            raise
    return len(found)


def _move_back(there: Here, here: Here, names: Sequence[bytes]) -> None:
    """What was moved before something went wrong lies where it was, unless something else has its name by now."""
    for name in reversed(names):
        with contextlib.suppress(FileFault):
            move(there, name, here)


def delete_files(actor: Actor, server_id: UUID, what: Chosen) -> int:
    """Out of sight in one moment, all of them or none, then removed. Raises Conflict when something in them resists."""
    server, place = reach(actor, server_id, P.file_write, changing=True)
    with inside(place, what.folder) as here:
        found = [entry(here.descriptor, name) for name in what.names]
        sweep(here)
        gone: dict[bytes, bytes] = {}
        try:
            with changing(actor, server, *_facts("deleted", found)):
                for name in what.names:
                    gone[name] = put_away(here, name)
        except BaseException:
            for name, away in gone.items():
                take_back(here, away, name)
            raise
        _remove(here, gone)
    return len(found)


def _remove(here: Here, gone: dict[bytes, bytes]) -> None:
    """What resists is seen again; the rest goes all the same."""
    faults = []
    for name, away in gone.items():
        try:
            remove_away(here, away)
        except FileFault as fault:
            take_back(here, away, name)
            faults.append(fault)
    if faults:
        raise faults[0]


def _facts(action: str, found: Sequence[Entry]) -> list[FilesChanged]:
    """One line of history for one thing, one line for many."""
    if len(found) == 1:
        one = found[0]
        size = one.size if one.kind == "file" else None
        return [FilesChanged(action, one.kind, size, extension(one.name) if one.kind == "file" else "")]
    sizes = [one.size for one in found if one.kind == "file"]
    return [
        FilesChanged(action, "several", sum(sizes) if len(sizes) == len(found) else None, count=len(found))
    ]


def download_files(actor: Actor, server_id: UUID, what: Chosen) -> Download:
    """One zip archive of what was ticked, made while it is sent."""
    server, place = reach(actor, server_id)
    with inside(place, what.folder) as here:
        found = [entry(here.descriptor, name) for name in what.names]
        if not any(one.kind in ("file", "folder") for one in found):
            raise FileFault("link")
        for one in found:
            if one.kind == "file":
                open_file(here, one.name).close()  # what may not be read is said now, not left out
        title = what.folder[-1] if what.folder else server.name.encode()
        return zip_of(place, title, [Source(what.folder, (), only=frozenset(what.names))])
