"""Signatures of what revisions say, and the bands by which like ones are found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Likeness(db.Model):  # type: ignore[name-defined]
    """The signature of one revision's words and texts; empty where they are too short to tell."""

    __tablename__ = "nanos_likeness"

    revision_id: Mapped[UUID] = mapped_column(
        ForeignKey("nanos_revision.id", ondelete="CASCADE"), primary_key=True
    )
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    rules: Mapped[int]
    """Of the signature: others are made anew."""
    signed_at: Mapped[datetime]


class LikenessBand(db.Model):  # type: ignore[name-defined]
    """One band of a signature: revisions that share a value are compared."""

    __tablename__ = "nanos_likeness_band"

    value: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision_id: Mapped[UUID] = mapped_column(
        ForeignKey("nanos_revision.id", ondelete="CASCADE"), primary_key=True, index=True
    )
