"""Recommendations: better than what is popular where people have tastes, explained, switched off when one wants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.api import create_organisation, find_actor_for_job
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.models import Neighbour, Quiet, Use
from app.nanos.queries.recommend import near_rows, shelf_for
from app.nanos.rules.recommend import FLOOR, NEAREST, Item, Reason, neighbours, rank, weigh_words
from app.nanos.services.ending import retire
from app.nanos.services.personal import erase_nanos, export_nanos
from app.nanos.services.recommend import find_neighbours, switch
from benchmarks.recommend import judge, make, rankers
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos import rig
from tests.people import People, make_people, sign_in


def test_held_back_interactions_are_found_better_than_by_what_is_popular() -> None:
    world = make(7, 300, 300, taste=0.6)
    recall = {name: judge(world, ranker)[0] for name, ranker in rankers(world, 7).items()}
    assert recall["content and co-use"] > 1.3 * recall["popularity"] > 1.3 * 2 * recall["random"] > 0


def item(text: str) -> Item:
    return Item(weigh_words(text, ""), "", "", False, False)


@given(st.integers(1, 6))
def test_people_count_from_three_on(people: int) -> None:
    items = {"a": item("kran"), "b": item("lager"), "c": item("pflege")}
    found = neighbours(items, [["a", "b"]] * people + [["a", "a"]] * 5)
    assert ("b" in found["a"]) == (people >= FLOOR) and "c" not in found["a"]


@given(
    st.lists(st.lists(st.integers(0, 20), max_size=8), max_size=30),
    st.lists(st.sampled_from(["kran", "lager", "pflege", "excel"]), max_size=21),
)
def test_neighbours_are_few_known_and_never_oneself(used: list[list[int]], words: list[str]) -> None:
    items = {number: item(word) for number, word in enumerate(words)}
    for key, near in neighbours(items, used).items():
        assert len(near) <= NEAREST and key not in near and set(near) <= set(items)


@given(st.dictionaries(st.integers(0, 30), st.lists(st.floats(0, 1), min_size=1, max_size=4), max_size=12))
def test_a_provider_has_at_most_two(scores: dict[int, list[float]]) -> None:
    reasons = {key: [Reason("x", score, True) for score in each] for key, each in scores.items()}
    shown = rank(reasons, {key: key % 3 for key in reasons}, 4)
    providers = [key % 3 for key, _reason in shown]
    assert len(shown) <= 4 and all(providers.count(one) <= 2 for one in providers)


def finished(nano_id: UUID, person_id: UUID, organisation_id: UUID, at: datetime | None) -> None:
    with transaction() as session:
        session.add(
            Use(
                id=new_id(), nano_id=nano_id, person_id=person_id, organisation_id=organisation_id, revision=1,
                first_at=clock.now(), last_at=clock.now(), completed_at=at,
            )
        )  # fmt: skip


def market(people: People) -> dict[str, UUID]:
    """Two that say the same, one that says something else, all of Alice's organisation; Cleo has finished the first."""
    said = replace(rig.OPEN, description="Feuerlöscher, Fluchtwege, Sammelplatz")
    made = {
        "fire": rig.published(people, replace(said, title="Feuerlöscher bedienen")),
        "again": rig.published(people, replace(said, title="Fluchtwege und Sammelplatz")),
        "excel": rig.published(
            people,
            replace(
                rig.OPEN, title="Pivot", outcome="Eine Liste auswerten", description="Tabellen", subject="it"
            ),
        ),
    }
    finished(made["fire"], people.cleo.id, people.other_organisation_id, clock.now())
    return made


def titles(actor: Actor) -> list[str]:
    return [one.nano.title for one in shelf_for(actor)]


def test_by_words_and_by_people_with_the_reason(db_app: Flask, db_people: People, frozen: object) -> None:
    made = market(db_people)
    cleo = db_people.cleo.actor
    assert titles(cleo) == [], "before the first night"
    assert find_neighbours() == 3 == find_neighbours()
    (one,) = shelf_for(cleo)
    assert (one.nano.id, one.source, one.done, one.used) == (
        made["again"],
        "Feuerlöscher bedienen",
        True,
        False,
    )
    assert "Sammelplatz" in one.words
    for _ in range(FLOOR):
        person, organisation = uuid4(), uuid4()
        for name in ("fire", "excel"):
            finished(made[name], person, organisation, clock.now())
    find_neighbours()
    reasons = {found.nano.id: found.used for found in shelf_for(cleo)}
    assert reasons == {made["again"]: False, made["excel"]: True}
    assert made["excel"] in {row[0] for row in near_rows(made["fire"], "")}


@pytest.mark.parametrize(("language", "shown"), [("de", {"Sammelplatz"}), ("en", {"Sammelplatz", "ruhig"})])
def test_in_german_the_reason_is_told_by_nouns(
    language: str, shown: set[str], db_app: Flask, db_people: People, frozen: object
) -> None:
    said = replace(rig.OPEN, outcome="Wissen", description="ruhig Sammelplatz", language=language)
    one, _other = (
        rig.published(db_people, replace(said, title=title)) for title in ("Brandschutz", "Notfall")
    )
    rig.published(db_people, replace(rig.OPEN, title="Pivot", outcome="Liste", description="Tabellen"))
    find_neighbours()
    words = set(db.session.query(Neighbour.words).filter_by(nano_id=one).scalar().split(", "))
    assert words & {"Sammelplatz", "ruhig"} == shown


