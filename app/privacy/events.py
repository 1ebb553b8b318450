"""What happened in privacy. Ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.events import Fact


@dataclass(frozen=True)
class ExportMade(Fact):
    name: ClassVar[str] = "privacy.export.made"
    person_id: UUID


@dataclass(frozen=True)
class ErasureScheduled(Fact):
    name: ClassVar[str] = "privacy.erasure.scheduled"
    person_id: UUID
    due_at: str


@dataclass(frozen=True)
class ErasureCalledOff(Fact):
    name: ClassVar[str] = "privacy.erasure.called_off"
    person_id: UUID
