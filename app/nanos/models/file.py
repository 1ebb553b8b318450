"""Files and links of revisions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class NanoFile(db.Model):  # type: ignore[name-defined]
    """One piece of content of a revision. Revisions that share it have a row each; the stored bytes go with the last."""

    __tablename__ = "nanos_file"

    id: Mapped[UUID] = primary_key()
    revision_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_revision.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_file.id"), index=True)
    """The stored bytes; None for a link."""
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the bytes, or of a link's address: what tells a duplicate."""
    url: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int]
    look: Mapped[str] = mapped_column(String(10), default="none")
    """Whether the background work has looked into it: none (nothing to see), waiting, done, failed."""
    text: Mapped[str] = mapped_column(Text, default="")
    """What it says, for the search; up to 100,000 characters."""
    pages: Mapped[int | None]
    thumbnail_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_file.id"), index=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("revision_id", "sha256"),
        Index("ix_nanos_file_sha256", "sha256"),
        Index("ix_nanos_file_organisation_id", "organisation_id"),
    )
