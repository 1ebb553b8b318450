"""Learning as statements of the Experience API (xAPI 1.0.3). Pure: ids follow from what they say, so that the same use is always
the same statement, however often it is exported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

VERBS = "http://adlnet.gov/expapi/verbs/"
_KIND = "http://adlnet.gov/expapi/activities/lesson"
_SPACE = UUID("6f0a3b52-6d6c-5f0e-9a0e-1f5f0d1b7c11")


@dataclass(frozen=True)
class Learning:
    """One person and one nano. `actor` is a number for the person, `home` the platform that knows it; no mail, no name."""

    actor: str
    home: str
    activity: str
    title: str
    language: str
    progress: int
    score: int | None
    seconds: int
    first_at: datetime
    last_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True)
class Told:
    """What a package said about that person in that nano. `piece` names the content, `sub` a part of it or nothing."""

    id: UUID
    piece: str
    sub: str
    verb: str
    score: int | None
    success: bool | None
    completion: bool | None
    seconds: int | None
    at: datetime


def statements(one: Learning) -> list[dict[str, Any]]:
    """When it began, and how it stands: completed, or how far."""
    made = [_statement(one, "initialized", one.first_at, {})]
    if one.completed_at is not None:
        result: dict[str, Any] = {"completion": True, "duration": f"PT{one.seconds}S"}
        if one.score is not None:
            result["score"] = {"scaled": one.score / 100}
        made.append(_statement(one, "completed", one.completed_at, result))
    elif one.progress:
        far = {"completion": False, "duration": f"PT{one.seconds}S"}
        extension = {"https://w3id.org/xapi/cmi5/result/extensions/progress": one.progress}
        made.append(_statement(one, "progressed", one.last_at, {**far, "extensions": extension}))
    return made


def told_statement(one: Learning, said: Told) -> dict[str, Any]:
    """The same as a statement of ours: about the piece, within the nano."""
    result: dict[str, Any] = {}
    if said.score is not None:
        result["score"] = {"scaled": said.score / 100}
    for name, value in (("success", said.success), ("completion", said.completion)):
        if value is not None:
            result[name] = value
    if said.seconds is not None:
        result["duration"] = f"PT{said.seconds}S"
    made = _statement(one, said.verb, said.at, result)
    made["id"] = str(uuid5(_SPACE, f"{one.home}|{one.actor}|{said.id}"))
    whole = {"objectType": "Activity", "id": one.activity}
    made["object"]["id"] = f"{one.activity}#{said.piece}" + (f".{said.sub}" if said.sub else "")
    if said.sub:
        del made["object"]["definition"]["name"]
    return {**made, "context": {"contextActivities": {"parent": [whole]}}}


def _statement(one: Learning, verb: str, at: datetime, result: dict[str, Any]) -> dict[str, Any]:
    said = f"{one.home}|{one.actor}|{one.activity}|{verb}|{at.isoformat()}|{result}"
    made: dict[str, Any] = {
        "id": str(uuid5(_SPACE, said)),
        "version": "1.0.3",
        "actor": {"objectType": "Agent", "account": {"homePage": one.home, "name": one.actor}},
        "verb": {"id": VERBS + verb, "display": {"en": verb}},
        "object": {
            "objectType": "Activity", "id": one.activity,
            "definition": {"type": _KIND, "name": {one.language or "de": one.title}},
        },
        "timestamp": at.isoformat(),
    }  # fmt: skip
    return {**made, "result": result} if result else made
