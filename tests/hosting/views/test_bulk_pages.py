"""Pages of actions on many servers: ticking and asking, the question with its names, the order, the result."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.billing.services.price import ensure_price_list
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Bulk
from app.hosting.rules.bulk import Action
from app.hosting.services import bulk as services
from app.hosting.services import bulk_work
from app.hosting.services.place import use_runtimes
from app.hosting.services.seat import give_seat
from app.kit import live
from app.kit.db import db, transaction
from app.kit.dom import dom_id
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.bulk_rig import make, outcomes, state_of
from tests.hosting.money import give_credit
from tests.people import People, sign_in

pytestmark = pytest.mark.slow

LIST, ASK, ORDER = "/hosting/servers", "/hosting/bulk/question", "/hosting/bulk"


@pytest.fixture(autouse=True)
def _runtime(app: Flask, people: People, frozen: object) -> None:
    use_runtimes(app, {"process": FakeRuntime, "docker": FakeRuntime})
    with transaction():
        ensure_price_list()
    give_credit(people, 500)


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


def words(answer: TestResponse) -> str:
    """What is read, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def listed(answer: TestResponse) -> str:
    """The servers a question's form names."""
    found = re.search(r'name="servers" value="([^"]*)"', answer.text)
    return found.group(1) if found else ""


def latest() -> UUID:
    db.session.rollback()
    return db.session.scalars(select(Bulk.id).order_by(Bulk.id.desc())).first()  # type: ignore[return-value]


def test_from_ticks_to_the_result(alice: FlaskClient, people: People) -> None:
    stopped, running = make(people.alice, "stopped", 3), make(people.alice, "running", 2)
    page = alice.get(LIST)
    assert page.text.count('type="checkbox" name="server"') == 5
    assert 'aria-label="Welt stopped 000 auswählen"' in page.text
    question = alice.post(ASK, data={"action": "start", "server": [str(one) for one in stopped + running]})
    assert question.status_code == 200
    assert "3 Server starten?" in words(question)
    assert "Welt stopped 001" in question.text
    assert "Welt running" not in question.text
    assert "2 × läuft schon oder startet gerade" in words(question)
    assert "pro Stunde" in words(question)
    assert db.session.query(Bulk).count() == 0, "asking writes nothing"
    answer = alice.post(ORDER, data={"action": "start", "servers": listed(question), "once": "a"})
    assert answer.status_code == 303
    assert alice.get(answer.location).text.count("Wartet<") == 3
    bulk_work.run_bulk(latest())
    result = alice.get(answer.location)
    assert words(result).count("Erledigt") == 3 + 1
    assert "Rest abbrechen" not in result.text
    assert [state_of(one) for one in stopped] == ["starting"] * 3


def test_all_that_match_across_pages(alice: FlaskClient, people: People) -> None:
    make(people.alice, "stopped", 34, name="Schule")
    make(people.alice, "stopped", 3, name="Verein")
    page = alice.get(f"{LIST}?q=schule")
    assert "Alle 34, die zur Suche passen" in page.text
    assert 'type="hidden" name="q" value="schule"' in page.text
    assert "Alle 37 auf allen Seiten" in alice.get(LIST).text
    assert "Alle 34" not in alice.get(f"{LIST}?q=verein").text, "they are all on the page"
    question = alice.post(ASK, data={"action": "start", "all": "1", "q": "schule", "state": ""})
    assert "34 Server starten?" in words(question)
    assert "und 14 weitere" in words(question)
    assert question.text.count("<li>Schule") == 34
    assert "Verein" not in question.text
    assert len(listed(question).split()) == 34


def test_the_filter_by_state_across_pages(alice: FlaskClient, people: People) -> None:
    make(people.alice, "stopped", 27)
    make(people.alice, "running", 30)
    assert "Alle 30, die zur Suche passen" in alice.get(f"{LIST}?state=running").text
    question = alice.post(ASK, data={"action": "stop", "all": "1", "state": "running"})
    assert "30 Server stoppen?" in words(question)
    assert "stopped" not in question.text


def test_what_comes_to_match_after_the_question_is_not_touched(alice: FlaskClient, people: People) -> None:
    make(people.alice, "stopped", 2, name="Schule")
    question = alice.post(ASK, data={"action": "start", "all": "1", "q": "schule"})
    late = make(people.alice, "stopped", 1, name="Schule neu")[0]
    alice.post(ORDER, data={"action": "start", "servers": listed(question)})
    bulk_work.run_bulk(latest())
    assert state_of(late) == "stopped"
    assert outcomes(latest()) == [("done", None)] * 2


def test_deleting_wants_the_number_or_the_word(alice: FlaskClient, people: People) -> None:
    ids = make(people.alice, "stopped", 3)
    question = alice.post(ASK, data={"action": "delete", "server": [str(one) for one in ids]})
    assert "Gib zur Sicherheit die Zahl 3 oder das Wort" in words(question)
    form = {"action": "delete", "servers": listed(question)}
    for typed in ("", "2", "ja"):
        again = alice.post(ORDER, data={**form, "typed": typed})
        assert again.status_code == 422
        assert "weder die Zahl noch das Wort" in words(again)
        assert listed(again) == listed(question)
    assert db.session.query(Bulk).count() == 0
    assert alice.post(ORDER, data={**form, "typed": " 3 "}).status_code == 303
    services.cancel_bulk(people.alice.actor, latest())
    assert alice.post(ORDER, data={**form, "typed": "Löschen"}).status_code == 303


