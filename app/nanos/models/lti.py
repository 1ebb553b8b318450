"""Learning platforms that launch nanos by LTI, who comes from them, and what they launched."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key


class Platform(db.Model):  # type: ignore[name-defined]
    """A learning platform of an organisation. `state`: draft (its values are missing: nothing is launched), active."""

    __tablename__ = "nanos_lti_platform"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    issuer: Mapped[str] = mapped_column(String(500), default="")
    client_id: Mapped[str] = mapped_column(String(255), default="")
    deployments: Mapped[list[Any]]
    """Ids, each one line of the form."""
    auth_url: Mapped[str] = mapped_column(String(500), default="")
    token_url: Mapped[str] = mapped_column(String(500), default="")
    keys_url: Mapped[str] = mapped_column(String(500), default="")
    keys: Mapped[list[Any]]
    """Its public keys as they were last fetched."""
    keys_at: Mapped[datetime | None]
    private: Mapped[str] = mapped_column(Text, info=SEALED)
    """Our key towards it (RSA): what is signed for one platform says nothing to another."""
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]
    """The last time."""


class Learner(db.Model):  # type: ignore[name-defined]
    """Somebody a platform knows by a number. No account; neither name nor address is kept."""

    __tablename__ = "nanos_lti_learner"

    id: Mapped[UUID] = primary_key()
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_lti_platform.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("platform_id", "subject"),)


class Launch(db.Model):  # type: ignore[name-defined]
    """A learner and an activity of the platform. `state`: none (no score is wanted, or none is there yet), due, sent, failed."""

    __tablename__ = "nanos_lti_launch"

    id: Mapped[UUID] = primary_key()
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_lti_learner.id", ondelete="CASCADE"))
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    link: Mapped[str] = mapped_column(String(255))
    """The activity, as the platform calls it."""
    line_item: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(8))
    sent: Mapped[int | None]
    """The score the platform has, in hundredths."""
    tries: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    """The last time."""

    __table_args__ = (
        UniqueConstraint("learner_id", "nano_id", "link"),
        Index("ix_nanos_lti_launch_nano_id_opened_at", "nano_id", "opened_at"),
        Index("ix_nanos_lti_launch_state", "state"),
    )