def test_nothing_one_has_nothing_of_ones_own_nothing_retired(db_app: Flask, db_people: People) -> None:
    made = market(db_people)
    find_neighbours()
    finished(made["fire"], db_people.bob.id, db_people.organisation_id, clock.now())
    assert titles(db_people.bob.actor) == [], "their own organisation's"
    assert titles(db_people.olga.actor) == []
    retire(db_people.alice.actor, made["again"])
    assert titles(db_people.cleo.actor) == [] and near_rows(made["fire"], "") == []
    find_neighbours()
    assert db.session.query(Neighbour).count() == 0


def test_switched_off_nothing_is_worked_out(db_app: Flask, db_people: People) -> None:
    made = market(db_people)
    find_neighbours()
    cleo = db_people.cleo.actor
    assert titles(cleo)
    switch(cleo, on=False)
    switch(cleo, on=False)
    assert titles(cleo) == [] and export_nanos(db_people.cleo.id)["recommendations"] is False
    for _ in range(FLOOR - 1):
        person = uuid4()
        finished(made["fire"], person, person, clock.now())
        finished(made["excel"], person, person, clock.now())
    finished(made["excel"], db_people.cleo.id, db_people.other_organisation_id, clock.now())
    find_neighbours()
    assert not db.session.query(Neighbour).filter_by(used=True).count(), "a third one wants no part in it"
    switch(cleo, on=True)
    find_neighbours()
    assert db.session.query(Neighbour).filter_by(used=True).count() == 2
    switch(cleo, on=False)
    with transaction():
        erase_nanos(db_people.cleo.id)
    assert db.session.query(Quiet).count() == 0


@pytest.mark.postgres
def test_switching_and_nights_at_once_leave_each_pair_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    market(people)
    wrong: list[Exception] = []

    def one(number: int) -> None:
        with pg_app.app_context():
            try:
                switch(people.cleo.actor, on=number % 2 == 0)
                find_neighbours()
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    pairs = [(row.nano_id, row.other_id) for row in db.session.query(Neighbour)]
    assert wrong == [] and len(pairs) == len(set(pairs)) == 2


def test_pages(client: FlaskClient, people: People, run_jobs: Callable[..., list[str]]) -> None:
    made = market(people)
    sign_in(client, people.cleo)
    assert "Für Sie" not in client.get("/nanos").text
    find_neighbours()
    page = client.get("/nanos").text
    assert "Für Sie" in page and "Weil Sie „Feuerlöscher bedienen“ abgeschlossen haben." in page
    assert "Für Sie" not in client.get("/nanos?subject=safety").text
    assert "Ähnlich" in client.get(f"/nanos/{made['again']}").text
    assert "Mehr zu diesem Thema" not in client.get(f"/nanos/{made['again']}").text
    page = client.get("/nanos/recommendations").text
    assert "Empfehlungen ausschalten" in page and "Was die Liste ordnet" in page
    assert client.post("/nanos/recommendations", data={"on": "maybe"}).status_code == 400
    assert client.post("/nanos/recommendations", data={"on": "no"}).status_code == 303
    assert "Für Sie</h2>" not in client.get("/nanos").text
    assert "Empfehlungen einschalten" in client.get("/nanos/recommendations").text


def test_few_statements(db_app: Flask, db_people: People) -> None:
    made = market(db_people)
    find_neighbours()
    cleo = db_people.cleo.actor
    with counted() as seen:
        assert shelf_for(cleo)
    assert len(seen) == 2
    with counted() as seen:
        assert near_rows(made["fire"], "")
    assert len(seen) == 1
    client: Any = sign_in(db_app.test_client(), db_people.cleo)
    for path in ("/nanos", f"/nanos/{made['again']}"):
        client.get(path)
        with counted() as seen:
            client.get(path)
        assert len(seen) <= MOST, "\n".join(seen)


def test_many_organisations_share_the_shelf(db_app: Flask, db_people: People) -> None:
    said = replace(rig.OPEN, description="Feuerlöscher, Fluchtwege, Sammelplatz")
    first = rig.published(db_people, said)
    for number in range(3):
        organisation_id = create_organisation(
            owner_id=db_people.dora.id, name=f"Haus {number}", slug=f"haus-{number}"
        )
        owner = find_actor_for_job(db_people.dora.id, organisation_id)
        for turn in range(3):
            rig.published(db_people, replace(said, title=f"Fluchtwege {number} {turn}"), owner)
    find_neighbours()
    finished(first, db_people.cleo.id, db_people.other_organisation_id, None)
    shelf = shelf_for(db_people.cleo.actor)
    providers = [one.nano.provider for one in shelf]
    assert len(shelf) == 4 and all(providers.count(one) <= 2 for one in providers) and not shelf[0].done
