"""Counting: what happens is counted once, and nobody can be read out of the numbers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.api import create_organisation, find_actor_for_job
from app.core.api import Recorded
from app.kit import cache, clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.gateways import tally
from app.nanos.models import Daily, Licence, NanoFile, Word, WordMark, WordNano
from app.nanos.queries.insight import words_found, words_missed
from app.nanos.rules.insight import Counted, funnel, kept_phrase, kept_words, weekly
from app.nanos.services import insight, use
from app.nanos.subscribers_insight import count_exchange, count_for_nano
from tests.nanos import rig
from tests.people import People, sign_in


@pytest.fixture
def counting(db_app: Flask, redis_url: str) -> Iterator[Flask]:
    """The application with an empty Redis of its own."""
    before = db_app.extensions.get("kontor-redis")
    client = cache.make_client(redis_url)
    client.flushdb()
    db_app.extensions["kontor-redis"] = {"pid": os.getpid(), "client": client}
    yield db_app
    client.flushdb()
    db_app.extensions.pop("kontor-redis")
    if before is not None:
        db_app.extensions["kontor-redis"] = before


def numbers(nano_id: UUID) -> dict[str, int]:
    insight.write_batches()
    db.session.expire_all()
    rows = db.session.query(Daily.kind, Daily.count).filter_by(nano_id=nano_id)
    return {kind: count for kind, count in rows}  # noqa: C416 - rows, typed


def organisations(people: People, number: int) -> list[Actor]:
    """People of so many organisations besides the provider's."""
    made = [
        create_organisation(owner_id=people.cleo.id, name=f"Betrieb {n}", slug=f"betrieb-{n}")
        for n in range(number)
    ]
    return [find_actor_for_job(people.cleo.id, one) for one in made]


@given(st.text(max_size=120))
def test_nothing_that_looks_like_an_address_or_a_number_is_kept(typed: str) -> None:
    for word in kept_words(typed):
        assert 3 <= len(word) <= 30 and not any(letter.isdigit() or letter == "@" for letter in word)
    assert len(kept_phrase(typed)) <= 80


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Brandschutz im Büro", ("brandschutz", "büro")),
        ("max.mustermann@firma.de Excel", ("excel",)),
        ("0531 123456 Pflege", ("pflege",)),
        ("https://example.org/x www.firma.de Lager", ("lager",)),
        ("DE89370400440532013000", ()),
        ("Excel excel EXCEL", ("excel",)),
    ],
)
def test_words(typed: str, words: tuple[str, ...]) -> None:
    assert kept_words(typed) == words


def test_the_order_of_words_does_not_tell_people_apart() -> None:
    assert kept_phrase("Kran Prüfung") == kept_phrase("Prüfung Kran") == "kran prüfung"


@given(st.lists(st.integers(0, 50), max_size=400))
def test_weeks_hold_all_days(values: list[int]) -> None:
    assert sum(weekly(values)) == sum(values)


def test_a_funnel_without_a_beginning_has_no_shares() -> None:
    assert [one.share for one in funnel({"viewed": 4, "played": 1})] == [None, None, 0.25, 0.0]


def test_views_and_different_people(counting: Flask, db_people: People, frozen: object) -> None:
    nano_id = rig.published(db_people)
    cleo = sign_in(counting.test_client(), db_people.cleo)
    for _ in range(3):
        assert cleo.get(f"/nanos/{nano_id}").status_code == 200
    cleo.head(f"/nanos/{nano_id}")
    cleo.get(f"/nanos/{nano_id}", headers={"Sec-Purpose": "prefetch;prerender"})
    sign_in(counting.test_client(), db_people.bob).get(f"/nanos/{nano_id}")
    sign_in(counting.test_client(), db_people.olga).get(f"/nanos/{nano_id}")
    assert numbers(nano_id) == {"viewed": 3, "viewers": 1, "own": 1}
    clock.advance(days=1)
    sign_in(counting.test_client(), db_people.cleo).get(f"/nanos/{nano_id}")
    insight.write_batches()
    by_day = [
        (row.day.day, row.count)
        for row in db.session.query(Daily).filter_by(kind="viewers").order_by(Daily.day)
    ]
    assert by_day == [(21, 1), (22, 1)], "the day after, nobody knows who was there before"


def test_the_list_counts_what_it_shows_to_others(counting: Flask, db_people: People, frozen: object) -> None:
    nano_id = rig.published(db_people)
    cleo = sign_in(counting.test_client(), db_people.cleo)
    cleo.get("/nanos")
    cleo.get("/nanos?q=Brandschutzhelfer")
    sign_in(counting.test_client(), db_people.bob).get("/nanos?q=Brandschutzhelfer")
    assert numbers(nano_id) == {"found": 2}
    row = db.session.query(WordNano).one()
    assert (row.text, row.count) == ("brandschutzhelfer", 1), (
        "the provider's own search is not counted for its nano"
    )
    assert db.session.query(Word).one().organisations == 2


