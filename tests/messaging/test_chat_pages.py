"""Chat in a browser without JavaScript, and what scripts are answered: every act by a form, every fault at its field."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from app.kit.authz import Actor, acting
from app.kit.errors import NotFound
from app.kit.live import find
from app.messaging.queries.room import access
from app.messaging.queries.shell import unread_messages as shown_unread
from app.messaging.services.message import FEED, ROOM, send
from app.messaging.services.room import open_direct
from app.messaging.views.chat_live import render_feed, render_lines, render_rooms, render_sign
from tests.people import People, sign_in

SCRIPT = {"Accept": "application/json"}


def unread_now(actor: Actor) -> int:
    """What the shell of a new request shows."""
    g.pop("unread_counts", None)
    return shown_unread(actor)


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.fixture
def bob(app: Flask, people: People) -> FlaskClient:
    return sign_in(app.test_client(), people.bob)


@pytest.fixture
def room_id(people: People) -> UUID:
    return open_direct(people.alice.actor, people.bob.id)


def test_from_the_empty_list_to_a_conversation_on_both_sides(
    alice: FlaskClient, bob: FlaskClient, people: People
) -> None:
    page = alice.get("/nachrichten")
    assert "Noch keine Unterhaltungen." in page.text and "/nachrichten/neu" in page.text
    assert f'value="{people.bob.id}"' in alice.get("/nachrichten/neu").text
    answer = alice.post("/nachrichten/neu", data={"person": str(people.bob.id)})
    assert answer.status_code == 303
    room = answer.headers["Location"]
    page = alice.get(room)
    assert "Noch keine Nachricht." in page.text
    client_id = re.search(r'name="client"[^>]*value="(\w+)"', page.text)[1]  # type: ignore[index]
    sent = {"text": "Hallo <b>Bob</b>", "client": client_id}
    assert alice.post(room, data=sent).headers["Location"] == f"{room}#ende"
    assert alice.post(room, data=sent).status_code == 303, "a double click is one message"
    page = bob.get("/nachrichten")
    assert "Hallo &lt;b&gt;Bob&lt;/b&gt;" in page.text and "Nachrichten, 1 ungelesen" in page.text
    page = bob.get(room)
    assert page.text.count('class="chat-line"') == 2, "one message, and the blank"
    assert "data-new" in page.text and "Als gelesen markieren" in page.text
    assert bob.post(f"{room}/gelesen", data={"bis": "1"}).status_code == 303
    assert "ungelesen" not in bob.get("/nachrichten").text


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_fault_stands_at_its_field_and_the_text_stays(
    alice: FlaskClient, room_id: UUID, language: str
) -> None:
    long = "x" * 4001
    words = {"de": "Eine Nachricht hat höchstens 4000 Zeichen", "en": "A message has at most 4000 characters"}
    answer = alice.post(f"/nachrichten/{room_id}?lang={language}", data={"text": long, "client": "form-0001"})
    assert answer.status_code == 422 and words[language] in answer.text and long in answer.text
    answer = alice.post(f"/nachrichten/{room_id}?lang={language}", data={"text": " ", "client": "form-0001"})
    assert answer.status_code == 422 and 'id="text-error"' in answer.text
    for chosen in ("", "nonsense", str(uuid4())):
        answer = alice.post(f"/nachrichten/neu?lang={language}", data={"person": chosen})
        assert answer.status_code == 422 and 'id="person-error"' in answer.text


def test_a_script_gets_the_message_and_learns_what_went_wrong(alice: FlaskClient, room_id: UUID) -> None:
    url = f"/nachrichten/{room_id}"
    first = alice.post(url, data={"text": "eins", "client": "form-0001"}, headers=SCRIPT)
    assert first.status_code == 201 and first.json["seq"] == 1 and first.json["next"] != "form-0001"  # type: ignore[index]
    again = alice.post(url, data={"text": "eins", "client": "form-0001"}, headers=SCRIPT)
    assert (again.status_code, again.json["seq"]) == (200, 1)  # type: ignore[index]
    other = alice.post(url, data={"text": "zwei", "client": "form-0001"}, headers=SCRIPT)
    assert other.status_code == 409 and "anderen Text" in other.json["message"]  # type: ignore[index]
    empty = alice.post(url, data={"text": "", "client": "form-0002"}, headers=SCRIPT)
    assert empty.status_code == 422 and "Schreiben Sie" in empty.json["message"]  # type: ignore[index]


@pytest.mark.parametrize(
    "numbers", ["", "nach=x&aenderung=-1", "nach=99999999999999", "nach=²&aenderung=1e3"]
)
def test_odd_numbers_are_no_crash(alice: FlaskClient, room_id: UUID, numbers: str) -> None:
    assert alice.get(f"/nachrichten/{room_id}/stand?{numbers}").status_code == 200
    for name in ("vor", "bis"):
        assert alice.get(f"/nachrichten/{room_id}?{numbers.replace('nach', name)}").status_code == 200
    assert alice.get("/nachrichten?cursor=x").status_code == 422
    assert alice.get("/nachrichten?q=%00a%25").status_code == 200


def test_older_messages_lie_a_page_back(alice: FlaskClient, people: People, room_id: UUID) -> None:
    for number in range(1, 61):
        send(people.bob.actor, room_id, text=f"Zeile {number}.", client_id=f"client-{number:02}")
    newest = alice.get(f"/nachrichten/{room_id}").text
    assert "Zeile 60." in newest and "Zeile 11." in newest and "Zeile 10." not in newest
    older = alice.get(f"/nachrichten/{room_id}?vor=11").text
    assert "Zeile 10." in older and "Zeile 11." not in older
    assert "data-chat-feed" not in older, "an older page takes nothing that would stand behind a gap"
    assert 'id="m-7"' in alice.get(f"/nachrichten/{room_id}?bis=7").text


def test_editing_deleting_and_what_was_said_before(
    alice: FlaskClient, bob: FlaskClient, people: People, room_id: UUID
) -> None:
    line = send(people.alice.actor, room_id, text="Um 3", client_id="form-0001").line
    message = f"/nachrichten/{room_id}/{line.id}"
    assert bob.get(f"{message}/bearbeiten").status_code == 403
    assert bob.post(f"{message}/bearbeiten", data={"text": "x"}).status_code == 403
    assert bob.post(f"{message}/loeschen").status_code == 403
    assert alice.post(f"{message}/bearbeiten", data={"text": " "}).status_code == 422
    assert alice.post(f"{message}/bearbeiten", data={"text": "Um 4"}).headers["Location"].endswith("#m-1")
    assert "Um 3" in bob.get(f"{message}/verlauf").text
    assert "Diese Nachricht löschen?" in alice.get(f"{message}/loeschen").text
    assert alice.post(f"{message}/loeschen").status_code == 303
    assert alice.post(f"{message}/loeschen").status_code == 409
    assert bob.get(f"{message}/verlauf").status_code == 404
    assert "Um 4" in alice.get(f"{message}/verlauf").text
    assert "Nachricht gelöscht" in bob.get(f"/nachrichten/{room_id}").text


def test_silence_and_putting_away(alice: FlaskClient, room_id: UUID, people: People) -> None:
    url = f"/nachrichten/{room_id}"
    assert alice.post(f"{url}/stumm", data={"stumm": "1"}).status_code == 303
    assert "Wieder hören" in alice.get(url).text
    assert "Aus der Liste nehmen" in alice.get(f"{url}/verlassen").text
    assert alice.post(f"{url}/verlassen").headers["Location"] == "/nachrichten"
    assert str(room_id) not in alice.get("/nachrichten").text


def test_searching_leads_to_the_message(alice: FlaskClient, people: People, room_id: UUID) -> None:
    send(people.bob.actor, room_id, text="Der Schlüssel liegt unten", client_id="form-0001")
    assert f"/nachrichten/{room_id}?bis=1#m-1" in alice.get("/nachrichten?q=schlüssel").text
    assert "Nichts gefunden." in alice.get("/nachrichten?q=quastenflosser").text
    assert f"/nachrichten/{room_id}?bis=1#m-1" in alice.get("/suche?q=liegt unten").text
    assert f'/nachrichten/{room_id}"' in alice.get("/suche?q=bob").text


def test_live_parts_are_for_the_person_and_the_room_alone(app: Flask, people: People, room_id: UUID) -> None:
    send(people.alice.actor, room_id, text="x", client_id="form-0001")
    feed = find(f"{ROOM}-{room_id.hex}-{FEED}")
    assert feed is not None
    with app.test_request_context("/"):
        assert feed[0].viewed_by(people.bob.actor, room_id) is not None
        for stranger in (people.cleo.actor, people.dora.actor, people.olga.actor):
            with pytest.raises(NotFound):
                feed[0].viewed_by(stranger, room_id)
        assert 'data-seq="1" data-changes="0"' in render_feed(room_id)
        for aspect in ("chat", "rooms"):
            part = find(f"messaging-person-{people.bob.id.hex}-{aspect}")
            assert part is not None and part[0].viewed_by(people.alice.actor, people.bob.id) is None
        with acting(people.bob.actor):
            assert "1 ungelesen" in render_sign(people.bob.id) and "Alice" in render_rooms(people.bob.id)
    assert "&#34;&gt;&lt;script&gt;" in render_lines(['{"name": ""><script>"}'])


def test_a_sign_of_typing_leaves_nothing_behind(bob: FlaskClient, people: People, room_id: UUID) -> None:
    assert bob.post(f"/nachrichten/{room_id}/tippt").status_code == 204
    assert access(people.alice.actor, room_id).last_seq == 0 and unread_now(people.alice.actor) == 0
