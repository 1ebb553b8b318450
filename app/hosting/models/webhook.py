"""Discord webhooks of servers, and the messages they got."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key

ON, OFF = "on", "off"
OPEN, CLOSED, SENT, FAILED, UNCLEAR, DROPPED = "open", "closed", "sent", "failed", "unclear", "dropped"
WAITING = (OPEN, CLOSED)


class Webhook(db.Model):  # type: ignore[name-defined]
    """A channel in Discord that hears about a server."""

    __tablename__ = "hosting_webhook"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    label: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(Text, info=SEALED)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    """What Discord does to one address concerns every row that has it."""
    hint: Mapped[str] = mapped_column(String(4))
    topics: Mapped[list[str]] = mapped_column(JSON)
    locale: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(3), default=ON)
    off_reason: Mapped[str | None] = mapped_column(String(12))
    """What Discord answered; None when a person switched it off."""
    off_since: Mapped[datetime | None]
    spent_until: Mapped[datetime | None]
    """Our own pace, see rules/webhook.py."""
    held_until: Mapped[datetime | None]
    """Discord wants to be left alone until then."""
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("server_id", "address_hash"),)


class WebhookMessage(db.Model):  # type: ignore[name-defined]
    """One message: open while it gathers, closed while it is brought, then how it ended.

    `attempts` is the fence: who brings it may say something about it only while it is theirs. `posting` is set before
    the first byte leaves, so that a worker's death afterwards is known to be one that may have posted.
    """

    __tablename__ = "hosting_webhook_message"

    id: Mapped[UUID] = primary_key()
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_webhook.id"))
    state: Mapped[str] = mapped_column(String(8))
    test: Mapped[bool] = mapped_column(default=False)
    content: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    posting: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str | None] = mapped_column(String(12))
    status: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_hosting_webhook_message_webhook", "webhook_id", "id"),
        Index(
            "ix_hosting_webhook_message_due",
            "due_at",
            sqlite_where=text("state IN ('open', 'closed')"),
            postgresql_where=text("state IN ('open', 'closed')"),
        ),
        Index(
            "uq_hosting_webhook_message_open",
            "webhook_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "uq_hosting_webhook_message_closed",
            "webhook_id",
            unique=True,
            sqlite_where=text("state = 'closed'"),
            postgresql_where=text("state = 'closed'"),
        ),
    )