def test_nobody_is_kept(counting: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    sign_in(counting.test_client(), db_people.cleo).get(f"/nanos/{nano_id}")
    client: Any = cache.client()
    kept = [str(client.dump(key)) + key.decode() for key in client.keys("kontor:nanos:*")]
    assert kept and not any(str(db_people.cleo.id) in one for one in kept)
    assert all(0 < client.ttl(key) <= 26 * 3600 for key in client.keys("kontor:nanos:s*:*")), (
        "salt and marks go"
    )


def test_words_are_shown_when_three_organisations_typed_them(
    counting: Flask, db_people: People, frozen: object
) -> None:
    nano_id = rig.published(db_people)
    actors = organisations(db_people, 3)
    since = clock.now().date()
    for number, actor in enumerate(actors, 1):
        for _ in range(4):
            insight.listed(actor, "Feuerlöscher", (), [nano_id])
            insight.listed(actor, "Kran Prüfung", ("safety",), [])
        insight.write_batches()
        found, missed = words_found([nano_id], since), words_missed(["safety"], since)
        assert [one.text for one in found] == (["feuerlöscher"] if number == 3 else [])
        assert [one.text for one in missed] == (["kran prüfung"] if number == 3 else [])
    assert found[0].count == 12 and missed[0].organisations == 3
    assert words_missed(["it"], since) == [], "another subject was chosen"


def test_what_too_few_typed_goes_with_the_month(counting: Flask, db_people: People, frozen: object) -> None:
    nano_id = rig.published(db_people)
    for actor in organisations(db_people, 3):
        insight.listed(actor, "Feuerlöscher", (), [nano_id])
    insight.listed(db_people.cleo.actor, "Geheimprojekt", (), [nano_id])
    insight.seen(db_people.cleo.actor, Counted.viewed, nano_id, db_people.organisation_id)
    insight.write_batches()
    insight.forget_old()
    assert db.session.query(Word).count() == 2 and db.session.query(WordMark).count() == 4
    clock.advance(days=12)
    insight.forget_old()
    assert [one.text for one in db.session.query(Word)] == ["feuerlöscher"]
    assert [one.text for one in db.session.query(WordNano)] == ["feuerlöscher"]
    assert db.session.query(WordMark).count() == 0
    clock.advance(days=500)
    insight.forget_old()
    assert (
        db.session.query(Word).count()
        == db.session.query(WordNano).count()
        == db.session.query(Daily).count()
        == 0
    )


def test_a_batch_that_was_written_but_not_dropped_counts_once(
    counting: Flask, db_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    nano_id = rig.published(db_people)
    insight.seen(db_people.cleo.actor, Counted.viewed, nano_id, db_people.organisation_id)
    with monkeypatch.context() as patch:
        patch.setattr(tally, "drop", lambda key: (_ for _ in ()).throw(ConnectionError))
        with pytest.raises(ConnectionError):
            insight.write_batches()
    insight.seen(db_people.cleo.actor, Counted.viewed, nano_id, db_people.organisation_id)
    assert numbers(nano_id)["viewed"] == 2 and tally.batches() == []


def test_many_at_once_lose_nothing(counting: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    cleo, owner = db_people.cleo.actor, db_people.organisation_id

    def one(writes: bool) -> None:
        with counting.app_context():
            for number in range(40):
                insight.seen(cleo, Counted.viewed, nano_id, owner)
                if writes and number % 10 == 0:
                    insight.write_batches()

    threads = [threading.Thread(target=one, args=(n < 2,)) for n in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert numbers(nano_id) == {"viewed": 200, "viewers": 1}


def test_without_redis_pages_stay(app: Flask, people: People, client: FlaskClient) -> None:
    nano_id = rig.published(people)
    app.extensions["kontor-redis"] = {"pid": os.getpid(), "client": cache.make_client("redis://127.0.0.1:1")}
    assert sign_in(client, people.cleo).get(f"/nanos/{nano_id}").status_code == 200
    app.extensions.pop("kontor-redis")


def told(name: str, subject: tuple[str, UUID], organisation_id: UUID) -> Recorded:
    return Recorded(new_id(), 1, name, clock.now(), organisation_id, None, *subject, {}, None, None)


def test_events_count_once_however_often_they_are_told(
    counting: Flask, db_people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = rig.published(db_people, rig.OPEN)
    pdf = db.session.query(NanoFile).filter_by(kind="pdf").one().id
    use.finish(db_people.cleo.actor, nano_id, pdf)
    use.finish(db_people.bob.actor, nano_id, pdf)
    run_jobs()
    assert numbers(nano_id) == {"completed": 1}, "the provider's own people count for nothing"
    rated = told("nanos.rating.given", ("nanos.nano", nano_id), db_people.other_organisation_id)
    barter_id = uuid4()
    with transaction():
        db.session.add(
            Licence(
                id=new_id(), nano_id=nano_id, organisation_id=db_people.other_organisation_id, barter_id=barter_id,
                state="active", starts_at=clock.now(), created_at=clock.now(),
            )
        )  # fmt: skip
    done = told("nanos.barter.completed", ("nanos.barter", barter_id), db_people.organisation_id)
    for _ in range(2):
        count_for_nano(rated)
        count_exchange(done)
    assert numbers(nano_id) == {"completed": 1, "rated": 1, "exchanged": 1}
