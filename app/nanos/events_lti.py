"""What happened to learning platforms. Ids and hosts alone: who learns there is nobody's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.api import Fact


@dataclass(frozen=True)
class PlatformCreated(Fact):
    name: ClassVar[str] = "nanos.lti.created"


@dataclass(frozen=True)
class PlatformConnected(Fact):
    """Its values were given, or others: from now on these hold. `host`: where its people sign in."""

    name: ClassVar[str] = "nanos.lti.connected"
    host: str


@dataclass(frozen=True)
class PlatformRemoved(Fact):
    """With all that was known of its learners."""

    name: ClassVar[str] = "nanos.lti.removed"
    learners: int


@dataclass(frozen=True)
class LearnerForgotten(Fact):
    name: ClassVar[str] = "nanos.lti.forgotten"


@dataclass(frozen=True)
class LtiCompleted(Fact):
    """Somebody from a platform was through a nano. `score`: hundredths, where the content tells."""

    name: ClassVar[str] = "nanos.lti.completed"
    revision: int
    score: int | None
