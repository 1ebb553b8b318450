"""Game servers, their runs and their ports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.hosting.rules.server import Desired, Facts, Reason, State
from app.kit.db import db, primary_key


class Server(db.Model):  # type: ignore[name-defined]
    """A game server of an organisation. `state` is what we know, `desired` what its owner wants.

    `run_id` names the current or last run and fences everything that is said about it. Columns from `started_at` to
    `idle_warned_at` describe that run and are empty without one.
    """

    __tablename__ = "hosting_server"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(60))
    name_folded: Mapped[str] = mapped_column(String(180))
    """The name without case, for searching, sorting and telling apart: SQLite folds ASCII only."""
    template: Mapped[str] = mapped_column(String(40))
    game_version: Mapped[str] = mapped_column(String(30))
    runtime: Mapped[str] = mapped_column(String(10))
    node: Mapped[str] = mapped_column(String(40))
    port: Mapped[int | None]
    web_map: Mapped[bool | None]
    """Whether it has a map for browsers; None: when a map plugin is installed."""
    map_port: Mapped[int | None]
    memory_mb: Mapped[int]
    settings: Mapped[dict[str, Any]]
    config_version: Mapped[int] = mapped_column(default=1)
    idle_minutes: Mapped[int | None]
    """Without players until it stops: 0 is never, None what is usual on this installation."""
    wake_by_join: Mapped[bool] = mapped_column(default=True)
    """Whether a player who joins at the router wakes it."""
    wake_names: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Players who may wake it; empty is everybody."""
    eula_accepted_at: Mapped[datetime | None]

    state: Mapped[str] = mapped_column(String(12))
    state_since: Mapped[datetime]
    desired: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(20))
    """Why the last run ended or the installation failed."""
    exit_code: Mapped[int | None]
    crash_count: Mapped[int] = mapped_column(default=0)
    next_restart_at: Mapped[datetime | None]
    installed_at: Mapped[datetime | None]

    run_id: Mapped[UUID | None]
    requested_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None] = mapped_column(String(20))
    stopping_at: Mapped[datetime | None]
    observed_at: Mapped[datetime | None]
    """When the runtime last said that the run is alive."""
    silent_since: Mapped[datetime | None]
    players_online: Mapped[int | None]
    players_max: Mapped[int | None]
    empty_since: Mapped[datetime | None]
    """Since when every answer said that nobody plays."""
    idle_warned_at: Mapped[datetime | None]
    """When the game was told that it stops because nobody plays."""

    world: Mapped[str | None] = mapped_column(String(32), default="")
    """Which generation of its world lies on the node: "" is the first, None says that only its archive has it."""
    next_world: Mapped[str | None] = mapped_column(String(32))
    """The generation that is being unpacked. It becomes `world` when it is whole, and only then."""
    archive_id: Mapped[UUID | None]
    """The archive that is being made, or that holds the world."""
    archive_hours: Mapped[int | None]
    """Without a run until its world goes into the archive; None what is usual on this installation."""
    archive_after: Mapped[datetime | None]
    """Not before: the last try failed."""
    archive_failure: Mapped[str | None] = mapped_column(String(30))
    """Why the last try to archive or to fetch the world failed: a code that pages translate."""

    results_seen_at: Mapped[datetime | None]
    """Until when somebody has seen what became of backups, restores and plugin changes."""
    disk_bytes: Mapped[int | None] = mapped_column(BigInteger)
    last_ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    once: Mapped[str | None] = mapped_column(String(64))
    """Token of the form that made it: a double click finds the first server."""
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_hosting_server_organisation_name", "organisation_id", "name_folded", "id"),
        Index("ix_hosting_server_organisation_created", "organisation_id", "created_at", "id"),
        Index("ix_hosting_server_state", "state"),
    )

    @validates("name")
    def _fold(self, _key: str, name: str) -> str:
        self.name_folded = name.casefold()
        return name

    def facts(self, ready_timeout_seconds: int = 180) -> Facts:
        """The row as the rules see it."""
        return Facts(
            state=State(self.state),
            desired=Desired(self.desired),
            run_id=self.run_id,
            installed=self.installed_at is not None,
            requested_at=self.requested_at,
            started_at=self.started_at,
            ready_at=self.ready_at,
            observed_at=self.observed_at,
            silent_since=self.silent_since,
            stop_reason=Reason(self.stop_reason) if self.stop_reason else None,
            crash_count=self.crash_count,
            next_restart_at=self.next_restart_at,
            ready_timeout=timedelta(seconds=ready_timeout_seconds),
        )


class Port(db.Model):  # type: ignore[name-defined]
    """A port of a node that is given away: to a game, or to its web map (`use`). Without a server it is blocked:
    something foreign listens there. With one and `blocked_at` it rests: given back, and nobody else's yet."""

    __tablename__ = "hosting_port"

    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    port: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    server_id: Mapped[UUID | None] = mapped_column(ForeignKey("hosting_server.id"))
    use: Mapped[str] = mapped_column(String(4), default="game", server_default="game")
    blocked_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("server_id", "use"),)


class Run(db.Model):  # type: ignore[name-defined]
    """One run of a server, from the order to start to the end of its process. Its id fences runtime and billing."""

    __tablename__ = "hosting_run"

    id: Mapped[UUID] = primary_key()
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    organisation_id: Mapped[UUID]
    memory_mb: Mapped[int]
    config_version: Mapped[int]
    settings: Mapped[dict[str, Any]]
    """What the game was told at this start: changed settings wait for the next one."""
    map_port: Mapped[int | None]
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None]
    """The person who started it; None for a restart by the platform."""
    started_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(20))
    exit_code: Mapped[int | None]
    disk_bytes: Mapped[int | None] = mapped_column(BigInteger)
    players_peak: Mapped[int | None]

    __table_args__ = (Index("ix_hosting_run_server_requested", "server_id", "requested_at"),)
