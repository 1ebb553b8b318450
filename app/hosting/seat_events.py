"""Who was let in to a server, and who not any more. The subject is the server; people are ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class SeatGiven(Fact):
    """To a person who belongs to the organisation already, or to an address that was asked (`person_id` None)."""

    name: ClassVar[str] = "hosting.seat.given"
    seat_id: UUID
    person_id: UUID | None
    role: str


@dataclass(frozen=True)
class SeatTaken(Fact):
    """The invited person accepted."""

    name: ClassVar[str] = "hosting.seat.taken"
    seat_id: UUID
    person_id: UUID
    role: str


@dataclass(frozen=True)
class SeatChanged(Fact):
    name: ClassVar[str] = "hosting.seat.changed"
    seat_id: UUID
    person_id: UUID | None
    role: str


@dataclass(frozen=True)
class SeatRemoved(Fact):
    """`reason`: by hand, or because the person left the organisation or the invitation ended."""

    name: ClassVar[str] = "hosting.seat.removed"
    seat_id: UUID
    person_id: UUID | None
    reason: str
