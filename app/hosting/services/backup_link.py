"""Links to archives of backups, for programs that fetch without a token: sealed, for a few minutes, checked anew at use."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts.api import find_actor_for_job
from app.hosting.models import Archive, Server
from app.hosting.policies import P
from app.hosting.rules.archive import ArchiveState
from app.hosting.services.backup import note_download, own_backup
from app.kit import clock
from app.kit.authz import Actor, on_subjects, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotAllowed, NotFound
from app.kit.secrets import seal, unseal

VALID = timedelta(minutes=10)
PURPOSE = "hosting.backup"


def make_link(actor: Actor, server_id: UUID, backup_id: UUID) -> tuple[str, datetime]:
    """A token for the archive's bytes, and until when it holds. Raises Conflict for a backup that is not whole."""
    require(actor, P.backup_download)
    with transaction():
        _server, archive, _backup = own_backup(actor, server_id, backup_id)
        if archive.state != ArchiveState.VERIFIED:
            raise Conflict
    until = clock.now() + VALID
    told = {
        "for": PURPOSE, "server": str(server_id), "backup": str(backup_id), "person": str(actor.person_id),
        "organisation": str(actor.organisation_id), "until": until.timestamp(),
    }  # fmt: skip
    return seal(json.dumps(told)), until


def open_link(token: str) -> tuple[str, Archive]:
    """The server's name and the archive a link leads to; that it was fetched is written down.

    NotFound for a link that is none, has expired, or whose maker may not fetch it any more.
    """
    try:
        told = json.loads(unseal(token))
        if told["for"] != PURPOSE or told["until"] < clock.now().timestamp():
            raise NotFound
        person, organisation = UUID(told["person"]), UUID(told["organisation"])
        server_id, backup_id = UUID(told["server"]), UUID(told["backup"])
    except (ValueError, TypeError, KeyError):
        raise NotFound from None
    try:
        actor = on_subjects(find_actor_for_job(person, organisation), {"server_id": server_id})
        archive = note_download(actor, server_id, backup_id)
    except NotAllowed:
        raise NotFound from None
    server = db.session.get(Server, server_id)
    assert server is not None
    return server.name, archive
