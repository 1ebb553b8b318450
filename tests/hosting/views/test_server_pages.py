"""Pages of servers as people see them: list, new, server, settings, and who may open what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from app.hosting.gateways.fake import FakeRuntime
from app.hosting.gateways.ping import Pong
from app.hosting.models import Server
from app.hosting.queries.server import server_detail
from app.hosting.rules.server import Desired, Reason
from app.hosting.services import server as services
from app.hosting.services.ending import order_end
from app.hosting.services.life import record_ready
from app.hosting.services.place import use_runtimes
from app.hosting.services.vitals import note_answers
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import lock, transaction
from app.kit.dom import dom_id
from tests.hosting.money import give_credit
from tests.people import People, Someone, sign_in


@pytest.fixture(autouse=True)
def _runtime(app: Flask) -> None:
    use_runtimes(app, {"process": FakeRuntime, "docker": FakeRuntime})


@pytest.fixture
def server_id(people: People) -> UUID:
    give_credit(people)
    return services.create_server(
        people.alice.actor, name="Bauwelt Nord", template="flying-squid", deploy=True
    )


def page(client: FlaskClient, person: Someone | None, path: str) -> str:
    answer = sign_in(client, person).get(path)
    assert answer.status_code == 200, answer.status
    return answer.text


def test_an_empty_list_teaches(client: FlaskClient, people: People) -> None:
    text = page(client, people.alice, "/hosting/servers")
    assert "Womit willst du anfangen?" in text
    assert "Flying Squid" in text
    assert "Dein erster Server" in text
    assert "Womit willst du anfangen?" not in page(client, people.bob, "/hosting/servers"), (
        "Bob may not create"
    )


def test_from_template_to_server(client: FlaskClient, people: People) -> None:
    give_credit(people)
    assert "Spieleinstellungen" in page(client, people.alice, "/hosting/servers/new?template=flying-squid")
    form = {
        "template": "flying-squid",
        "name": "Insel",
        "memory_mb": "512",
        "setting_slots": "10",
        "once": "abc",
    }
    form |= {"setting_motd": "Hallo", "setting_version": "1.21.4", "setting_gamemode": "survival"}
    form |= {"setting_difficulty": "hard", "setting_world": "superflat", "setting_view_distance": "4"}
    answers = [client.post("/hosting/servers", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location, "a double click makes one server"
    text = client.get(answers[0].location).text
    assert "Insel" in text
    assert "Wird installiert" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "x" * 61}, "Höchstens 60 Zeichen"),
        ({"name": ""}, "Gib dem Server einen Namen"),
        ({"memory_mb": "999999"}, "Not a valid choice|gültig"),
        ({"setting_slots": "0"}, "zwischen|between|least"),
        ({"setting_slots": "viele"}, "gültig|valid"),
    ],
)
def test_bad_input_is_told_at_the_field_and_nothing_is_lost(
    client: FlaskClient, people: People, change: dict[str, str], words: str
) -> None:
    give_credit(people)
    form = {
        "template": "flying-squid",
        "name": "Insel",
        "memory_mb": "512",
        "setting_slots": "10",
        "setting_motd": "Huhu",
    }
    form |= {"setting_view_distance": "4", "setting_version": "1.21.4", "setting_gamemode": "creative"}
    form |= {"setting_difficulty": "easy", "setting_world": "superflat"}
    answer = sign_in(client, people.alice).post("/hosting/servers", data=form | change)
    assert answer.status_code == 422
    assert any(word in answer.text for word in words.split("|")), answer.text[-3000:]
    assert "Huhu" in answer.text, "what was typed is still there"
    assert "Womit willst du anfangen?" in page(client, people.alice, "/hosting/servers"), "no server was made"


def test_the_server_page_and_its_parts(
    client: FlaskClient, people: People, server_id: UUID, run_jobs: Callable[[], list[str]]
) -> None:
    run_jobs()
    for path in (
        "",
        "/console",
        "/events",
        "/settings",
        "/metrics.csv",
        "/delete",
        "/kill",
        "/console?as=text",
    ):
        page(client, people.alice, f"/hosting/servers/{server_id}{path}")
    text = page(client, people.alice, f"/hosting/servers/{server_id}")
    for words in ("Diese Sitzung", "Dieser Monat", "Konsole", "Ereignisse", "127.0.0.1:"):
        assert words in text


def test_strangers_do_not_learn_that_it_exists(client: FlaskClient, people: People, server_id: UUID) -> None:
    for path in ("", "/console", "/events", "/settings", "/metrics.csv"):
        assert sign_in(client, people.cleo).get(f"/hosting/servers/{server_id}{path}").status_code == 404
    for action in ("run", "rest", "restart", "kill", "commands", "delete"):
        assert sign_in(client, people.cleo).post(f"/hosting/servers/{server_id}/{action}").status_code == 404


def test_members_play_but_do_not_change_or_delete(
    client: FlaskClient, people: People, server_id: UUID
) -> None:
    sign_in(client, people.bob)
    assert client.get(f"/hosting/servers/{server_id}").status_code == 200
    assert client.get(f"/hosting/servers/{server_id}/settings").status_code == 403
    assert client.post(f"/hosting/servers/{server_id}/delete").status_code == 403
    assert client.get("/hosting/costs").status_code == 403


def test_the_list_leads_to_each_server_and_stops_the_one_whose_button_is_pressed(
    client: FlaskClient, people: People, server_id: UUID, run_jobs: Callable[[], None]
) -> None:
    run_jobs()
    other = services.create_server(people.alice.actor, name="Entwurf", template="flying-squid")
    text = page(client, people.alice, "/hosting/servers")
    for each in (server_id, other):
        assert f'href="/hosting/servers/{each}"' in text
    assert f'name="start" value="{other}"' in text
    assert f'name="stop" value="{server_id}"' in text
    pressed = client.post("/hosting/servers/power", data={"stop": str(server_id)})
    assert pressed.headers["Location"] == "/hosting/servers"
    text = client.get("/hosting/servers").text
    assert f'name="stop" value="{server_id}"' not in text
    assert f'name="start" value="{other}"' in text


def test_a_row_holds_the_very_state_that_later_replaces_it(
    app: Flask, client: FlaskClient, people: People, server_id: UUID
) -> None:
    listed = page(client, people.alice, "/hosting/servers")
    with app.test_request_context():
        fragment = render_template("hosting/server/_tag_live.html", server=server_detail(server_id)).strip()
    assert dom_id("hosting-server", server_id, "row") in fragment
    assert fragment in listed


def test_the_list_acts_only_on_servers_one_may_see(
    client: FlaskClient, people: People, server_id: UUID
) -> None:
    for data in ({"start": str(server_id)}, {"stop": str(server_id)}, {"stop": "all"}, {}):
        answer = sign_in(client, people.cleo).post("/hosting/servers/power", data=data)
        assert answer.status_code == 404, data


def test_a_second_click_on_start_is_a_conflict_in_words(
    client: FlaskClient, people: People, server_id: UUID
) -> None:
    answer = sign_in(client, people.alice).post(f"/hosting/servers/{server_id}/run")
    assert answer.status_code == 409
    assert "wird noch eingerichtet" in answer.text


def test_deleting_asks_for_the_name(client: FlaskClient, people: People, server_id: UUID) -> None:
    sign_in(client, people.alice)
    assert client.post(f"/hosting/servers/{server_id}/delete", data={"name": "falsch"}).status_code == 422
    assert (
        client.post(f"/hosting/servers/{server_id}/delete", data={"name": "Bauwelt Nord"}).status_code == 303
    )
    assert "Wird gelöscht" in client.get("/hosting/servers").text


def test_costs_page_and_csv(client: FlaskClient, people: People, server_id: UUID) -> None:
    assert "Kosten" in page(client, people.alice, "/hosting/costs")
    assert "amount_eur" in page(client, people.alice, "/hosting/costs.csv")
    assert page(client, people.alice, "/hosting/costs?month=2026-01")
    assert sign_in(client, people.alice).get("/hosting/costs?month=quatsch").status_code == 422


@pytest.mark.parametrize(
    "path", ["new", "new?template=flying-squid", "{id}", "{id}/console", "{id}/delete", "{id}/kill"]
)
def test_the_navigation_shows_where_one_is(
    client: FlaskClient, people: People, server_id: UUID, path: str
) -> None:
    text = page(client, people.alice, f"/hosting/servers/{path.format(id=server_id)}")
    marked = re.findall(r'class="nav-item" href="([^"]+)" aria-current="page"', text)
    assert set(marked) == {"/hosting/servers"}


def test_a_console_without_lines_says_what_will_be_there(app: Flask) -> None:
    with app.test_request_context():
        made = str(app.jinja_env.globals["ui"].console_log("log", []))  # type: ignore[attr-defined]
    assert 'data-empty="Noch nichts gesagt.' in made
    assert made.endswith("></div>"), "not even a space: the style sheet asks for :empty"


def test_the_owner_chooses_how_long_it_waits_for_players(
    frozen: datetime, client: FlaskClient, people: People, server_id: UUID, run_jobs: Callable[[], list[str]]
) -> None:
    there = f"/hosting/servers/{server_id}"
    text = page(client, people.alice, f"{there}/settings")
    assert "Wie üblich: nach 15 Minuten" in text
    form = {"name": "Bauwelt Nord", "memory_mb": "512", "idle_minutes": "30"}
    form |= {"setting_slots": "10", "setting_motd": "Hallo", "setting_version": "1.21.4"}
    form |= {"setting_gamemode": "survival", "setting_difficulty": "hard", "setting_world": "superflat"}
    form["setting_view_distance"] = "4"
    assert client.post(f"{there}/settings", data=form).status_code == 303
    assert '<option selected value="30">' in client.get(f"{there}/settings").text
    assert client.post(f"{there}/settings", data=form | {"idle_minutes": "-3"}).status_code == 422
    names = {"wake_by_join": "y", "wake_names": "Notch, jeb_"}
    assert client.post(f"{there}/settings", data=form | names).status_code == 303
    text = client.get(f"{there}/settings").text
    assert 'value="Notch, jeb_"' in text
    assert "checked" in text[text.index('id="wake_by_join"') - 40 :][:200]
    answer = client.post(f"{there}/settings", data=form | {"wake_by_join": "y", "wake_names": "<b>"})
    assert answer.status_code == 422
    assert "Spielernamen ohne Sonderzeichen" in answer.text
    run_jobs()
    row = server_detail(server_id)
    assert row is not None
    assert row.run_id is not None
    assert record_ready(server_id, row.run_id)
    for seconds, words in (
        (0, "stoppt in 30 min"),
        (22.5 * 60, "stoppt in 8 min"),
        (3600, "stoppt in 1 min"),
    ):
        clock.advance(seconds)
        note_answers({server_id: Pong(0, 20, "", 0, "", 0.0)}, {server_id: row.run_id})
        text = client.get(there).text
        assert f"{words}, wenn niemand spielt" in text
    note_answers({server_id: Pong(1, 20, "", 0, "", 0.0)}, {server_id: row.run_id})
    assert "wenn niemand spielt" not in client.get(there).text
    assert client.post(f"{there}/settings", data=form | {"idle_minutes": "0"}).status_code == 303
    note_answers({server_id: Pong(0, 20, "", 0, "", 0.0)}, {server_id: row.run_id})
    assert "wenn niemand spielt" not in client.get(there).text


def test_who_did_not_stop_it_reads_why_it_stands_still(
    client: FlaskClient, people: People, server_id: UUID, run_jobs: Callable[[], list[str]]
) -> None:
    run_jobs()
    with transaction():
        order_end(lock(Server, server_id), SYSTEM, Reason.IDLE, Desired.STOPPED)
    run_jobs()
    assert "Niemand hat gespielt" in page(client, people.alice, f"/hosting/servers/{server_id}")
    assert "Niemand hat gespielt" in client.get(f"/hosting/servers/{server_id}/events").text
    assert "Nobody played" in client.get(f"/hosting/servers/{server_id}?lang=en").text
