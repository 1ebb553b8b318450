"""Writing down what became of a change: the plugins as they are now, the event, the change itself. In one transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from app.core.api import Fact, record
from app.hosting.models import Plugin, PluginCare, PluginChange, PluginJar, Server
from app.hosting.plugin_events import (
    PluginAdopted,
    PluginInstalled,
    PluginRemoved,
    PluginRestored,
    PluginsFailed,
    PluginUpdated,
)
from app.hosting.rules.plugin_step import ChangeState, Failure, Kind, Step
from app.hosting.services import charge
from app.hosting.services.life import show
from app.hosting.services.plugin_jars import forget_old, remove_jar
from app.hosting.services.web_map import settle_map
from app.kit import clock
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, require_transaction, transaction
from app.kit.ids import new_id


def record_done(change: PluginChange, server: Server, steps: list[Step]) -> None:
    """The folder is as the change wants it. Joins the caller's transaction; both rows are locked."""
    require_transaction()
    rows = {
        row.project_id: row for row in db.session.scalars(select(Plugin).where(Plugin.server_id == server.id))
    }
    for step in steps:
        _apply(change, server, rows.get(step.project_id), step)
        record(
            _fact(change, step), actor=_who(change), organisation_id=server.organisation_id,
            subject=charge.subject(server.id),
        )  # fmt: skip
    change.steps = [step.model_dump(mode="json") for step in steps]
    change.state, change.finished_at, change.failure = ChangeState.DONE.value, clock.now(), None
    db.session.flush()
    forget_old(server.id)
    settle_map(server)
    show(server.id, "plugins", "events")


def _apply(change: PluginChange, server: Server, row: Plugin | None, step: Step) -> None:
    now = clock.now()
    if step.new is None:
        if row is not None:
            db.session.delete(row)
        return
    if row is None:
        row = Plugin(
            id=new_id(), organisation_id=server.organisation_id, server_id=server.id,
            project_id=step.project_id, dependency=step.dependency, pinned=False, installed_at=now,
        )  # fmt: skip
        db.session.add(row)
    elif change.kind == Kind.INSTALL and not step.dependency:
        row.dependency = False
    row.slug, row.title, row.filename = step.slug, step.title, step.new.filename
    row.release, row.updated_at, row.newer = step.new.release.model_dump(mode="json"), now, None
    if change.kind == Kind.UNDO and step.old is not None:
        row.pinned = True  # else the next update would bring back what was just taken away


def _fact(change: PluginChange, step: Step) -> Fact:
    about = {"project_id": step.project_id, "plugin": step.title}
    if change.kind == Kind.UNDO:
        return PluginRestored(**about, number=step.new.release.number if step.new else "")
    if step.new is None:
        return PluginRemoved(**about, number=step.old.release.number if step.old else "")
    number = step.new.release.number
    if change.kind == Kind.ADOPT:
        return PluginAdopted(**about, number=number)
    if step.old is None:
        return PluginInstalled(**about, number=number)
    return PluginUpdated(**about, number=number, former=step.old.release.number, automatic=change.automatic)


def record_failed(change: PluginChange, failure: Failure) -> None:
    """It was not made. Joins the caller's transaction; the row is locked."""
    require_transaction()
    change.state, change.failure, change.finished_at = ChangeState.FAILED.value, failure.value, clock.now()
    record(
        PluginsFailed(change.id, change.kind, failure.value, change.automatic), actor=_who(change),
        organisation_id=change.organisation_id, subject=charge.subject(change.server_id),
    )  # fmt: skip
    show(change.server_id, "plugins", "events")


def record_waiting(change: PluginChange, failure: Failure) -> None:
    """It waits for something that may come back. Joins the caller's transaction; the row is locked."""
    require_transaction()
    change.failure = failure.value
    show(change.server_id, "plugins")


def _who(change: PluginChange) -> Actor:
    """Who ordered it; the platform for automatic ones. Roles do not matter for the log."""
    if change.created_by is None:
        return SYSTEM
    return Actor(person_id=change.created_by, organisation_id=change.organisation_id, role=None)


def forget_plugins(server_id: UUID) -> None:
    """The server is gone: its plugins, their history and the jars that were kept go with it."""
    with transaction() as session:
        for jar in session.scalars(select(PluginJar).where(PluginJar.server_id == server_id)).all():
            remove_jar(jar)
        for table in (Plugin, PluginChange, PluginCare):
            session.execute(
                delete(table).where(table.server_id == server_id).execution_options(synchronize_session=False)
            )
