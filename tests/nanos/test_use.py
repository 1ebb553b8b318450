"""Learning: time and progress are believed as far as the clock allows, and never become less."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.core.models import Event
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotFound
from app.nanos.demo.files import film
from app.nanos.gateways.film import film_length
from app.nanos.models import NanoFile, Play, Use
from app.nanos.queries.entitlement import has_completed
from app.nanos.rules.use import FASTEST, SLACK, Beat, believed, film_progress, share, total, watch
from app.nanos.services import use as uses
from app.nanos.services.ending import retire
from app.nanos.services.file import add_link
from app.nanos.services.nano import create_nano
from app.nanos.services.personal import erase_nanos, export_nanos
from app.nanos.services.publishing import publish, submit
from tests.nanos import rig
from tests.people import People, make_people, sign_in

CARDS = ("Ruhe bewahren", "Alarm schlagen", "Menschen warnen", "Löschen")
LENGTH = 10.0
spans = st.lists(st.tuples(st.floats(0, 700), st.floats(0, 700)), max_size=8)


@given(st.lists(st.tuples(spans, st.floats(0, 200)), max_size=6), st.floats(1, 600))
def test_no_more_is_seen_than_the_time_that_passed_allows(beats: list[Any], length: float) -> None:
    seen, passed, before = "", 0.0, 0
    for some, seconds in beats:
        seen = watch(seen, some, length, seconds)
        passed += seconds
        assert share(seen) >= before
        before = share(seen)
        stretches = sum(len(each) for each, _ in beats)
        assert (
            share(seen) * length / 100
            <= passed * FASTEST + len(beats) * SLACK + stretches * length / 100 + 1e-6
        )


@given(st.floats(0, 1e6), st.floats(-10, 1e6))
def test_no_more_seconds_than_passed(claimed: float, passed: float) -> None:
    found = believed(claimed, passed)
    assert 0 <= found <= max(0.0, passed) and found <= claimed


@given(st.lists(st.integers(0, 100), min_size=1, max_size=10))
def test_a_nano_is_whole_when_all_its_pieces_are(pieces: list[int]) -> None:
    assert (total(pieces) == 100) == all(one == 100 for one in pieces)


def test_ninety_hundredths_are_enough() -> None:
    assert film_progress(watch("", [(0, 89)], 100, 60)) == 89
    assert film_progress(watch("", [(0, 91)], 100, 60)) == 100


def test_the_length_of_a_film_is_read_from_it() -> None:
    import io
    import struct

    assert film_length(io.BytesIO(film(CARDS))) == LENGTH
    mvhd = struct.pack(">L4sLLLLL", 32, b"mvhd", 0, 0, 0, 600, 6000) + bytes(8)
    mdat = struct.pack(">L4s", 8 + 2_000_000, b"mdat") + bytes(2_000_000)
    late = (
        struct.pack(">L4s", 16, b"ftyp")
        + b"isommp42"
        + mdat
        + struct.pack(">L4s", 8 + len(mvhd), b"moov")
        + mvhd
    )
    assert film_length(io.BytesIO(late)) == 10.0
    assert film_length(io.BytesIO(rig.mp4())) is None
    assert film_length(io.BytesIO(b"\x1a\x45\xdf\xa3")) is None


def filmed(people: People, *, more: bool = False) -> tuple[UUID, UUID]:
    """A public nano with a film, and perhaps a handout and a link; the film's row."""
    alice = people.alice.actor
    nano_id = create_nano(alice, rig.OPEN)
    rig.put(alice, nano_id, film(CARDS), "film.webm")
    if more:
        rig.put(alice, nano_id, rig.pdf())
        add_link(alice, nano_id, "https://example.org/mehr")
    submit(alice, nano_id)
    publish(people.olga.actor, nano_id, 1)
    row = db.session.query(NanoFile).filter_by(kind="webm", organisation_id=people.organisation_id)
    return nano_id, next(one.id for one in row if one.revision_id)


def seen(people: People, nano_id: UUID) -> Use:
    return (
        db.session.query(Use).filter_by(nano_id=nano_id, person_id=people.cleo.id).populate_existing().one()
    )


