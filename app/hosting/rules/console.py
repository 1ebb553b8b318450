"""What a game's console says: cleaned lines, events in them, ticks per second, players. Pure text in, facts out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from app.hosting.rules.template import Patterns, Tps

LONGEST_LINE = 2000
"""Characters of a line that patterns look at; also what bounds the time a pattern can take."""

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SECTION = re.compile(r"§[0-9a-fk-orx]", re.IGNORECASE)
_LEVEL = r"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)"
_PREFIX = re.compile(
    r"^(?:> )?\[[^\]\[]{0,20}?\d\d:\d\d:\d\d(?:\.\d+)?(?: (?P<paper>" + _LEVEL + r"))?\]"
    r"(?: \[[^\]\[]{1,80}/(?P<level>" + _LEVEL + r")\])?(?: \[[^\]\[]{1,80}\])?:? ?"
)


def clean(line: str) -> str:
    """A line without colour codes, control characters and text-direction tricks."""
    return _SECTION.sub("", _CONTROL.sub("", _ANSI.sub("", line)))


def message(line: str) -> str:
    """The text of a log line behind its time, thread and level; a line without them as it is."""
    match = _PREFIX.match(line)
    return line[match.end() :] if match else line


def level(line: str) -> str:
    """ "error", "warn" or "info", for colouring a console."""
    match = _PREFIX.match(line)
    found = (match["level"] or match["paper"] or "") if match else ""
    return {"ERROR": "error", "FATAL": "error", "WARN": "warn"}.get(found, "info")


class Kind(StrEnum):
    READY = "ready"
    JOIN = "join"
    LEAVE = "leave"
    LAG = "lag"
    CRASH = "crash"
    SAVED = "saved"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something the game said that Kontor acts on."""

    kind: Kind
    player: str | None = None
    seconds: float | None = None
    """How long the start took (ready) or how far behind the game is (lag), where it says so."""


@lru_cache(maxsize=64)
def _compiled(patterns: Patterns) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(getattr(patterns, kind.value))) for kind in Kind)


def happening(patterns: Patterns, line: str) -> Happening | None:
    """What a console line reports. Chat cannot fake it: players' words start with their name in angle brackets."""
    text = message(clean(line[:LONGEST_LINE]))
    for kind, pattern in _compiled(patterns):
        if match := pattern.search(text):
            named = match.groupdict()
            return Happening(kind, named.get("player"), _seconds(named))
    return None


def _seconds(named: dict[str, str | None]) -> float | None:
    if milliseconds := named.get("milliseconds"):
        return int(milliseconds) / 1000
    if seconds := named.get("seconds"):
        return _number(seconds)
    return None


def _number(text: str) -> float | None:
    """A number as any locale writes it: 5.123 or 5,123."""
    try:
        return float(text.replace(",", ".", 1))
    except ValueError:
        return None


_PAPER = re.compile(r"TPS from last [^:]*: *\*?(\d+(?:[.,]\d+)?)")
_TARGET = re.compile(r"Target tick rate: (\d+(?:[.,]\d+)?)")
_AVERAGE = re.compile(r"Average time per tick: (\d+(?:[.,]\d+)?) ?ms")
_FORGE = re.compile(r"Overall ?: .*?Mean TPS: (\d+(?:[.,]\d+)?)", re.DOTALL)
_NEOFORGE = re.compile(r"Overall: (\d+(?:[.,]\d+)?) TPS")


def read_tps(tps: Tps, reply: str, players: int | None) -> float | None:
    """Ticks per second from the reply to `tps.command`; None when the game does not say or stands still while empty.

    An empty server that pauses reports figures of a loop that is not running: no value, not zero.
    """
    if tps.reader == "none" or (tps.pauses_when_empty and players == 0):
        return None
    text = clean(reply)
    if tps.reader == "tick-query":
        average, target = _first(_AVERAGE, text), _first(_TARGET, text) or 20.0
        return None if average is None else (target if average == 0 else min(target, 1000 / average))
    if tps.reader == "paper":
        found = _first(_PAPER, text)
    else:
        found = _first(_FORGE, text)
        found = _first(_NEOFORGE, text) if found is None else found
    return None if found is None else min(found, 1000.0)


def _first(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    return _number(match[1]) if match else None


_LIST = re.compile(r"There are (\d+)(?: of a max(?: of)? |/)(\d+) players online:?\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PlayerList:
    online: int
    maximum: int
    names: tuple[str, ...]


def read_players(reply: str) -> PlayerList | None:
    """The reply to `list`, in the wording of any version since 1.7."""
    match = _LIST.search(clean(reply))
    if match is None:
        return None
    names = tuple(name for part in re.split(r"[,\n]", match[3]) if (name := part.strip()))
    return PlayerList(int(match[1]), int(match[2]), names)
