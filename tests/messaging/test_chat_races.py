"""Many people at the same moment on PostgreSQL: no number is given twice, none is left out, nothing is said twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.models.mail import Mail
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict
from app.messaging.models import Message, Room, RoomMember
from app.messaging.queries.message import lines_before, news_since
from app.messaging.queries.room import access
from app.messaging.services.digest import send_digests
from app.messaging.services.message import Sent, delete, edit, send
from app.messaging.services.room import leave, mark_read, open_direct
from tests.people import People, make_people
from tests.threads import at_once

pytestmark = pytest.mark.postgres


@pytest.fixture
def pg_people(pg_app: Flask) -> People:
    return make_people(pg_app)


@pytest.fixture
def room_id(pg_people: People) -> UUID:
    return open_direct(pg_people.alice.actor, pg_people.bob.id)


def test_twenty_senders_at_once_leave_no_gap(pg_app: Flask, pg_people: People, room_id: UUID) -> None:
    actors = [pg_people.alice.actor, pg_people.bob.actor]

    def five(index: int) -> list[int]:
        return [
            send(
                actors[index % 2], room_id, text=f"{index}-{turn}", client_id=f"client-{index}-{turn}"
            ).line.seq
            for turn in range(5)
        ]

    results = at_once(pg_app, 20, five)
    assert all(isinstance(one, list) and one == sorted(one) for one in results), (
        "each sender's own order holds"
    )
    assert sorted(seq for one in results for seq in one) == list(range(1, 101))
    db.session.rollback()
    rows = db.session.execute(select(Message.seq, Message.created_at).order_by(Message.seq)).all()
    assert [row.seq for row in rows] == list(range(1, 101))
    assert [row.created_at for row in rows] == sorted(row.created_at for row in rows)
    assert db.session.get(Room, room_id).last_seq == 100  # type: ignore[union-attr]


def test_the_same_client_id_twenty_times_at_once_is_one_message(
    pg_app: Flask, pg_people: People, room_id: UUID
) -> None:
    alice = pg_people.alice.actor
    results = at_once(pg_app, 20, lambda _: send(alice, room_id, text="Hallo", client_id="form-0001"))
    assert all(isinstance(one, Sent) for one in results), results
    assert len({one.line.id for one in results}) == 1
    assert Counter(one.fresh for one in results) == {True: 1, False: 19}
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_of_two_texts_with_one_client_id_one_is_said(pg_app: Flask, pg_people: People, room_id: UUID) -> None:
    alice = pg_people.alice.actor
    results = at_once(pg_app, 10, lambda i: send(alice, room_id, text=f"Text {i % 2}", client_id="form-0001"))
    assert Counter(type(one) for one in results) == {Sent: 5, Conflict: 5}


def test_a_mark_of_reading_never_goes_back(pg_app: Flask, pg_people: People, room_id: UUID) -> None:
    for number in range(40):
        send(pg_people.alice.actor, room_id, text="x", client_id=f"client-{number:02}")
    bob = pg_people.bob.actor
    seen: list[int] = []

    def read(index: int) -> None:
        for turn in range(5):
            mark_read(bob, room_id, (index * 7 + turn * 11) % 40 + 1 if index else 40)
            db.session.rollback()
            seen.append(access(bob, room_id).last_read)
            db.session.rollback()

    results = at_once(pg_app, 12, read)
    assert results == [None] * 12
    db.session.rollback()
    assert access(bob, room_id).last_read == 40
    # Who read all of it before anybody looked never saw less again.
    assert 40 in seen and min(seen[seen.index(40) + 12 :], default=40) == 40


def test_opening_a_conversation_from_both_sides_makes_one(pg_app: Flask, pg_people: People) -> None:
    alice, bob = pg_people.alice, pg_people.bob
    results = at_once(
        pg_app, 12, lambda i: open_direct(alice.actor, bob.id) if i % 2 else open_direct(bob.actor, alice.id)
    )
    assert len(set(results)) == 1 and isinstance(results[0], UUID)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(RoomMember)) == 2


def test_edits_deletes_and_sends_at_once_are_all_found_by_who_comes_back(
    pg_app: Flask, pg_people: People, room_id: UUID
) -> None:
    """A reader follows by numbers while everything changes, and in the end shows what the database holds."""
    alice, bob = pg_people.alice.actor, pg_people.bob.actor
    first = [send(alice, room_id, text=f"{n}", client_id=f"client-{n:02}").line.id for n in range(20)]
    known: dict[int, tuple[str, bool]] = {}

    def act(index: int) -> None:
        if index == 0:
            seq = changes = 0
            for _ in range(40):
                news = news_since(access(bob, room_id), seq, changes)
                db.session.rollback()
                for line in news.lines:
                    known[line.seq] = (line.text, line.deleted)
                assert sorted(known) == list(range(1, len(known) + 1))
                seq, changes = news.seq, news.changes
            known[-1] = (f"{seq} {changes}", False)
        elif index < 4:
            for turn, message in enumerate(first[index::4]):
                if turn % 2:
                    delete(alice, room_id, message)
                else:
                    edit(alice, room_id, message, text=f"neu {index} {turn}")
        else:
            for turn in range(5):
                send(bob, room_id, text=f"{index} {turn}", client_id=f"client-of-bob-{index}-{turn}")

    assert at_once(pg_app, 8, act) == [None] * 8
    db.session.rollback()
    seq, changes = map(int, known.pop(-1)[0].split())
    for line in news_since(access(bob, room_id), seq, changes).lines:
        known[line.seq] = (line.text, line.deleted)
    lines, _ = lines_before(access(bob, room_id), limit=200)
    assert {line.seq: (line.text, line.deleted) for line in lines} == known


def test_a_message_that_comes_while_the_room_is_put_away_is_not_lost(
    pg_app: Flask, pg_people: People, room_id: UUID
) -> None:
    alice, bob = pg_people.alice.actor, pg_people.bob.actor
    for turn in range(10):
        client = uuid4().hex
        at_once(
            pg_app,
            2,
            lambda i, c=client: leave(bob, room_id) if i else send(alice, room_id, text="x", client_id=c),
        )
        db.session.rollback()
        row = db.session.get(RoomMember, (room_id, bob.person_id), populate_existing=True)
        assert row is not None and row.left_seq is not None
        assert row.left_seq == row.last_read, "hidden is what was there, and no more"
        assert row.left_seq in (turn, turn + 1)


def test_four_workers_write_to_the_absent_once(pg_app: Flask, pg_people: People, room_id: UUID) -> None:
    send(pg_people.alice.actor, room_id, text="x", client_id="form-0001")
    later = clock.now() + timedelta(hours=1)

    def work(_: int) -> int:
        with clock.freeze(later):
            return send_digests()

    results = at_once(pg_app, 4, work)
    assert sorted(results) == [0, 0, 0, 1]
    db.session.rollback()
    with transaction() as session:
        assert (
            session.scalar(select(func.count()).select_from(Mail).where(Mail.template == "messaging/digest"))
            == 1
        )
