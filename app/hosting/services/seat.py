"""Who is let in to a server: given, changed, taken away. Only the organisation's owners and admins do it.

Locks are taken in one order: the organisation, the server, the seats.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.accounts.api import (
    Invited,
    count_guest,
    end_guest,
    invite_guest,
    lock_members,
    send_invitation_again,
    withdraw_invitation,
)
from app.core.api import Fact, record
from app.hosting import notices
from app.hosting.models import Seat, Server
from app.hosting.policies import MANAGERS, P
from app.hosting.rules.seat import MOST, Area, SeatRole, kept
from app.hosting.rules.server import State
from app.hosting.seat_events import SeatChanged, SeatGiven, SeatRemoved
from app.hosting.services import charge
from app.hosting.services.life import show
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.messaging.api import notify

HAND, LEFT, INVITATION, SERVER = "hand", "left", "invitation", "server"
"""Why a seat ended."""


def give_seat(
    actor: Actor,
    server_id: UUID,
    *,
    email: str,
    role: str,
    areas: Iterable[str] = (),
    once: str | None = None,
) -> UUID:
    """Let somebody in. Who belongs to the organisation has the seat at once, everybody else when they accept the mail.

    `areas` count with the role "custom". A second call with the same `once` gives the first one's id. Raises Invalid by
    field, Conflict at the limit, TooMany.
    """
    require(actor, P.seat_write)
    chosen, wanted = _checked(role, areas)
    address = count_guest(actor, email)
    once = once[:64] if once else None
    with transaction() as session:
        _lock(actor)
        server = _open(actor, server_id)
        before = select(Seat.id).where(Seat.server_id == server_id, Seat.once == once)
        if once and (first := session.scalar(before)):
            return first
        place = invite_guest(actor, address, about=server.name)
        _refuse(server_id, place)
        row = Seat(
            id=new_id(), organisation_id=server.organisation_id, server_id=server_id, person_id=place.person_id,
            invitation_id=place.invitation_id, role=chosen.value, areas=wanted, invited_by=actor.person_id,
            created_at=clock.now(), once=once,
        )  # fmt: skip
        session.add(row)
        session.flush()
        note(actor, row, SeatGiven(row.id, row.person_id, row.role), after=facts(row))
        _tell(row, server)
        return row.id


def _checked(role: str, areas: Iterable[str]) -> tuple[SeatRole, list[str]]:
    areas = list(areas)
    if role not in set(SeatRole):
        raise Invalid(fields={"role": _("Wähle eine der Möglichkeiten.")})
    if any(one not in set(Area) for one in areas):
        raise Invalid(fields={"areas": _("Dieses Recht gibt es nicht.")})
    return SeatRole(role), kept(SeatRole(role), areas)


def _lock(actor: Actor) -> None:
    if actor.organisation_id is None:
        raise NotFound
    lock_members(actor.organisation_id)


def _open(actor: Actor, server_id: UUID) -> Server:
    server = owned(actor, server_id)
    if server.state == State.DELETING:
        raise Conflict(_("Dieser Server wird gerade gelöscht."))
    return server


def _refuse(server_id: UUID, place: Invited) -> None:
    if place.person_id is not None and place.role in MANAGERS:
        raise Invalid(fields={"email": _("Diese Person verwaltet die Organisation und darf schon alles.")})
    same = Seat.person_id == place.person_id if place.person_id else Seat.invitation_id == place.invitation_id
    if db.session.scalar(select(Seat.id).where(Seat.server_id == server_id, same)) is not None:
        raise Invalid(fields={"email": _("Diese Person hat hier schon Zugriff. Ändere ihn in der Liste.")})
    count = db.session.scalar(select(func.count()).where(Seat.server_id == server_id))
    if (count or 0) >= MOST:
        raise Conflict(_("Mehr als %(most)d Personen je Server gehen nicht.", most=MOST))


def _tell(row: Seat, server: Server) -> None:
    """Who has been there before learns of the new server; everybody else has got the invitation's mail."""
    if row.person_id is not None:
        notify(
            notices.SEAT, dedupe=f"seat:{row.id}", organisation_id=row.organisation_id, person_ids=[row.person_id],
            subject=charge.subject(server.id), data={"server_id": str(server.id)},
            link=f"/hosting/servers/{server.id}",
        )  # fmt: skip


