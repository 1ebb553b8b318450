"""Own domains of servers: which names may be entered, which records they need, what the found ones are worth. Pure."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import idna

MOST = 5
"""Own domains of one server."""
LONGEST = 237
"""Of a name: `_minecraft._tcp.` in front of it must fit into the 253 that DNS takes."""
PROOF_PREFIX, SRV_PREFIX, TOKEN_KEY = "_kontor.", "_minecraft._tcp.", "kontor="
USUAL_PORT = 25565
"""What players need not type."""
NOWHERE = ("localhost", "local", "arpa", "onion", "invalid", "internal")
"""Ends of names that the public DNS never answers for."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class Fault(StrEnum):
    """Why a text is no domain that may be entered."""

    EMPTY = "empty"
    ADDRESS = "address"
    SINGLE = "single"
    WILDCARD = "wildcard"
    LONG = "long"
    SYNTAX = "syntax"
    OURS = "ours"
    NOWHERE = "nowhere"


class NoDomain(ValueError):
    """The text is none; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def normal_name(text: str, ours: Iterable[str] = ()) -> str:
    """The one writing of a host name: IDNA 2008 in ASCII, small letters, no dot at the end. Raises NoDomain.

    `ours`: names of the platform; none of them and nothing below them may be entered.
    """
    name = text.strip()
    name = name[:-1] if name.endswith((".", "。")) else name
    if not name:
        raise NoDomain(Fault.EMPTY)
    if len(name) > 4 * LONGEST:
        raise NoDomain(Fault.LONG)
    if _is_address(name):
        raise NoDomain(Fault.ADDRESS)
    if "*" in name:
        raise NoDomain(Fault.WILDCARD)
    name = _ascii(name)
    labels = name.split(".")
    if _is_address(name) or labels[-1].isdigit():
        raise NoDomain(Fault.ADDRESS)
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise NoDomain(Fault.SYNTAX)
    if any(is_below(name, own) for own in ours):
        raise NoDomain(Fault.OURS)
    if labels[-1] in NOWHERE:
        raise NoDomain(Fault.NOWHERE)
    if len(labels) < 2:
        raise NoDomain(Fault.SINGLE)
    return name


def is_host_name(text: str) -> bool:
    """Whether a text is a whole host name in its one writing, wherever it may be known."""
    labels = text.split(".")
    plain = all(_LABEL.fullmatch(label) for label in labels)
    return plain and len(labels) > 1 and len(text) <= 253 and not labels[-1].isdigit()


def _ascii(name: str) -> str:
    try:
        found = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise NoDomain(Fault.LONG if "too long" in str(error).lower() else Fault.SYNTAX) from None
    except UnicodeError:
        raise NoDomain(Fault.SYNTAX) from None
    if len(found) > LONGEST:
        raise NoDomain(Fault.LONG)
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def is_below(name: str, parent: str) -> bool:
    """Whether a name is another one or lies under it."""
    parent = parent.lower().rstrip(".")
    return bool(parent) and (name == parent or name.endswith(f".{parent}"))


def spoken(name: str) -> str:
    """The name as people write it: with its umlauts, where it has any."""
    try:
        return idna.decode(name)
    except UnicodeError:
        return name


@dataclass(frozen=True)
class Seen:
    """What DNS said. A kind of record in `silent` got no answer: nothing is known about it."""

    cname: tuple[str, ...] = ()
    """The whole chain, the last one is where the addresses lie."""
    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    srv: tuple[tuple[str, int], ...] = ()
    """Target and port."""
    here_a: tuple[str, ...] = ()
    """Addresses of the server's own name."""
    here_aaaa: tuple[str, ...] = ()
    silent: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Goal:
    """What a domain has to lead to. `target`: the server's own name that it keeps for ever; `names`: all it has."""

    name: str
    token: str
    target: str
    names: frozenset[str]
    port: int

    @property
    def proof(self) -> str:
        """The text that proves whose domain it is."""
        return f"{TOKEN_KEY}{self.token}"


class Verdict(StrEnum):
    """What a look at DNS comes to."""

    GOOD = "good"
    UNPROVEN = "unproven"
    """It leads here, but nobody has shown that the domain is theirs."""
    ELSEWHERE = "elsewhere"
    MISSING = "missing"
    """There is no record at all."""
    UNCLEAR = "unclear"
    """DNS did not answer what would decide it."""


def judge(goal: Goal, seen: Seen) -> Verdict:
    """What was found, compared with what has to be there."""
    proven, leads = is_proven(goal, seen), leads_here(goal, seen)
    if proven and leads:
        return Verdict.GOOD
    if (leads is None or proven is None) and leads is not False:
        return Verdict.UNCLEAR
    if leads:
        return Verdict.UNPROVEN
    return Verdict.ELSEWHERE if seen.cname or seen.a or seen.aaaa or seen.srv else Verdict.MISSING


def is_proven(goal: Goal, seen: Seen) -> bool | None:
    """By the text, or by an alias to the name that only this server ever has. A nicer name can become another server's:
    an alias to it proves nothing. None: not known."""
    wanted = goal.proof.encode()
    if goal.target in seen.cname or any(hmac.compare_digest(one.encode(), wanted) for one in seen.txt):
        return True
    return None if seen.silent & {"TXT", "CNAME"} else False


