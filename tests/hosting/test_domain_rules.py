"""Own domains, decided: which names, what records are worth, when a domain is given up; and the Caddyfile."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.hosting.rules import caddy
from app.hosting.rules.domain import (
    Goal,
    Match,
    Seen,
    Verdict,
    address_records,
    alias_records,
    judge,
    service_records,
)
from app.hosting.rules.domain_life import KEPT, State, after_look, look_again
from app.hosting.rules.host_name import LONGEST, Fault, NoDomain, is_below, normal_name, spoken

OURS = ["play.kontor.example", "kontor.example"]
OWN, NICE = "0a.play.kontor.example", "bauwelt.play.kontor.example"
GOAL = Goal("mc.example.org", "tok", OWN, frozenset({OWN, NICE}), 25565)
PROOF = ("kontor=tok",)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mc.example.org", "mc.example.org"),
        ("  MC.Example.ORG. ", "mc.example.org"),
        ("mc.bücher.example", "mc.xn--bcher-kva.example"),
        ("MC.BÜCHER.example", "mc.xn--bcher-kva.example"),
        ("straße.example.org", "xn--strae-oqa.example.org"),
        ("mc。example。org", "mc.example.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1und1.example.org", "1und1.example.org"),
    ],
)
def test_one_writing_of_a_name(text: str, name: str) -> None:
    assert normal_name(text, OURS) == name


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.EMPTY), (" . ", Fault.EMPTY),
        ("192.0.2.1", Fault.ADDRESS), ("2001:db8::1", Fault.ADDRESS), ("[::1]", Fault.ADDRESS), ("1.2.3", Fault.ADDRESS),
        ("example", Fault.SINGLE),
        ("*.example.org", Fault.WILDCARD),
        ("a" * 64 + ".example.org", Fault.LONG), (".".join(["abcdefghi"] * 30), Fault.LONG), ("x" * 5000, Fault.LONG),
        ("https://example.org", Fault.SYNTAX), ("example.org:25565", Fault.SYNTAX), ("a b.example.org", Fault.SYNTAX),
        ("a_b.example.org", Fault.SYNTAX), ("-a.example.org", Fault.SYNTAX), ("a..example.org", Fault.SYNTAX),
        ("me@example.org", Fault.SYNTAX), ("a.example.org/x", Fault.SYNTAX), ("xn--zzzzzzz-.example", Fault.SYNTAX),
        ("a\x00.example.org", Fault.SYNTAX), ("a.example.org {\n}", Fault.SYNTAX), ("☃.example.org", Fault.SYNTAX),
        ("play.kontor.example", Fault.OURS), ("x.PLAY.kontor.example.", Fault.OURS), ("shop.kontor.example", Fault.OURS),
        ("mc.localhost", Fault.NOWHERE), ("4.3.2.1.in-addr.arpa", Fault.NOWHERE),
    ],
)  # fmt: skip
def test_what_is_no_name(text: str, fault: Fault) -> None:
    with pytest.raises(NoDomain) as wrong:
        normal_name(text, OURS)
    assert wrong.value.fault is fault


@UNHURRIED
@given(st.one_of(st.text(max_size=80), st.from_regex(r"[a-zäöüß0-9.*_-]{1,60}\.[a-z]{2,9}", fullmatch=True)))
def test_whatever_comes_is_a_plain_name_or_a_fault(text: str) -> None:
    try:
        name = normal_name(text, OURS)
    except NoDomain:
        return
    assert re.fullmatch(r"[a-z0-9.-]+", name)
    assert len(name) <= LONGEST
    assert normal_name(name, OURS) == name, "normal is normal"
    assert normal_name(f"{name}.".upper(), OURS) == name
    assert not any(is_below(name, one) for one in OURS)
    assert normal_name(spoken(name), OURS) == name


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (Seen(), Verdict.MISSING),
        (Seen(cname=(OWN,)), Verdict.GOOD),
        (Seen(cname=("alias.example.org", OWN)), Verdict.GOOD),
        (Seen(cname=(NICE,)), Verdict.UNPROVEN),
        (Seen(cname=(NICE,), txt=PROOF), Verdict.GOOD),
        (Seen(cname=("other.example",)), Verdict.ELSEWHERE),
        (Seen(txt=PROOF), Verdict.MISSING),
        (Seen(a=("192.0.2.7",), here_a=("192.0.2.7",)), Verdict.UNPROVEN),
        (Seen(a=("192.0.2.7",), here_a=("192.0.2.7",), txt=("kontor=another",)), Verdict.UNPROVEN),
        (Seen(a=("192.0.2.7",), here_a=("192.0.2.7", "192.0.2.8"), txt=("spf", *PROOF)), Verdict.GOOD),
        (Seen(a=("192.0.2.7", "198.51.100.1"), here_a=("192.0.2.7",), txt=PROOF), Verdict.ELSEWHERE),
        (Seen(a=("192.0.2.7",), aaaa=("2001:db8::9",), here_a=("192.0.2.7",), txt=PROOF), Verdict.ELSEWHERE),
        (Seen(a=("192.0.2.7",), txt=PROOF), Verdict.ELSEWHERE),
        (Seen(srv=((OWN, 25565),), txt=PROOF), Verdict.GOOD),
        (Seen(srv=((OWN, 25565),)), Verdict.UNPROVEN),
        (Seen(srv=((OWN, 25566),), txt=PROOF), Verdict.ELSEWHERE),
        (Seen(cname=(OWN,), srv=(("other.example", 25565),)), Verdict.ELSEWHERE),
        (Seen(srv=((OWN, 25565), ("other.example", 25565)), txt=PROOF), Verdict.ELSEWHERE),
        (Seen(a=("192.0.2.7",), here_a=("192.0.2.7",), silent=frozenset({"TXT"})), Verdict.UNCLEAR),
        (Seen(txt=PROOF, silent=frozenset({"A"})), Verdict.UNCLEAR),
        (Seen(txt=PROOF, a=("192.0.2.7",), silent=frozenset({"HERE"})), Verdict.UNCLEAR),
        (Seen(cname=(OWN,), silent=frozenset({"SRV"})), Verdict.UNCLEAR),
        (Seen(a=("198.51.100.1",), here_a=("192.0.2.7",), silent=frozenset({"TXT"})), Verdict.ELSEWHERE),
        (Seen(silent=frozenset({"CNAME", "A", "AAAA", "SRV", "TXT", "HERE"})), Verdict.UNCLEAR),
    ],
)
def test_what_records_are_worth(seen: Seen, verdict: Verdict) -> None:
    assert judge(GOAL, seen) is verdict


_NAMES = st.sampled_from([OWN, NICE, "other.example"])
_IPS = st.lists(st.sampled_from(["192.0.2.7", "192.0.2.8", "198.51.100.1"]), max_size=2).map(tuple)


@UNHURRIED
@given(
    st.builds(
        Seen, cname=st.lists(_NAMES, max_size=2).map(tuple), a=_IPS, aaaa=st.just(()), here_a=_IPS, here_aaaa=st.just(()),
        txt=st.lists(st.sampled_from(["kontor=tok", "kontor=TOK", "kontor=", "tok"]), max_size=2).map(tuple),
        srv=st.lists(st.tuples(_NAMES, st.sampled_from([25565, 25566])), max_size=2).map(tuple),
        silent=st.frozensets(st.sampled_from(["CNAME", "A", "AAAA", "SRV", "TXT", "HERE"])),
    )
)  # fmt: skip
def test_nobody_takes_a_name_without_a_proof(seen: Seen) -> None:
    if judge(GOAL, seen) is Verdict.GOOD:
        assert "kontor=tok" in seen.txt or OWN in seen.cname
        assert seen.srv or set(seen.cname) & {OWN, NICE} or set(seen.a) <= set(seen.here_a)


def test_each_record_is_compared() -> None:
    unseen = [one.match for one in (*alias_records(GOAL, None), *address_records(GOAL, None))]
    assert unseen == [Match.UNSEEN, Match.UNSEEN]
    seen = Seen(cname=("x.example",), a=("192.0.2.7",), txt=("else",), here_a=("192.0.2.7", "192.0.2.8"))
    (alias,) = alias_records(GOAL, seen)
    assert (alias.kind, alias.value, alias.match, alias.found) == (
        "CNAME",
        OWN,
        Match.DIFFERS,
        ("x.example",),
    )
    proof, first, second = address_records(GOAL, seen)
    assert (proof.name, proof.value, proof.match) == ("_kontor.mc.example.org", "kontor=tok", Match.DIFFERS)
    assert (first.match, second.match) == (Match.FOUND, Match.DIFFERS)
    service = service_records(GOAL, seen)[1]
    assert (service.name, service.value) == ("_minecraft._tcp.mc.example.org", f"0 5 25565 {OWN}")
    assert service.match is Match.MISSING
    assert service_records(GOAL, Seen(silent=frozenset({"SRV"})))[1].match is Match.SILENT


def test_three_daily_failures_then_seven_days() -> None:
    state, failures, since, warned = State.VERIFIED, 0, None, False
    story = []
    for day in range(1, 12):
        now = NOW + day * DAY
        for daily in (False, True):  # a click before the daily look changes nothing
            step = after_look(state, failures, since, Verdict.ELSEWHERE, now, daily=daily, warned=warned)
            if not daily:
                assert step.state is state or step.state is State.LAPSED
                continue
            state, failures, since, warned = step.state, step.failures, step.since, warned or step.warn
            story.append((day, state, step.warn))
    assert [day for day, one, _ in story if one is State.VERIFIED] == [1, 2]
    assert [day for day, one, _ in story if one is State.ELSEWHERE] == list(range(3, 10))
    assert [day for day, _, warn in story if warn] == [9]
    assert story[9][1] is State.LAPSED


def test_silence_decides_nothing_and_good_records_heal() -> None:
    step = after_look(State.VERIFIED, 2, None, Verdict.UNCLEAR, NOW, daily=True, warned=False)
    assert (step.state, step.failures) == (State.VERIFIED, 2)
    step = after_look(State.ELSEWHERE, 3, NOW - 2 * KEPT, Verdict.UNCLEAR, NOW, daily=True, warned=True)
    assert step.state is State.ELSEWHERE
    for state in State:
        step = after_look(state, 3, NOW - DAY, Verdict.GOOD, NOW, daily=False, warned=True)
        assert (step.state, step.failures, step.since) == (State.VERIFIED, 0, None)


def test_new_ones_are_looked_at_more_often() -> None:
    assert look_again(State.PENDING, NOW, NOW) == NOW + timedelta(hours=1)
    assert look_again(State.PENDING, NOW - 3 * DAY, NOW) == NOW + DAY
    assert look_again(State.VERIFIED, NOW, NOW) == NOW + DAY


@UNHURRIED
@given(st.lists(st.tuples(st.text(max_size=40), st.sampled_from(["", "127.0.0.1:8123"])), max_size=5))
def test_nothing_but_names_reaches_the_caddyfile(given_sites: list[tuple[str, str]]) -> None:
    text = caddy.caddyfile(
        [caddy.Site((name, "mc.example.org"), where) for name, where in given_sites], "https://kontor.example"
    )
    body = text.removeprefix(caddy.HEAD)
    names = r"[a-z0-9.-]+(, [a-z0-9.-]+)*"
    alone = caddy.caddyfile([caddy.Site(("x.example.org",), "127.0.0.1:8123")], "https://kontor.example")
    a_map = re.escape(alone.removeprefix(f"{caddy.HEAD}\nx.example.org {{\n").removesuffix("}\n"))
    block = rf"{names} \{{\n({a_map}|\tredir https://kontor\.example/ 302\n)\}}\n"
    assert re.fullmatch(rf"(\n{block})*", body) is not None
    assert len(re.findall(r"mc\.example\.org", body)) <= 1 or not given_sites


@pytest.mark.parametrize(
    "text", ["", "8123", "a:0", "a:70000", "a b:80", "x{}:80", "a\n:80", "http://a:80", "[zz]:80", "a:٣"]
)
def test_no_upstream(text: str) -> None:
    with pytest.raises(ValueError):
        caddy.upstream(text)


def test_upstreams() -> None:
    assert caddy.upstream("127.0.0.1:8123") == "127.0.0.1:8123"
    assert caddy.upstream("[2001:DB8::1]:8100") == "[2001:db8::1]:8100"
    with pytest.raises(ValueError):
        caddy.web_address("https://x.example {\n")
