"""Blocking and reporting, on both databases: who hears whom, what moderators see and decide, what stays of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from sqlalchemy import func, select

from app.core.models.event import Event
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.messaging import subjects
from app.messaging.api import RoomAbout, open_room, room_subject
from app.messaging.models import Block, Message, MessageVersion, Notice, Report
from app.messaging.queries.block import list_blocked
from app.messaging.queries.message import lines_before
from app.messaging.queries.report import open_cases
from app.messaging.queries.room import access
from app.messaging.queries.room_list import find_messages, rooms_of
from app.messaging.queries.shell import unread_messages
from app.messaging.services import chat_personal
from app.messaging.services.block import block, unblock
from app.messaging.services.message import edit, send
from app.messaging.services.report import decide, report, tidy_reports
from app.messaging.services.room import open_direct
from tests.people import People, Someone, make_people, sign_in
from tests.threads import at_once


def say(who: Someone, room_id: UUID, words: str) -> UUID:
    return send(who.actor, room_id, text=words, client_id=uuid4().hex).line.id


def unread_now(actor: Actor) -> int:
    g.pop("unread_counts", None)
    return unread_messages(actor)


@pytest.fixture
def room_id(db_people: People) -> UUID:
    return open_direct(db_people.alice.actor, db_people.bob.id)


@pytest.fixture
def group(db_people: People) -> Iterator[UUID]:
    """A room of Alice, Bob and Dora about something."""
    room_subject("trial.thing", lambda actor, ids: {one: RoomAbout("Ding") for one in ids})
    with transaction():
        people = [db_people.alice.id, db_people.bob.id, db_people.dora.id]
        made = open_room(
            ("trial.thing", uuid4()), organisation_id=db_people.organisation_id, person_ids=people
        )
    yield made
    del subjects._subjects["trial.thing"]


def test_two_who_are_blocked_do_not_write_to_each_other_and_read_why(
    db_people: People, room_id: UUID
) -> None:
    alice, bob = db_people.alice, db_people.bob
    say(bob, room_id, "Hallo")
    block(alice.actor, room_id, bob.id)
    block(alice.actor, room_id, bob.id)
    with pytest.raises(Conflict, match="nimmt keine Nachrichten von Ihnen an"):
        say(bob, room_id, "Hallo?")
    with pytest.raises(Conflict, match="Sie haben Bob blockiert"):
        say(alice, room_id, "Doch")
    assert access(bob.actor, room_id).blocked and access(alice.actor, room_id).blocks
    assert [one.person_id for one in list_blocked(alice.actor)] == [bob.id]
    for one, other in ((alice, bob), (bob, alice)):
        with pytest.raises(Invalid):
            open_direct(one.actor, other.id)
    unblock(alice.actor, bob.id)
    say(bob, room_id, "Danke")
    assert list_blocked(alice.actor) == []


def test_in_a_group_only_who_blocked_does_not_read_them(db_people: People, group: UUID) -> None:
    alice, bob, dora = db_people.alice, db_people.bob, db_people.dora
    block(alice.actor, group, bob.id)
    say(bob, group, "Quatsch mit @Alice")
    assert unread_now(alice.actor) == 0 and unread_now(dora.actor) == 1
    assert rooms_of(alice.actor).rows[0].last_hidden and rooms_of(alice.actor).rows[0].last_text == ""
    assert rooms_of(dora.actor).rows[0].last_text.startswith("Quatsch")
    assert find_messages(alice.actor, "Quatsch") == [] and len(find_messages(dora.actor, "Quatsch")) == 1
    assert (
        db.session.scalar(select(func.count()).select_from(Notice).where(Notice.person_id == alice.id)) == 0
    )


def test_a_stranger_is_not_blocked_and_does_not_learn_of_the_room(db_people: People, room_id: UUID) -> None:
    for who, whom in ((db_people.cleo, db_people.alice), (db_people.alice, db_people.cleo)):
        with pytest.raises(NotFound):
            block(who.actor, room_id, whom.id)
    with pytest.raises(Invalid):
        block(db_people.alice.actor, room_id, db_people.alice.id)


def test_a_report_is_decided_once_and_everybody_concerned_hears(db_people: People, room_id: UUID) -> None:
    alice, bob, olga = db_people.alice, db_people.bob, db_people.olga
    say(alice, room_id, "davor")
    said = say(bob, room_id, "Ein böses Wort")
    edit(bob.actor, room_id, said, text="Ein sehr böses Wort")
    for _ in range(2):
        report(alice.actor, room_id, said, reason="insult", note="")
    edit(bob.actor, room_id, said, text="Ein nettes Wort")
    (case,) = open_cases(olga.actor)
    assert case.text == "Ein sehr böses Wort", "as it was when it was reported"
    assert [line.text for line in case.before] == ["davor"] and len(case.complaints) == 1
    decide(olga.actor, said, remove=True)
    with pytest.raises(Conflict):
        decide(olga.actor, said, remove=False)
    line = lines_before(access(bob.actor, room_id))[0][-1]
    assert line.deleted and line.text == ""
    assert db.session.scalar(select(func.count()).select_from(MessageVersion)) == 0
    told = {row.person_id: row.kind for row in db.session.scalars(select(Notice))}
    assert told == {alice.id: "messaging.report_upheld", bob.id: "messaging.removed"}
    (event,) = db.session.scalars(select(Event).where(Event.name == "messaging.message.removed"))
    assert event.data == {"number": 2} and event.organisation_id == db_people.organisation_id
    assert open_cases(olga.actor) == []


def test_what_is_dismissed_stays_and_only_the_reporter_hears(db_people: People, room_id: UUID) -> None:
    said = say(db_people.bob, room_id, "Guten Morgen")
    report(db_people.alice.actor, room_id, said, reason="other", note="Gefällt mir nicht")
    decide(db_people.olga.actor, said, remove=False)
    assert lines_before(access(db_people.bob.actor, room_id))[0][-1].text == "Guten Morgen"
    assert [row.person_id for row in db.session.scalars(select(Notice))] == [db_people.alice.id]


def test_what_cannot_be_reported(db_people: People, room_id: UUID) -> None:
    alice, bob = db_people.alice, db_people.bob
    said = say(bob, room_id, "x")
    with pytest.raises(NotFound):
        report(db_people.cleo.actor, room_id, said, reason="spam", note="")
    with pytest.raises(Conflict):
        report(bob.actor, room_id, said, reason="spam", note="")
    for reason, note, field in (
        ("", "", "reason"),
        ("laune", "", "reason"),
        ("other", " ", "note"),
        ("spam", "x" * 1001, "note"),
    ):
        with pytest.raises(Invalid) as fault:
            report(alice.actor, room_id, said, reason=reason, note=note)
        assert field in fault.value.fields
    for nobody in (alice, db_people.cleo):
        with pytest.raises(NotAllowed):
            open_cases(nobody.actor)
        with pytest.raises(NotAllowed):
            decide(nobody.actor, said, remove=True)
    with pytest.raises(NotFound):
        decide(db_people.olga.actor, uuid4(), remove=True)


def test_what_was_decided_goes_and_erased_people_leave_nothing(db_people: People, room_id: UUID) -> None:
    alice, bob = db_people.alice, db_people.bob
    first, second = say(bob, room_id, "eins"), say(bob, room_id, "zwei")
    for said in (first, second):
        report(alice.actor, room_id, said, reason="spam", note="")
    block(alice.actor, room_id, bob.id)
    export = chat_personal.export_chat(alice.id)
    assert len(export["reports"]) == 2 and [one["person"] for one in export["blocked"]] == [str(bob.id)]
    decide(db_people.olga.actor, first, remove=False)
    with clock.freeze(clock.now() + timedelta(days=181)):
        assert tidy_reports() == 1
    with transaction():
        chat_personal.erase_chat(alice.id)
    for table in (Block, Report):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.postgres
def test_of_two_moderators_one_decides_and_ten_reports_are_one(pg_app: Flask) -> None:
    people = make_people(pg_app)
    room = open_direct(people.alice.actor, people.bob.id)
    said = say(people.bob, room, "x")
    alice, olga = people.alice.actor, people.olga.actor
    assert at_once(pg_app, 10, lambda _: report(alice, room, said, reason="spam", note="")) == [None] * 10
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Report)) == 1
    results = at_once(pg_app, 6, lambda n: decide(olga, said, remove=bool(n % 2)))
    assert results.count(None) == 1 and sum(isinstance(one, Conflict) for one in results) == 5, results
    db.session.rollback()
    state = db.session.scalar(select(Report.state))
    gone = db.session.scalar(select(Message.deleted_at)) is not None
    assert gone is (state == "removed")


def test_the_pages_without_a_script(app: Flask, people: People) -> None:
    room = open_direct(people.alice.actor, people.bob.id)
    said = send(
        people.bob.actor,
        room,
        text="Ein Wort",
        client_id=uuid4().hex,
        files=[("a.pdf", io.BytesIO(b"%PDF-1.7 %%EOF"))],
    ).line.id
    alice, bob, olga = (sign_in(app.test_client(), one) for one in (people.alice, people.bob, people.olga))
    base = f"/nachrichten/{room}/{said}"
    assert f"{base}/melden" in alice.get(f"/nachrichten/{room}").text
    assert f"{base}/melden" not in bob.get(f"/nachrichten/{room}").text
    assert "Ein Wort" in alice.get(f"{base}/melden").text
    assert alice.post(f"{base}/melden", data={"reason": "other", "note": ""}).status_code == 422
    assert alice.post(f"{base}/melden", data={"reason": "spam", "note": ""}).status_code == 303
    assert alice.get("/nachrichten/meldungen").status_code == 403
    assert "Ein Wort" in olga.get("/nachrichten/meldungen").text
    assert olga.post(f"/nachrichten/meldungen/{said}", data={"entfernen": "1"}).status_code == 303
    assert "Nichts zu entscheiden." in olga.get("/nachrichten/meldungen").text
    assert "Nachricht gelöscht" in bob.get(f"/nachrichten/{room}").text
    assert alice.post(f"/nachrichten/{room}/blockieren/{people.bob.id}").status_code == 303
    assert "Bob" in alice.get("/nachrichten/blockiert").text
    page = bob.get(f"/nachrichten/{room}").text
    assert "nimmt keine Nachrichten von Ihnen an" in page and "data-chat-form" not in page
    refused = bob.post(f"/nachrichten/{room}", data={"text": "x", "client": uuid4().hex})
    assert refused.status_code == 409 and "nimmt keine Nachrichten" in refused.text
    assert alice.post(f"/nachrichten/blockiert/{people.bob.id}/aufheben").status_code == 303
    assert "Niemand ist blockiert." in alice.get("/nachrichten/blockiert").text
