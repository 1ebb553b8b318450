"""What an H5P package says about somebody: xAPI statements, and what it wants back next time. Pure.

Of statements only that is taken which says how far somebody came: verb, part, score, success. Answers are not kept.
Source: xAPI 1.0.3 (4.1), H5P.XAPIEvent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any
from uuid import UUID

from app.nanos.rules.scorm_state import MOST_LETTERS, Meaning
from app.nanos.rules.xapi import VERBS

KNOWN = frozenset(
    ("attempted", "initialized", "progressed", "answered", "completed", "passed", "mastered", "failed")
)
DONE = frozenset(("answered", "completed", "passed", "mastered"))
"""Said of the whole, they end it: H5P's own core counts the first two, questions by themselves never say more."""
MOST_AT_ONCE = 50
MOST_NAMES = 200
SILENT = "silent"
"""Kept for content that never says that it ended: it has no points to reach."""
_DATA = re.compile(r"[A-Za-z0-9-]{1,64}/[A-Za-z0-9_.-]{1,64}")
_SUB = re.compile(r"[A-Za-z0-9-]{1,64}")
_DURATION = re.compile(r"PT(\d{1,7})(\.\d{1,6})?S")
_LOCAL = "http://h5p.org/x-api/h5p-subContentId"


@dataclass(frozen=True)
class Said:
    """One statement. `sub`: the part it is about, empty for the whole; `score`: hundredths; `seconds`: how long it took."""

    id: UUID
    verb: str
    sub: str
    whole: bool
    score: int | None
    success: bool | None
    completion: bool | None
    seconds: int | None


def read_statements(given: object) -> tuple[Said, ...]:
    """Statements out of JSON. Raises ValueError for what the runtime would not say."""
    if not isinstance(given, list) or len(given) > MOST_AT_ONCE:
        raise ValueError("statements")
    return tuple(_statement(one) for one in given)


def _statement(given: object) -> Said:
    found = _object(given)
    verb = str(_object(found.get("verb")).get("id", ""))
    if not verb.startswith(VERBS) or verb.removeprefix(VERBS) not in KNOWN:
        raise ValueError("verb")
    definition = _object(_object(found.get("object")).get("definition", {}))
    sub = _object(definition.get("extensions", {})).get(_LOCAL, "")
    if not isinstance(sub, str) or (sub and not _SUB.fullmatch(sub)):
        raise ValueError("object")
    around = _object(_object(found.get("context", {})).get("contextActivities", {}))
    result = _object(found.get("result", {}))
    return Said(
        UUID(_said(found.get("id"))), verb.removeprefix(VERBS), sub, not sub and not around.get("parent"),
        _score(result.get("score")), _truth(result, "success"), _truth(result, "completion"), _seconds(result),
    )  # fmt: skip


def _object(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError("object")
    return given


def _said(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError("text")
    return given


def _truth(result: Mapping[str, Any], name: str) -> bool | None:
    value = result.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(name)
    return value


def _number(score: Mapping[str, Any], name: str) -> float | None:
    value = score.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not isfinite(value)
        or abs(value) > 1e9
    ):
        raise ValueError(name)
    return float(value)


def _score(given: object) -> int | None:
    """Hundredths of what can be reached; None where nothing can be."""
    if given is None:
        return None
    score = _object(given)
    scaled, raw, low, high = (_number(score, name) for name in ("scaled", "raw", "min", "max"))
    if high is not None and raw is not None and high > (low or 0.0):
        scaled = (raw - (low or 0.0)) / (high - (low or 0.0))
    elif high is not None:
        return None
    return None if scaled is None else round(min(1.0, max(0.0, scaled)) * 100)


def _seconds(result: Mapping[str, Any]) -> int | None:
    if result.get("duration") is None:
        return None
    found = _DURATION.fullmatch(_said(result["duration"]))
    if found is None:
        raise ValueError("duration")
    return int(found[1])


def outcome(statements: Sequence[Said]) -> Meaning:
    """What was said of the whole. How well it went is its own matter: a poor result is a result, "failed" is no end."""
    whole = [one for one in statements if one.whole]
    done = any(one.verb in DONE and one.completion is not False for one in whole)
    scores = [one.score for one in whole if one.score is not None and one.verb in DONE | {"failed"}]
    return Meaning(100 if done else 0, done, max(scores, default=None))


def read_data(given: object, *, silent: bool) -> dict[str, str]:
    """What the runtime wants kept, by part and name. Raises ValueError."""
    if not isinstance(given, dict) or len(given) > MOST_NAMES:
        raise ValueError("state")
    for name, value in given.items():
        if (
            not isinstance(name, str)
            or not _DATA.fullmatch(name)
            or not isinstance(value, str)
            or "\0" in value
        ):
            raise ValueError("state")
    if sum(len(value) for value in given.values()) > MOST_LETTERS:
        raise ValueError("state")
    return {**given, **({SILENT: "1"} if silent else {})}


def again(state: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What was kept, as the runtime takes it: by part, then by name."""
    found: dict[str, dict[str, str]] = {}
    for name, value in state.items():
        part, _, what = name.partition("/")
        if what:
            found.setdefault(part, {})[what] = value
    return found
