"""People who are let in to single servers."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update

from app.accounts.api import add_member, create_person
from app.hosting.models import Seat, Server
from app.hosting.services.seat import give_seat
from app.hosting.services.setup import create_server
from app.kit.db import db, transaction
from tests.people import PASSWORD, People, Someone


def server(people: People, name: str = "Bauwelt", state: str = "stopped") -> UUID:
    """A server of Nordlicht that has run before."""
    server_id = create_server(people.alice.actor, name=name, template="flying-squid")
    with transaction():
        db.session.execute(update(Server).where(Server.id == server_id).values(state=state))
    return server_id


def guest(people: People, name: str = "Gina") -> Someone:
    """A guest of Nordlicht who has not been let in to anything yet."""
    email = f"{name.lower()}@example.org"
    locale = people.alice.actor.locale
    person_id = create_person(email=email, name=name, password=PASSWORD, locale=locale)
    add_member(people.organisation_id, person_id, "guest")
    return Someone(person_id, name, email, people.organisation_id)


def let_in(
    people: People, person: Someone, server_id: UUID, role: str = "member", areas: Iterable[str] = ()
) -> UUID:
    """Give the person a seat. Returns its id."""
    return give_seat(people.alice.actor, server_id, email=person.email, role=role, areas=areas)


def seats(server_id: UUID) -> list[Seat]:
    """All there are, in the order they were given."""
    db.session.rollback()
    rows = db.session.scalars(select(Seat).where(Seat.server_id == server_id).order_by(Seat.id))
    return list(rows.all())