def leads_here(goal: Goal, seen: Seen) -> bool | None:
    """Where players come out: games look for SRV first, then for addresses. None: not known."""
    if seen.srv:
        return all(target in goal.names and port == goal.port for target, port in seen.srv)
    if "SRV" in seen.silent or "CNAME" in seen.silent:
        return None
    if goal.names & set(seen.cname):
        return True
    found, here = set(seen.a) | set(seen.aaaa), set(seen.here_a) | set(seen.here_aaaa)
    if found - here and not seen.silent & {"HERE"}:
        return False
    if seen.silent & {"A", "AAAA", "HERE"}:
        return None
    return bool(found)


class Match(StrEnum):
    """One record, compared."""

    FOUND = "found"
    DIFFERS = "differs"
    MISSING = "missing"
    SILENT = "silent"
    """No answer."""
    UNSEEN = "unseen"
    """Nobody has looked yet."""


@dataclass(frozen=True)
class Record:
    """One record to set, and what is there."""

    kind: str
    name: str
    value: str
    match: Match
    found: tuple[str, ...] = ()


def alias_records(goal: Goal, seen: Seen | None) -> list[Record]:
    """The short way: one alias proves and leads."""
    return [_compare("CNAME", goal.name, goal.target, seen, () if seen is None else seen.cname[:1])]


def address_records(goal: Goal, seen: Seen | None) -> list[Record]:
    """For names that cannot be an alias: the proof and the addresses. Without addresses until the first look."""
    rows = [proof_record(goal, seen)]
    if seen is not None:
        rows += [_compare("A", goal.name, one, seen, seen.a) for one in seen.here_a]
        rows += [_compare("AAAA", goal.name, one, seen, seen.aaaa) for one in seen.here_aaaa]
    return rows


def service_records(goal: Goal, seen: Seen | None) -> list[Record]:
    """For names that do something else as well, and for ports that players would have to type."""
    found = () if seen is None else tuple(f"0 5 {port} {target}" for target, port in seen.srv)
    return [
        proof_record(goal, seen),
        _compare("SRV", SRV_PREFIX + goal.name, f"0 5 {goal.port} {goal.target}", seen, found),
    ]


def proof_record(goal: Goal, seen: Seen | None) -> Record:
    """The text that proves whose domain it is."""
    return _compare("TXT", PROOF_PREFIX + goal.name, goal.proof, seen, () if seen is None else seen.txt)


def _compare(kind: str, name: str, value: str, seen: Seen | None, found: tuple[str, ...]) -> Record:
    if seen is None:
        return Record(kind, name, value, Match.UNSEEN)
    if value in found:
        return Record(kind, name, value, Match.FOUND, found)
    if kind in seen.silent:
        return Record(kind, name, value, Match.SILENT)
    return Record(kind, name, value, Match.DIFFERS if found else Match.MISSING, found)


# Looking again ------------------------------------------------------------------------------------------------------

DAY = timedelta(days=1)
EAGER = timedelta(days=2)
"""So long after it was entered somebody is waiting for it."""
FAILURES = 3
"""Daily looks that fail before a domain counts as leading elsewhere."""
KEPT = timedelta(days=7)
"""So long it keeps its route then."""
WARNED = timedelta(days=1)
"""So long before its end people hear of it once more."""


class State(StrEnum):
    """A domain's life. VERIFIED and ELSEWHERE have a route and the name for themselves."""

    PENDING = "pending"
    VERIFIED = "verified"
    ELSEWHERE = "elsewhere"
    LAPSED = "lapsed"


ROUTED = (State.VERIFIED, State.ELSEWHERE)


def look_again(state: State, created_at: datetime, now: datetime) -> datetime:
    """When DNS is asked next: daily, hourly while somebody waits for a new one."""
    waits = state is State.PENDING and now < created_at + EAGER
    return now + (timedelta(hours=1) if waits else DAY)


@dataclass(frozen=True)
class Step:
    """What a look changes. `warn`: people hear once more that the end is near."""

    state: State
    failures: int
    since: datetime | None
    """Since when it counts as leading elsewhere."""
    warn: bool = False


def after_look(
    state: State, failures: int, since: datetime | None, verdict: Verdict, now: datetime, *, daily: bool, warned: bool
) -> Step:  # fmt: skip
    """The step after a look. Only `daily` ones count as failures; a look without an answer decides nothing."""
    if verdict is Verdict.GOOD:
        return Step(State.VERIFIED, 0, None)
    if state is State.VERIFIED:
        counts = daily and verdict is not Verdict.UNCLEAR
        failures += counts
        if counts and failures >= FAILURES:
            return Step(State.ELSEWHERE, failures, now)
        return Step(state, failures, None)
    if state is State.ELSEWHERE and since is not None:
        if now >= since + KEPT and verdict is not Verdict.UNCLEAR:
            return Step(State.LAPSED, failures, since)
        return Step(state, failures, since, warn=not warned and now >= since + KEPT - WARNED)
    return Step(state, failures, since)
