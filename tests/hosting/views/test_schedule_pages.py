"""Pages of plans: build one, see what comes, switch, change, delete; members look, strangers find nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Schedule
from app.hosting.services import server as services
from app.hosting.services.place import use_runtimes
from app.hosting.services.schedule_run import run_due
from app.kit import clock, live
from app.kit.db import db
from app.kit.dom import dom_id
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.money import give_credit
from tests.people import People, sign_in

WEEKLY = {"action": "restart", "mode": "weekly", "days": ["0", "2"], "time": "04:30", "zone": "Europe/Berlin"}
CRON = {
    "action": "command",
    "command": "say Hallo",
    "mode": "cron",
    "cron": "*/30 8-20 * * 1-5",
    "zone": "UTC",
}


@pytest.fixture(autouse=True)
def _runtime(app: Flask, frozen: object) -> None:
    use_runtimes(app, {"process": FakeRuntime, "docker": FakeRuntime})


@pytest.fixture
def server_id(people: People) -> UUID:
    give_credit(people)
    return services.create_server(people.alice.actor, name="Bauwelt Nord", template="flying-squid")


@pytest.fixture
def base(server_id: UUID) -> str:
    return f"/hosting/servers/{server_id}/schedules"


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


def kept() -> list[Schedule]:
    db.session.rollback()
    return list(db.session.scalars(select(Schedule).order_by(Schedule.id)))


def words(answer: TestResponse) -> str:
    """What is read, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_from_the_empty_page_by_a_suggestion_to_a_plan(alice: FlaskClient, base: str) -> None:
    page = alice.get(base)
    assert "Noch nichts geplant." in page.text
    assert f"{base}/new?suggestion=night" in page.text
    builder = alice.get(f"{base}/new?suggestion=evening")
    assert re.search(r'value="start"[^>]*checked|checked[^>]*value="start"', builder.text)
    assert 'value="16:00"' in builder.text
    assert "Mo., 23. Nov. 2026, 16:00" in words(builder), "the next runs are there before anything is typed"
    answer = alice.post(f"{base}/new", data={**WEEKLY, "once": "a"})
    assert (answer.status_code, answer.location) == (303, base)
    alice.post(f"{base}/new", data={**WEEKLY, "once": "a"})
    assert [(one.action, one.cron, one.zone) for one in kept()] == [
        ("restart", "30 4 * * 1,3", "Europe/Berlin")
    ]
    page = alice.get(base)
    assert "Mo, Mi um 04:30" in words(page).replace(".", "")
    for day in ("Mo., 23.", "Mi., 25.", "Mo., 30."):
        assert f"{day} Nov. 2026, 04:30" in words(page)


def test_an_expert_writes_cron_text(alice: FlaskClient, base: str) -> None:
    assert alice.post(f"{base}/new", data=CRON).status_code == 303
    page = alice.get(base)
    assert "*/30 8-20 * * 1-5" in page.text
    assert "say Hallo" in page.text
    detail = alice.get(f"{base}/{kept()[0].id}")
    assert "Mo., 23. Nov. 2026, 08:00" in words(detail)
    assert "bei dir Mo., 23. Nov. 2026, 09:00" in words(detail), "the viewer lives in Berlin"


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"mode": "cron", "cron": "0 25 * * *"}, "cron", "Die Stunde (2. Feld)"),
        ({"mode": "cron", "cron": "jede Nacht"}, "cron", "nicht fünf Felder"),
        ({"mode": "cron", "cron": "* * * * *"}, "cron", "mindestens 5 Minuten"),
        ({"mode": "cron", "cron": ""}, "cron", "nicht fünf Felder"),
        ({"days": []}, "days", "mindestens einen Tag"),
        ({"time": ""}, "time", "Schreib die Uhrzeit"),
        ({"zone": "Europe/Entenhausen"}, "zone", ""),
        ({"action": "command", "command": " "}, "command", "Gib einen Befehl ein."),
        ({"action": "command", "command": "x" * 201}, "command", "Höchstens 200 Zeichen."),
        ({"action": "explode"}, "action", ""),
    ],
)  # fmt: skip
def test_bad_input_is_told_at_its_field_and_what_was_typed_stays(
    alice: FlaskClient, base: str, change: dict[str, object], field: str, message: str
) -> None:
    answer = alice.post(f"{base}/new", data={**WEEKLY, **change})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert message in answer.text
    for name, value in {**WEEKLY, **change}.items():
        if name in ("cron", "command") and value:
            assert f'value="{value}"' in answer.text.replace("&#39;", "'")
    if "time" not in change:
        assert 'value="04:30"' in answer.text
    assert kept() == []


