"""Making a change of plugins. Killed at any line it is made again by the next worker, and ends the same.

First all that can go wrong: the backup, the jars from Modrinth into our store, the old ones beside them, the new ones into
the folder under names nobody reads. Then, with the rows locked, the renames and the event. So a change is whole or not at
all, and whoever comes late finds that it is not theirs any more.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from app.core.api import NotNow, progress
from app.hosting import tasks
from app.hosting.gateways.files import FileFault, Fresh, Here, sweep
from app.hosting.gateways.modrinth import ModrinthFault
from app.hosting.models import PluginChange, Server
from app.hosting.rules.plugin_step import OPEN, ChangeState, Failure, Jar, Kind, Step
from app.hosting.rules.server import State
from app.hosting.services import plugin_jars
from app.hosting.services.file_faults import FilesAway
from app.hosting.services.files import away
from app.hosting.services.life import show
from app.hosting.services.plugin_backup import Backed, backups
from app.hosting.services.plugin_folder import exchange, open_folder, place_of, sha512_of, write_beside
from app.hosting.services.plugin_record import record_done, record_failed, record_waiting
from app.hosting.services.plugin_source import MOST_JAR, failure_of, takes
from app.kit import clock, observe
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, NotFound, Unavailable

log = structlog.get_logger(__name__)
CHANGES = observe.counter(
    "kontor_plugin_changes_total", "Changes of plugins by what came of them.", ("kind", "outcome")
)
PATIENCE = timedelta(minutes=10)
"""How long a change waits for Modrinth, or for files that are on their way."""
BACKUP_PATIENCE = timedelta(hours=2)
GIVEN_UP_AFTER = timedelta(hours=3)
"""A change that nobody could bring to an end by then has failed."""
LOST = timedelta(minutes=2)
WORTH_WAITING = (Failure.AWAY, Failure.LIMITED)


class NotOurs(Exception):
    """Somebody else took the change, or it is over."""


@dataclass(frozen=True)
class Work:
    """A change in the hands of one worker; `attempt` is the fence."""

    change_id: UUID
    server_id: UUID
    attempt: int
    kind: Kind
    folder: str
    steps: list[Step]
    backup: bool
    age: timedelta


def change(change_id: UUID) -> None:
    """The job: make one change. Raises NotNow while something is waited for."""
    work = _begin(change_id)
    if work is None:
        return
    try:
        if work.backup:
            _secure(work)
        if work.kind is not Kind.ADOPT:
            _fetch(work)
        _make(work)
    except (NotOurs, NotFound):
        return  # NotFound: the server is being deleted, and its plugins go with it
    except (ModrinthFault, FileFault, FilesAway, Unavailable) as error:
        _give_up_or_wait(work, error)
    else:
        CHANGES.labels(work.kind.value, "done").inc()


def _begin(change_id: UUID) -> Work | None:
    with transaction():
        try:
            row = lock(PluginChange, change_id)
        except NotFound:
            return None
        if row.state not in OPEN:
            return None
        if clock.now() - row.created_at > GIVEN_UP_AFTER:
            record_failed(row, Failure.GIVEN_UP)
            return None
        server = db.session.get_one(Server, row.server_id)
        taken = takes(server.template, server.game_version)
        row.state, row.attempts = ChangeState.WORKING.value, row.attempts + 1
        return Work(
            row.id, row.server_id, row.attempts, Kind(row.kind), taken.folder if taken else "", row.parts(),
            row.backup, clock.now() - row.created_at,
        )  # fmt: skip


def ours(work: Work) -> PluginChange:
    """The locked row while it is still this worker's. Raises NotOurs. Joins the caller's transaction."""
    row = lock(PluginChange, work.change_id)
    if row.state != ChangeState.WORKING or row.attempts != work.attempt:
        raise NotOurs
    return row


def _secure(work: Work) -> None:
    """A verified backup, or no change. Raises NotNow while it is made."""
    door = backups()
    try:
        with transaction():
            server = lock(Server, work.server_id)
            row = ours(work)
            if door is None:
                raise Conflict
            if row.backup_id is None:
                row.backup_id = door.order(server.id)
            state = door.state(row.backup_id)
    except Conflict:
        state = Backed.FAILED
    if state is Backed.VERIFIED:
        return
    if state is Backed.FAILED or work.age > BACKUP_PATIENCE:
        _fail(work, Failure.BACKUP)
        raise NotOurs
    progress(10)
    raise NotNow(5.0)


def _fetch(work: Work) -> None:
    for number, step in enumerate(work.steps):
        if step.new is not None:
            plugin_jars.fetch(work.server_id, step.new.release)
        progress(20 + 60 * (number + 1) // len(work.steps))
        show(work.server_id, "plugins")


def _make(work: Work) -> None:
    server = db.session.get_one(Server, work.server_id, populate_existing=True)
    place, world = place_of(server), server.world
    db.session.rollback()
    if work.kind is Kind.ADOPT:
        _record(work, world, None, [])
        return
    with (
        open_folder(place, work.folder, make=True) as here,
        contextlib.ExitStack() as open_ones,  # inside: it needs the folder to clean up
    ):
        assert here is not None
        sweep(here)
        _keep_old(work, here)
        fresh = [_prepare(work, here, step, open_ones) for step in work.steps]
        _record(work, world, here, fresh)


def _keep_old(work: Work, here: Here) -> None:
    """Have what will go in our store. A jar that somebody changed by hand is kept as it is."""
    for number, step in enumerate(work.steps):
        if step.old is None:
            continue
        found = sha512_of(here, step.old.filename, MOST_JAR)
        if found is None or (step.new is not None and found[0] == step.new.release.sha512):
            continue
        plugin_jars.keep_old(work.server_id, here, step.old.filename, found[0])
        if found[0] != step.old.release.sha512:
            release = step.old.release.model_copy(update={"sha512": found[0], "size": found[1]})
            old = Jar(release=release, filename=step.old.filename)
            work.steps[number] = step.model_copy(update={"old": old})
            with transaction():  # whoever does this again may not see the old jar any more
                ours(work).steps = [one.model_dump(mode="json") for one in work.steps]


def _prepare(work: Work, here: Here, step: Step, open_ones: contextlib.ExitStack) -> Fresh | None:
    """The new jar under a name nobody reads; None where it lies there already."""
    if step.new is None:
        return None
    sha512 = step.new.release.sha512
    for filename in {step.new.filename, step.old.filename if step.old else step.new.filename}:
        found = sha512_of(here, filename, MOST_JAR)
        if found is not None and found[0] == sha512:
            return None
    fresh = open_ones.enter_context(Fresh(here))
    with contextlib.closing(plugin_jars.take(work.server_id, sha512)) as source:
        write_beside(here, fresh, source, sha512)
    db.session.rollback()
    return fresh


def _record(work: Work, world: str | None, here: Here | None, fresh: list[Fresh | None]) -> None:
    """The moment of the change: the world is still the one that was opened. Raises NotOurs, FileFault, FilesAway."""
    done: list[Step] = []
    try:
        with transaction():
            server = lock(Server, work.server_id)
            row = ours(work)
            if server.world != world:
                raise FilesAway("moving")
            if why := away(State(server.state), server.world, changing=True):
                raise FilesAway(why)
            if here is not None:
                for step, jar in zip(work.steps, fresh, strict=True):
                    exchange(here, step, jar)
                    done.append(step)
            record_done(row, server, work.steps)
    except FileFault:
        if here is not None:
            _take_back(work, here, done)
        raise


def _take_back(work: Work, here: Here, done: list[Step]) -> None:
    """Steps that were made before another one failed."""
    for step in reversed(done):
        back = step.turned()
        with contextlib.ExitStack() as open_ones:
            exchange(here, back, _prepare(work, here, back, open_ones))


def _give_up_or_wait(work: Work, error: Exception) -> None:
    failure = failure_of(error)
    waits = failure in WORTH_WAITING or isinstance(error, Unavailable)
    if waits and work.age < PATIENCE:
        with contextlib.suppress(NotOurs), transaction():
            record_waiting(ours(work), failure)
        raise NotNow(max(5.0, min(120.0, getattr(error, "wait", 0.0)))) from error
    log.warning("plugins_not_changed", change=str(work.change_id), reason=failure.value, detail=str(error))
    _fail(work, failure)


def _fail(work: Work, failure: Failure) -> None:
    with contextlib.suppress(NotOurs), transaction():
        record_failed(ours(work), failure)
        CHANGES.labels(work.kind.value, failure.value).inc()


def resume() -> int:
    """Order the job again for changes whose job is gone for good. Returns how many."""
    late = clock.now() - LOST
    with transaction() as session:
        rows = session.execute(
            select(PluginChange.id, PluginChange.organisation_id, PluginChange.server_id)
            .where(PluginChange.state.in_(OPEN), PluginChange.created_at < late)
            .limit(200)
        ).all()
        for change_id, organisation_id, server_id in rows:
            order_job(change_id, organisation_id, server_id)
    return len(rows)


def order_job(change_id: UUID, organisation_id: UUID, server_id: UUID) -> None:
    """The job of a change; a second one is not written while the first is there. Joins the caller's transaction."""
    tasks.change_plugins.later(
        organisation_id=organisation_id, subject=("hosting.server", server_id),
        dedupe=f"hosting.plugin:{change_id}", change_id=str(change_id),
    )  # fmt: skip


__all__ = ["change", "order_job", "resume"]