def test_members_are_offered_nothing_for_many_servers(client: FlaskClient, people: People) -> None:
    """A seat is about one server: what it allows is done there."""
    made = make(people.alice, "stopped", 2)
    give_seat(people.alice.actor, made[0], email=people.bob.email, role="admin")
    ids = [str(one) for one in made]
    bob = sign_in(client, people.bob)
    page = bob.get(LIST).text
    assert 'name="action"' not in page
    for action in ("start", "stop", "backup", "archive", "delete"):
        for path in (ASK, ORDER):
            answer = bob.post(path, data={"action": action, "server": ids[:1], "servers": ids[0]})
            assert answer.status_code == 403, action


def test_servers_of_others_are_not_even_named(client: FlaskClient, people: People) -> None:
    ours, theirs = make(people.alice, "stopped")[0], make(people.cleo, "stopped", name="Geheim")[0]
    alice = sign_in(client, people.alice)
    question = alice.post(ASK, data={"action": "delete", "server": [str(ours), str(theirs), "unsinn"]})
    assert "Geheim" not in question.text
    assert listed(question) == ours.hex
    assert alice.post(ASK, data={"action": "delete", "server": str(theirs)}).status_code == 404
    data = {"action": "delete", "servers": f"{theirs.hex} quatsch", "typed": "1"}
    assert alice.post(ORDER, data=data).status_code == 404
    alice.post(ORDER, data={"action": "start", "servers": ours.hex})
    cleo = sign_in(client, people.cleo)
    assert cleo.get(f"/hosting/bulk/{latest()}").status_code == 404
    assert cleo.post(f"/hosting/bulk/{latest()}/cancel").status_code == 404
    assert "Starten" not in words(cleo.get("/hosting/bulk")).split("Sammelaktionen", 1)[1]


def test_nothing_ticked_unknown_actions_and_nothing_possible(alice: FlaskClient, people: People) -> None:
    ids = [str(one) for one in make(people.alice, "running", 2)]
    answer = alice.post(ASK, data={"action": "stop", "q": "welt"}, follow_redirects=True)
    assert "Wähle zuerst Server aus." in answer.text
    assert answer.request.args["q"] == "welt"
    assert alice.post(ASK, data={"action": "explode", "server": ids}).status_code == 404
    none = alice.post(ASK, data={"action": "start", "server": ids})
    assert "Für keinen dieser Server" in words(none)
    assert listed(none) == ""


def test_one_runs_already(alice: FlaskClient, people: People) -> None:
    ids = make(people.alice, "stopped", 2)
    running = services.order_bulk(people.dora.actor, Action.START, ids)
    question = alice.post(ASK, data={"action": "stop", "server": str(make(people.alice, "running")[0])})
    assert question.status_code == 409
    assert f'href="/hosting/bulk/{running}"' in question.text
    answer = alice.post(ORDER, data={"action": "start", "servers": ids[0].hex})
    assert answer.location == f"/hosting/bulk/{running}", "led to the one that runs"
    assert db.session.query(Bulk).count() == 1
    page = alice.get(answer.location)
    assert "Rest abbrechen" in page.text
    assert alice.post(f"/hosting/bulk/{running}/cancel").status_code == 303
    assert words(alice.get(answer.location)).count("Abgebrochen") >= 2


def test_more_than_may_be(alice: FlaskClient, people: People) -> None:
    make(people.alice, "stopped", 501)
    page = alice.get(LIST)
    assert re.search(r'name="all"[^>]*disabled', page.text)
    assert "höchstens 500 auf einmal" in page.text
    answer = alice.post(ASK, data={"action": "start", "all": "1"}, follow_redirects=True)
    assert "Höchstens 500 Server auf einmal." in answer.text


def test_the_fragment_is_what_the_page_shows(app: Flask, alice: FlaskClient, people: People) -> None:
    bulk_id = services.order_bulk(people.alice.actor, Action.START, make(people.alice, "stopped", 2))
    topic = dom_id("hosting-bulk", bulk_id, "progress")
    found = live.find(topic)
    assert found is not None
    assert found[0].authorise(people.bob.actor, bulk_id)
    assert not found[0].authorise(people.cleo.actor, bulk_id)
    with app.test_request_context():
        part = found[0].render(bulk_id)
    assert topic in part
    assert "0 von 2 Servern" in part
    assert topic in alice.get(f"/hosting/bulk/{bulk_id}").text


def test_eight_statements(alice: FlaskClient, people: People) -> None:
    bulk_id = services.order_bulk(people.alice.actor, Action.START, make(people.alice, "stopped", 60))
    bulk_work.run_bulk(bulk_id)
    paths = (LIST, f"{LIST}?q=welt", f"{LIST}?state=stopped", f"/hosting/bulk/{bulk_id}", "/hosting/bulk")
    for path in paths:
        assert alice.get(path).status_code == 200
        with counted() as seen:
            assert alice.get(path).status_code == 200
        assert len(seen) <= MOST, path + "\n" + "\n".join(seen)
    data = {"action": "stop", "all": "1", "q": "welt"}
    with counted() as seen:
        assert alice.post(ASK, data=data).status_code == 200
    assert len(seen) <= MOST, "\n".join(seen)
