"""What servers are called and how large they are, deleted ones too: for costs, reports and the event log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.hosting.catalog import templates
from app.hosting.models import Server
from app.hosting.rules.server import State
from app.kit.db import db


def server_names(organisation_id: UUID) -> dict[UUID, str]:
    """Names of all servers an organisation ever had, deleted ones too: for costs and reports."""
    rows = db.session.execute(select(Server.id, Server.name).where(Server.organisation_id == organisation_id))
    return dict(rows.all())


class NameAndSize(NamedTuple):
    """A server as the costs name and rate it."""

    name: str
    memory_mb: int


def names_and_sizes(organisation_id: UUID) -> dict[UUID, NameAndSize]:
    """Of all servers an organisation ever had."""
    rows = db.session.execute(
        select(Server.id, Server.name, Server.memory_mb).where(Server.organisation_id == organisation_id)
    )
    return {server_id: NameAndSize(name, memory_mb) for server_id, name, memory_mb in rows}


def names_of(ids: Iterable[UUID], organisation_id: UUID | None = None) -> list[tuple[UUID, str, bool]]:
    """(id, name, whether it was deleted) of servers, of one organisation only when it is named."""
    statement = select(Server.id, Server.name, Server.state == State.DELETED.value).where(
        Server.id.in_(list(ids))
    )
    if organisation_id is not None:
        statement = statement.where(Server.organisation_id == organisation_id)
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def template_name(slug: str, locale: str) -> str:
    """A template's name for people; the slug when a release took the template away."""
    found = templates().get(slug)
    return found.name.text(locale) if found else slug
