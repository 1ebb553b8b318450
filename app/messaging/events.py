"""What happened in conversations, for the log: rooms of things and what moderators did. No texts, and nothing of two people's
own conversations: who talks to whom is not the organisation's to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class RoomOpened(Fact):
    """The room of a thing was made."""

    name: ClassVar[str] = "messaging.room.opened"
    about: str


@dataclass(frozen=True)
class MemberLetOut(Fact):
    """Somebody has no business with the thing of this room any more."""

    name: ClassVar[str] = "messaging.room.let_out"
    person_id: UUID


@dataclass(frozen=True)
class MessageRemoved(Fact):
    """A moderator of the platform took a reported message out."""

    name: ClassVar[str] = "messaging.message.removed"
    number: int


@dataclass(frozen=True)
class ReportDismissed(Fact):
    """A moderator of the platform left a reported message where it is."""

    name: ClassVar[str] = "messaging.report.dismissed"
    number: int
