"""What the live process renders for others: right for their language and role, usable by each of them."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.accounts.queries.actor import find_by_session
from app.accounts.services.session import open_session
from app.hosting.services.seat import change_seat, remove_seat
from app.hosting.services.setup import create_server
from app.kit.db import transaction
from app.kit.dom import dom_id
from app.kit.live import find
from app.kit.websocket import POLICY, RESTART
from app.live import LiveApp, View, Viewer
from tests.hosting import team
from tests.people import People, Someone, sign_in


def view(person: Someone, locale: str = "de") -> View:
    actor = person.actor
    return View(locale, "Europe/Berlin", actor.role, actor.is_operator, actor.organisation_id)


@pytest.fixture
def live(app: Flask) -> LiveApp:
    """The process's parts without its threads."""
    return LiveApp(app)


def topic_of(people: People, aspect: str) -> str:
    server_id = create_server(people.alice.actor, name="Freitagsrunde", template="flying-squid")
    return dom_id("hosting-server", server_id, aspect)


def test_buttons_of_a_live_part_carry_no_foreign_form_token(live: LiveApp, people: People) -> None:
    """A token of the live process would be refused everywhere; without one the browser's header counts."""
    found = find(topic_of(people, "status"))
    assert found is not None
    html = live.render(*found, view(people.alice)) or ""
    assert re.findall(r'name="csrf_token" value="([^"]*)"', html) == [""]


def test_a_part_shows_the_buttons_its_viewers_role_has(live: LiveApp, people: People) -> None:
    found = find(topic_of(people, "status"))
    assert found is not None
    assert "hx-post" in (live.render(*found, view(people.dora)) or "")
    assert "hx-post" not in (live.render(*found, view(people.bob)) or "hx-post")
    nobody = View("de", "Europe/Berlin", None, False, people.organisation_id)
    assert "hx-post" not in (live.render(*found, nobody) or "hx-post")


def test_each_part_of_a_server_renders_with_its_topic_as_id(live: LiveApp, people: People) -> None:
    from app.hosting.views.live import FRAGMENTS

    server_id = create_server(people.alice.actor, name="Rundgang", template="flying-squid")
    for aspect in FRAGMENTS:
        topic = dom_id("hosting-server", server_id, aspect)
        found = find(topic)
        assert found is not None
        html = live.render(*found, view(people.alice, "en")) or ""
        assert f'id="{topic}"' in html[:400], aspect


def test_topics_are_authorised_one_by_one(live: LiveApp, people: People) -> None:
    topic = topic_of(people, "status")
    asked = [topic, "hosting-server-" + "0" * 32 + "-status", "nonsense"]
    assert list(live._authorised(people.bob.actor, asked)) == [topic]
    assert live._authorised(people.cleo.actor, asked) == {}


def test_a_seat_shows_its_buttons_and_ends_while_the_page_is_open(live: LiveApp, people: People) -> None:
    """Its holder sees what it allows; taken away or changed, the socket is told to come back, and gets nothing."""
    server_id = team.server(people)
    gina, topic = team.guest(people), dom_id("hosting-server", server_id, "status")
    found = find(topic)
    assert found is not None
    assert live._authorised(gina.actor, [topic]) == {}
    seat_id = team.let_in(people, gina, server_id, "custom", ["power"])
    topics = live._authorised(gina.actor, [topic])
    assert "hx-post" in (live.render(*found, topics[topic]) or "")
    viewer = Viewer(gina.actor, topics)
    assert live._still_granted(viewer)
    change_seat(people.alice.actor, server_id, seat_id, role="member")
    assert not live._still_granted(viewer)
    viewer.topics = live._authorised(gina.actor, [topic])
    assert "hx-post" not in (live.render(*found, viewer.topics[topic]) or "hx-post")
    team.let_in(people, gina, team.server(people, "Bleibt"))
    remove_seat(people.alice.actor, server_id, seat_id)
    assert not live._still_granted(viewer)
    assert live._authorised(gina.actor, [topic]) == {}


