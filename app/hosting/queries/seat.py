"""Who may what with which server: what a seat grants, and everybody with access to one server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.accounts.api import OpenInvitation, invitations_named, people_of
from app.hosting.models import Archive, Domain, Plugin, PluginChange, Schedule, Seat, Server, Webhook
from app.hosting.policies import AREAS, MANAGERS, P, permissions_in
from app.hosting.rules.seat import Area, areas_of
from app.hosting.rules.server import State
from app.kit.authz import GUEST, Actor, grant_on, may_everywhere
from app.kit.db import db
from app.kit.errors import NotFound

OUTSIDE = (GUEST, None)
"""Roles that see no server without a seat."""


@dataclass(frozen=True)
class SeatView:
    """A seat as pages show it; `invitation_id` until it is accepted."""

    id: UUID
    server_id: UUID
    person_id: UUID | None
    invitation_id: UUID | None
    role: str
    areas: frozenset[Area]
    invited_by: UUID | None
    created_at: datetime


@dataclass(frozen=True)
class Insider:
    """Somebody with access to a server: by the role in the organisation, by a seat, or by both."""

    person_id: UUID
    name: str
    email: str
    role: str
    areas: frozenset[Area]
    seat: SeatView | None = None

    @property
    def manages(self) -> bool:
        """Whether the role alone allows everything."""
        return self.role in MANAGERS


@dataclass(frozen=True)
class Team:
    """Everybody with access, and who was asked; an invitation may have run out."""

    people: list[Insider]
    asked: list[tuple[SeatView, OpenInvitation]]


_SEAT: tuple[Any, ...] = (
    Seat.id, Seat.server_id, Seat.person_id, Seat.invitation_id, Seat.role, Seat.areas, Seat.invited_by,
    Seat.created_at,
)  # fmt: skip


def _view(row: Any) -> SeatView:
    return SeatView(
        row.id, row.server_id, row.person_id, row.invitation_id, row.role, areas_of(row.role, row.areas),
        row.invited_by, row.created_at,
    )  # fmt: skip


def _held_by(actor: Actor) -> Select[Any]:
    """The actor's seats in the organisation they work in, on servers that are there."""
    found: Select[Any] = (
        select(*_SEAT)
        .join(Server, Server.id == Seat.server_id)
        .where(
            Seat.person_id == actor.person_id,
            Seat.organisation_id == actor.organisation_id,
            Server.organisation_id == actor.organisation_id,
            Server.state != State.DELETED.value,
        )
    )
    return found


def seated(actor: Actor) -> Select[Any]:
    """Ids of the servers on which the actor has a seat."""
    return select(Seat.server_id).where(
        Seat.person_id == actor.person_id, Seat.organisation_id == actor.organisation_id
    )


def _needs_seat(actor: Actor) -> bool:
    """Whether a seat could add anything: managers may everything anyway."""
    return actor.role not in MANAGERS


def seats_of(actor: Actor) -> dict[UUID, frozenset[str]]:
    """Permissions the actor has by seats, by server. For lists; one statement, none for managers."""
    if not _needs_seat(actor):
        return {}
    rows = [_view(row) for row in db.session.execute(_held_by(actor))]
    return {row.server_id: permissions_in(row.areas) for row in rows}


def on_server(actor: Actor, server_id: UUID) -> Actor | None:
    """The actor of a request about this server. None for a guest without a seat, and for who belongs to nothing (any
    more): it is not there for them."""
    if not _needs_seat(actor):
        return actor
    row = db.session.execute(_held_by(actor).where(Seat.server_id == server_id)).first()
    if row is None:
        return None if actor.role in OUTSIDE else actor
    return replace(actor, granted=permissions_in(_view(row).areas), granted_on=server_id)


def _part(model: Any) -> Callable[[Actor, UUID], Actor | None]:
    """The same for an address that names a part of a server."""

    def find(actor: Actor, row_id: UUID) -> Actor | None:
        if not _needs_seat(actor):
            return actor
        server_id = db.session.scalar(
            select(model.server_id).where(model.id == row_id, model.organisation_id == actor.organisation_id)
        )
        if server_id is None:
            return None if actor.role in OUTSIDE else actor
        return on_server(actor, server_id)

    return find


def register_grants() -> None:
    """What addresses name, and with it what live fragments are about. A new kind of part belongs here."""
    grant_on("server_id", on_server)
    for argument, model in (
        ("webhook_id", Webhook),
        ("plugin_id", Plugin),
        ("change_id", PluginChange),
        ("schedule_id", Schedule),
        ("domain_id", Domain),
        ("backup_id", Archive),
    ):
        grant_on(argument, _part(model))


def seats_on(server_id: UUID) -> list[SeatView]:
    """All of a server, in the order they were given. The caller has checked the actor."""
    rows = db.session.execute(select(*_SEAT).where(Seat.server_id == server_id).order_by(Seat.id))
    return [_view(row) for row in rows]


def seat_on(server_id: UUID, seat_id: UUID) -> SeatView:
    """One of this server. Raises NotFound."""
    row = db.session.execute(select(*_SEAT).where(Seat.server_id == server_id, Seat.id == seat_id)).first()
    if row is None:
        raise NotFound
    return _view(row)


def role_areas(role: str) -> frozenset[Area]:
    """What the role in the organisation allows on every server of it."""
    actor = Actor(role=role)
    return frozenset(
        area for area, permissions in AREAS.items() if all(may_everywhere(actor, one) for one in permissions)
    )


def team_of(actor: Actor, server_id: UUID) -> Team:
    """Everybody with access to the server of the actor's organisation; guests only with a seat."""
    assert actor.organisation_id is not None
    seats = seats_on(server_id)
    held = {seat.person_id: seat for seat in seats if seat.person_id}
    people = []
    for one in people_of(actor.organisation_id):
        seat, areas = held.get(one.person_id), role_areas(one.role)
        if seat is not None:
            areas |= seat.areas
        if areas:
            people.append(Insider(one.person_id, one.name, one.email, one.role, areas, seat))
    open_ = invitations_named({seat.invitation_id for seat in seats if seat.invitation_id})
    asked = [(seat, open_[seat.invitation_id]) for seat in seats if seat.invitation_id in open_]
    return Team(people, asked)


def may_on(actor: Actor, permission: P, held: dict[UUID, frozenset[str]], server_id: UUID) -> bool:
    """Whether the actor may it on one server of a list; `held` is what `seats_of` gave."""
    if permission.value in held.get(server_id, ()):
        return actor.token_scopes is None or permission.value in actor.token_scopes
    return may_everywhere(actor, permission)
