"""Who watches a node, and processes nobody wants."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Watch(db.Model):  # type: ignore[name-defined]
    """A lease: of two watch processes of a node (or two installations) one works and the other waits."""

    __tablename__ = "hosting_watch"

    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    lease_until: Mapped[datetime]


class Stray(db.Model):  # type: ignore[name-defined]
    """A server in a runtime that no row wants to run. It is ended only after two sightings: the first may be a race."""

    __tablename__ = "hosting_stray"

    runtime: Mapped[str] = mapped_column(String(10), primary_key=True)
    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    server_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID | None]
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    sightings: Mapped[int]
