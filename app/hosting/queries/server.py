"""Servers as lists and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import Select, and_, bindparam, not_, select

from app.hosting.models import Run, Server
from app.hosting.policies import P
from app.hosting.queries.news import REMEMBERED, has_news
from app.hosting.queries.rest import asleep_before_now, is_asleep
from app.hosting.queries.seat import seated
from app.hosting.rules.offer import Button, Meter, buttons, meter
from app.hosting.rules.rest import ASLEEP, asleep
from app.hosting.rules.server import ALIVE, Desired, Reason, State
from app.kit import clock
from app.kit.authz import Actor, may, may_everywhere
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import Invalid, NotFound
from app.kit.paging import Page, after, encode_cursor

SORTS = {
    "name": Server.name_folded,
    "created": Server.created_at,
    "state": Server.state,
    "memory": Server.memory_mb,
}
"""What a list may be sorted by; a leading minus turns the order round."""

GROUPS: dict[str, tuple[str, ...]] = {
    "running": (State.RUNNING,),
    "busy": (
        State.INSTALLING,
        State.STARTING,
        State.STOPPING,
        State.DELETING,
        State.ARCHIVING,
        State.WAKING,
    ),
    "stopped": (State.STOPPED, State.DRAFT),
    ASLEEP: (ASLEEP,),
    "archived": (State.ARCHIVED,),
    "crashed": (State.CRASHED,),
}
"""Filters of the list by kind of state; asleep ones are not among the stopped."""


@dataclass(frozen=True)
class ServerBrief:
    """One line of the list people look at: reading all of a server would take twice as long."""

    id: UUID
    name: str
    template: str
    game_version: str
    port: int | None
    memory_mb: int
    state: State
    desired: Desired
    players_online: int | None
    players_max: int | None
    created_at: datetime
    state_since: datetime

    @property
    def address(self) -> str:
        """What players type, host and port; empty without a port."""
        return f"{settings().game_host}:{self.port}" if self.port else ""

    @property
    def asleep(self) -> bool:
        """Stopped for so long that it is shown as asleep."""
        return asleep(self.state, self.desired, self.state_since, clock.now(), settings().sleep_minutes)

    @property
    def buttons(self) -> tuple[Button, ...]:
        """What may be done in this state, whoever looks."""
        return buttons(self.state, self.desired)


@dataclass(frozen=True)
class ServerRow(ServerBrief):
    """One line of a list with what the platform knows of the server."""

    organisation_id: UUID
    runtime: str
    node: str
    reason: Reason | None
    exit_code: int | None
    next_restart_at: datetime | None
    run_id: UUID | None
    started_at: datetime | None
    ready_at: datetime | None
    observed_at: datetime | None
    disk_bytes: int | None


@dataclass(frozen=True)
class ServerDetail(ServerRow):
    """Everything a server's page shows."""

    settings: dict[str, Any]
    config_version: int
    eula_accepted_at: datetime | None
    crash_count: int
    installed_at: datetime | None
    requested_at: datetime | None
    stopping_at: datetime | None
    stop_reason: Reason | None
    silent_since: datetime | None
    last_ended_at: datetime | None
    deleted_at: datetime | None
    idle_minutes: int | None
    archive_hours: int | None
    archive_failure: str | None
    archive_id: UUID | None
    world: str | None
    wake_by_join: bool
    wake_names: list[str]
    empty_since: datetime | None
    idle_warned_at: datetime | None
    web_map: bool | None
    map_port: int | None
    results_seen_at: datetime | None
    run_memory_mb: int | None
    """Memory of the current run; differs from `memory_mb` when a change waits for the next start."""
    run_config_version: int | None
    run_map_port: int | None
    news: bool
    """Something is done to it, or ended unseen: `views/going_on.py` says what."""

    @property
    def needs_restart(self) -> bool:
        """Settings were changed since the game was started."""
        if self.state not in ALIVE or self.run_config_version is None:
            return False
        return (self.run_config_version, self.run_map_port) != (self.config_version, self.map_port)

    @property
    def meter(self) -> Meter:
        """What is charged right now."""
        return meter(self.state, process=self.started_at is not None, has_run=self.last_ended_at is not None)


R = TypeVar("R", bound=ServerBrief)


@dataclass(frozen=True)
class ServerFilter:
    """What a person looks for; empty fields do not filter. `group` is a key of GROUPS."""

    text: str = ""
    group: str = ""
    template: str = ""
    sort: str = "name"
    state: State | None = None


_DETAIL = [
    *(
        getattr(Server, n)
        for n in ServerDetail.__dataclass_fields__
        if n not in ("run_memory_mb", "run_config_version", "run_map_port", "news")
    ),
    Run.memory_mb,
    Run.config_version,
    Run.map_port,
    has_news(bindparam("news_since")),
]


