"""Uploads on their way: they can be gone on with after a connection broke."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Upload(db.Model):  # type: ignore[name-defined]
    """One file that is being sent. `state`: open, closing (it is whole and looked at), done, refused."""

    __tablename__ = "nanos_upload"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_nanos_upload_organisation_id_state", "organisation_id", "state"),)


class UploadPiece(db.Model):  # type: ignore[name-defined]
    """A piece that arrived. Its bytes lie in the file store without a row there: what is given up is swept after a day."""

    __tablename__ = "nanos_upload_piece"

    id: Mapped[UUID] = primary_key()
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_upload.id", ondelete="CASCADE"))
    start: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))

    __table_args__ = (UniqueConstraint("upload_id", "start"),)
