"""What an organisation asks the provider of a nano: the thing the conversation about it belongs to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Inquiry(db.Model):  # type: ignore[name-defined]
    """One for each nano and asking organisation; who of it asked is known by the room."""

    __tablename__ = "nanos_inquiry"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    """The organisation that asks."""
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("nano_id", "organisation_id"),)
