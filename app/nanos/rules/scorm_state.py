"""What a SCORM package says about somebody: what is kept of it, what it means, what it gets back next time. Pure.

Elements are those of the run-time data models: SCORM 1.2 RTE 3.4, SCORM 2004 4th Edition RTE 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_ELEMENTS = 2_000
MOST_LETTERS = 250_000
"""Beyond what both editions allow for suspend data (4,096 and 64,000), with answers of a long test."""
_NAME = re.compile(r"(cmi|adl)\.[A-Za-z0-9_.]{1,150}")
_NOT_AGAIN = re.compile(r"cmi\.(core\.)?(exit|session_time|entry|total_time)|adl\..*")
_DONE_12 = ("passed", "completed")


@dataclass(frozen=True)
class Meaning:
    """Hundredths, and whether it is through."""

    progress: int
    done: bool
    score: int | None


def read_state(given: object) -> dict[str, str]:
    """Elements out of JSON. Raises ValueError for anything a runtime would not say."""
    if not isinstance(given, dict) or len(given) > MOST_ELEMENTS:
        raise ValueError("state")
    for name, value in given.items():
        if (
            not isinstance(name, str)
            or not _NAME.fullmatch(name)
            or not isinstance(value, str)
            or "\0" in value
        ):
            raise ValueError("state")
    if sum(len(value) for value in given.values()) > MOST_LETTERS:
        raise ValueError("state")
    return dict(given)


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"-?\d{1,9}(\.\d{1,12})?", text) else None


def _hundredths(value: float) -> int:
    return round(min(1.0, max(0.0, value)) * 100)


def _raw_score(state: Mapping[str, str], prefix: str) -> int | None:
    """Between its own least and most; SCORM 1.2 counts from 0 to 100 where nothing is said."""
    raw, low, high = (_number(state.get(f"{prefix}.{name}")) for name in ("raw", "min", "max"))
    if raw is None:
        return None
    low, high = low or 0.0, 100.0 if high is None else high
    return _hundredths((raw - low) / (high - low)) if high > low else None


def meaning(edition: str, state: Mapping[str, str], mastery: str = "") -> Meaning:
    """`mastery`: the raw score the manifest asks for (1.2 only); where there is one, it decides."""
    if edition == "1.2":
        return _meaning_12(state, mastery)
    scaled = _number(state.get("cmi.score.scaled"))
    score = _hundredths(scaled) if scaled is not None else _raw_score(state, "cmi.score")
    success = state.get("cmi.success_status", "unknown")
    done = success == "passed" or (state.get("cmi.completion_status") == "completed" and success != "failed")
    measure = _number(state.get("cmi.progress_measure"))
    return Meaning(100 if done else _hundredths(measure or 0.0), done, score)


def _meaning_12(state: Mapping[str, str], mastery: str) -> Meaning:
    score, asked = _raw_score(state, "cmi.core.score"), _number(mastery)
    raw = _number(state.get("cmi.core.score.raw"))
    done = state.get("cmi.core.lesson_status") in _DONE_12
    if asked is not None and raw is not None and "cmi.core.lesson_status" in state:
        done = raw >= asked and state["cmi.core.lesson_status"] not in ("incomplete", "not attempted")
    return Meaning(100 if done else 0, done, score)


def again(
    edition: str, state: Mapping[str, str], seconds: int, learner: str, mastery: str = ""
) -> dict[str, str]:
    """What the runtime begins with: what was kept, and what is ours to say. `learner` is no name."""
    found = {name: value for name, value in state.items() if not _NOT_AGAIN.fullmatch(name)}
    entry = "resume" if found else "ab-initio"
    if edition == "1.2":
        hours, rest = divmod(seconds, 3600)
        ours = {
            "cmi.core.entry": entry, "cmi.core.student_id": learner, "cmi.core.credit": "credit",
            "cmi.core.lesson_mode": "normal", "cmi.core.total_time": f"{hours:02}:{rest // 60:02}:{rest % 60:02}",
            **({"cmi.student_data.mastery_score": mastery} if mastery else {}),
        }  # fmt: skip
    else:
        ours = {
            "cmi.entry": entry, "cmi.learner_id": learner, "cmi.credit": "credit", "cmi.mode": "normal",
            "cmi.total_time": f"PT{seconds}S",
        }  # fmt: skip
    return {**found, **ours}
