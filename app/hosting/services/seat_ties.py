"""Seats follow people: an accepted invitation makes one, leaving the organisation or erasing the account ends it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, update

from app.accounts.api import lock_members, tie
from app.hosting.models import Seat, Server
from app.hosting.seat_events import SeatTaken
from app.hosting.services.seat import INVITATION, LEFT, SERVER, drop, facts, leave_if_nothing_is_left, note
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, transaction


class SeatTies:
    """See `app.accounts.api.Tied`: all of it in the transaction of the membership."""

    def accepted(self, invitation_id: UUID, person_id: UUID) -> None:
        """The seats that waited are theirs."""
        actor = Actor(person_id=person_id)
        for row in self._of(Seat.invitation_id == invitation_id):
            row.person_id, row.invitation_id = person_id, None
            db.session.flush()
            note(actor, row, SeatTaken(row.id, person_id, row.role), after=facts(row))

    def replaced(self, old_id: UUID, new_id: UUID) -> None:
        """They wait for the new answer."""
        db.session.execute(update(Seat).where(Seat.invitation_id == old_id).values(invitation_id=new_id))

    def withdrawn(self, invitation_id: UUID, actor: Actor) -> None:
        """Nobody will come."""
        for row in self._of(Seat.invitation_id == invitation_id):
            drop(actor, row, INVITATION)

    def gone(self, organisation_id: UUID, person_id: UUID, actor: Actor) -> None:
        """Who does not belong here any more sees nothing here."""
        for row in self._of(Seat.organisation_id == organisation_id, Seat.person_id == person_id):
            drop(actor, row, LEFT)

    @staticmethod
    def _of(*which: object) -> list[Seat]:
        statement = select(Seat).where(*which).order_by(Seat.id).with_for_update()  # type: ignore[arg-type]
        return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def forget_seats(server_id: UUID) -> None:
    """The server is gone, and with it who was let in; guests with nothing else do not belong here any more."""
    organisation_id = db.session.scalar(select(Server.organisation_id).where(Server.id == server_id))
    if organisation_id is None:
        return
    actor = replace(SYSTEM, organisation_id=organisation_id)
    with transaction() as session:
        lock_members(organisation_id)
        for row in list(session.scalars(select(Seat).where(Seat.server_id == server_id).order_by(Seat.id))):
            drop(actor, row, SERVER)
            leave_if_nothing_is_left(actor, row)


def tie_seats() -> None:
    """Tell accounts."""
    tie("hosting", SeatTies())
