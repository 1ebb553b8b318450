"""Who watches a live part, and as whom it is rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from app.kit.authz import Actor


@dataclass(frozen=True)
class View:
    """What a rendering may depend on. Never the person: others see the same frame."""

    locale: str
    timezone: str
    role: str | None
    is_operator: bool
    organisation_id: UUID | None
    granted: frozenset[str] = frozenset()
    granted_on: UUID | None = None

    @classmethod
    def of(cls, actor: Actor) -> View:
        return cls(
            actor.locale, actor.timezone, actor.role, actor.is_operator, actor.organisation_id, actor.granted,
            actor.granted_on,
        )  # fmt: skip


@dataclass(slots=True)
class Viewer:
    """Who is behind a socket and what it watches."""

    actor: Actor
    topics: dict[str, View] = field(default_factory=dict)
    window: float = 0.0
    count: int = 0
