"""Published tables: what is hidden cannot be worked out, by a solver written in another way than the rule."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.catalog import slugs
from app.nanos.models import Trend, Use
from app.nanos.queries.trend import facts_of, read_cube, sums
from app.nanos.rules.secrecy import ALL, Fact, Group, Place, Rule, places, protect, publish, room
from app.nanos.rules.trend import RULES, Side, bounds, quarter_before, quarter_of
from app.nanos.services.trend import freeze, freeze_last
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos import rig
from tests.people import People, make_people, sign_in

SMALL = Rule(people=3, organisations=2, width=3)
subjects, regions = ("a", "b"), ("x", "y")
facts = st.lists(
    st.builds(
        Fact, st.sampled_from(subjects), st.sampled_from(regions), st.sampled_from([f"p{n}" for n in range(9)]),
        st.sampled_from(["o1", "o2", "o3"]),
    ),
    max_size=24,
)  # fmt: skip


def fitting(told: dict[Place, int | None], most: int) -> dict[Place, set[int]]:
    """Every number each place could have, tried out one table after another: cells up to `most`."""
    found: dict[Place, set[int]] = {place: set() for place in told}
    cells = list(product(subjects, regions))
    spans = [range(most + 1) if told[cell] is None else [told[cell]] for cell in cells]
    for numbers in product(*spans):  # type: ignore[arg-type]
        table = dict(zip(cells, numbers, strict=True))
        for place in told:
            table[place] = sum(
                table[cell] for cell in cells if place[0] in (cell[0], ALL) and place[1] in (cell[1], ALL)
            )
        if all(value is None or table[place] == value for place, value in told.items()):
            for place in told:
                found[place].add(table[place])
    return found


@given(facts)
def test_no_hidden_number_can_be_narrowed_down(some: list[Fact]) -> None:
    told = publish(subjects, regions, some, SMALL)
    truth = {place: sum(_in(one, place) for one in set(some)) for place in told}
    left = fitting(told, max(truth[cell] for cell in product(subjects, regions)) + SMALL.width)
    for place, value in told.items():
        if value is None:
            assert max(left[place]) - min(left[place]) >= SMALL.width, (place, told)
        else:
            assert value == truth[place] >= SMALL.people


def _in(one: Fact, place: Place) -> bool:
    return place[0] in (one.subject, ALL) and place[1] in (one.region, ALL)


@settings(max_examples=30)
@given(
    st.dictionaries(st.sampled_from(list(product("abcdefghij", "qrstuvwxy"))), st.integers(0, 60)),
    st.integers(1, 20),
)
def test_tables_of_the_real_size_come_to_an_end_with_room_everywhere(
    some: dict[Place, int], width: int
) -> None:
    values = dict.fromkeys(places("abcdefghij", "qrstuvwxy"), 0)
    for (line, column), value in some.items():
        for place in product((line, ALL), (column, ALL)):
            values[place] += value
    first = {place for place, value in values.items() if value < width}
    hidden = protect(values, first, width)
    assert first <= hidden
    assert all(room(values, hidden, place, width) >= width for place in hidden)


def test_a_single_hidden_cell_takes_others_with_it() -> None:
    """What margins tell: alone in line and column it could be subtracted."""
    values = {("a", "x"): 2, ("a", "y"): 30, ("b", "x"): 40, ("b", "y"): 50}
    for place in list(values):
        for sum_ in ((place[0], ALL), (ALL, place[1]), (ALL, ALL)):
            values[sum_] = values.get(sum_, 0) + values[place]
    assert room(values, {("a", "x")}, ("a", "x"), 10) == 0
    assert len(protect(values, {("a", "x")}, 10)) >= 4


@pytest.mark.parametrize(
    ("group", "safe"),
    [
        (Group(10, 10, 3, 5), True), (Group(10, 9, 3, 5), False), (Group(10, 10, 2, 5), False),
        (Group(10, 10, 3, 6), False), (Group(0, 0, 0, 0), False), (Group(30, 10, 3, 15), True),
    ],
)  # fmt: skip
def test_ten_people_three_organisations_none_with_more_than_half(group: Group, safe: bool) -> None:
    assert group.safe(RULES[Side.demand]) is safe


def test_quarters() -> None:
    assert [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 12)] == [
        "2026-1",
        "2026-1",
        "2026-2",
        "2026-4",
    ]
    assert (quarter_before(date(2026, 2, 3)), quarter_before(date(2026, 11, 3))) == ("2025-4", "2026-3")
    assert all(quarter_of(bounds(one)[0].date()) == one for one in ("2025-4", "2026-1", "2026-3"))
    assert bounds("2026-4")[1] == bounds("2027-1")[0]


def crowd(few: int = 12) -> list[Fact]:
    """Twelve people of four organisations in every place, in one of them fewer."""
    return [
        Fact(subject, region, f"{subject}{region}{n}", f"o{n % 4}")
        for subject, region in product(slugs()["subjects"], slugs()["regions"])
        for n in range(few if (subject, region) == ("safety", "03102") else 12)
    ]


def frozen_quarter(demand: list[Fact], quarter: str = "2026-3") -> None:
    assert freeze(quarter, {Side.demand: demand, Side.supply: []})


def test_what_is_frozen_stays(db_app: Flask, db_people: People, frozen: object) -> None:
    nano_id = rig.published(db_people, rig.OPEN)
    clock.advance(days=60)
    with transaction() as session:
        for _ in range(12):
            at = clock.now() - timedelta(days=59)
            session.add(
                Use(
                    id=new_id(),
                    nano_id=nano_id,
                    person_id=uuid4(),
                    organisation_id=uuid4(),
                    revision=1,
                    first_at=at,
                    last_at=at,
                )
            )
        session.add(
            Use(
                id=new_id(), nano_id=nano_id, person_id=db_people.bob.id, organisation_id=db_people.organisation_id,
                revision=1, first_at=at, last_at=at,
            )
        )  # fmt: skip
    assert len(facts_of("2026-4", Side.demand)) == 12, "the provider's own people are no demand"
    assert freeze_last() and not freeze_last()
    cube = read_cube("2026-4", Side.demand)
    assert cube is not None and cube.of("safety") == cube.of(region="03101") == 12
    assert cube.of() is cube.of("safety", "03101") is None, "with them, all else would be known to be nothing"
    assert cube.of("it", "03101") is None and cube.of("it") is None
    supply = read_cube("2026-4", Side.supply)
    assert supply is not None and supply.told() == 0, "one nano of one organisation"
    with transaction() as session:
        session.query(Use).delete()
    assert not freeze_last()
    again = read_cube("2026-4", Side.demand)
    assert again == cube and sums(["2026-4"])["2026-4", Side.demand] == cube.of()
    assert all(row.value is None or row.value >= 3 for row in db.session.query(Trend)), (
        "what is not told stands nowhere"
    )


@pytest.mark.postgres
def test_of_many_clocks_one_freezes(pg_app: Flask) -> None:
    make_people(pg_app)
    done: list[bool] = []

    def clocked() -> None:
        with pg_app.app_context():
            done.append(freeze_last())

    threads = [threading.Thread(target=clocked) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    each_once = {(row.quarter, row.side, row.subject, row.region) for row in db.session.query(Trend)}
    assert (len(done), done.count(True)) == (5, 1) and len(each_once) == db.session.query(Trend).count() > 0


def test_pages_and_files_say_the_same(
    client: FlaskClient, people: People, run_jobs: Callable[..., list[str]], frozen: object
) -> None:
    sign_in(client, people.cleo)
    assert "Das erste Quartal läuft noch" in client.get("/nanos/trends").text
    assert len(client.get("/nanos/trends.csv").text.strip().splitlines()) == 1
    assert client.post("/nanos/trends/paper").status_code == 409
    frozen_quarter(crowd(few=4))
    page = client.get("/nanos/trends").text
    everything = f"{len(crowd(4)):,}".replace(",", ".")
    assert "3. Quartal 2026" in page and f">{everything}<" in page and ">12<" in page
    answer = client.get("/nanos/trends.csv?quarter=2026-3&side=demand").text
    told = [line.split(";") for line in answer.strip().splitlines()[1:]]
    numbers = {tuple(line[2:4]): line[4] for line in told}
    assert numbers["Alle Themen", "Alle Regionen"] == str(len(crowd(4)))
    assert numbers["Arbeitssicherheit und Brandschutz", "Salzgitter"] == "", "four people"
    assert 4 <= list(numbers.values()).count("") <= 9, "and what it could be worked out from, no more"
    assert client.get("/nanos/trends?side=supply&lang=en").status_code == 200
    answer2 = client.post("/nanos/trends/paper", data={"quarter": "2026-3", "side": "demand"})
    assert answer2.status_code == 303 and run_jobs() == ["jobs.nanos.insight.make_trend_paper: done"]


@pytest.mark.parametrize(
    "query",
    [
        "k=1",
        "floor=2",
        "side=all",
        "quarter=x",
        "quarter=2026-5",
        "region=03101",
        "subject=it",
        "quarter=２026-3",
    ],
)
def test_no_other_cut_exists(client: FlaskClient, people: People, query: str) -> None:
    frozen_quarter(crowd())
    sign_in(client, people.alice)
    for path in ("/nanos/trends", "/nanos/trends.csv"):
        assert client.get(f"{path}?{query}").status_code == 400
    assert client.get("/nanos/trends?quarter=2020-1").status_code == 404


def test_few_statements(db_app: Flask, db_people: People) -> None:
    frozen_quarter(crowd())
    client: Any = sign_in(db_app.test_client(), db_people.alice)
    client.get("/nanos/trends")
    with counted() as seen:
        client.get("/nanos/trends")
    assert len(seen) <= MOST, "\n".join(seen)