def completions() -> list[Event]:
    return db.session.query(Event).filter_by(name="nanos.use.completed").all()


def test_a_film_counts_by_what_was_seen_and_only_once(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    nano_id, file_id = filmed(db_people)
    cleo = db_people.cleo.actor
    with pytest.raises(Conflict):
        uses.beat(cleo, nano_id, file_id, Beat(5, ((0, 5),)))
    uses.begin(cleo, nano_id, file_id)
    lie = uses.beat(cleo, nano_id, file_id, Beat(3600, ((0, LENGTH),), length=1.0))
    assert lie.progress == 0, "no time has passed"
    clock.advance(seconds=2)
    told = uses.beat(cleo, nano_id, file_id, Beat(3600, ((0, LENGTH),)))
    assert told.progress == 43 and not told.done, "two seconds at double speed"
    assert seen(db_people, nano_id).seconds == 2
    clock.advance(seconds=3)
    assert uses.beat(cleo, nano_id, file_id, Beat(3, ((4, LENGTH),))).done
    assert has_completed(cleo.person_id, nano_id)  # type: ignore[arg-type]
    (event,) = completions()
    assert (event.organisation_id, event.actor_id) == (db_people.other_organisation_id, cleo.person_id)
    first = seen(db_people, nano_id).completed_at
    clock.advance(seconds=60)
    uses.begin(cleo, nano_id, file_id)
    uses.beat(cleo, nano_id, file_id, Beat(0, ()))
    assert seen(db_people, nano_id).completed_at == first and len(completions()) == 1


def test_all_pieces_together_are_the_nano(db_app: Flask, db_people: People, frozen: object) -> None:
    nano_id, film_id = filmed(db_people, more=True)
    cleo = db_people.cleo.actor
    rows = {row.kind: row.id for row in db.session.query(NanoFile)}
    with pytest.raises(Conflict):
        uses.finish(cleo, nano_id, film_id)
    assert uses.finish(cleo, nano_id, rows["pdf"]).whole == 33
    assert uses.finish(cleo, nano_id, rows["pdf"]).whole == 33
    assert uses.finish(cleo, nano_id, rows["link"]).whole == 66
    uses.begin(cleo, nano_id, film_id)
    clock.advance(seconds=10)
    assert uses.beat(cleo, nano_id, film_id, Beat(10, ((0, LENGTH),))).done
    assert seen(db_people, nano_id).progress == 100


def test_what_one_may_not_have_does_not_hinder(db_app: Flask, db_people: People) -> None:
    """Looking is free, the link is for the exchange: the film alone is all there is for a guest."""
    alice = db_people.alice.actor
    nano_id = create_nano(alice, replace(rig.DETAILS, preview=True))
    rig.put(alice, nano_id, rig.pdf())
    add_link(alice, nano_id, "https://example.org/mehr")
    submit(alice, nano_id)
    publish(db_people.olga.actor, nano_id, 1)
    rows = {row.kind: row.id for row in db.session.query(NanoFile)}
    with pytest.raises(NotFound):
        uses.finish(db_people.cleo.actor, nano_id, rows["link"])
    assert uses.finish(db_people.cleo.actor, nano_id, rows["pdf"]).done
    barter = rig.published(db_people, replace(rig.DETAILS, title="Nur im Tausch"))
    other = db.session.query(NanoFile).order_by(NanoFile.id.desc()).first()
    assert other is not None
    with pytest.raises(NotFound):
        uses.finish(db_people.cleo.actor, barter, other.id)


@pytest.mark.postgres
def test_beats_of_many_tabs_never_count_twice(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id, file_id = filmed(people)
    cleo = people.cleo.actor
    began = clock.now()

    def tab() -> None:
        with pg_app.app_context():
            uses.begin(cleo, nano_id, file_id)
            for _ in range(5):
                uses.beat(cleo, nano_id, file_id, Beat(1000, ((0, LENGTH),)))

    tabs = [threading.Thread(target=tab) for _ in range(6)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    passed = (clock.now() - began).total_seconds()
    assert db.session.query(Use).count() == 1 and db.session.query(Play).count() == 1
    assert db.session.query(Use).one().seconds <= passed


def test_the_pages(client: FlaskClient, people: People, frozen: object) -> None:
    sign_in(client, people.cleo)
    assert "Noch nichts gelernt" in client.get("/nanos/learned").text
    nano_id, file_id = filmed(people, more=True)
    assert "Jetzt lernen" in client.get(f"/nanos/{nano_id}").text
    here = client.get(f"/nanos/{nano_id}/learn").location
    page = client.get(here)
    assert (
        page.status_code == 200
        and "<video" in page.text
        and "frame-src" not in page.headers["Content-Security-Policy"]
    )
    url = f"/nanos/{nano_id}/learn/{file_id}"
    assert client.post(url, json={"begin": True}).json == {}
    clock.advance(seconds=5)
    said = client.post(url, json={"seconds": 5, "spans": [[0, 5]], "length": 10}).json
    assert said == {"progress": 50, "whole": 16, "done": False}
    pdf = db.session.query(NanoFile).filter_by(kind="pdf").one().id
    assert "Durchgearbeitet" in client.get(f"/nanos/{nano_id}/learn/{pdf}").text
    assert client.post(f"/nanos/{nano_id}/learn/{pdf}/finish").status_code == 303
    assert "Weiterlernen" in client.get(f"/nanos/{nano_id}").text
    page = client.get("/nanos/learned?state=open").text
    assert rig.OPEN.title in page and "50 %" in page
    assert rig.OPEN.title not in client.get("/nanos/learned?state=done").text
    retire(people.alice.actor, nano_id)
    assert client.get("/nanos/learned").status_code == 200


def test_nonsense_is_refused_and_strangers_find_nothing(client: FlaskClient, people: People) -> None:
    nano_id, file_id = filmed(people)
    url = f"/nanos/{nano_id}/learn/{file_id}"
    sign_in(client, people.cleo)
    client.post(url, json={"begin": True})
    for body in (
        [], {}, {"seconds": -1, "spans": []}, {"seconds": 1e9, "spans": []}, {"seconds": "5", "spans": []},
        {"seconds": 1, "spans": [[0]]}, {"seconds": 1, "spans": [[0, None]]}, {"seconds": True, "spans": []},
        {"seconds": 1, "spans": [[0, 1]] * 100}, {"seconds": 1, "spans": [], "length": "x"},
        {"part": "x", "state": {}, "seconds": 1},
    ):  # fmt: skip
        assert client.post(url, json=body).status_code == 400, body
    assert (
        client.post(url, data=b'{"seconds": NaN, "spans": []}', content_type="application/json").status_code
        == 400
    )
    assert client.post(f"{url}/finish").status_code == 409
    assert client.get(f"/nanos/{nano_id}/learn/{uuid4()}").status_code == 404
    draft = rig.drafted(people.alice.actor)
    row = db.session.query(NanoFile).order_by(NanoFile.id.desc()).first()
    assert row is not None
    assert client.get(f"/nanos/{draft}/learn/{row.id}").status_code == 404
    assert client.post(f"/nanos/{draft}/learn/{row.id}/finish").status_code == 404
    sign_in(client, people.olga)
    assert client.get(f"/nanos/{nano_id}/learn/{file_id}").status_code == 200
    assert client.post(f"/nanos/{nano_id}/learn/{file_id}", json={"begin": True}).status_code == 200
    assert db.session.query(Use).filter_by(person_id=people.olga.id).count() == 0


def test_the_own_data_is_exported_and_erased(app: Flask, people: People, frozen: object) -> None:
    nano_id, file_id = filmed(people)
    uses.begin(people.cleo.actor, nano_id, file_id)
    clock.advance(seconds=10)
    uses.beat(people.cleo.actor, nano_id, file_id, Beat(10, ((0, LENGTH),)))
    (one,) = export_nanos(people.cleo.id)["learned"]
    assert one["nano"] == str(nano_id) and one["progress"] == 100 and len(one["pieces"]) == 1
    clock.advance(days=800)
    assert uses.forget_old() == 1 and db.session.query(Use).count() == 1
    with transaction():
        erase_nanos(people.cleo.id)
    assert db.session.query(Use).count() == db.session.query(Play).count() == 0
