"""What nanos decide, for anything that can be thrown at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.nanos.catalog import slugs, vocabularies
from app.nanos.rules.access import Facts, Looker, may_know, may_look, may_take
from app.nanos.rules.content import Kind, kept_name, kind_of_head, member_fault
from app.nanos.rules.details import FIELDS, VOCABULARY, Details, cleaned, complete, storable
from app.nanos.rules.finding import (
    DURATIONS,
    FACETS,
    LONGEST_QUERY,
    MOST_PAGES,
    duration_of,
    read_wish,
    sorts_for,
)
from app.nanos.rules.link import checked_link, link_host
from app.nanos.rules.nano import STEPS, Stage, State, dates_fault, due, sources
from app.nanos.rules.outcome import same_outcome, words_of
from app.nanos.rules.upload import PIECE_BYTES, Misplaced, TooMuch, take_piece
from tests.nanos.rig import DETAILS

TEXT = st.text(max_size=60)
DAYS = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2027, 12, 31)))


@given(TEXT, TEXT)
def test_another_word_is_another_outcome_and_spelling_is_none(before: str, word: str) -> None:
    assert same_outcome(before, f"  {before} ... !")
    assert same_outcome(before.replace("ß", "ss"), before)
    assert same_outcome(before, before) and same_outcome(before, word) == same_outcome(word, before)
    if words_of(word):
        assert not same_outcome(before, f"{before} {word}")


def test_umlauts_and_case_are_spelling() -> None:
    assert same_outcome("Sie prüfen Löschgeräte.", "SIE PRUEFEN LOESCHGERAETE")
    assert not same_outcome("Sie können löschen", "Sie können nicht löschen")


@given(st.sampled_from(State), DAYS, DAYS, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_the_calendar_only_goes_forward(
    state: State, retires: date | None, removes: date | None, today: date
) -> None:
    wanted = due(state, retires, removes, today)
    assert wanted is None or wanted in STEPS[state]
    if wanted is not None:
        after = due(wanted, retires, removes, today)
        assert after is None  # a second run finds nothing
    if wanted is State.REMOVED:
        assert removes is not None and today >= removes
    if state is State.PUBLISHED and retires is not None and today >= retires:
        assert wanted in (State.RETIRED, State.REMOVED)


@given(DAYS, DAYS, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_planned_days_lie_ahead_and_in_order(retires: date | None, removes: date | None, today: date) -> None:
    if dates_fault(retires, removes, today) == "":
        assert due(State.PUBLISHED, retires, removes, today) is None
        assert retires is None or removes is None or retires <= removes
        assert all(day is None or day > today for day in (retires, removes))


def test_every_state_but_the_last_can_be_left_and_removed_is_for_ever() -> None:
    assert [state for state in State if not STEPS[state]] == [State.REMOVED]
    assert set(sources(State.REMOVED)) == {state.value for state in State} - {"removed"}
    assert State.PUBLISHED not in STEPS[State.DRAFT]  # nothing is public that nobody read


DETAIL = st.builds(
    Details, title=TEXT, description=TEXT, outcome=TEXT, subject=TEXT, type=st.sampled_from(["video", "", "x"]),
    minutes=st.one_of(st.none(), st.integers(-5, 40)), licence=st.sampled_from(["barter", "cc-by", "", "mine"]),
    terms=TEXT, audience=st.lists(st.sampled_from(["employees", "leaders", "nobody"]), max_size=4).map(tuple),
)  # fmt: skip


@given(DETAIL)
def test_what_is_complete_is_storable_and_cleaning_is_done_once(details: Details) -> None:
    clean = cleaned(details)
    assert cleaned(clean) == clean
    assert set(storable(clean, slugs())) <= set(complete(clean, slugs())) <= set(FIELDS)
    assert not clean.terms or clean.licence == "barter"


@pytest.mark.parametrize(
    "field", ["title", "description", "outcome", "minutes", "audience", "terms", *VOCABULARY]
)
def test_each_gap_is_named_and_only_that(field: str) -> None:
    empty: Any = None if field == "minutes" else () if field == "audience" else ""
    assert complete(DETAILS, slugs()) == {}
    wrong = set(complete(replace(DETAILS, **{field: empty}), slugs()))
    assert wrong == {field}


LOOKERS = st.builds(Looker, provider=st.booleans(), reviewer=st.booleans(), licensed=st.booleans())
FACTS = st.builds(Facts, st.sampled_from(State), st.sampled_from(Stage), st.booleans(), st.booleans())


@given(LOOKERS, FACTS)
def test_who_may_take_may_look_and_who_may_look_may_know(looker: Looker, facts: Facts) -> None:
    assert may_take(looker, facts) <= may_look(looker, facts) <= may_know(looker, facts)
    if facts.state is State.REMOVED:
        assert not may_look(looker, facts)
    stranger = not looker.provider and not looker.reviewer
    if stranger and may_know(looker, facts):
        assert facts.stage is Stage.CURRENT and facts.state in (State.PUBLISHED, State.RETIRED)
    if stranger and not looker.licensed and may_take(looker, facts):
        assert facts.open_licence and facts.state is State.PUBLISHED
    if looker.licensed and may_know(looker, facts) and facts.state is not State.REMOVED:
        assert may_take(looker, facts)


@given(st.integers(1, 10**7), st.lists(st.tuples(st.integers(-2, 3), st.integers(0, 5_000_000)), max_size=30))
def test_pieces_in_any_order_never_make_more_than_was_announced(
    size: int, tries: list[tuple[int, int]]
) -> None:
    received, gone = 0, []
    for shift, length in tries:
        try:
            after = take_piece(received, size, received + shift, length)
        except Misplaced as error:
            assert (shift != 0, error.offset) == (True, received)  # noqa: PT017 - one of three outcomes
        except TooMuch:
            assert length < 1 or length > PIECE_BYTES or received + length > size
        else:
            assert shift == 0
            gone.append((received, after))
            received = after
    assert received == sum(last - first for first, last in gone) <= size


@given(
    TEXT,
    st.text(max_size=20),
    st.dictionaries(st.sampled_from([*FACETS, "nonsense"]), st.lists(TEXT, max_size=3)),
    TEXT,
)
def test_an_address_anybody_wrote_becomes_a_clean_wish(
    query: str, sort: str, facets: Mapping[str, list[str]], page: str
) -> None:
    wish = read_wish(query, facets, sort, page, slugs())
    assert 1 <= wish.page <= MOST_PAGES
    assert len(wish.text) <= LONGEST_QUERY and bool(wish.text) == bool(words_of(wish.text))
    assert wish.sort in sorts_for(wish.text)
    for facet, chosen in wish.chosen.items():
        there = set(DURATIONS) if facet == "duration" else slugs()[f"{facet}s"]
        assert facet in FACETS and set(chosen) <= there


def test_each_minute_has_one_bucket() -> None:
    assert [duration_of(minutes) for minutes in (1, 5, 6, 10, 11, 15, 16, 20)] == [
        "1-5", "1-5", "6-10", "6-10", "11-15", "11-15", "16-20", "16-20",
    ]  # fmt: skip


@given(st.text(max_size=80))
def test_a_link_that_is_kept_leads_out_and_hides_nothing(text: str) -> None:
    for address in (text, f"https://{text}", f"https://example.org/{text}"):
        try:
            url = checked_link(address)
        except ValueError:
            continue
        assert url.startswith(("http://", "https://")) and "@" not in url.split("/")[2]
        assert "." in link_host(url) and checked_link(url) == url


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://127.0.0.1", "http://[::1]/", "http://0x7f.1/",
     "https://kontor@evil.example", "http://localhost", "http://db.internal", "//evil.example", "https://", "ftp://a.example",
     "https://a.example:0/", "http://2130706433/", "https://exa\u202emple.org\\@x"],
)  # fmt: skip
def test_addresses_that_are_no_public_web_page(address: str) -> None:
    with pytest.raises(ValueError):
        checked_link(address)


@given(st.binary(max_size=200))
def test_bytes_are_what_they_begin_with(head: bytes) -> None:
    found = kind_of_head(head)
    assert found in ("", "zip", Kind.PDF, Kind.MP4, Kind.WEBM)
    if head[:1] in (b"<", b" ", b"\n", b"#", b"M"):
        assert found == ""


@given(st.text(max_size=300))
def test_a_kept_name_is_plain_and_says_what_it_is(name: str) -> None:
    kept = kept_name(name, Kind.PDF)
    assert kept.endswith(".pdf") and 4 < len(kept) <= 125 and kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*\u202e')


@pytest.mark.parametrize(
    "name", ["../x", "a/../b", "/etc/x", "C:/x", "a\\b", "", ".", "a//b", "a\nb", "x" * 500, "a\0b"]
)
def test_members_that_lead_out_of_their_archive(name: str) -> None:
    assert member_fault(name)


def test_terms_of_vocabularies_have_both_words_and_where_needed_a_uri() -> None:
    for name in ("subjects", "types", "levels", "audiences"):
        assert all(term.uri for term in vocabularies()[name].values()), name
    for slug, term in vocabularies()["licences"].items():
        assert term.open == bool(term.uri) == (slug != "barter")
