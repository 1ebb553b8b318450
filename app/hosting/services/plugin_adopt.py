"""Jars that somebody put into the folder by hand: shown, recognised by their hash, and looked after from then on."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from app.hosting.gateways.files import FileFault, Place
from app.hosting.models import Server
from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.plugin import Release
from app.hosting.rules.plugin_step import Jar, Step
from app.hosting.services.file_faults import FilesAway
from app.hosting.services.file_faults import telling as files_telling
from app.hosting.services.files import transfer
from app.hosting.services.plugin import order_adoption, taken_by
from app.hosting.services.plugin_folder import Lying, jars, open_folder, place_of, sha512_of
from app.hosting.services.plugin_plan import rows_of
from app.hosting.services.plugin_source import MOST_JAR, modrinth, polite, telling
from app.kit.authz import Actor, require
from app.kit.db import db
from app.kit.errors import Conflict, NotFound, Unavailable

MOST_BYTES = 512 * 1024**2
"""Read for one look; what is beyond is not recognised."""


@dataclass(frozen=True)
class Folder:
    """What lies in the folder. `away` says in words why nobody can look."""

    jars: tuple[Lying, ...] = ()
    away: str = ""


@dataclass(frozen=True)
class Known:
    """A jar by hand that Modrinth knows."""

    filename: str
    title: str
    release: Release
    doubled: bool
    """The same project is installed already."""


def look_into(server: Server | ServerDetail, folder: str) -> Folder:
    """The jars of a server, for pages. Never raises: who cannot look says why."""
    try:
        place = place_of(server)
        db.session.rollback()
        with open_folder(place, folder) as here:
            return Folder(tuple(jars(here)) if here else ())
    except FilesAway as error:
        return Folder(away=error.message)
    except (FileFault, NotFound, Unavailable):
        return Folder(away=_("Der Ordner lässt sich gerade nicht lesen."))


def _own(actor: Actor, server_id: UUID) -> tuple[Server, Place, str]:
    require(actor, P.plugin_write)
    server = db.session.get(Server, server_id, populate_existing=True)
    if server is None or server.organisation_id != actor.organisation_id or not actor.reaches(server_id):
        raise NotFound
    folder = taken_by(server).folder
    place = place_of(server)
    return server, place, folder


def recognise(actor: Actor, server_id: UUID) -> list[Known]:
    """The jars by hand that Modrinth knows, by one question. Raises FilesAway, Unavailable, Conflict."""
    _server, place, folder = _own(actor, server_id)
    polite(actor)
    ours = {row.filename: row.project_id for row in rows_of(server_id)}
    db.session.rollback()
    with transfer(), files_telling():
        hashes, lying = _by_hand(place, folder, ours)
    if not hashes:
        return []
    with telling():
        releases = modrinth().by_hashes(hashes.values())
        titles = modrinth().projects([one.project_id for one in releases.values()]).value
    there = {project for filename, project in ours.items() if filename in lying}
    return [
        Known(
            filename, titles[release.project_id].title if release.project_id in titles else release.filename,
            release, release.project_id in there,
        )
        for filename, sha512 in sorted(hashes.items()) if (release := releases.get(sha512))
    ]  # fmt: skip


def _by_hand(place: Place, folder: str, ours: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """Hashes of jars that are not ours, by name, and the names of all jars. Raises FileFault."""
    hashes: dict[str, str] = {}
    lying: set[str] = set()
    left = MOST_BYTES
    with open_folder(place, folder) as here:
        for one in jars(here) if here else ():
            lying.add(one.filename)
            if one.filename in ours or one.size > min(left, MOST_JAR) or here is None:
                continue
            left -= one.size
            with contextlib.suppress(FileFault):
                if found := sha512_of(here, one.filename, MOST_JAR):
                    hashes[one.filename] = found[0]
    return hashes, lying


def adopt(actor: Actor, server_id: UUID, filename: str, *, once: str | None = None) -> None:
    """Look after a jar from now on: updates, dependencies, the way back. The folder stays as it is.

    It may take the place of a plugin whose own jar is gone, as after a backup with an older one was restored.
    """
    known = next((one for one in recognise(actor, server_id) if one.filename == filename), None)
    if known is None:
        raise Conflict(_("Diese Datei kennt Modrinth nicht, oder sie liegt nicht mehr da."))
    if known.doubled:
        raise Conflict(_("Dieses Plugin ist schon installiert. Lösche eine der beiden Dateien."))
    with telling():
        project = modrinth().project(known.release.project_id).value
    step = Step(
        project_id=project.id, slug=project.slug, title=project.title[:120],
        new=Jar(release=known.release, filename=filename),
    )  # fmt: skip
    gone = [row.filename for row in rows_of(server_id) if row.project_id == project.id]
    db.session.rollback()
    order_adoption(actor, server_id, step, gone, once=once)
