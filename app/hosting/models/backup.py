"""Backups of worlds: what is known of each beyond its archive, plans, restores, and games that are held still."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Backup(db.Model):  # type: ignore[name-defined]
    """What makes an archive with the purpose "backup" one. State, size and hashes stand on the archive."""

    __tablename__ = "hosting_backup"

    archive_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_archive.id"), primary_key=True)
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"), index=True)
    origin: Mapped[str] = mapped_column(String(10))
    """Why it was made: `Origin`."""
    begun_at: Mapped[datetime | None]
    """When the attempt that made it began; before that it waited."""
    tries: Mapped[int] = mapped_column(default=0)
    """Attempts that found something writing in the world."""
    kept: Mapped[bool] = mapped_column(default=False)
    """It stays until a person deletes it."""
    tested_at: Mapped[datetime | None]
    """When it was last unpacked to see whether it comes back whole."""
    test_failure: Mapped[str | None] = mapped_column(String(30))
    """What was wrong then: `Failure`. Such a one counts as lost."""


class BackupPlan(db.Model):  # type: ignore[name-defined]
    """How a server is backed up by itself, and how much is kept. Made with the first backup or the first choice."""

    __tablename__ = "hosting_backup_plan"

    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"), primary_key=True)
    daily: Mapped[bool] = mapped_column(default=False)
    at: Mapped[str] = mapped_column(String(5))
    """Wall time, HH:MM."""
    zone: Mapped[str] = mapped_column(String(64))
    keep_count: Mapped[int]
    keep_days: Mapped[int]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the next daily one is due; None while that is switched off."""
    test_at: Mapped[datetime | None] = mapped_column(index=True)
    """When one is unpacked again to see whether it comes back."""
    test_archive_id: Mapped[UUID | None]
    """The one that is being tested."""
    test_world: Mapped[str | None] = mapped_column(String(32))
    """The generation it is unpacked into, as long as that may lie on the node."""


class SaveHold(db.Model):  # type: ignore[name-defined]
    """A running game was told not to write by itself. While the row is there, somebody owes it the command that ends that.

    Whoever copies keeps `until` ahead; when it passes, that one is lost, and whoever looks next tells the game.
    """

    __tablename__ = "hosting_save_hold"

    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"), primary_key=True)
    run_id: Mapped[UUID]
    token: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    until: Mapped[datetime]


class Restore(db.Model):  # type: ignore[name-defined]
    """A world that is brought back from a backup, into its own server or a new one."""

    __tablename__ = "hosting_restore"

    id: Mapped[UUID] = primary_key()
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    """The server that gets the world."""
    organisation_id: Mapped[UUID]
    archive_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_archive.id"))
    first_id: Mapped[UUID | None]
    """The backup of the present world that is made before."""
    state: Mapped[str] = mapped_column(String(10))
    """`RestoreState`."""
    world: Mapped[str | None] = mapped_column(String(32))
    """The generation that is being unpacked; it becomes the server's when it is whole."""
    former: Mapped[str | None] = mapped_column(String(32))
    """The generation that was the server's until then."""
    failure: Mapped[str | None] = mapped_column(String(30))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_hosting_restore_server", "server_id", "state"),
        Index("ix_hosting_restore_archive", "archive_id", "state"),
    )
