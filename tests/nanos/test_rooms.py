"""Conversations about a nano, on both databases: who is in them, who may read, and that there is one for each asking side."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.api import find_actor_for_job
from app.kit.db import db
from app.kit.errors import Conflict, NotAllowed, NotFound
from app.messaging.api import say
from app.messaging.queries.room import access, member_ids
from app.messaging.queries.room_list import rooms_of
from app.nanos.models import Inquiry
from app.nanos.services.ending import remove, retire
from app.nanos.services.inquiry import ask
from tests.nanos import rig
from tests.people import People, make_people, sign_in
from tests.threads import at_once


def room_of(address: str) -> UUID:
    return UUID(address.rsplit("/", 1)[1])


def test_who_asks_and_who_answers_read_and_nobody_else(db_people: People) -> None:
    nano_id = rig.published(db_people)
    room_id = room_of(ask(db_people.cleo.actor, nano_id))
    assert set(member_ids(room_id)) == {db_people.cleo.id, db_people.alice.id, db_people.dora.id}
    assert say(db_people.cleo.actor, room_id, "Tauschen Sie auch einzeln?", client_id=uuid4().hex) == 1
    assert say(db_people.alice.actor, room_id, "Gern.", client_id=uuid4().hex) == 2
    asked, answered = access(db_people.cleo.actor, room_id), access(db_people.dora.actor, room_id)
    assert asked.title == rig.DETAILS.title
    assert answered.title.startswith(rig.DETAILS.title) and len(answered.title) > len(asked.title)
    assert asked.link.endswith(f"/nanos/{nano_id}")
    for stranger in (db_people.bob, db_people.olga):  # a member of the provider answers for nobody
        with pytest.raises(NotFound):
            access(stranger.actor, room_id)
    assert [line.id for line in rooms_of(db_people.alice.actor).rows] == [room_id]


def test_asking_again_leads_to_the_same_conversation(db_people: People) -> None:
    nano_id = rig.published(db_people)
    assert ask(db_people.cleo.actor, nano_id) == ask(db_people.cleo.actor, nano_id)
    assert db.session.scalar(select(func.count()).select_from(Inquiry)) == 1


def test_ones_own_and_what_is_not_offered_are_not_asked_about(db_people: People) -> None:
    nano_id = rig.published(db_people)
    with pytest.raises(Conflict):
        ask(db_people.bob.actor, nano_id)
    with pytest.raises(NotAllowed):
        ask(db_people.olga.actor, nano_id)
    draft = rig.drafted(db_people.alice.actor)
    with pytest.raises(NotFound):
        ask(db_people.cleo.actor, draft)
    room_id = room_of(ask(db_people.cleo.actor, nano_id))
    retire(db_people.alice.actor, nano_id)
    assert access(db_people.cleo.actor, room_id).writes, "what was begun goes on"
    remove(db_people.alice.actor, nano_id)
    assert not access(db_people.cleo.actor, room_id).writes


@pytest.mark.postgres
def test_ten_who_ask_at_once_share_one_conversation(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id = rig.published(people)
    cleo = find_actor_for_job(people.cleo.id, people.other_organisation_id)
    results = at_once(pg_app, 10, lambda _: ask(cleo, nano_id))
    assert len({str(one) for one in results}) == 1 and isinstance(results[0], str), results


def test_the_button_stands_where_others_may_ask(app: Flask, people: People) -> None:
    nano_id = rig.published(people)
    cleo, bob = sign_in(app.test_client(), people.cleo), sign_in(app.test_client(), people.bob)
    assert "Nachricht an den Anbieter" in cleo.get(f"/nanos/{nano_id}").text
    assert "Nachricht an den Anbieter" not in bob.get(f"/nanos/{nano_id}").text
    page = cleo.post(f"/nanos/{nano_id}/message", follow_redirects=True)
    assert page.status_code == 200 and rig.DETAILS.title in page.text
