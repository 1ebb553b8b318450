"""What happened in moderation. The subject is the thing decided about, or the case; no text of people is kept here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.api import Fact


@dataclass(frozen=True)
class CaseClaimed(Fact):
    """Somebody took an item of the queue, by a button: looking at it is no event."""

    name: ClassVar[str] = "nanos.case.claimed"


@dataclass(frozen=True)
class CaseReleased(Fact):
    """They gave it back."""

    name: ClassVar[str] = "nanos.case.released"


@dataclass(frozen=True)
class ModerationDecided(Fact):
    """`kind`: of the queue's item. `on_provider`: "", warn or suspend."""

    name: ClassVar[str] = "nanos.moderation.decided"
    kind: str
    measure: str
    on_provider: str = ""


@dataclass(frozen=True)
class NoticeReceived(Fact):
    """The subject is the notice."""

    name: ClassVar[str] = "nanos.notice.received"
    category: str


@dataclass(frozen=True)
class AppealMade(Fact):
    """`side`: provider or notifier."""

    name: ClassVar[str] = "nanos.appeal.made"
    side: str


@dataclass(frozen=True)
class AppealDecided(Fact):
    """`result`: upheld or reversed, said of the first decision."""

    name: ClassVar[str] = "nanos.appeal.decided"
    result: str


@dataclass(frozen=True)
class SampleDrawn(Fact):
    """The weekly sample."""

    name: ClassVar[str] = "nanos.sample.drawn"
    week: str
    size: int


@dataclass(frozen=True)
class RankingTrained(Fact):
    """`state`: active or off."""

    name: ClassVar[str] = "nanos.ranking.trained"
    state: str
    decisions: int


@dataclass(frozen=True)
class ModerationConfigured(Fact):
    """Names of what was changed, not the values."""

    name: ClassVar[str] = "nanos.moderation.configured"
    fields: str


@dataclass(frozen=True)
class TransparencyPublished(Fact):
    """Days as YYYY-MM-DD."""

    name: ClassVar[str] = "nanos.transparency.published"
    first: str
    last: str
