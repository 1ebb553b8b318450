"""Questions and answers at a nano, and the provider's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.messaging.models import Notice
from app.nanos.queries.provider import get_provider
from app.nanos.queries.voices import list_voices
from app.nanos.services import ending, question
from app.nanos.services.profile import profile_of, save_profile
from tests.nanos import rig
from tests.nanos.voices import hide, rated
from tests.people import People, make_people, sign_in
from tests.threads import at_once


def told(kind: str) -> set[object]:
    db.session.rollback()
    return {one.person_id for one in db.session.query(Notice).filter_by(kind=kind)}


def test_a_question_its_answer_and_who_hears(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    people, nano_id = db_people, rig.published(db_people)
    asked = question.ask(people.cleo.actor, nano_id, " Auch für Azubis? ", once="a")
    with pytest.raises(Conflict):
        question.ask(people.cleo.actor, nano_id, "Auch für Azubis?", once="a")
    question.ask(people.olga.actor, nano_id, "Von der Plattform gefragt")
    run_jobs()
    assert told("nanos.question") == {people.alice.id, people.dora.id}
    for text in ("", " \n ", "x" * 1001, "a\x07b"):
        with pytest.raises(Invalid):
            question.ask(people.cleo.actor, nano_id, text)
    with pytest.raises(NotAllowed):
        question.answer_question(people.bob.actor, nano_id, asked, "Ja")
    with pytest.raises(NotFound):
        question.answer_question(people.cleo.actor, nano_id, asked, "Ja")
    question.answer_question(people.alice.actor, nano_id, asked, "Ja, für alle.")
    with pytest.raises(Conflict):
        question.answer_question(people.dora.actor, nano_id, asked, "Nein")
    run_jobs()
    assert told("nanos.answered") == {people.cleo.id}
    rows = list_voices(people.bob.actor, nano_id, "question").rows
    assert [(one.by, one.text, one.answer) for one in rows] == [
        ("Kontor", "Von der Plattform gefragt", None), ("Südwind", "Auch für Azubis?", "Ja, für alle."),
    ]  # fmt: skip
    page = list_voices(people.bob.actor, nano_id, "question", limit=1)
    later = list_voices(people.bob.actor, nano_id, "question", limit=1, cursor=page.next_cursor)
    assert [one.id for one in later.rows] == [asked] and later.next_cursor is None


def test_an_answer_can_be_hidden_and_a_hidden_question_is_not_answered(
    db_app: Flask, db_people: People
) -> None:
    people, nano_id = db_people, rig.published(db_people)
    asked = question.ask(people.cleo.actor, nano_id, "Wo ist Frau Meier?")
    question.answer_question(people.alice.actor, nano_id, asked, "Im Urlaub.")
    answer = list_voices(people.cleo.actor, nano_id, "question").rows[0].answer_id
    assert answer is not None
    hide(people.olga.actor, answer, "Nennt eine Person.")
    seen = {
        name: list_voices(getattr(people, name).actor, nano_id, "question").rows[0].answer
        for name in ("alice", "cleo", "olga")
    }
    assert seen == {"alice": "Im Urlaub.", "cleo": None, "olga": "Im Urlaub."}
    other = question.ask(people.cleo.actor, nano_id, "Und Herr Meier?")
    hide(people.olga.actor, other, "Nennt eine Person.")
    with pytest.raises(NotFound):
        question.answer_question(people.alice.actor, nano_id, other, "Auch.")


def test_nobody_floods_and_nobody_asks_what_ended(db_app: Flask, db_people: People, frozen: object) -> None:
    people, nano_id = db_people, rig.published(db_people)
    for n in range(question.MOST_A_DAY):
        question.ask(people.cleo.actor, nano_id, f"Frage {n}")
    with pytest.raises(TooMany):
        question.ask(people.cleo.actor, nano_id, "Noch eine")
    clock.advance(days=1, seconds=1)
    question.ask(people.cleo.actor, nano_id, "Am nächsten Tag")
    ending.retire(people.alice.actor, nano_id)
    with pytest.raises(NotFound):
        question.ask(people.cleo.actor, nano_id, "Zu spät")


@pytest.mark.postgres
def test_two_colleagues_answer_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id = rig.published(people)
    asked = question.ask(people.cleo.actor, nano_id, "Auch für Azubis?")
    who = [people.alice.actor, people.dora.actor] * 2
    done = at_once(pg_app, 4, lambda n: question.answer_question(who[n], nano_id, asked, f"Antwort {n}"))
    assert sorted(type(one) is Conflict for one in done) == [False, True, True, True]


def test_the_pages_of_questions(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    address = f"/nanos/{nano_id}/questions"
    sign_in(client, people.cleo)
    assert "Noch keine Frage" in client.get(address).text
    assert client.post(address, data={"text": " ", "once": str(uuid4())}).status_code == 422
    once = str(uuid4())
    sent = {"text": "<script>alert(1)</script>?", "once": once}
    assert client.post(address, data=sent).status_code == 303
    assert client.post(address, data=sent).status_code == 409
    page = client.get(f"/nanos/{nano_id}").text
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page and "1 Frage lesen" in page
    question_id = list_voices(people.cleo.actor, nano_id, "question").rows[0].id
    assert client.get(f"{address}/{question_id}/answer").status_code == 404
    sign_in(client, people.bob)
    assert client.get(f"{address}/{question_id}/answer").status_code == 403
    assert ">Antworten<" not in client.get(address).text
    sign_in(client, people.dora)
    assert ">Antworten<" in client.get(address).text
    assert client.get(f"{address}/{question_id}/answer").status_code == 200
    assert client.post(f"{address}/{question_id}/answer", data={"text": "Nein."}).status_code == 303
    assert "Nein." in client.get(f"/nanos/{nano_id}").text


def test_a_providers_figures(db_app: Flask, db_people: People, frozen: object) -> None:
    people = db_people
    first = rig.published(people)
    clock.advance(days=1)
    rig.published(people, rig.OPEN)
    rated(people, first, 5)
    asked = question.ask(people.cleo.actor, first, "Eins?")
    question.ask(people.cleo.actor, first, "Zwei?")
    question.answer_question(people.alice.actor, first, asked, "Ja")
    save_profile(people.alice.actor, "Wir löschen.", 0)
    found = get_provider(people.cleo.actor, people.organisation_id)
    figures = found.figures
    assert (found.name, len(found.page.rows), figures.nanos) == ("Nordlicht", 2, 2)
    assert (figures.about, figures.ratings, figures.stars, figures.asked, figures.answered) == (
        "Wir löschen.",
        1,
        3750,
        2,
        1,
    )
    assert figures.since is not None and clock.now() - figures.since > timedelta(hours=23)
    with pytest.raises(NotFound):
        get_provider(people.alice.actor, people.other_organisation_id)
    assert get_provider(people.cleo.actor, people.other_organisation_id).figures.since is None


def test_two_people_write_about_their_organisation_and_see_each_other(
    client: FlaskClient, people: People
) -> None:
    rig.published(people)
    sign_in(client, people.alice)
    page = client.get("/nanos/our-page").text
    assert 'value="0"' in page
    assert (
        client.post("/nanos/our-page", data={"about": "Wir <b>löschen</b>.", "version": "0"}).status_code
        == 303
    )
    late = client.post("/nanos/our-page", data={"about": "Anders", "version": "0"})
    assert late.status_code == 409 and "Anders" in late.text
    assert client.post("/nanos/our-page", data={"about": "x" * 2001, "version": "1"}).status_code == 422
    assert profile_of(people.organisation_id) == ("Wir <b>löschen</b>.", 1)
    sign_in(client, people.cleo)
    shown = client.get(f"/nanos/providers/{people.organisation_id}").text
    assert "Wir &lt;b&gt;löschen&lt;/b&gt;." in shown and "Text ändern" not in shown
    assert client.get(f"/nanos/providers/{uuid4()}").status_code == 404
    sign_in(client, people.bob)
    assert client.get("/nanos/our-page").status_code == 403