def test_what_belongs_to_the_other_way_does_not_stand_in_the_way(alice: FlaskClient, base: str) -> None:
    assert alice.post(f"{base}/new", data={**CRON, "time": "", "days": []}).status_code == 303
    assert alice.post(f"{base}/new", data={**WEEKLY, "cron": "Unsinn"}).status_code == 303


def test_the_preview_follows_what_is_typed(alice: FlaskClient, base: str) -> None:
    url = f"{base}/_teil/preview"
    good = alice.get(url, query_string={"mode": "cron", "cron": "30 2 28,29,30 3 *", "zone": "Europe/Berlin"})
    assert good.status_code == 200
    assert "<html" not in good.text
    assert "So., 28. März 2027, 03:00 Die Uhr wird vorgestellt" in words(good)
    assert "Mo., 29. März 2027, 02:30" in words(good)
    bad = alice.get(url, query_string={"mode": "cron", "cron": "61 * * * *", "zone": "Europe/Berlin"})
    assert bad.status_code == 200
    assert re.search(r'hx-target="#cron-live"[^>]*>Die Minute \(1\. Feld\)', bad.text)
    assert re.search(r'hx-target="#cron-live"[^>]*></hx-partial>', good.text), "an old message goes"
    no_day = alice.get(url, query_string={"mode": "weekly", "time": "04:00", "zone": "UTC"})
    assert 'hx-target="#days-live" hx-swap="innerHTML">Wähle' in no_day.text
    for nonsense in ({"zone": "../etc"}, {"mode": "?"}, {"time": "xx", "mode": "weekly"}, {"days": "9"}):
        assert alice.get(url, query_string=nonsense).status_code == 200
    assert "<script>" not in alice.get(url, query_string={"mode": "cron", "cron": "<script>"}).text


def test_change_switch_and_delete(alice: FlaskClient, base: str) -> None:
    alice.post(f"{base}/new", data=CRON)
    one = f"{base}/{kept()[0].id}"
    builder = alice.get(f"{one}/change")
    assert 'value="*/30 8-20 * * 1-5"' in builder.text
    assert 'value="say Hallo"' in builder.text
    assert alice.post(f"{one}/change", data={**WEEKLY, "time": "kaputt"}).status_code == 422
    assert alice.post(f"{one}/change", data=WEEKLY).status_code == 303
    assert (kept()[0].action, kept()[0].cron, kept()[0].command) == ("restart", "30 4 * * 1,3", None)
    assert 'value="04:30"' in alice.get(f"{one}/change").text
    alice.post(f"{one}/switch", data={"on": "0"})
    assert kept()[0].next_at is None
    assert "Ausgeschaltet" in alice.get(base).text
    assert alice.get(one).status_code == 200
    alice.post(f"{one}/switch", data={"on": "1"})
    assert kept()[0].next_at is not None
    assert 'id="confirm"' in alice.get(f"{one}/delete").text
    assert len(kept()) == 1
    assert alice.post(f"{one}/delete").status_code == 303
    assert kept() == []
    assert alice.get(one).status_code == 404


