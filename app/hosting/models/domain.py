"""Own domains of servers, and what DNS said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Domain(db.Model):  # type: ignore[name-defined]
    """A name that somebody wants to lead to a server. Many may want it, one at a time has it: who was verified first."""

    __tablename__ = "hosting_domain"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    name: Mapped[str] = mapped_column(String(253))
    """In its one writing, see rules/domain.py."""
    token: Mapped[str] = mapped_column(String(43))
    """Public once it stands in DNS; it proves that who entered the name can write there."""
    state: Mapped[str] = mapped_column(String(10), default="pending")
    verdict: Mapped[str | None] = mapped_column(String(10))
    """Of the last look, see rules/domain.py; `taken`: all is well, but another server has the name."""
    seen: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    failures: Mapped[int] = mapped_column(default=0)
    """Daily looks in a row that found something else."""
    elsewhere_since: Mapped[datetime | None]
    warned: Mapped[bool] = mapped_column(default=False)
    checking_since: Mapped[datetime | None]
    """Somebody waits for a look."""
    checked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    next_look_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("server_id", "name"),
        Index(
            "uq_hosting_domain_routed",
            "name",
            unique=True,
            sqlite_where=text("state IN ('verified', 'elsewhere')"),
            postgresql_where=text("state IN ('verified', 'elsewhere')"),
        ),
    )
