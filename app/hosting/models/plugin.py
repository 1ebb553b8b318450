"""Plugins of servers, the changes made to them, and the jars that are kept for the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.hosting.rules.plugin import Installed, Release
from app.hosting.rules.plugin_step import Step
from app.kit.db import db, primary_key


class Plugin(db.Model):  # type: ignore[name-defined]
    """A plugin or mod that was installed or adopted here."""

    __tablename__ = "hosting_plugin"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    project_id: Mapped[str] = mapped_column(String(20))
    """At Modrinth; names in addresses may change, this does not."""
    slug: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(120))
    release: Mapped[dict[str, Any]]
    """`Release` of the rules: what lies in the folder."""
    filename: Mapped[str] = mapped_column(String(255))
    pinned: Mapped[bool] = mapped_column(default=False)
    dependency: Mapped[bool] = mapped_column(default=False)
    """It came because another one needs it."""
    newer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The release an update would bring, as last heard from Modrinth."""
    installed_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("server_id", "project_id"),)

    def now(self) -> Release:
        """What lies in the folder."""
        return Release.model_validate(self.release)

    def installed(self) -> Installed:
        """The row as the rules see it."""
        return Installed(self.now(), self.pinned)


class PluginChange(db.Model):  # type: ignore[name-defined]
    """One change, whole or not at all: installed, updated, removed, taken back. A server has one open at a time.

    `attempts` is the fence: only who took it last may do it.
    """

    __tablename__ = "hosting_plugin_change"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """`Step` of the rules, one a jar."""
    automatic: Mapped[bool] = mapped_column(default=False)
    backup: Mapped[bool] = mapped_column(default=False)
    """A verified backup comes first."""
    backup_id: Mapped[UUID | None]
    failure: Mapped[str | None] = mapped_column(String(20))
    """Why it was not made; while it is open, what it waits for."""
    undo_of: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    once: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_hosting_plugin_change_server", "server_id", "id"),
        Index(
            "uq_hosting_plugin_change_open",
            "server_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'working')"),
            postgresql_where=text("state IN ('waiting', 'working')"),
        ),
    )

    def parts(self) -> list[Step]:
        """Its steps."""
        return [Step.model_validate(one) for one in self.steps]


class PluginJar(db.Model):  # type: ignore[name-defined]
    """A jar in our own store: one that was fetched, or one that was replaced or removed."""

    __tablename__ = "hosting_plugin_jar"

    id: Mapped[UUID] = primary_key()
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    sha512: Mapped[str] = mapped_column(String(128))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("core_file.id"))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("server_id", "sha512"),)


class PluginCare(db.Model):  # type: ignore[name-defined]
    """Whether a server's plugins are updated by themselves, and when Modrinth was last asked for updates."""

    __tablename__ = "hosting_plugin_care"

    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"), primary_key=True)
    automatic: Mapped[bool] = mapped_column(default=False)
    checked_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(20))
    """Why the last question got no answer."""
