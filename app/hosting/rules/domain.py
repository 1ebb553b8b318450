"""Own domains of servers: which records they need, and what the found ones are worth. Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import StrEnum

MOST = 5
"""Own domains of one server."""
PROOF_PREFIX, SRV_PREFIX, TOKEN_KEY = "_kontor.", "_minecraft._tcp.", "kontor="
USUAL_PORT = 25565
"""What players need not type."""


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
    there = () if seen is None else seen.cname[:1] or seen.a + seen.aaaa
    return [_compare("CNAME", goal.name, goal.target, seen, there)]


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
