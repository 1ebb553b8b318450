"""Chat, decided without a database: texts, mentions, what is unread, how lines stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.rules.message import (
    LONGEST,
    SAME_BREATH,
    digest_of,
    fault_of,
    mentions_in,
    normal,
    pieces,
    places,
)
from app.messaging.rules.room import Heard, digest_due, is_away, pair_of, read_up_to, unread

ANNA, BEN, BENNO, EVA = (UUID(int=number) for number in range(1, 5))
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@given(st.text(max_size=300))
def test_a_normal_text_stays_as_it_is(text: str) -> None:
    once = normal(text)
    assert normal(once) == once
    assert digest_of(normal(once)) == digest_of(once)
    assert "\r" not in once and "\0" not in once
    assert once == once.strip()
    once.encode()  # no lone surrogates: no database takes them


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Hallo \r\n Welt\r", "Hallo\n Welt"),
        ("a\n\n\n\n\n\nb", "a\n\n\nb"),
        ("o\u0308", "ö"),
        ("a\x00b\x1bc\td", "abc\td"),
        ("rechnung\u202egpj.exe", "rechnunggpj.exe"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_what_is_kept_of_a_text(text: str, kept: str) -> None:
    assert normal(text) == kept


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u2060", "empty"),
        ("x", None),
        ("x" * LONGEST, None),
        ("x" * (LONGEST + 1), "long"),
    ],
)
def test_one_to_four_thousand_letters(text: str, fault: str | None) -> None:
    assert fault_of(normal(text)) == fault


NAMES = {ANNA: "Anna Berg", BEN: "Ben Ohm", BENNO: "Benno Graf", EVA: "Eva"}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("@Anna", [ANNA]),
        ("Frag @anna berg, @EVA!", [ANNA, EVA]),
        ("@Ben", [BEN]),
        ("@Benno", [BENNO]),
        ("@Bennor", []),
        ("mail@Anna.example", []),
        ("@@Eva", [EVA]),
        ("@ Eva", []),
        ("@Niemand", []),
    ],
)
def test_who_is_mentioned(text: str, who: list[UUID]) -> None:
    assert [one.person_id for one in mentions_in(text, NAMES)] == who


def test_a_first_name_two_people_have_means_nobody() -> None:
    two = {ANNA: "Kim Berg", BEN: "Kim Ohm"}
    assert mentions_in("@Kim", two) == []
    assert [one.person_id for one in mentions_in("@Kim Ohm", two)] == [BEN]


@given(
    st.text("@ aAnNbBeEvVıßİöO.", max_size=60), st.dictionaries(st.uuids(), st.text("abeßİnA ö", max_size=12))
)
def test_mentions_lie_in_the_text_and_the_pieces_give_it_back(text: str, names: dict[UUID, str]) -> None:
    found = mentions_in(text, names)
    at = 0
    for one in found:
        assert at <= one.first < one.last <= len(text)
        assert text[one.first] == "@"
        at = one.last
    cut = pieces(text, [[str(one.person_id), one.first, one.last] for one in found])
    assert "".join(words for words, _ in cut) == text
    assert [person for _, person in cut if person] == [str(one.person_id) for one in found]


def test_pieces_bear_what_another_release_has_written() -> None:
    assert pieces("Hallo", [["x", 3, 99], ["y", 0, 2], ["z", 1, 3]]) == [("Ha", "y"), ("llo", "")]


heard = st.builds(Heard, st.integers(1, 40), st.sampled_from([ANNA, BEN, EVA]), st.booleans())


@given(st.lists(heard), st.integers(0, 40), st.integers(0, 40))
def test_reading_more_never_leaves_more_unread(messages: Sequence[Heard], one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert unread(messages, ANNA, high) <= unread(messages, ANNA, low)
    assert unread([Heard(m.seq, ANNA) for m in messages], ANNA, 0) == 0
    assert unread(messages, ANNA, 40) == 0


@given(st.lists(st.integers(-5, 99), max_size=20), st.integers(0, 60))
def test_reading_never_goes_back_nor_beyond_the_last_message(asked: list[int], last_seq: int) -> None:
    read = 0
    for one in asked:
        after = read_up_to(read, one, last_seq)
        assert read <= after <= max(read, last_seq)
        read = after
    assert read == max([0, *(min(one, last_seq) for one in asked)])


def test_a_conversation_of_two_comes_back_with_the_next_message() -> None:
    assert is_away(5, 5, direct=True)
    assert not is_away(5, 6, direct=True)
    assert is_away(5, 6, direct=False)
    assert not is_away(None, 0, direct=False)


@given(st.uuids(), st.uuids(), st.uuids())
def test_two_people_have_one_room_whoever_begins(organisation: UUID, one: UUID, other: UUID) -> None:
    assert pair_of(organisation, one, other) == pair_of(organisation, other, one)


def test_the_oldest_message_decides_when_the_absent_are_told() -> None:
    quiet = timedelta(minutes=30)
    busy = [NOON - timedelta(minutes=31), NOON]
    assert digest_due(busy, NOON, quiet)
    assert not digest_due([NOON - timedelta(minutes=29)], NOON, quiet)
    assert not digest_due([], NOON, quiet)


@dataclass(frozen=True)
class Spoken:
    author_id: UUID
    created_at: datetime


@given(
    st.lists(
        st.tuples(st.sampled_from([ANNA, BEN]), st.integers(0, 3 * 86_400)).map(
            lambda two: Spoken(two[0], NOON + timedelta(seconds=two[1]))
        )
    ).map(lambda lines: sorted(lines, key=lambda one: one.created_at))
)
def test_a_line_follows_only_what_the_same_person_just_said_the_same_day(lines: list[Spoken]) -> None:
    found = places(lines, BERLIN)
    assert len(found) == len(lines)
    for before, line, place in zip([None, *lines], lines, found, strict=False):
        if before is None:
            assert place.new_day and not place.follows
            continue
        same_day = before.created_at.astimezone(BERLIN).date() == line.created_at.astimezone(BERLIN).date()
        assert place.new_day is not same_day
        near = line.created_at - before.created_at <= SAME_BREATH
        assert place.follows is (same_day and near and before.author_id == line.author_id)
    assert sum(place.new_day for place in found) == len(
        {one.created_at.astimezone(BERLIN).date() for one in lines}
    )


def test_a_day_ends_at_midnight_where_the_reader_is() -> None:
    late = [
        Spoken(ANNA, datetime(2026, 11, 21, 22, 59, tzinfo=UTC)),
        Spoken(ANNA, datetime(2026, 11, 21, 23, 1, tzinfo=UTC)),
    ]
    assert [place.new_day for place in places(late, BERLIN)] == [True, True]
    assert [place.new_day for place in places(late, ZoneInfo("UTC"))] == [True, False]
