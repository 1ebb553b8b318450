"""Chat through its services, on both databases: who may, what is kept, what counts as unread, who is told by mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from sqlalchemy import select

from app.accounts.services.organisation import leave as leave_organisation
from app.core.models.mail import Mail
from app.core.queries.mail import find_mail
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.messaging import subjects
from app.messaging.api import RoomAbout, let_out, open_room, room_subject, say
from app.messaging.models import Message, MessageVersion, Notice, RoomMember
from app.messaging.queries.message import find_message, lines_before, news_since, versions_of
from app.messaging.queries.room import access
from app.messaging.queries.room_list import find_messages, rooms_of
from app.messaging.queries.shell import unread_messages as shown_unread
from app.messaging.services import chat_personal
from app.messaging.services.digest import send_digests
from app.messaging.services.message import Sent, delete, edit, send
from app.messaging.services.room import leave, mark_read, open_direct, set_muted
from tests.people import People, Someone


def text(actor: Someone, room_id: UUID, words: str, client_id: str | None = None) -> Sent:
    return send(actor.actor, room_id, text=words, client_id=client_id or uuid4().hex)


def unread_now(actor: Actor) -> int:
    """What the shell of a new request shows."""
    g.pop("unread_counts", None)
    return shown_unread(actor)


@pytest.fixture
def room_id(db_people: People) -> UUID:
    """The conversation of Alice and Bob."""
    return open_direct(db_people.alice.actor, db_people.bob.id)


def test_two_people_have_one_conversation(db_people: People, room_id: UUID) -> None:
    assert open_direct(db_people.bob.actor, db_people.alice.id) == room_id
    assert open_direct(db_people.alice.actor, db_people.dora.id) != room_id
    assert access(db_people.alice.actor, room_id).title == "Bob"
    assert access(db_people.bob.actor, room_id).title == "Alice"


def test_with_oneself_or_a_stranger_nobody_talks(db_people: People) -> None:
    for other in (db_people.alice.id, db_people.cleo.id, uuid4()):
        with pytest.raises(Invalid) as fault:
            open_direct(db_people.alice.actor, other)
        assert "person" in fault.value.fields
    with pytest.raises(NotAllowed):
        open_direct(db_people.olga.actor, db_people.alice.id)


def test_numbers_have_no_gap_and_both_read_the_same(db_people: People, room_id: UUID) -> None:
    for number in range(1, 8):
        sent = text(db_people.alice if number % 2 else db_people.bob, room_id, f"Nummer {number}")
        assert (sent.line.seq, sent.fresh) == (number, True)
    for person in (db_people.alice, db_people.bob):
        lines, older = lines_before(access(person.actor, room_id))
        assert [line.text for line in lines] == [f"Nummer {number}" for number in range(1, 8)]
        assert not older
    lines, older = lines_before(access(db_people.alice.actor, room_id), 5, limit=3)
    assert ([line.seq for line in lines], older) == ([2, 3, 4], True)


def test_the_same_client_id_is_the_same_message_and_never_another(db_people: People, room_id: UUID) -> None:
    first = text(db_people.alice, room_id, "Hallo", "form-0001")
    again = text(db_people.alice, room_id, " Hallo\r\n", "form-0001")
    assert again.line.id == first.line.id and not again.fresh
    with pytest.raises(Conflict):
        text(db_people.alice, room_id, "Hallo!", "form-0001")
    edit(db_people.alice.actor, room_id, first.line.id, text="Guten Tag")
    assert text(db_people.alice, room_id, "Hallo", "form-0001").line.text == "Guten Tag"
    assert text(db_people.bob, room_id, "Hallo!", "form-0001").fresh, "client ids are each author's own"
    assert access(db_people.alice.actor, room_id).last_seq == 2


@pytest.mark.parametrize(
    ("words", "client"), [("", "a" * 8), (" \n", "a" * 8), ("x" * 4001, "a" * 8), ("x", ""), ("x", "ä" * 9)]
)
def test_what_cannot_be_sent_is_told_at_its_field(
    db_people: People, room_id: UUID, words: str, client: str
) -> None:
    with pytest.raises(Invalid) as fault:
        send(db_people.alice.actor, room_id, text=words, client_id=client)
    assert set(fault.value.fields) == ({"client"} if words == "x" else {"text"})
    assert access(db_people.alice.actor, room_id).last_seq == 0


def test_strangers_do_not_learn_that_there_is_a_room(db_people: People, room_id: UUID) -> None:
    message = text(db_people.alice, room_id, "unter uns").line.id
    for stranger in (db_people.dora.actor, db_people.cleo.actor, db_people.olga.actor, Actor()):
        for act in (
            lambda a: access(a, room_id),
            lambda a: send(a, room_id, text="x", client_id="x" * 8),
            lambda a: edit(a, room_id, message, text="x"),
            lambda a: delete(a, room_id, message),
            lambda a: mark_read(a, room_id, 1),
            lambda a: set_muted(a, room_id, True),
            lambda a: leave(a, room_id),
        ):
            with pytest.raises(NotFound):
                act(stranger)
        assert find_messages(stranger, "unter") == []
        assert rooms_of(stranger).rows == []


def test_only_the_author_changes_a_message_and_only_in_its_room(db_people: People, room_id: UUID) -> None:
    message = text(db_people.alice, room_id, "meins").line.id
    other = open_direct(db_people.bob.actor, db_people.dora.id)
    for act in (
        lambda: edit(db_people.bob.actor, room_id, message, text="x"),
        lambda: delete(db_people.bob.actor, room_id, message),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotFound):
        delete(db_people.bob.actor, other, message)


def test_unread_is_counted_by_the_server_and_never_goes_back(db_people: People, room_id: UUID) -> None:
    bob = db_people.bob.actor
    for number in range(3):
        text(db_people.alice, room_id, f"{number}")
    text(db_people.bob, room_id, "meins zählt nicht")
    assert unread_now(bob) == 3 == rooms_of(bob).rows[0].unread
    mark_read(bob, room_id, 2)
    assert unread_now(bob) == 1
    mark_read(bob, room_id, 1)
    assert unread_now(bob) == 1
    mark_read(bob, room_id, 10**6)
    assert unread_now(bob) == 0
    text(db_people.alice, room_id, "neu")
    assert unread_now(bob) == 1, "nobody has read what was not there yet"
    assert unread_now(db_people.alice.actor) == 1


def test_a_deleted_message_is_neither_unread_nor_readable_but_keeps_its_number(
    db_people: People, room_id: UUID
) -> None:
    alice, bob = db_people.alice.actor, db_people.bob.actor
    message = text(db_people.alice, room_id, "geheim").line.id
    line = delete(alice, room_id, message)
    assert (line.seq, line.deleted, line.text) == (1, True, "")
    assert unread_now(bob) == 0 and find_messages(bob, "geheim") == []
    with pytest.raises(Conflict):
        edit(alice, room_id, message, text="doch")
    shown = find_message(access(bob, room_id), message)
    with pytest.raises(NotFound):
        versions_of(shown, bob.person_id)
    assert [one.text for one in versions_of(shown, alice.person_id)] == ["geheim"]
    assert text(db_people.bob, room_id, "weiter").line.seq == 2


def test_an_edit_keeps_what_was_said(db_people: People, room_id: UUID) -> None:
    bob = db_people.bob.actor
    message = text(db_people.alice, room_id, "Um 3").line.id
    edit(db_people.alice.actor, room_id, message, text="Um 4")
    edit(db_people.alice.actor, room_id, message, text="Um 4")
    edit(db_people.alice.actor, room_id, message, text="Um 5")
    line = find_message(access(bob, room_id), message)
    assert (line.text, line.edited, line.change) == ("Um 5", True, 2)
    assert [one.text for one in versions_of(line, bob.person_id)] == ["Um 4", "Um 3"]


def test_who_comes_back_gets_exactly_what_is_missing(db_people: People, room_id: UUID) -> None:
    first = text(db_people.alice, room_id, "eins").line
    text(db_people.alice, room_id, "zwei")
    left = access(db_people.bob.actor, room_id)
    edit(db_people.alice.actor, room_id, first.id, text="eins!")
    text(db_people.bob, room_id, "drei")
    third = text(db_people.alice, room_id, "vier").line
    delete(db_people.alice.actor, room_id, third.id)
    now = access(db_people.bob.actor, room_id)
    news = news_since(now, left.last_seq, left.changes)
    assert [(one.seq, one.text) for one in news.lines] == [(1, "eins!"), (3, "drei"), (4, "")]
    assert (news.seq, news.changes, news.more) == (4, 2, False)
    assert news_since(now, news.seq, news.changes).lines == []
    short = news_since(now, 0, 2, limit=3)
    assert ([one.seq for one in short.lines], short.more) == ([1, 2, 3], True)


def test_a_conversation_that_was_put_away_comes_back(db_people: People, room_id: UUID) -> None:
    bob = db_people.bob.actor
    text(db_people.alice, room_id, "eins")
    leave(bob, room_id)
    assert rooms_of(bob).rows == [] and unread_now(bob) == 0
    text(db_people.alice, room_id, "zwei")
    assert [row.unread for row in rooms_of(bob).rows] == [1] and unread_now(bob) == 1


def test_the_list_shows_the_newest_first_page_by_page(db_people: People, frozen: object) -> None:
    alice = db_people.alice.actor
    for other in (db_people.bob, db_people.dora):
        clock.advance(minutes=1)
        text(other, open_direct(other.actor, db_people.alice.id), f"von {other.name}")
    first = rooms_of(alice, limit=1)
    assert [(row.title, row.last_text) for row in first.rows] == [("Dora", "von Dora")]
    rest = rooms_of(alice, cursor=first.next_cursor, limit=1)
    assert [row.title for row in rest.rows] == ["Bob"] and rest.next_cursor is None


def test_searching_finds_the_text_as_it_stands(db_people: People, room_id: UUID) -> None:
    text(db_people.alice, room_id, "100 % sicher_ja")
    text(db_people.alice, room_id, "100 x sicherxja")
    assert [one.seq for one in find_messages(db_people.bob.actor, "100 %")] == [1]
    assert [one.seq for one in find_messages(db_people.bob.actor, "SICHER_")] == [1]


def test_a_mention_is_told_once_and_not_to_who_silenced_the_room(db_people: People, room_id: UUID) -> None:
    line = text(db_people.alice, room_id, "@Bob, bitte", "form-0001").line
    text(db_people.alice, room_id, "@Bob, bitte", "form-0001")
    assert line.parts == (("@Bob", str(db_people.bob.id)), (", bitte", ""))
    told = select(Notice.person_id).where(Notice.kind == "messaging.mention")
    assert list(db.session.scalars(told)) == [db_people.bob.id]
    set_muted(db_people.bob.actor, room_id, True)
    text(db_people.alice, room_id, "@Bob?")
    assert len(list(db.session.scalars(told))) == 1
    assert unread_now(db_people.bob.actor) == 0


def test_who_left_the_organisation_reads_no_more_and_nobody_writes_to_them(
    db_people: People, room_id: UUID
) -> None:
    text(db_people.alice, room_id, "bis bald")
    bob = db_people.bob.actor
    leave_organisation(bob)
    for actor in (bob, db_people.bob.actor):
        with pytest.raises(NotFound):
            access(db_people.bob.actor if actor is bob else actor, room_id)
    assert unread_now(db_people.bob.actor) == 0
    assert not access(db_people.alice.actor, room_id).writes
    with pytest.raises(NotAllowed):
        text(db_people.alice, room_id, "hallo?")


def letters() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Mail).where(Mail.template == "messaging/digest").order_by(Mail.id)).all()
    return [(row.recipient, find_mail(row.id).text) for row in rows]


def test_the_absent_get_one_mail_after_the_quiet_time(
    db_people: People, room_id: UUID, frozen: object
) -> None:
    text(db_people.alice, room_id, "Kein Wort davon")
    clock.advance(minutes=29)
    text(db_people.alice, room_id, "zwei")
    assert send_digests() == 0
    clock.advance(minutes=1)
    assert send_digests() == 1
    assert send_digests() == 0
    clock.advance(days=3)
    assert send_digests() == 0, "each message is told of once"
    ((recipient, letter),) = letters()
    assert recipient == db_people.bob.email and "Alice: 2 Nachrichten" in letter
    assert "Wort" not in letter and "/nachrichten" in letter
    text(db_people.alice, room_id, "drei")
    clock.advance(minutes=30)
    assert send_digests() == 1
    assert "Alice: 1 Nachricht" in letters()[1][1]


def test_nobody_is_written_to_about_what_is_read_silenced_or_put_away(
    db_people: People, frozen: object
) -> None:
    alice = db_people.alice
    rooms = {name: open_direct(alice.actor, getattr(db_people, name).id) for name in ("bob", "dora")}
    text(alice, rooms["bob"], "x")
    text(alice, rooms["dora"], "x")
    mark_read(db_people.bob.actor, rooms["bob"], 1)
    set_muted(db_people.dora.actor, rooms["dora"], True)
    clock.advance(days=1)
    assert send_digests() == 0 and letters() == []


# --- rooms of things ------------------------------------------------------------------------------------------

THING = uuid4()


@pytest.fixture
def things(db_people: People) -> Iterator[dict[UUID, RoomAbout]]:
    """Who may do what with the thing; the provider of a module above."""
    rights = {
        db_people.bob.id: RoomAbout("Vorgang 7", "/vorgang/7"),
        db_people.cleo.id: RoomAbout("Vorgang 7", "/vorgang/7"),
        db_people.dora.id: RoomAbout("Vorgang 7", "/vorgang/7", writes=False),
    }

    def about(actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, RoomAbout]:
        right = rights.get(actor.person_id) if actor.person_id else None
        return {one: right for one in ids if one == THING and right}

    before = dict(subjects._subjects)
    room_subject("trial.thing", about)
    yield rights
    subjects._subjects.clear()
    subjects._subjects.update(before)


def test_a_thing_has_one_room_across_organisations_and_its_provider_decides(
    db_people: People, things: dict[UUID, RoomAbout]
) -> None:
    with transaction():
        room_id = open_room(("trial.thing", THING), person_ids=[db_people.bob.id])
        assert open_room(("trial.thing", THING), person_ids=[db_people.cleo.id]) == room_id
    assert say(db_people.bob.actor, room_id, "Angebot?", client_id="form-0001") == 1
    assert say(db_people.cleo.actor, room_id, "Ja", client_id="form-0001") == 2
    assert unread_now(db_people.cleo.actor) == 1
    assert rooms_of(db_people.cleo.actor).rows[0].title == "Vorgang 7"
    with pytest.raises(NotAllowed):
        say(db_people.dora.actor, room_id, "darf nicht", client_id="form-0001")
    assert lines_before(access(db_people.dora.actor, room_id))[0]
    with pytest.raises(NotFound):
        access(db_people.alice.actor, room_id)


def test_who_loses_the_thing_loses_its_room_at_once(
    db_people: People, things: dict[UUID, RoomAbout], frozen: object
) -> None:
    with transaction():
        room_id = open_room(("trial.thing", THING), person_ids=[db_people.bob.id, db_people.cleo.id])
    say(db_people.bob.actor, room_id, "x", client_id="form-0001")
    del things[db_people.cleo.id]
    cleo = db_people.cleo.actor
    assert (unread_now(cleo), rooms_of(cleo).rows, find_messages(cleo, "x")) == (0, [], [])
    with pytest.raises(NotFound):
        access(cleo, room_id)
    clock.advance(days=1)
    assert send_digests() == 0 and letters() == []
    with transaction():
        let_out(("trial.thing", THING), db_people.cleo.id)
    assert db.session.get(RoomMember, (room_id, db_people.cleo.id)) is None


def test_a_room_whose_module_is_switched_off_is_not_there(db_people: People) -> None:
    with transaction():
        room_id = open_room(("gone.thing", uuid4()), person_ids=[db_people.bob.id])
    with pytest.raises(NotFound):
        access(db_people.bob.actor, room_id)
    assert rooms_of(db_people.bob.actor).rows == []


# --- personal data ----------------------------------------------------------------------------------------------


def test_export_holds_ones_own_words_and_nobody_elses(db_people: People, room_id: UUID) -> None:
    message = text(db_people.alice, room_id, "Um 3").line.id
    edit(db_people.alice.actor, room_id, message, text="Um 4")
    text(db_people.bob, room_id, "Bobs Wort")
    found = chat_personal.export_chat(db_people.alice.id)
    assert [one["text"] for one in found["messages"]] == ["Um 4"]
    assert [one["text"] for one in found["earlier_versions"]] == ["Um 3"]
    assert "Bobs Wort" not in str(found) and len(found["rooms"]) == 1


def test_erasure_takes_the_words_and_leaves_the_order(db_people: People, room_id: UUID) -> None:
    message = text(db_people.alice, room_id, "mein Name ist Alice").line.id
    edit(db_people.alice.actor, room_id, message, text="ich bin Alice")
    text(db_people.bob, room_id, "hallo")
    before = access(db_people.bob.actor, room_id)
    with transaction():
        chat_personal.erase_chat(db_people.alice.id)
    room = access(db_people.bob.actor, room_id)
    assert [(one.seq, one.text, one.deleted) for one in lines_before(room)[0]] == [
        (1, "", True),
        (2, "hallo", False),
    ]
    assert db.session.scalars(select(MessageVersion.text)).all() == []
    assert [one.seq for one in news_since(room, before.last_seq, before.changes).lines] == [1], (
        "open pages hear of it"
    )
    assert db.session.get(RoomMember, (room_id, db_people.alice.id)) is None


def test_old_things_go(
    db_people: People, room_id: UUID, frozen: object, db_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = text(db_people.alice, room_id, "weg damit").line.id
    delete(db_people.alice.actor, room_id, message)
    text(db_people.alice, room_id, "bleibt")
    clock.advance(days=29)
    assert chat_personal.tidy_chat() == 0
    clock.advance(days=2)
    assert chat_personal.tidy_chat() == 1
    monkeypatch.setattr(db_app.extensions["kontor-settings"], "chat_days", 30)
    assert chat_personal.tidy_chat() == 2
    assert db.session.scalars(select(Message.id)).all() == []
    assert text(db_people.bob, room_id, "weiter").line.seq == 3, "numbers go on"
