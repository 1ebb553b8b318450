"""What lies near a nano, and who wants no recommendations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Neighbour(db.Model):  # type: ignore[name-defined]
    """One of the few nanos that lie nearest to another; made anew each night."""

    __tablename__ = "nanos_neighbour"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"), index=True)
    score: Mapped[int]
    """Thousandths."""
    used: Mapped[bool]
    """People who were through the one were through the other; else it is near by what it says."""
    words: Mapped[str] = mapped_column(String(120), default="")
    """Words both have, as the other spells them."""

    __table_args__ = (UniqueConstraint("nano_id", "other_id"),)


class Quiet(db.Model):  # type: ignore[name-defined]
    """Somebody switched recommendations off: nothing is worked out for them, and what they learn counts for nobody's."""

    __tablename__ = "nanos_quiet"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]
