"""What happened to backups of game servers. The subject is the server. Ids and numbers only, as in events.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class BackupBegun(Fact):
    """A backup of the server, which is the subject, was ordered. `origin` says why."""

    name: ClassVar[str] = "hosting.backup.begun"
    backup_id: UUID
    origin: str


@dataclass(frozen=True)
class BackupMade(Fact):
    """It is in its place, read back, every hash compared."""

    name: ClassVar[str] = "hosting.backup.made"
    backup_id: UUID
    origin: str
    size_bytes: int
    raw_bytes: int
    seconds: int


@dataclass(frozen=True)
class BackupFailed(Fact):
    """It was not made; `failure` says why. The world was not touched."""

    name: ClassVar[str] = "hosting.backup.failed"
    backup_id: UUID
    origin: str
    failure: str


@dataclass(frozen=True)
class BackupTested(Fact):
    """It was unpacked by way of trial, and everything came back."""

    name: ClassVar[str] = "hosting.backup.tested"
    backup_id: UUID


@dataclass(frozen=True)
class BackupTestFailed(Fact):
    """It did not come back whole and counts as lost."""

    name: ClassVar[str] = "hosting.backup.test_failed"
    backup_id: UUID
    failure: str


@dataclass(frozen=True)
class BackupDeleted(Fact):
    name: ClassVar[str] = "hosting.backup.deleted"
    backup_id: UUID


@dataclass(frozen=True)
class BackupDownloaded(Fact):
    """Somebody took a copy of the world."""

    name: ClassVar[str] = "hosting.backup.downloaded"
    backup_id: UUID


@dataclass(frozen=True)
class BackupPlanChanged(Fact):
    name: ClassVar[str] = "hosting.backup.plan_changed"


@dataclass(frozen=True)
class RestoreBegun(Fact):
    """The world of a backup is being brought into the server, which is the subject."""

    name: ClassVar[str] = "hosting.restore.begun"
    backup_id: UUID


@dataclass(frozen=True)
class ServerRestored(Fact):
    """The world of the backup is the server's from now on."""

    name: ClassVar[str] = "hosting.restore.done"
    backup_id: UUID
    seconds: int


@dataclass(frozen=True)
class RestoreFailed(Fact):
    """The server's world stayed what it was; `failure` says why."""

    name: ClassVar[str] = "hosting.restore.failed"
    backup_id: UUID
    failure: str