def change_seat(
    actor: Actor, server_id: UUID, seat_id: UUID, *, role: str, areas: Iterable[str] = ()
) -> None:
    """Let them do more or less from now on; open pages follow within seconds. Raises Invalid by field, NotFound."""
    require(actor, P.seat_write)
    chosen, wanted = _checked(role, areas)
    with transaction():
        _open(actor, server_id)
        row = _own(server_id, seat_id)
        if (row.role, row.areas) == (chosen.value, wanted):
            return
        before = facts(row)
        row.role, row.areas = chosen.value, wanted
        note(actor, row, SeatChanged(row.id, row.person_id, row.role), before, facts(row))


def remove_seat(actor: Actor, server_id: UUID, seat_id: UUID) -> bool:
    """Take it away, or take the invitation back. A guest whose last seat it was does not belong to the organisation any
    more. Returns whether that was so. Raises NotFound when somebody was first.
    """
    require(actor, P.seat_write)
    with transaction():
        _lock(actor)
        owned(actor, server_id)
        row = _own(server_id, seat_id)
        drop(actor, row, HAND)
        return leave_if_nothing_is_left(actor, row)


def send_again(actor: Actor, server_id: UUID, seat_id: UUID) -> None:
    """Mail the invitation once more, with a new link. Raises Conflict when it was answered, TooMany."""
    require(actor, P.seat_write)
    row = db.session.execute(
        select(Seat.invitation_id, Server.name)
        .join(Server, Server.id == Seat.server_id)
        .where(Seat.server_id == server_id, Seat.id == seat_id, Seat.organisation_id == actor.organisation_id)
    ).first()
    if row is None or not actor.reaches(server_id):
        raise NotFound
    if row.invitation_id is None:
        raise Conflict(_("Diese Einladung ist schon beantwortet."))
    send_invitation_again(actor, row.invitation_id, about=row.name)


def _own(server_id: UUID, seat_id: UUID) -> Seat:
    """The locked seat of this server."""
    row = db.session.get(Seat, seat_id, with_for_update=True, populate_existing=True)
    if row is None or row.server_id != server_id:
        raise NotFound
    return row


def drop(actor: Actor, row: Seat, reason: str) -> None:
    """Remove the row and write it down. Joins the caller's transaction."""
    note(actor, row, SeatRemoved(row.id, row.person_id, reason), before=facts(row))
    db.session.delete(row)
    db.session.flush()


def leave_if_nothing_is_left(actor: Actor, row: Seat) -> bool:
    """A guest without any seat sees nothing: the membership ends, or the invitation. The organisation is locked."""
    if row.person_id is not None:
        if db.session.scalar(_others(row).where(Seat.person_id == row.person_id)):
            return False
        return end_guest(actor, row.organisation_id, row.person_id)
    if row.invitation_id is not None and not db.session.scalar(
        _others(row).where(Seat.invitation_id == row.invitation_id)
    ):
        withdraw_invitation(actor, row.invitation_id, only_guest=True)
    return False


def _others(row: Seat) -> Select[Any]:
    return select(func.count()).where(Seat.organisation_id == row.organisation_id)


def facts(row: Seat) -> dict[str, object]:
    """What the log keeps of a seat."""
    return {"role": row.role, "areas": list(row.areas)}


def note(
    actor: Actor,
    row: Seat,
    fact: Fact,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Write down what happened to a seat, about its server."""
    record(
        fact, actor=actor, organisation_id=row.organisation_id, subject=charge.subject(row.server_id),
        before=before, after=after,
    )  # fmt: skip
    show(row.server_id, "events")