def test_the_history_says_what_became_of_each_run(alice: FlaskClient, people: People, base: str) -> None:
    alice.post(f"{base}/new", data={**WEEKLY, "action": "start", "days": list("0123456"), "time": "14:00"})
    alice.post(f"{base}/new", data={**CRON, "cron": "0 * * * *", "action": "stop"})
    clock.advance(hours=1, seconds=5)
    run_due()
    clock.advance(days=1, hours=6)
    run_due()
    sign_in(alice, people.alice)
    assert "Verpasst" in alice.get(base).text
    first, second = (words(alice.get(f"{base}/{one.id}")) for one in kept())
    assert "Fehlgeschlagen Der Server ist noch nicht eingerichtet." in first
    assert "Verpasst" in first
    assert "29-mal" in second
    events = words(alice.get(base.removesuffix("/schedules") + "/events"))
    assert "Nach Zeitplan: Starten, Fehlgeschlagen" in events
    assert "Zeitplan angelegt: Starten" in events
    assert "hosting.schedule" not in events


def test_open_pages_are_told_and_see_their_own_only(
    app: Flask, alice: FlaskClient, people: People, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(live, "_publish", lambda message: told.append(str(message["topic"])))
    alice.post(f"{base}/new", data={**WEEKLY, "action": "start", "days": list("0123456"), "time": "14:00"})
    plan = kept()[0].id
    clock.advance(hours=1, seconds=5)
    told.clear()
    run_due()
    for aspect, words_in_it in (("next", "14:00"), ("last", "Fehlgeschlagen"), ("history", "eingerichtet")):
        topic = dom_id("hosting-schedule", plan, aspect)
        assert topic in told
        assert f'id="{topic}"' in alice.get(base if aspect != "history" else f"{base}/{plan}").text
        found = live.find(topic)
        assert found is not None
        fragment, row_id = found
        assert fragment.authorise(people.bob.actor, row_id)
        assert not fragment.authorise(people.cleo.actor, row_id)
        with app.test_request_context():
            html = fragment.render(row_id)
        assert f'id="{topic}"' in html
        assert words_in_it in html


def test_who_may(client: FlaskClient, people: People, base: str) -> None:
    sign_in(client, people.dora).post(f"{base}/new", data=CRON)
    one = f"{base}/{kept()[0].id}"
    sign_in(client, people.bob)
    for page in (base, one):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "/new" not in answer.text
        assert "Ausschalten" not in answer.text
    for page in (f"{base}/new", f"{one}/change", f"{one}/delete", f"{base}/_teil/preview"):
        assert client.get(page).status_code == 403
    for act in (f"{base}/new", f"{one}/change", f"{one}/delete", f"{one}/switch"):
        assert client.post(act, data=WEEKLY).status_code == 403
    sign_in(client, people.cleo)
    for page in (base, one, f"{base}/new", f"{one}/change", f"{one}/delete", f"{base}/_teil/preview"):
        assert client.get(page).status_code == 404
    for act in (f"{base}/new", f"{one}/change", f"{one}/delete", f"{one}/switch"):
        assert client.post(act, data=WEEKLY).status_code == 404
    assert len(kept()) == 1


def test_a_plan_is_found_under_its_own_server_only(alice: FlaskClient, people: People, base: str) -> None:
    alice.post(f"{base}/new", data=CRON)
    other = services.create_server(people.alice.actor, name="Andere", template="flying-squid")
    one = f"/hosting/servers/{other}/schedules/{kept()[0].id}"
    assert alice.get(one).status_code == 404
    assert alice.post(f"{one}/delete").status_code == 404
    assert alice.post(f"{one}/change", data=WEEKLY).status_code == 404
    assert len(kept()) == 1


def test_twenty_plans_with_a_history_ask_the_database_at_most_eight_times(
    alice: FlaskClient, base: str
) -> None:
    for minute in range(20):
        alice.post(f"{base}/new", data={**CRON, "cron": f"{minute} * * * *"})
    clock.advance(timedelta(hours=3).total_seconds())
    run_due()
    one = f"{base}/{kept()[0].id}"
    for page in (base, one, f"{one}/change", f"{base}/new", f"{base}/_teil/preview"):
        assert alice.get(page).status_code == 200
        with counted() as seen:
            assert alice.get(page).status_code == 200
        assert len(seen) <= MOST, "\n".join(seen)
    assert f"{base}/new" not in alice.get(base).text, "no more than twenty"
    refused = alice.post(f"{base}/new", data=CRON)
    assert refused.status_code == 409
    assert "Mehr als 20 Zeitpläne" in refused.text
