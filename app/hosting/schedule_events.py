"""What happened to the plans of game servers. The event's subject is the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class ScheduleCreated(Fact):
    name: ClassVar[str] = "hosting.schedule.created"
    schedule_id: UUID
    action: str


@dataclass(frozen=True)
class ScheduleChanged(Fact):
    name: ClassVar[str] = "hosting.schedule.changed"
    schedule_id: UUID
    action: str


@dataclass(frozen=True)
class ScheduleSwitched(Fact):
    name: ClassVar[str] = "hosting.schedule.switched"
    schedule_id: UUID
    action: str
    on: bool


@dataclass(frozen=True)
class ScheduleDeleted(Fact):
    name: ClassVar[str] = "hosting.schedule.deleted"
    schedule_id: UUID
    action: str


@dataclass(frozen=True)
class ScheduleRan(Fact):
    """A planned run was dealt with: done, nothing to do, or failed for a reason."""

    name: ClassVar[str] = "hosting.schedule.ran"
    schedule_id: UUID
    action: str
    outcome: str
    reason: str | None
    due_at: str


@dataclass(frozen=True)
class ScheduleMissed(Fact):
    """Planned runs that nobody could do in time and that are not made up for."""

    name: ClassVar[str] = "hosting.schedule.missed"
    schedule_id: UUID
    action: str
    count: int
    first: str
