"""Plugins as pages show them: what is installed, what is going on, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.hosting.models import Plugin, PluginCare, PluginChange, PluginJar
from app.hosting.rules.plugin import Dependency, Release, dependents, missing
from app.hosting.rules.plugin_step import OPEN, ChangeState, Kind, Step, reversible
from app.kit.db import db

LATEST = 30


@dataclass(frozen=True)
class PluginView:
    """One plugin of a server."""

    id: UUID
    server_id: UUID
    project_id: str
    slug: str
    title: str
    release: Release
    filename: str
    pinned: bool
    dependency: bool
    newer: Release | None
    updated_at: datetime
    needed_by: tuple[str, ...] = ()
    """Titles of those that cannot be without it."""
    lacks: tuple[Dependency, ...] = ()
    """What it needs and is not there."""


@dataclass(frozen=True)
class ChangeView:
    """One change. `undoable`: things are still as it left them, and the old jars are kept."""

    id: UUID
    kind: Kind
    state: ChangeState
    steps: tuple[Step, ...]
    automatic: bool
    backup: bool
    failure: str | None
    created_at: datetime
    created_by: UUID | None
    finished_at: datetime | None
    undoable: bool

    @property
    def open(self) -> bool:
        return self.state.value in OPEN


@dataclass(frozen=True)
class PluginsView:
    """All about the plugins of a server."""

    plugins: tuple[PluginView, ...]
    changes: tuple[ChangeView, ...]
    automatic: bool
    checked_at: datetime | None
    check_failure: str | None

    @property
    def going_on(self) -> ChangeView | None:
        """The change that is being made."""
        return next((one for one in self.changes if one.open), None)

    @property
    def updates(self) -> int:
        """How many could be updated now."""
        return sum(one.newer is not None and not one.pinned for one in self.plugins)

    def changed_since(self, at: datetime | None) -> bool:
        """Whether jars changed after the game was started."""
        return at is not None and any(
            one.state is ChangeState.DONE and one.kind is not Kind.ADOPT and (one.finished_at or at) > at
            for one in self.changes
        )


def plugins_view(server_id: UUID) -> PluginsView:
    """The caller has checked the actor."""
    rows = sorted(
        db.session.scalars(select(Plugin).where(Plugin.server_id == server_id)),
        key=lambda row: (row.title.casefold(), row.project_id),
    )
    changes = db.session.scalars(
        select(PluginChange)
        .where(PluginChange.server_id == server_id)
        .order_by(PluginChange.id.desc())
        .limit(LATEST)
    ).all()
    jars = set(db.session.scalars(select(PluginJar.sha512).where(PluginJar.server_id == server_id)))
    care = db.session.get(PluginCare, server_id)
    there = {row.project_id: str(row.release["id"]) for row in rows}
    return PluginsView(
        tuple(_plugins(rows)),
        tuple(_change(row, there, jars) for row in changes),
        bool(care and care.automatic),
        care.checked_at if care else None,
        care.failure if care else None,
    )


def newest_change(server_id: UUID) -> ChangeView | None:
    """The change that is open or ended last, without asking whether it may be taken back."""
    row = db.session.scalar(
        select(PluginChange)
        .where(PluginChange.server_id == server_id)
        .order_by(PluginChange.id.desc())
        .limit(1)
    )
    return _change(row, {}, set()) if row else None


def _plugins(rows: list[Plugin]) -> list[PluginView]:
    installed = {row.project_id: row.installed() for row in rows}
    titles = {row.project_id: row.title for row in rows}
    lacking = missing(installed)
    return [
        PluginView(
            row.id, row.server_id, row.project_id, row.slug, row.title, installed[row.project_id].release,
            row.filename, row.pinned, row.dependency,
            Release.model_validate(row.newer) if row.newer else None, row.updated_at,
            tuple(sorted(titles[one] for one in dependents(row.project_id, installed))),
            tuple(
                Dependency(kind="required", project_id=one.project_id)
                for one in lacking if one.by == row.project_id
            ),
        )
        for row in rows
    ]  # fmt: skip


def _change(row: PluginChange, there: dict[str, str], jars: set[str]) -> ChangeView:
    steps = row.parts()
    state = ChangeState(row.state)
    return ChangeView(
        row.id, Kind(row.kind), state, tuple(steps), row.automatic, row.backup, row.failure, row.created_at,
        row.created_by, row.finished_at,
        state is ChangeState.DONE and row.kind != Kind.ADOPT and reversible(steps, there, jars),
    )  # fmt: skip
