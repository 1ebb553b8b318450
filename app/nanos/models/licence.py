"""Licences: what an organisation may do with another's nano, until when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Licence(db.Model):  # type: ignore[name-defined]
    """What an exchange delivers. `state`: reserved (agreed, not delivered yet: opens nothing), active, ended (its date has
    come), revoked (the exchange was cancelled or amended)."""

    __tablename__ = "nanos_licence"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    organisation_id: Mapped[UUID]
    """Who may use it."""
    barter_id: Mapped[UUID | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(8))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """The first instant without it; None: for good."""
    seats: Mapped[int | None]
    """How many people at once; None: all of the organisation."""
    territory: Mapped[str] = mapped_column(String(20), default="")
    """A region of the catalogue; empty: anywhere."""
    adapts: Mapped[bool] = mapped_column(default=False)
    """May be changed for one's own use."""
    passes_on: Mapped[bool] = mapped_column(default=False)
    """May be given on to others under the same terms."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_nanos_licence_organisation_id_nano_id", "organisation_id", "nano_id"),
        Index("ix_nanos_licence_state_ends_at", "state", "ends_at"),
    )