class Socket:
    """What the process asks of a link when it looks at its session again."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer, self.closed, self.said = viewer, False, 0

    def close(self, code: int, _reason: str = "") -> None:
        self.closed, self.said = True, code


def test_an_open_page_stops_when_its_seat_ends(live: LiveApp, people: People) -> None:
    """Within the usual look at all sessions; those whose rights stay keep their sockets."""
    server_id, other = team.server(people), team.server(people, "Andere")
    gina, finn = team.guest(people), team.guest(people, "Finn")
    seats = [
        team.let_in(people, one, where)
        for one, where in ((gina, server_id), (finn, server_id), (gina, other))
    ]
    links = []
    for person in (gina, finn):
        with transaction():
            token = open_session(person.id, method="password", organisation_id=person.organisation_id)
        actor = find_by_session(token).actor  # type: ignore[union-attr]
        topics = [dom_id("hosting-server", server_id, aspect) for aspect in ("status", "console")]
        links.append(Socket(Viewer(actor, live._authorised(actor, topics))))
        assert len(links[-1].viewer.topics) == 2
    live.check_sessions(links)  # type: ignore[arg-type]
    assert [link.said for link in links] == [0, 0]
    remove_seat(people.alice.actor, server_id, seats[0])
    live.check_sessions(links)  # type: ignore[arg-type]
    assert [link.said for link in links] == [RESTART, 0], "Gina comes back and gets nothing of this server"
    assert live._authorised(links[0].viewer.actor, list(links[0].viewer.topics)) == {}
    remove_seat(people.alice.actor, server_id, seats[1])
    live.check_sessions(links[1:])  # type: ignore[arg-type]
    assert links[1].said == POLICY, "his last seat: he does not belong here any more"


def test_a_guests_parts_name_no_money(app: Flask, live: LiveApp, people: People) -> None:
    server_id = team.server(people, state="running")
    gina, topic = team.guest(people), dom_id("hosting-server", server_id, "cost")
    team.let_in(people, gina, server_id, "admin")
    found = find(topic)
    assert found is not None
    html = live.render(*found, live._authorised(gina.actor, [topic])[topic]) or ""
    assert f'id="{topic}"' in html and "€" not in html
    asked = f"/_live/parts?topic={topic}"
    text = sign_in(app.test_client(), gina).get(asked).text
    assert topic in text and "€" not in text
    assert "€" in sign_in(app.test_client(), people.bob).get(asked).text


def test_while_the_socket_is_down_the_same_parts_come_by_request(app: Flask, people: People) -> None:
    topic = topic_of(people, "status")
    asked = f"/_live/parts?topic={topic}&topic=nonsense"
    answer = sign_in(app.test_client(), people.bob).get(asked)
    assert answer.status_code == 200
    assert answer.text.startswith(f'<hx-partial hx-target="#{topic}" hx-swap="outerMorph">')
    assert sign_in(app.test_client(), people.cleo).get(asked).text == ""
    assert app.test_client().get(asked).status_code in (302, 303)


def test_console_lines_come_once_and_look_the_same_live_and_in_the_snapshot(
    app: Flask, live: LiveApp, people: People, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.hosting.services import console

    settings = app.extensions["kontor-settings"].model_copy(update={"redis_url": redis_url})
    monkeypatch.setitem(app.extensions, "kontor-settings", settings)
    monkeypatch.setitem(app.extensions, "kontor-redis", {})
    server_id = create_server(people.alice.actor, name="Konsole", template="flying-squid")
    found = find(dom_id("hosting-server", server_id, "console"))
    assert found is not None
    assert console.publish(server_id, ["first", "WARN <b>second</b>"])
    snapshot = live.render(*found, view(people.alice)) or ""
    assert 'data-position="2"' in snapshot[:400]
    lines = live.lines(found[0], ["first", "WARN <b>second</b>"])
    assert lines in snapshot
    assert "<b>" not in lines
    assert console.publish(server_id, ["third"])
    assert 'data-position="3"' in (live.render(*found, view(people.alice)) or "")[:400]
