"""Files that were sent with a message."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Attachment(db.Model):  # type: ignore[name-defined]
    """One file of a message. The bytes are a core file that nobody fetches by its number: the room decides."""

    __tablename__ = "messaging_attachment"

    id: Mapped[UUID] = primary_key()
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messaging_message.id", ondelete="CASCADE"))
    position: Mapped[int]
    file_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int] = mapped_column(default=0)
    """Of a picture that is shown; 0 is none."""
    height: Mapped[int] = mapped_column(default=0)

    __table_args__ = (UniqueConstraint("message_id", "position"),)
