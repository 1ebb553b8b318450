"""The list asked for words, on each database: what is found, why, and that it follows what is public."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.api import forget_documents
from app.core.models import SearchDocument
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict
from app.nanos.gateways.pdf import Look
from app.nanos.models import NanoFile
from app.nanos.queries.document import KIND
from app.nanos.queries.find import Found, find_nanos
from app.nanos.queries.nano import get_open
from app.nanos.rules.finding import Wish
from app.nanos.services import ending, look, personal, publishing
from app.nanos.services.nano import save_draft
from app.nanos.services.revision import begin_revision
from tests.nanos import rig
from tests.people import People, make_people, sign_in
from tests.threads import at_once

LADDER = replace(
    rig.OPEN, title="Leiterprüfung im Betrieb", outcome="Sie können Leitern prüfen und Mängel melden",
    description="Holme, Sprossen, Gelenke.", type="worksheet", minutes=4, level="build",
)  # fmt: skip


def ask(text: str, **rest: object) -> Found:
    db.session.rollback()
    return find_nanos(Wish(text, sort="relevance", **rest))  # type: ignore[arg-type]


def ids(text: str, **rest: object) -> list[UUID]:
    return [row.id for row in ask(text, **rest).rows]


@pytest.mark.parametrize(
    "typed",
    [
        "Feuerlöscher", "feuerloescher", "FEUERLOSCHER", "Feuerlöschers", "Feuerlöcher", "Löscher", "Brandschutz",
        "Brandschutzhelferin", "Arbeitssicherheit", "Feuer", "Was brennt",
    ],
)  # fmt: skip
def test_words_are_found_however_they_are_written(db_app: Flask, db_people: People, typed: str) -> None:
    fire, ladder = rig.published(db_people), rig.published(db_people, replace(LADDER, subject="it"))
    assert ids(typed) == [fire]
    assert ids("Leitern") == ids("Leiterprüfungen") == ids("pruefung") == [ladder]
    assert ids("Fahrradkette") == []


def test_a_misspelt_word_says_how_it_was_read(db_app: Flask, db_people: People) -> None:
    rig.published(db_people)
    found = ask("Feuerlöcher")
    assert found.read_as == ("Feuerlöscher",)
    assert [mark.text for mark in found.rows[0].excerpt if mark.how] == ["Feuerlöscher"]
    assert ask("Feuerlöscher").read_as == ()


def test_a_keyword_is_named_and_not_quoted(db_app: Flask, db_people: People) -> None:
    rig.published(db_people, rig.OPEN)
    row = ask("Arbeitssicherheit").rows[0]
    assert (row.excerpt, [mark.text for mark in row.why]) == ((), ["Arbeitssicherheit"])


def test_facets_count_what_words_found(db_app: Flask, db_people: People) -> None:
    rig.published(db_people)
    ladder = rig.published(db_people, LADDER)
    rig.published(
        db_people, replace(LADDER, title="Stapler", outcome="Fahren", description="Gabeln.", subject="it")
    )
    found = ask("prüfen feuerlöscher leiter")
    assert [row.id for row in found.rows][:1] == [ladder], (
        "of three words one may be missing; what has the rarest comes after"
    )
    found = ask("Arbeitssicherheit")
    assert found.total == 2
    assert found.facets["duration"] == {"6-10": 1, "1-5": 1}
    assert found.facets["subject"] == {"safety": 2}
    found = ask("Arbeitssicherheit", chosen={"duration": ("1-5",)})
    assert [row.id for row in found.rows] == [ladder]
    assert found.facets["duration"] == {"6-10": 1, "1-5": 1} and found.facets["type"] == {"worksheet": 1}
    beyond = ask("Arbeitssicherheit", page=7)
    assert (beyond.page, len(beyond.rows)) == (1, 2)


def test_a_draft_is_never_found_and_what_ended_no_more(db_app: Flask, db_people: People) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.drafted(alice)
    assert ids("Feuerlöscher") == []
    publishing.submit(alice, nano_id)
    assert ids("Feuerlöscher") == []
    publishing.publish(olga, nano_id, 1)
    assert ids("Feuerlöscher") == [nano_id]
    begin_revision(alice, nano_id)
    new = replace(rig.DETAILS, title="Evakuierung üben")
    save_draft(alice, nano_id, get_open(alice, nano_id).version, new)
    publishing.submit(alice, nano_id)
    assert (ids("Evakuierung"), ids("Brandschutzhelfer")) == ([], [nano_id])
    publishing.send_back(olga, nano_id, 2, "Bitte die Quelle nennen.")
    assert ids("Evakuierung") == []
    publishing.submit(alice, nano_id)
    ending.retire(alice, nano_id)
    publishing.publish(olga, nano_id, 2)  # public in name only: it is retired
    assert ids("Evakuierung") == []
    ending.bring_back(alice, nano_id)
    assert (ids("Evakuierung"), ids("Brandschutzhelfer")) == ([nano_id], [])
    ending.remove(alice, nano_id)
    assert ids("Evakuierung") == [] and db.session.query(SearchDocument).count() == 0


def test_the_calendar_and_a_person_who_goes_take_it_out(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    ours = rig.published(db_people)
    rig.published(db_people, LADDER, db_people.cleo.actor)
    ending.plan_ending(
        db_people.alice.actor, ours, retires_on=ending.today() + timedelta(days=1), removes_on=None,
        replacement_id=None,
    )  # fmt: skip
    clock.advance(days=2)
    assert (ending.end_due(), ids("Feuerlöscher")) == (1, [])
    with transaction():
        personal.erase_nanos(db_people.cleo.id)
    assert ids("Leiter") == [] and db.session.query(SearchDocument).count() == 0


def test_what_a_pdf_says_is_found_once_it_was_read_and_quoted_only_where_it_is_open(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    closed = rig.published(db_people)
    shown = rig.published(db_people, LADDER)
    assert ids("Fluchtweg") == []
    run_jobs()
    found = {row.id: row for row in ask("Fluchtweg").rows}
    assert set(found) == {closed, shown}
    assert any(mark.how for mark in found[shown].excerpt)
    assert found[closed].excerpt == () and "frei" not in str(found[closed])


def test_an_index_that_lost_something_is_made_anew(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    made = {rig.published(db_people), rig.published(db_people, LADDER)}
    rig.drafted(db_people.alice.actor)
    run_jobs()
    with transaction():
        forget_documents(KIND, made)
    assert ids("Arbeitssicherheit") == []
    assert db_app.test_cli_runner().invoke(args=["kontor", "search-anew"]).exit_code == 0
    assert "jobs.core.search.index_anew: done" in run_jobs()
    assert set(ids("Arbeitssicherheit")) == made
    assert {kind for (kind,) in db.session.query(SearchDocument.kind)} == {KIND}


def test_the_page_marks_words_and_says_why(client: FlaskClient, people: People) -> None:
    rig.published(people, replace(rig.DETAILS, title="<b>Brand</b> & Rauch", subject="safety"))
    sign_in(client, people.cleo)
    page = client.get("/nanos?q=brant").text + client.get("/nanos?q=rauch").text
    assert "&lt;b&gt;" in page and "<b>Brand" not in page and "<mark>Rauch</mark>" in page
    assert 'value="" selected>Passendste zuerst' in page
    assert '<option value="new" selected>' in client.get("/nanos?q=rauch&sort=new").text
    assert 'value="" selected>Neueste zuerst' in client.get("/nanos").text
    page = client.get("/nanos?q=Feuerlöcher").text
    assert "Gelesen als:" in page and "<mark>Feuerlöscher</mark>" in page
    assert "Read as:" in client.get("/nanos?q=Feuerlöcher&lang=en").text
    assert "Gefunden über:" in client.get("/nanos?q=Arbeitssicherheit").text


@pytest.mark.postgres
def test_published_twice_at_once_is_found_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    alice, olga = people.alice.actor, people.olga.actor
    for n in range(4):
        several = [rig.drafted(alice, replace(LADDER, title=f"Leiterprüfung {n} {m}")) for m in range(2)]
        for nano_id in several:
            publishing.submit(alice, nano_id)
        db.session.rollback()
        outcomes = at_once(pg_app, 4, lambda i, made=several: publishing.publish(olga, made[i % 2], 1))  # type: ignore[misc]
        assert sorted(str(type(one)) for one in outcomes) == sorted(
            map(str, [type(None), type(None), Conflict, Conflict])
        )
        assert ask("Leiterprüfung").total == 2 * (n + 1)


@pytest.mark.postgres
def test_a_text_that_is_read_while_somebody_publishes_is_found(
    pg_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = make_people(pg_app)
    nano_id = rig.drafted(people.alice.actor)
    publishing.submit(people.alice.actor, nano_id)
    file_id = db.session.query(NanoFile.file_id).scalar()
    db.session.rollback()
    indexed, refresh = threading.Event(), publishing.refresh

    def slowly(nano_ids: list[UUID]) -> None:
        refresh(nano_ids)
        indexed.set()
        time.sleep(0.3)  # before the commit: the other one must wait for it

    def read() -> None:
        assert indexed.wait(10)
        look._keep(file_id, people.organisation_id, Look(1, "Fluchtwege frei halten", b"picture"))

    monkeypatch.setattr(publishing, "refresh", slowly)
    acts = [lambda: publishing.publish(people.olga.actor, nano_id, 1), read]
    assert at_once(pg_app, 2, lambda number: acts[number]()) == [None, None]
    assert ids("Fluchtweg") == [nano_id]
