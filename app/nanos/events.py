"""What happened to nanos. The subject is the nano; people are ids, no title or text is kept here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class NanoCreated(Fact):
    """`follows_id`: it began as a copy, because the learning outcome is to be another."""

    name: ClassVar[str] = "nanos.nano.created"
    follows_id: UUID | None = None


@dataclass(frozen=True)
class NanoSubmitted(Fact):
    """A revision waits for its review."""

    name: ClassVar[str] = "nanos.nano.submitted"
    revision: int


@dataclass(frozen=True)
class NanoWithdrawn(Fact):
    """The provider took the request back."""

    name: ClassVar[str] = "nanos.nano.withdrawn"
    revision: int


@dataclass(frozen=True)
class NanoPublished(Fact):
    """A revision is public now; with the first one, the nano is."""

    name: ClassVar[str] = "nanos.nano.published"
    revision: int


@dataclass(frozen=True)
class NanoSentBack(Fact):
    """The reason stands in the revision, not here: it is text of people."""

    name: ClassVar[str] = "nanos.nano.sent_back"
    revision: int


@dataclass(frozen=True)
class RevisionBegun(Fact):
    name: ClassVar[str] = "nanos.revision.begun"
    revision: int


@dataclass(frozen=True)
class RevisionDiscarded(Fact):
    name: ClassVar[str] = "nanos.revision.discarded"
    revision: int


@dataclass(frozen=True)
class FileAdded(Fact):
    name: ClassVar[str] = "nanos.file.added"
    kind: str
    size: int


@dataclass(frozen=True)
class FileRemoved(Fact):
    name: ClassVar[str] = "nanos.file.removed"
    kind: str


@dataclass(frozen=True)
class EndingPlanned(Fact):
    """Dates as YYYY-MM-DD, None where there is none."""

    name: ClassVar[str] = "nanos.nano.ending_planned"
    retires_on: str | None
    removes_on: str | None


@dataclass(frozen=True)
class NanoRetired(Fact):
    name: ClassVar[str] = "nanos.nano.retired"


@dataclass(frozen=True)
class NanoReturned(Fact):
    """Retired, and public again."""

    name: ClassVar[str] = "nanos.nano.returned"


@dataclass(frozen=True)
class NanoRemoved(Fact):
    """Gone with its files. `by_date`: the calendar did it."""

    name: ClassVar[str] = "nanos.nano.removed"
    by_date: bool


@dataclass(frozen=True)
class UseCompleted(Fact):
    """Somebody was through a nano for the first time. `score` in hundredths, where the content tells one."""

    name: ClassVar[str] = "nanos.use.completed"
    revision: int
    seconds: int
    score: int | None


@dataclass(frozen=True)
class UseRepeated(Fact):
    """Somebody was through a nano once more."""

    name: ClassVar[str] = "nanos.use.repeated"
    revision: int


@dataclass(frozen=True)
class Assigned(Fact):
    """An organisation asked its people to work through a nano. `people`: how many at first."""

    name: ClassVar[str] = "nanos.assignment.created"
    assignment_id: UUID
    due_on: str
    people: int


@dataclass(frozen=True)
class AssignmentEnded(Fact):
    """Taken back, or its nano is gone; `open`: how many had not been through it."""

    name: ClassVar[str] = "nanos.assignment.ended"
    assignment_id: UUID
    open: int


@dataclass(frozen=True)
class DutyDone(Fact):
    """One person's part is done."""

    name: ClassVar[str] = "nanos.duty.done"
    duty_id: UUID
    person_id: UUID
    due_on: str


@dataclass(frozen=True)
class DutyWithdrawn(Fact):
    """One person need not do it any more."""

    name: ClassVar[str] = "nanos.duty.withdrawn"
    duty_id: UUID


@dataclass(frozen=True)
class DutyReopened(Fact):
    """A completion was taken back: the person is to do it again."""

    name: ClassVar[str] = "nanos.duty.reopened"
    duty_id: UUID


@dataclass(frozen=True)
class CertificateIssued(Fact):
    name: ClassVar[str] = "nanos.certificate.issued"
    certificate_id: UUID


@dataclass(frozen=True)
class CertificateRevoked(Fact):
    """`why`: holder, withdrawn, erased."""

    name: ClassVar[str] = "nanos.certificate.revoked"
    certificate_id: UUID
    why: str


@dataclass(frozen=True)
class BadgeKeyMade(Fact):
    """A new key signs from now on."""

    name: ClassVar[str] = "nanos.badge_key.made"
    serial: int


@dataclass(frozen=True)
class BadgeKeyRevoked(Fact):
    """What was signed with it verifies no more; its certificates are signed anew when they are fetched."""

    name: ClassVar[str] = "nanos.badge_key.revoked"
    serial: int
