"""API v1: backups of a server: what there is, making one, a link to take one home, bringing one back, deleting one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from flask import url_for
from pydantic import Field

from app.hosting.policies import P
from app.hosting.queries.backup import BackupRow, backup_of, backup_page, latest_restore
from app.hosting.queries.server import find_server
from app.hosting.rules.archive import Failure
from app.hosting.rules.backup import Origin
from app.hosting.services import backup as services
from app.hosting.services import backup_link, restore
from app.hosting.views.api import bp
from app.hosting.views.api_shapes import ServerName
from app.kit.config import settings
from app.kit.errors import NotFound
from app.kit.rest import Call, Paged, Shape, next_link, operation

TAG = "Backups"


class ApiBackup(Shape):
    """A copy of a server's world."""

    id: UUID
    server: UUID
    state: Literal["making", "verified", "failed"]
    origin: Origin = Field(description="Why it was made.")
    good: bool = Field(
        description="Verified, and no test said otherwise: a world can be brought back from it."
    )
    created_at: datetime
    finished_at: datetime | None
    size_bytes: int | None = Field(description="As it is stored.")
    raw_bytes: int | None = Field(description="Of the world in it.")
    sha256: str | None
    game_version: str
    failure: Failure | None = Field(description="Why it failed.")
    kept: bool = Field(description="It stays until somebody deletes it.")
    tested_at: datetime | None = Field(
        description="When it was last unpacked to see whether it comes back whole."
    )
    test_failure: Failure | None

    @classmethod
    def of(cls, server_id: UUID, row: BackupRow) -> ApiBackup:
        same = {name: getattr(row, name) for name in cls.model_fields if name not in ("server", "state")}
        return cls(server=server_id, state=row.state.value, **same)


class BackupPage(Shape):
    """Some backups, newest first."""

    data: list[ApiBackup]
    next_cursor: str | None


class BackupChange(Shape):
    """What to change."""

    kept: bool = Field(description="Whether it stays until somebody deletes it.")


class BackupLink(Shape):
    """Where the archive itself can be fetched, without a token, until it expires."""

    url: str
    expires_at: datetime


class NewRestore(Shape):
    """Where the world is to go: into its own server, or with a name into a new one."""

    name: ServerName | None = Field(
        None, description="Make a new server of this name (a draft) with this world."
    )
    save_first: bool = Field(True, description="Back up the present world before another takes its place.")


class ApiRestore(Shape):
    """The latest restore into a server."""

    id: UUID
    server: UUID = Field(description="The server that gets the world.")
    state: Literal["waiting", "unpacking", "done", "failed"]
    failure: Failure | None
    created_at: datetime
    finished_at: datetime | None
    backup_at: datetime = Field(description="When the backup was made from which the world comes.")


def _shown(server_id: UUID, backup_id: UUID) -> ApiBackup:
    return ApiBackup.of(server_id, backup_of(server_id, backup_id))


def _restore(server_id: UUID) -> ApiRestore:
    row = latest_restore(server_id)
    if row is None:
        raise NotFound
    same = {name: getattr(row, name) for name in ApiRestore.model_fields if name != "server"}
    return ApiRestore(server=server_id, **same)


@operation(
    bp, "GET", "/servers/{server_id}/backups", tag=TAG, summary="List a server's backups",
    permission=P.backup_read, query=Paged, answer=BackupPage,
)  # fmt: skip
def api_list_backups(call: Call, server_id: UUID) -> tuple[BackupPage, dict[str, str]]:
    found = find_server(call.actor, server_id)
    page = backup_page(found.id, call.query.cursor, call.query.limit)
    shown = [ApiBackup.of(found.id, row) for row in page.rows]
    return BackupPage(data=shown, next_cursor=page.next_cursor), next_link(page.next_cursor)


@operation(
    bp, "POST", "/servers/{server_id}/backups", tag=TAG, summary="Make a backup now",
    permission=P.backup_create, answer=ApiBackup, status=202, errors=(409,),
    description="Joins the one that is being made. Players who play go on playing.",
)  # fmt: skip
def api_create_backup(call: Call, server_id: UUID) -> tuple[ApiBackup, dict[str, str]]:
    backup_id = services.create_backup(call.actor, server_id)
    here = url_for("hosting_api.api_get_backup", server_id=server_id, backup_id=backup_id)
    return _shown(server_id, backup_id), {"Location": here}


@operation(
    bp, "GET", "/servers/{server_id}/backups/{backup_id}", tag=TAG, summary="Show a backup",
    permission=P.backup_read, answer=ApiBackup,
)  # fmt: skip
def api_get_backup(call: Call, server_id: UUID, backup_id: UUID) -> ApiBackup:
    return _shown(find_server(call.actor, server_id).id, backup_id)


@operation(
    bp, "PATCH", "/servers/{server_id}/backups/{backup_id}", tag=TAG, summary="Keep a backup, or let it be tidied away",
    permission=P.backup_delete, body=BackupChange, answer=ApiBackup,
)  # fmt: skip
def api_change_backup(call: Call, server_id: UUID, backup_id: UUID) -> ApiBackup:
    services.keep_backup(call.actor, server_id, backup_id, on=call.body.kept)
    return _shown(server_id, backup_id)


@operation(
    bp, "DELETE", "/servers/{server_id}/backups/{backup_id}", tag=TAG, summary="Delete a backup",
    permission=P.backup_delete, errors=(409,), description="One that is being made is called off.",
)  # fmt: skip
def api_delete_backup(call: Call, server_id: UUID, backup_id: UUID) -> None:
    services.delete_backup(call.actor, server_id, backup_id)


@operation(
    bp, "POST", "/servers/{server_id}/backups/{backup_id}/link", tag=TAG, summary="Make a link to a backup's archive",
    permission=P.backup_download, answer=BackupLink, status=201, errors=(409,),
    description="For a few minutes, also for interrupted downloads; whoever has it can fetch the world.",
)  # fmt: skip
def api_link_backup(call: Call, server_id: UUID, backup_id: UUID) -> BackupLink:
    token, until = backup_link.make_link(call.actor, server_id, backup_id)
    path = url_for("hosting.fetch_backup", token=token)
    return BackupLink(url=settings().public_url.rstrip("/") + path, expires_at=until)


@operation(
    bp, "POST", "/servers/{server_id}/backups/{backup_id}/restore", tag=TAG, summary="Bring a backup back",
    permission=P.backup_restore, body=NewRestore, answer=ApiRestore, status=202, errors=(409,),
    description="Into its own server only while that is stopped; its world stays until the other one is whole.",
)  # fmt: skip
def api_restore_backup(call: Call, server_id: UUID, backup_id: UUID) -> tuple[ApiRestore, dict[str, str]]:
    wanted: NewRestore = call.body
    target = server_id
    if wanted.name is None:
        restore.restore_backup(call.actor, server_id, backup_id, save_first=wanted.save_first)
    else:
        target = restore.restore_as_new(call.actor, server_id, backup_id, name=wanted.name, once=call.once)
    return _restore(target), {"Location": url_for("hosting_api.api_get_restore", server_id=target)}


@operation(
    bp, "GET", "/servers/{server_id}/restore", tag=TAG, summary="Show the latest restore into a server",
    permission=P.backup_read, answer=ApiRestore,
)  # fmt: skip
def api_get_restore(call: Call, server_id: UUID) -> ApiRestore:
    return _restore(find_server(call.actor, server_id).id)
