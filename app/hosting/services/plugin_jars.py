"""The jars that are kept in our own store: what was fetched, and what was replaced, for the way back."""

from __future__ import annotations

import contextlib
import tempfile
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select

from app.core.api import delete_file, keep_file, open_file, upload_file
from app.hosting.gateways.files import Here
from app.hosting.gateways.files import open_file as open_jar
from app.hosting.gateways.modrinth import ModrinthFault
from app.hosting.models import Plugin, PluginChange, PluginJar, Server
from app.hosting.rules.plugin import Release
from app.hosting.rules.plugin_step import OPEN, ChangeState
from app.hosting.rules.server import State
from app.hosting.services.plugin_source import MOST_JAR, modrinth
from app.kit import clock
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id

KEPT_CHANGES = 10
"""Changes that can be taken back."""
MIME = "application/java-archive"


def kept(server_id: UUID) -> set[str]:
    """Hashes of the jars that are kept for a server."""
    return set(db.session.scalars(select(PluginJar.sha512).where(PluginJar.server_id == server_id)))


def fetch(server_id: UUID, release: Release) -> None:
    """Have a release in our store, checked. Raises ModrinthFault, Unavailable."""
    if release.sha512 in kept(server_id):
        db.session.rollback()
        return
    db.session.rollback()
    with tempfile.TemporaryFile() as copy:
        modrinth().download(release, copy, MOST_JAR)
        copy.seek(0)
        _keep(server_id, release.sha512, release.filename, copy)


def keep_old(server_id: UUID, here: Here, filename: str, sha512: str) -> None:
    """Have the jar that lies in the folder in our store. Raises FileFault, Unavailable."""
    if sha512 in kept(server_id):
        db.session.rollback()
        return
    db.session.rollback()
    with tempfile.TemporaryFile() as copy, contextlib.closing(open_jar(here, filename.encode())) as opened:
        for piece in opened.pieces():
            copy.write(piece)
        copy.seek(0)
        _keep(server_id, sha512, filename, copy)


def _keep(server_id: UUID, sha512: str, name: str, data: BinaryIO) -> None:
    """Bytes first, then the rows; who comes second leaves bytes that are swept later."""
    uploaded = upload_file(data)
    with transaction() as session:
        server = lock(Server, server_id)
        if server.state in (State.DELETING, State.DELETED):
            raise NotFound  # what comes after `forget_plugins` would stay for ever
        if sha512 in kept(server_id):
            return
        file_id = keep_file(
            uploaded, name=name, mime=MIME, kind="hosting.plugin", organisation_id=server.organisation_id
        )
        session.add(
            PluginJar(
                id=new_id(), server_id=server_id, sha512=sha512, file_id=file_id, size=uploaded.size,
                created_at=clock.now(),
            )
        )  # fmt: skip


def take(server_id: UUID, sha512: str) -> BinaryIO:
    """The bytes of a kept jar. Raises ModrinthFault not-there when they are gone."""
    file_id = db.session.scalar(
        select(PluginJar.file_id).where(PluginJar.server_id == server_id, PluginJar.sha512 == sha512)
    )
    try:
        if file_id is None:
            raise NotFound
        return open_file(file_id)
    except (NotFound, FileNotFoundError) as error:
        raise ModrinthFault("not-there") from error


def forget_old(server_id: UUID) -> None:
    """Drop jars that neither lie in the folder nor lead back from one of the last changes. Joins the caller's."""
    require_transaction()
    needed = {
        row.now().sha512 for row in db.session.scalars(select(Plugin).where(Plugin.server_id == server_id))
    }
    changes = db.session.scalars(
        select(PluginChange)
        .where(
            PluginChange.server_id == server_id,
            PluginChange.state.in_((*OPEN, ChangeState.DONE.value)),
        )
        .order_by(PluginChange.id.desc())
        .limit(KEPT_CHANGES)
    )
    for change in changes:
        for step in change.parts():
            needed |= {jar.release.sha512 for jar in (step.old, step.new) if jar}
    for jar in db.session.scalars(select(PluginJar).where(PluginJar.server_id == server_id)).all():
        if jar.sha512 not in needed:
            remove_jar(jar)


def remove_jar(jar: PluginJar) -> None:
    """The row, then its file."""
    file_id = jar.file_id
    db.session.delete(jar)
    db.session.flush()
    delete_file(file_id)


__all__ = ["fetch", "forget_old", "keep_old", "kept", "remove_jar", "take"]
