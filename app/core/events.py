"""What an event is, and who wants to hear of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID


class Fact:
    """Base of a module's events: frozen dataclasses in the past tense with a literal `name`."""

    name: ClassVar[str]


@dataclass(frozen=True)
class Recorded:
    """An event as subscribers and pages see it."""

    id: UUID
    seq: int
    name: str
    at: datetime
    organisation_id: UUID | None
    actor_id: UUID | None
    subject_type: str | None
    subject_id: UUID | None
    data: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    token_id: UUID | None = None
    request_id: str | None = None


Subscriber = Callable[[Recorded], None]
_subscribers: dict[str, dict[str, Subscriber]] = {}


def subscribe(*names: str) -> Callable[[Subscriber], Subscriber]:
    """The function runs as a job of its own for each event with one of these names; it must be idempotent."""

    def register(function: Subscriber) -> Subscriber:
        for name in names:
            _subscribers.setdefault(name, {})[f"{function.__module__}.{function.__name__}"] = function
        return function

    return register


def subscriber(name: str, path: str) -> Subscriber | None:
    """The registered function, or None when a release took it away meanwhile."""
    return _subscribers.get(name, {}).get(path)


def subscribers_of(name: str) -> list[str]:
    """Paths of the functions that want this event."""
    return list(_subscribers.get(name, {}))
