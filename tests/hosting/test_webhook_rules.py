"""Addresses, gathering, pace and answers of Discord webhooks, over anything anybody can think of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.discord_text import LONGEST_NAME, cut, plain, units
from app.hosting.rules.webhook import (
    BURST,
    RETRY,
    STEP,
    Address,
    Fault,
    NoAddress,
    Outcome,
    Topic,
    add,
    contents,
    due,
    earliest,
    outage_pause,
    parse_address,
    read_answer,
    retry_in,
    spend,
    told,
)
from tests.services.discord import TOKEN

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ID = "1100000000000000001"
GOOD = f"https://discord.com/api/webhooks/{ID}/{TOKEN}"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  {GOOD}\n",
        f"https://discordapp.com/api/webhooks/{ID}/{TOKEN}",
        f"https://ptb.discord.com/api/webhooks/{ID}/{TOKEN}",
        f"https://canary.discord.com/api/v10/webhooks/{ID}/{TOKEN}",
        f"HTTPS://Discord.COM/api/v9/webhooks/{ID}/{TOKEN}",
    ],
)
def test_what_discord_shows_people_is_taken(text: str) -> None:
    assert parse_address(text) == Address(ID, TOKEN)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.EMPTY),
        (" \n", Fault.EMPTY),
        (GOOD.replace("https", "http"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "discord.com.evil.example"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "evil.example"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "discord.com@evil.example"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "user:password@discord.com"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "discord.com:443"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "discord.com\\@evil.example"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "discord.com."), Fault.FOREIGN),
        (GOOD.replace("discord.com", "xdiscord.com"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "evil.discord.com"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "ｄiscord.com"), Fault.FOREIGN),
        (GOOD.replace("discord.com", "127.0.0.1"), Fault.FOREIGN),
        (GOOD.replace("https://", "https:/"), Fault.FOREIGN),
        (GOOD.replace("//discord", "//\tdiscord"), Fault.FOREIGN),
        ("https://discord.gg/abcdef", Fault.FOREIGN),
        ("https://discord.com/channels/1/2", Fault.INCOMPLETE),
        ("https://discord.com/api/webhooks/123", Fault.INCOMPLETE),
        (GOOD[:-10], Fault.INCOMPLETE),
        (GOOD.replace("/api/", "/api/v10/../v10/"), Fault.INCOMPLETE),
        (GOOD.replace("webhooks", "users"), Fault.INCOMPLETE),
        (GOOD.replace(ID, "１１０0000000000000001"), Fault.INCOMPLETE),
        (GOOD + "/slack", Fault.EXTRA),
        (GOOD + "?thread_id=1", Fault.EXTRA),
        (GOOD + "#x", Fault.EXTRA),
        (GOOD + "\nhttps://evil.example", Fault.EXTRA),
        (GOOD + "/../../users/@me", Fault.EXTRA),
    ],
)
def test_anything_else_is_refused_with_what_is_wrong(text: str, fault: Fault) -> None:
    with pytest.raises(NoAddress) as raised:
        parse_address(text)
    assert raised.value.fault is fault
    assert TOKEN not in str(raised.value)


@given(st.text(max_size=200))
def test_no_text_gets_through_by_chance(text: str) -> None:
    with pytest.raises(NoAddress):
        parse_address(text)


@given(st.text(alphabet="/:@.\\?#%\t\n\r evil", min_size=1, max_size=12), st.integers(0, len(GOOD)))
def test_whatever_is_put_into_a_good_address_it_stays_with_discord(dirt: str, at: int) -> None:
    try:
        found = parse_address(GOOD[:at] + dirt + GOOD[at:])
    except NoAddress:
        return
    assert re.fullmatch(r"[0-9]{15,21}", found.id)
    assert re.fullmatch(r"[\w-]{60,120}", found.token, re.ASCII)


def test_an_address_shows_itself_nowhere() -> None:
    address = parse_address(GOOD)
    assert TOKEN not in repr(address)
    assert address.hint == TOKEN[-4:]
    assert Address.of_secret(address.secret) == address
    with pytest.raises(NoAddress):
        Address.of_secret("1/2")


# --- names ---------------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_a_name_is_one_short_line_and_nothing_but_a_name(name: str) -> None:
    shown = plain(name)
    assert shown
    assert "\n" not in shown
    assert units(shown) <= 2 * LONGEST_NAME + 2
    assert not re.search(r"@(?!\u200b)", shown)
    bare = re.sub(r"\\.", "", shown)
    assert not re.search(r"[\\`*_~|<>\[\]()#:]", bare)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bauwelt Süd", "Bauwelt Süd"),
        ("@everyone", "@\u200beveryone"),
        ("<@123> **da**", "\\<@\u200b123\\> \\*\\*da\\*\\*"),
        ("[klick](https://evil.example)", r"\[klick\]\(https\://evil.example\)"),
        ("a\u202eb\u0000c\nd", "a b c d"),
        ("\u200b", "–"),
    ],
)
def test_names_are_literal(name: str, shown: str) -> None:
    assert plain(name) == shown


@given(st.text(max_size=100), st.integers(1, 40))
def test_a_cut_text_fits_however_it_is_counted(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert units(short) <= limit
    assert short == text or short.endswith("…")
    short.encode("utf-16-le")


# --- gathering -----------------------------------------------------------------------------------------------

NAMES = (
    "hosting.server.ready",
    "hosting.server.stopped",
    "hosting.server.crashed",
    "hosting.server.player_joined",
    "hosting.server.player_left",
    "billing.wallet.low",
)
happenings = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 9), st.integers(0, 20)), min_size=1, max_size=30
)


@given(happenings, st.randoms(use_true_random=False))
def test_a_message_says_the_same_in_whatever_order_its_events_came(
    events: list[tuple[str, int, int]], dice: object
) -> None:
    all_told = [
        told(name, seq, NOON + timedelta(seconds=seq), {"count": count, "online": online, "name": "Steve"})
        for seq, (name, count, online) in enumerate(events)
    ]
    mixed = list(all_told)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    content: dict[str, object] = {}
    for one in mixed:
        content = add(content, one)
    assert "Steve" not in str(content)
    found = contents(content)
    assert sum(one.count for one in found) == len(events), "nothing is forgotten"
    assert [one.seq for one in found] == sorted(one.seq for one in found)
    for one in found:
        newest = [t for t in all_told if t.topic is one.topic][-1]
        assert (one.seq, one.facts) == (newest.seq, newest.facts)
    players = next((one for one in found if one.topic is Topic.PLAYERS), None)
    if players is not None:
        assert players.joined == sum(count for name, count, _ in events if name.endswith("joined"))
        assert players.left == sum(count for name, count, _ in events if name.endswith("left"))


def test_a_topic_of_another_release_is_left_out() -> None:
    assert contents({"weather": {"count": 1}}) == []
    with pytest.raises(KeyError):
        told("hosting.server.woken", 1, NOON, {})


def test_players_wait_half_a_minute_and_news_does_not_wait_for_them() -> None:
    first = due(Topic.PLAYERS, NOON)
    assert first == NOON + timedelta(seconds=30)
    later = NOON + timedelta(seconds=20)
    assert due(Topic.PLAYERS, later, first) == first, "the next one does not put it off"
    assert due(Topic.CRASHED, later, first) == later + timedelta(seconds=3)


# --- pace ----------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 60), min_size=1, max_size=120))
def test_however_it_flaps_the_channel_is_not_flooded(waits: list[float]) -> None:
    now, spent, sent = NOON, None, []
    for wait in waits:
        now += timedelta(seconds=wait)
        if earliest(spent, now) <= now:
            sent.append(now)
            spent = spend(spent, now)
    for start in range(len(sent)):
        for end in range(start, len(sent)):
            span = sent[end] - sent[start]
            assert end - start + 1 <= BURST + span / STEP


@given(st.integers(0, 86400))
def test_after_a_rest_a_message_goes_at_once(rest: int) -> None:
    spent = spend(None, NOON)
    later = NOON + timedelta(seconds=rest)
    assert earliest(spent, later) <= later


def test_it_is_tried_more_and_more_rarely_and_then_given_up() -> None:
    waits = [retry_in(attempts) for attempts in range(1, 9)]
    assert waits[: len(RETRY)] == list(RETRY) == sorted(RETRY)
    assert waits[len(RETRY) :] == [None] * (8 - len(RETRY))
    assert sum(RETRY) < 3600


def test_a_silence_is_listened_to_more_and_more_rarely() -> None:
    assert [outage_pause(n) for n in range(1, 8)] == [15, 30, 60, 120, 240, 300, 300]
    assert outage_pause(10**6) == 300


# --- answers -------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
bodies = anything | st.fixed_dictionaries(
    {}, optional={"code": anything, "retry_after": anything, "global": anything}
)
headers = st.dictionaries(
    st.sampled_from(
        ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset-after", "x-ratelimit-global"]
    ),
    st.text(max_size=9) | st.floats().map(str),
)


@given(st.integers(100, 599), headers, bodies)
def test_no_answer_breaks_anything_or_stops_us_for_long(
    status: int, given_headers: dict[str, str], body: object
) -> None:
    answer = read_answer(status, given_headers, body)
    assert 0 <= answer.pause <= 3600
    if status >= 500 or 300 <= status < 400:
        assert answer.outcome is Outcome.TROUBLE
    if answer.outcome in (Outcome.GONE, Outcome.FORUM):
        assert isinstance(body, dict), "only Discord's own words switch a webhook off for good"
    if answer.outcome is Outcome.LIMITED:
        assert answer.pause >= 1


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"id": "1"}, Outcome.SENT),
        (204, None, Outcome.SENT),
        (404, {"code": 10015}, Outcome.GONE),
        (404, {"code": 10003}, Outcome.GONE),
        (404, None, Outcome.TROUBLE),
        (404, {"code": 0}, Outcome.TROUBLE),
        (401, {"code": 50027}, Outcome.REFUSED),
        (401, None, Outcome.REFUSED),
        (403, {"code": 50013}, Outcome.REFUSED),
        (403, None, Outcome.TROUBLE),
        (400, {"code": 220001}, Outcome.FORUM),
        (400, {"code": 50035}, Outcome.REJECTED),
        (413, None, Outcome.REJECTED),
        (502, None, Outcome.TROUBLE),
        (301, None, Outcome.TROUBLE),
    ],
)
def test_what_an_answer_means(status: int, body: object, outcome: Outcome) -> None:
    assert read_answer(status, {}, body).outcome is outcome
