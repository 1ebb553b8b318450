"""The rules for what people say: which measures there are, what each must give as its reason, which addresses lead to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.nanos.rules import notice
from app.nanos.rules.case import Kind
from app.nanos.rules.measure import (
    NOT_GENUINE,
    ON_OFFERS,
    RESTRICTS,
    Measure,
    OnProvider,
    is_reasoned,
    measures_for_rating,
    measures_for_words,
    provider_fault,
)
from app.nanos.rules.rating import Rules, Tally, weighted
from app.nanos.rules.statement import (
    CATEGORIES,
    GROUNDS,
    SOURCES,
    SPECIFICATIONS,
    Reasons,
    document,
    faults,
    visibility_of,
)
from app.nanos.wording_moderation import MEASURES

SAID = (*measures_for_rating(Kind.NOTICE), *measures_for_words(Kind.FINDING))
PLACES = {
    "ratings/": "nanos.rating",
    "questions/": "nanos.question",
    "answers/": "nanos.answer",
    "modules/": "nanos.module",
    "": "nanos.nano",
}
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=20, max_size=300)


@given(
    st.sampled_from([one for one in SAID if one in RESTRICTS]), st.sampled_from(GROUNDS), texts, texts,
    st.sampled_from(CATEGORIES), st.sets(st.sampled_from(SPECIFICATIONS)), st.sampled_from(SOURCES), st.booleans(),
)  # fmt: skip
def test_every_measure_on_what_is_said_has_the_fields_of_the_database(
    measure: Measure,
    ground: str,
    facts: str,
    why: str,
    category: str,
    keywords: set[str],
    source: str,
    seen: bool,
) -> None:
    said = Reasons(
        visibility=visibility_of(measure), provision="", ground=ground, ground_text="Regeln für Nanos", explanation=why,
        facts=facts, category=category, specification=tuple(sorted(keywords)), content_type=("CONTENT_TYPE_TEXT",),
        content_date=date(2026, 1, 1), application_date=date(2026, 2, 1), source_type=source, automated_detection=seen,
        puid="a1",
    )  # fmt: skip
    assert faults(said) == {}
    made = json.loads(json.dumps(document(said)))
    assert made["decision_visibility"] in (
        ["DECISION_VISIBILITY_CONTENT_DISABLED"], ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    )  # fmt: skip
    assert made["decision_provision"] is None and "decision_visibility_other" not in made
    assert (measure is Measure.STARS) == (
        made["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    )
    assert set(faults(replace(said, visibility=""))) == {"measure"}


@given(st.sampled_from(list(Measure)), st.sets(st.sampled_from(SPECIFICATIONS)))
def test_stars_go_for_one_reason_alone(measure: Measure, keywords: set[str]) -> None:
    assert is_reasoned(measure, tuple(keywords)) == (measure is not Measure.STARS or NOT_GENUINE in keywords)


@given(st.sampled_from(list(Kind)))
def test_what_people_say_is_left_hidden_or_taken_out_and_nobody_is_suspended_for_it(kind: Kind) -> None:
    for measures in (measures_for_rating(kind), measures_for_words(kind)):
        assert bool(measures) == (kind is not Kind.APPEAL)
        assert not set(measures) & ON_OFFERS
        for one in measures:
            assert (one in RESTRICTS) == bool(visibility_of(one)) and MEASURES[one][1]
            assert provider_fault(OnProvider.WARN, 0, restricts=one in ON_OFFERS, warned=False) == "content"
    assert Measure.STARS not in measures_for_words(kind)


@given(
    st.uuids(),
    st.sampled_from(list(PLACES)),
    st.sampled_from(["", "http://localhost", "HTTP://LOCALHOST"]),
    st.booleans(),
)
def test_an_address_leads_to_the_thing_it_names(one: UUID, place: str, host: str, upper: bool) -> None:
    said = str(one).upper() if upper else str(one)
    assert notice.thing_in(f"{host}/nanos/{place}{said}", "http://localhost") == (PLACES[place], one)
    assert notice.thing_in(f"{host}/nanos/{place}{said}/history?x=1#y", "http://localhost") == (
        PLACES[place],
        one,
    )
    for foreign in (
        f"https://boese.example/nanos/{place}{said}",
        f"{host}/nanos/{place}{said}0",
        f"/nanos/x/{place}{said}",
    ):
        assert notice.thing_in(foreign, "http://localhost") is None


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(0, 39))
def test_a_rating_taken_out_leaves_the_mean_of_the_others(stars: list[int], which: int) -> None:
    gone = which % len(stars)
    rest = stars[:gone] + stars[gone + 1 :]
    rules, counts = Rules(), lambda given: Tally(tuple(given.count(n) for n in range(1, 6)))  # type: ignore[arg-type, misc]
    after, before = weighted(counts(rest), rules), weighted(counts(stars), rules)
    assert (after is None) == (rest == [])
    if after is not None and before is not None and stars[gone] == 1:
        assert after >= before  # a false single star never holds a nano down any more
