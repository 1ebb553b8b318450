"""Presence, coming back later, and feeds that close when a room is withdrawn."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import redis
from flask import Flask

from app.kit import cache, live
from app.kit.authz import Actor
from app.kit.db import transaction
from app.kit.dom import dom_id
from app.kit.hub_topics import LEAST_GAP, STREAM_GAP, Topic
from app.kit.live import CHANNEL, find
from app.live import LiveApp, View, Viewer
from app.messaging import subjects
from app.messaging.api import RoomAbout, let_out, open_room, people_here, room_subject, subject_changed
from app.messaging.queries.presence import is_here
from app.messaging.queries.room import access
from app.messaging.queries.room_list import rooms_of
from app.messaging.services import telling
from app.messaging.services.message import send
from app.messaging.services.preference import show_presence
from app.messaging.services.room import FEED, ROOM, mark_read, mark_unread, open_direct
from tests.people import People, sign_in
from tests.services.redis import RedisServer


class Socket:
    """As much of a link as the hub asks of it."""

    def __init__(self, actor: Actor) -> None:
        self.viewer, self.frames, self.closed = Viewer(actor), [], False

    def send(self, frame: bytes) -> bool:
        self.frames.append(frame)
        return True

    def close(self, *_: object) -> None:
        self.closed = True


@pytest.fixture
def with_redis(app: Flask, redis_server: RedisServer) -> None:
    """This application speaks to a real Redis."""
    link = redis.Redis.from_url(redis_server.url)
    link.flushall()
    app.extensions["kontor-redis"] = {"pid": os.getpid(), "client": link}


@pytest.fixture
def open_to(db_people: People) -> Iterator[set[UUID]]:
    """A thing that those may read whose ids are in this set."""
    readers = {db_people.alice.id, db_people.bob.id}
    room_subject(
        "trial.thing", lambda actor, ids: {i: RoomAbout("Ding") for i in ids if actor.person_id in readers}
    )
    yield readers
    del subjects._subjects["trial.thing"]


@pytest.mark.usefixtures("with_redis")
def test_who_has_a_page_open_is_here_unless_they_hide_it(people: People) -> None:
    alice, bob = people.alice, people.bob
    assert not is_here(alice.id)
    people_here([alice.id, bob.id])
    assert is_here(alice.id) and is_here(bob.id)
    show_presence(alice.actor, False)
    assert not is_here(alice.id) and is_here(bob.id)
    show_presence(alice.actor, True)
    assert is_here(alice.id)


@pytest.mark.usefixtures("with_redis")
def test_the_page_says_so_and_the_switch_is_a_plain_form(app: Flask, people: People) -> None:
    room = open_direct(people.alice.actor, people.bob.id)
    alice, bob = sign_in(app.test_client(), people.alice), sign_in(app.test_client(), people.bob)
    assert "data-chat-here hidden" in alice.get(f"/nachrichten/{room}").text
    people_here([people.bob.id])
    assert "data-chat-here hidden" not in alice.get(f"/nachrichten/{room}").text
    assert alice.get(f"/nachrichten/{room}/da").json == {"here": True}
    assert "Nicht mehr zeigen" in bob.get("/nachrichten/blockiert").text
    assert bob.post("/nachrichten/anwesenheit", data={"zeigen": "0"}).status_code == 303
    assert alice.get(f"/nachrichten/{room}/da").json == {"here": False}
    cleo = sign_in(app.test_client(), people.cleo)
    assert cleo.get(f"/nachrichten/{room}/da").status_code == 404


def test_a_room_is_marked_until_it_is_read_again(db_people: People) -> None:
    alice = db_people.alice
    room = open_direct(alice.actor, db_people.bob.id)
    send(db_people.bob.actor, room, text="x", client_id=uuid4().hex)
    mark_read(alice.actor, room, 1)
    mark_unread(alice.actor, room)
    line = rooms_of(alice.actor).rows[0]
    assert line.marked and line.unread == 0 and access(alice.actor, room).last_read == 1
    mark_read(alice.actor, room, 1)
    assert not rooms_of(alice.actor).rows[0].marked


def watch(process: LiveApp, socket: Socket, topic: str) -> None:
    process.hub.links.add(socket)  # type: ignore[arg-type]
    socket.viewer.topics |= process._authorised(socket.viewer.actor, [topic])
    for view in set(socket.viewer.topics.values()):
        process.hub.subscribe(socket, view, [topic])  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["let out", "withdrawn"])
def test_who_lost_access_hears_nothing_more(
    db_app: Flask, db_people: People, open_to: set[UUID], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr(live, "_publish", told.append)
    thing = uuid4()
    with transaction():
        room = open_room(("trial.thing", thing), person_ids=[db_people.alice.id, db_people.bob.id])
    process, topic = LiveApp(db_app), dom_id(ROOM, room, FEED)
    alice, bob = Socket(db_people.alice.actor), Socket(db_people.bob.actor)
    for socket in (alice, bob):
        watch(process, socket, topic)
    assert len(process.hub.watching(topic)) == 2
    told.clear()
    open_to.discard(db_people.bob.id)
    with transaction():
        let_out(("trial.thing", thing), db_people.bob.id) if how == "let out" else subject_changed(
            ("trial.thing", thing)
        )
    (signal,) = [one for one in told if one.get("again")]
    before = process.again.signals
    process.hub.take(json.dumps(signal))
    assert process.again.signals == before + 1
    process.again.look(topic)
    assert process.hub.watching(topic) == [alice]
    assert b"data-gone" in bob.frames[-1] and topic not in bob.viewer.topics
    assert not any(b"data-gone" in frame for frame in alice.frames)


def test_a_stream_waits_as_long_as_it_costs() -> None:
    topic = Topic("x", None, None)  # type: ignore[arg-type]
    assert topic.stream_gap == LEAST_GAP
    topic.cost = 0.02
    assert topic.stream_gap == pytest.approx(0.06)
    assert LEAST_GAP < topic.stream_gap < STREAM_GAP
    topic.cost = 5.0
    assert topic.stream_gap == STREAM_GAP


@pytest.mark.usefixtures("with_redis")
def test_a_large_room_is_told_once_for_a_while_and_all_of_it(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MOST_TOLD", 0)
    room = open_direct(people.alice.actor, people.bob.id)
    with cache.client().pubsub() as channel:  # type: ignore[no-untyped-call]
        channel.subscribe(CHANNEL)
        for number in range(5):
            send(people.alice.actor, room, text=f"{number}", client_id=f"client-{number:04}")
        heard = []
        while (message := channel.get_message(timeout=0.3)) is not None:
            if message["type"] == "message":
                heard.append(json.loads(message["data"]))
    late = [one for one in heard if one.get("within")]
    assert len(late) == 1 and len([one for one in heard if "lines" in one]) == 5
    assert set(late[0]["topics"]) == {
        dom_id("messaging-person", people.bob.id, aspect) for aspect in ("chat", "rooms")
    }


def test_what_is_told_late_is_rendered_late_and_after_the_last_word(app: Flask, people: People) -> None:
    """A word that comes while one waits wants another rendering after it."""
    process, topic = LiveApp(app), dom_id("messaging-person", people.bob.id, "chat")
    socket = Socket(people.bob.actor)
    watch(process, socket, topic)
    known = process.hub.topics[topic]
    process.hub.take(json.dumps({"topics": [topic], "within": 5}))
    first, until = known.late_at, known.late_until
    assert first == until > 0 and not known.old
    process.hub.take(json.dumps({"topics": [topic], "within": 5}))
    assert known.late_at == first and known.late_until > 0
    assert find(topic) is not None and isinstance(next(iter(known.groups)), View)
