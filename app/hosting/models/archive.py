"""Copies of worlds outside the node."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Archive(db.Model):  # type: ignore[name-defined]
    """A world as one object in the store. Only a verified one is trusted; the four facts to check it by stand here."""

    __tablename__ = "hosting_archive"

    id: Mapped[UUID] = primary_key()
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    organisation_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(10))
    """Why it was made: `Purpose`."""
    state: Mapped[str] = mapped_column(String(10))
    """`ArchiveState`."""
    key: Mapped[str] = mapped_column(String(160))
    """Its name in the store. Every attempt has one of its own, so that two never write the same object."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    raw_bytes: Mapped[int | None] = mapped_column(BigInteger)
    files: Mapped[int | None]
    game_version: Mapped[str] = mapped_column(String(30))
    failure: Mapped[str | None] = mapped_column(String(30))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_hosting_archive_server", "server_id", "purpose", "state", "created_at"),)
