"""Seats of a licence: so many people of an organisation at the same time, and of two who take the last one, one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id
from app.nanos.models import Licence, NanoFile, Use
from app.nanos.queries.nano import get_nano
from app.nanos.queries.seat import HELD
from app.nanos.services.use import begin, finish
from tests.nanos import rig
from tests.people import People, make_people, sign_in


def licensed(people: People, nano_id: UUID, seats: int | None) -> None:
    with transaction() as session:
        session.add(
            Licence(
                id=new_id(), nano_id=nano_id, organisation_id=people.other_organisation_id, state="active", seats=seats,
                starts_at=clock.now(), created_at=clock.now(),
            )
        )  # fmt: skip


def colleague(people: People) -> Actor:
    return Actor(
        person_id=uuid4(), organisation_id=people.other_organisation_id, role="member", name="Kollege"
    )


def file_of() -> UUID:
    found: UUID = db.session.query(NanoFile.id).scalar()
    return found


def sees(actor: Actor, nano_id: UUID) -> tuple[bool, bool]:
    """(has access, is told that all seats are taken)."""
    found = get_nano(actor, nano_id)
    return found.takes, found.full


def test_so_many_at_the_same_time_and_the_next_when_one_is_free(
    db_app: Flask, db_people: People, frozen: datetime
) -> None:
    nano_id = rig.published(db_people)
    licensed(db_people, nano_id, 2)
    one, two, three = (colleague(db_people) for _ in range(3))
    begin(one, nano_id, file_of())
    assert sees(three, nano_id) == (True, False), "a seat is free"
    begin(two, nano_id, file_of())
    assert sees(three, nano_id) == (False, True)
    assert sees(one, nano_id) == sees(two, nano_id) == (True, False)
    for act in (begin, finish):
        with pytest.raises(Conflict, match="Plätze"):
            act(three, nano_id, file_of())
    client = sign_in(db_app.test_client(), db_people.cleo)
    assert "Alle Plätze der Lizenz" in client.get(f"/nanos/{nano_id}").text
    assert client.get(f"/nanos/{nano_id}/learn/{file_of()}").status_code == 409
    clock.advance(seconds=HELD.total_seconds() / 2)
    finish(one, nano_id, file_of())
    clock.advance(seconds=HELD.total_seconds() / 2)
    assert sees(three, nano_id) == (True, False), "the second has not been here for an hour"
    begin(three, nano_id, file_of())
    assert sees(two, nano_id) == (False, True) and sees(one, nano_id) == (True, False)


def test_seats_add_up_and_one_licence_without_a_number_is_for_all(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    for _ in range(2):
        licensed(db_people, nano_id, 1)
    for _ in range(2):
        begin(colleague(db_people), nano_id, file_of())
    assert sees(colleague(db_people), nano_id) == (False, True)
    licensed(db_people, nano_id, None)
    assert sees(colleague(db_people), nano_id) == (True, False)


def test_whoever_needs_no_licence_needs_no_seat(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people, rig.OPEN)
    licensed(db_people, nano_id, 1)
    for actor in (colleague(db_people), colleague(db_people), db_people.bob.actor):
        begin(actor, nano_id, file_of())
        assert sees(actor, nano_id) == (True, False)


def test_an_ended_licence_has_no_seats(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    licensed(db_people, nano_id, 1)
    begin(colleague(db_people), nano_id, file_of())
    with transaction() as session:
        session.query(Licence).update({"ends_at": clock.now() - timedelta(seconds=1)})
    assert sees(colleague(db_people), nano_id) == (False, False)


@pytest.mark.postgres
def test_of_many_who_take_the_last_seat_at_once_one_gets_it(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id = rig.published(people)
    licensed(people, nano_id, 1)
    file_id, outcomes = file_of(), []
    db.session.rollback()

    def take() -> None:
        with pg_app.app_context(), pg_app.test_request_context():
            try:
                begin(colleague(people), nano_id, file_id)
                outcomes.append("in")
            except Conflict:
                outcomes.append("full")

    threads = [threading.Thread(target=take) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["full"] * 5 + ["in"] and db.session.query(Use).count() == 1