def visible(actor: Actor) -> Select[Any]:
    """Ids of the servers an actor may know of: those of the organisation, without deleted ones."""
    return _known(select(Server.id), actor)


def _known(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Of a statement about servers, those an actor may know of: all of the organisation's, or those with a seat."""
    statement = statement.where(
        Server.organisation_id == actor.organisation_id, Server.state != State.DELETED.value
    )
    return (
        statement if may_everywhere(actor, P.server_read) else statement.where(Server.id.in_(seated(actor)))
    )


def list_servers(
    actor: Actor, wanted: ServerFilter | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[ServerRow]:
    """The servers an actor may know of, one statement a page. Empty for actors without the right to a list."""
    return list_servers_as(ServerRow, actor, wanted or ServerFilter(), cursor, limit)


def list_servers_as(
    kind: type[R], actor: Actor, wanted: ServerFilter, cursor: str | None, limit: int
) -> Page[R]:
    """The same with as much of each server as `kind` has fields for."""
    if not may_everywhere(actor, P.server_list) or actor.organisation_id is None:
        return Page(())
    descending = wanted.sort.startswith("-")
    name = wanted.sort.removeprefix("-")
    if name not in SORTS:
        raise Invalid(fields={"sort": gettext("unbekannt")})
    columns = select(*(getattr(Server, field) for field in kind.__dataclass_fields__))
    statement = narrowed(_known(columns, actor), wanted)
    parsers: list[Any] = [
        datetime.fromisoformat if name == "created" else int if name == "memory" else str,
        UUID,
    ]
    ordered = after(statement, [SORTS[name], Server.id], parsers, cursor, limit, descending=descending)
    rows = [_row(kind, values) for values in db.session.execute(ordered)]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode_cursor([_sort_key(last, name), last.id]) if last else None)


def narrowed(statement: Select[Any], wanted: ServerFilter) -> Select[Any]:
    """A statement about servers, of those a person looks for alone."""
    if wanted.text.strip():
        statement = statement.where(
            Server.name_folded.contains(wanted.text.strip().casefold(), autoescape=True)
        )
    if wanted.group:
        states = GROUPS.get(wanted.group)
        if states is None:
            raise Invalid(fields={"group": gettext("unbekannt")})
        plain = and_(Server.state.in_(states), not_(is_asleep(asleep_before_now())))
        statement = statement.where(is_asleep(asleep_before_now()) if ASLEEP in states else plain)
    if wanted.state:
        statement = statement.where(Server.state == wanted.state.value)
    if wanted.template:
        statement = statement.where(Server.template == wanted.template)
    return statement


def _sort_key(row: ServerBrief, sort: str) -> object:
    keys = {
        "name": row.name.casefold(),
        "created": row.created_at,
        "state": row.state,
        "memory": row.memory_mb,
    }
    return keys[sort]


# Statements of the pages people look at most are built once: that costs as much as running them.
_ONE = select(*_DETAIL).outerjoin(Run, Run.id == Server.run_id).where(Server.id == bindparam("server_id"))


def find_server(actor: Actor, server_id: UUID) -> ServerDetail:
    """One server with its current run, in one statement. NotFound for strangers and for deleted servers."""
    if not may(actor, P.server_read) or actor.organisation_id is None or not actor.reaches(server_id):
        raise NotFound
    detail = server_detail(server_id)
    if detail is None or detail.organisation_id != actor.organisation_id or detail.state is State.DELETED:
        raise NotFound
    return detail


def server_detail(server_id: UUID) -> ServerDetail | None:
    """One server whoever asks: for jobs and for live fragments, which were authorised when subscribed."""
    since = clock.now() - REMEMBERED
    values = db.session.execute(_ONE, {"server_id": server_id, "news_since": since}).first()
    return _row(ServerDetail, values) if values else None


def may_see(actor: Actor, server_id: UUID) -> bool:
    """Whether an actor may watch a server live."""
    if not may(actor, P.server_read) or actor.organisation_id is None or not actor.reaches(server_id):
        return False
    return db.session.scalar(visible(actor).where(Server.id == server_id)) is not None


_ENUMS: dict[str, Any] = {"state": State, "desired": Desired, "reason": Reason, "stop_reason": Reason}


def _row(kind: Any, values: Any) -> Any:
    named = dict(zip(kind.__dataclass_fields__, values, strict=True))
    for key, enum in _ENUMS.items():
        if named.get(key) is not None:
            named[key] = enum(named[key])
    return kind(**named)
