"""Finding nanos: circles around regions, few statements however misspelt, and the palette."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from app.core.queries.search import search
from app.kit.db import db
from app.nanos.catalog import places, slugs
from app.nanos.queries.find import find_nanos
from app.nanos.rules.finding import read_wish
from app.nanos.rules.near import EVERYWHERE, RADII, apart_km, within
from app.nanos.services.ending import retire
from tests.nanos import rig
from tests.people import People, sign_in

PLACE = st.tuples(st.floats(-89, 89), st.floats(-179, 179))
SPOTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), PLACE, min_size=1, max_size=8)


@given(PLACE, PLACE)
def test_distances_are_those_of_a_round_earth(one: tuple[float, float], other: tuple[float, float]) -> None:
    there = apart_km(one, other)
    assert 0 <= there <= 20_016
    assert apart_km(one, one) == 0
    assert there == pytest.approx(apart_km(other, one))


@given(SPOTS, st.sampled_from(RADII), st.data())
def test_a_wider_circle_holds_the_narrower_one(
    spots: dict[str, tuple[float, float]], km: int, data: st.DataObject
) -> None:
    middle = data.draw(st.sampled_from(sorted(spots)))
    found = within(middle, km, spots)
    assert {middle, EVERYWHERE} <= found <= {*spots, EVERYWHERE}
    assert found <= within(middle, 2 * km, spots)
    assert all((apart_km(spots[middle], spots[name]) <= km) == (name in found) for name in spots)
    assert within("nowhere", km, spots) == frozenset()


def test_the_regions_lie_where_they_lie() -> None:
    known = places()
    assert apart_km(known["03101"], known["03103"]) == pytest.approx(26, abs=1), "Braunschweig, Wolfsburg"
    assert "03153" not in within("03101", 25, known) and "03153" in within("03101", 50, known), "Goslar"


@given(st.text(max_size=8), st.text(max_size=4))
def test_a_circle_anybody_typed_is_one_of_ours_or_none(around: str, radius: str) -> None:
    for middle in (around, "03101", EVERYWHERE):
        wish = read_wish("", {}, "", "", slugs(), around=middle, radius=radius, places=places())
        assert wish.radius in RADII
        assert bool(wish.reached) == bool(wish.around) == wish.narrowed
        assert wish.reached <= slugs()["regions"]


def around(middle: str, radius: int, text: str = "", **chosen: tuple[str, ...]) -> set[str]:
    known = dict(chosen)
    wish = read_wish(text, known, "", "", slugs(), around=middle, radius=str(radius), places=places())
    db.session.rollback()
    return {row.region for row in find_nanos(wish).rows}


def test_a_circle_holds_what_lies_in_it_and_what_is_everywhere(db_app: Flask, db_people: People) -> None:
    for region in ("03101", "03103", "03153", EVERYWHERE):
        rig.published(db_people, replace(rig.OPEN, region=region, title=f"Brandschutz {region}"))
    for text in ("", "Brandschutz"):
        assert around("03101", 25, text) == {"03101", EVERYWHERE}
        assert around("03101", 50, text) == {"03101", "03103", "03153", EVERYWHERE}
        assert around("03101", 25, text, region=("03153",)) == {"03101", "03153", EVERYWHERE}, (
            "chosen beside it"
        )
        assert around("", 25, text) == {"03101", "03103", "03153", EVERYWHERE}


def test_the_circle_is_a_form_that_says_how_many(db_app: Flask, db_people: People) -> None:
    for region in ("03101", "03103", EVERYWHERE):
        rig.published(db_people, replace(rig.OPEN, region=region, title=f"Nano {region}"))
    client = sign_in(db_app.test_client(), db_people.cleo)
    page = client.get("/nanos?around=03101&radius=50").text
    assert '<option value="50" selected>50 km (3)</option>' in page
    assert '<option value="">25 km (2)</option>' in page
    assert '<option value="03101" selected>Braunschweig (3)</option>' in page
    assert "3 Nanos" in page
    narrow = client.get("/nanos?around=03101&q=nano").text
    assert "2 Nanos" in narrow and '<option value="50">50 km (3)</option>' in narrow
    assert "3 Nanos" in client.get("/nanos?around=%3Cscript%3E&radius=9999").text


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "query",
    [
        "q=Feuerlöcher", "q=Brandschuzübung+Feuerlöcher+Übnug", "q=Feuerlöscher+Nano&subject=safety&around=03101",
        "q=nano&page=99", "page=99",
    ],
)  # fmt: skip
def test_eight_statements_however_misspelt_and_however_far(
    db_app: Flask, db_people: People, query: str
) -> None:
    for n in range(3):
        rig.published(db_people, replace(rig.OPEN, title=f"Nano {n}: Feuerlöscher"))
    client = sign_in(db_app.test_client(), db_people.cleo)
    client.get("/nanos")
    with counted() as seen:
        page = client.get(f"/nanos?{query}")
    assert page.status_code == 200 and "Feuerlöscher" in page.text
    assert len(seen) <= 8, "\n".join(seen)


def labels(people: People, who: str, text: str) -> list[tuple[str, str]]:
    actor = getattr(people, who).actor
    return [
        (hit.label, hit.url)
        for _, hits in search(actor, text)
        for hit in hits
        if hit.url.startswith("/nanos/0")
    ]


def test_the_palette_finds_what_is_public_and_nothing_else(db_app: Flask, db_people: People) -> None:
    public = rig.published(db_people, replace(rig.OPEN, title="Feuerlöscher richtig einsetzen"))
    rig.drafted(db_people.alice.actor, replace(rig.OPEN, title="Feuerlöscher prüfen"))
    found = [("Feuerlöscher richtig einsetzen", f"/nanos/{public}")]
    with db_app.test_request_context():
        for text in ("feuerloescher", "feuerlö", "Löscher richtig"):
            assert labels(db_people, "cleo", text) == labels(db_people, "alice", text) == found, text
        assert labels(db_people, "olga", "feuerlöscher") == found, "who operates reads what is public"
        assert labels(db_people, "alice", "") == labels(db_people, "alice", "Fahrrad") == []
        retire(db_people.alice.actor, public)
        assert labels(db_people, "cleo", "feuerlöscher") == []


def test_the_palette_asks_twice_at_most_and_leads_to_the_search(db_app: Flask, db_people: People) -> None:
    from app.nanos.views.palette import find_hits

    rig.published(db_people, replace(rig.OPEN, title="Feuerlöscher richtig einsetzen"))
    alice = db_people.alice.actor
    with db_app.test_request_context(), counted() as seen:
        found = list(find_hits(alice, "feuer", 8))
    assert [hit.label for hit in found] == ["Feuerlöscher richtig einsetzen"]
    assert len(seen) <= 2, "\n".join(seen)
    page = sign_in(db_app.test_client(), db_people.cleo).get("/suche?q=feuer").text
    assert "Feuerlöscher richtig einsetzen" in page
