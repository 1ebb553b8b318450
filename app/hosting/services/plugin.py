"""Plugins as owners and admins order them: install, update, remove, pin, adopt, take back. The work is a job's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import record
from app.hosting.models import Plugin, PluginCare, PluginChange, Server
from app.hosting.plugin_events import PluginCareChanged, PluginPinned
from app.hosting.policies import P
from app.hosting.queries.server import find_server
from app.hosting.rules.plugin import FaultKind, Release, choose, dependents, resolve
from app.hosting.rules.plugin_step import OPEN, ChangeState, Failure, Kind, Step, reversible
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.file_faults import FilesAway
from app.hosting.services.files import away
from app.hosting.services.life import show
from app.hosting.services.plugin_backup import backups
from app.hosting.services.plugin_jars import kept
from app.hosting.services.plugin_plan import Offer, Planner, basis_of, fault_words, jar_of, rows_of
from app.hosting.services.plugin_source import Taken, failure_words, polite, takes, telling
from app.hosting.services.plugin_work import order_job
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id


def taken_by(server: Server) -> Taken:
    """What the server takes. Raises Conflict when its game takes no plugins."""
    found = takes(server.template, server.game_version)
    if found is None:
        raise Conflict(_("Dieses Spiel nimmt keine Plugins."))
    return found


def planner(actor: Actor, server_id: UUID, permission: P = P.plugin_read) -> Planner:
    """Plans for a server of the actor's organisation. Raises NotFound, NotAllowed, Conflict."""
    require(actor, permission)
    server = find_server(actor, server_id)
    found = takes(server.template, server.game_version)
    if found is None:
        raise Conflict(_("Dieses Spiel nimmt keine Plugins."))
    polite(actor)
    made = Planner(found, rows_of(server_id))
    db.session.rollback()  # Modrinth may take seconds, and needs no snapshot of the database
    return made


def offer_install(actor: Actor, server_id: UUID, project_id: str, version_id: str = "") -> Offer:
    """What an installation comes to: the version asked for, or the newest that fits. Raises NotFound, Unavailable."""
    plans = planner(actor, server_id, P.plugin_write)
    with telling():
        releases = plans.releases(project_id)
        wanted = next((one for one in releases if one.id == version_id), None) if version_id else None
        wanted = wanted or (choose(releases, plans.taken.target) if not version_id else None)
        if wanted is None:
            raise Conflict(_("Davon gibt es keine Version, die zu diesem Server passt."))
        there = plans.installed.get(wanted.project_id)
        if there is not None and there.release.id == wanted.id:
            raise Conflict(_("Diese Version ist schon installiert."))
        return plans.offer([wanted])


def offer_update(actor: Actor, server_id: UUID, plugin_id: UUID | None = None) -> Offer:
    """What an update comes to: of one plugin, or of all that are not pinned. Raises Conflict when there is none."""
    plans = planner(actor, server_id, P.plugin_write)
    rows = [row for row in plans.rows.values() if row.newer and (row.id == plugin_id or not plugin_id)]
    wanted = [Release.model_validate(row.newer) for row in rows if plugin_id or not row.pinned]
    if not wanted:
        raise Conflict(_("Es gibt kein Update."))
    with telling():
        return plans.offer(wanted)


def order(
    actor: Actor, server_id: UUID, kind: Kind, offer: Offer, mark: str, *, once: str | None = None,
    automatic: bool = False,
) -> UUID:  # fmt: skip
    """Order what was offered. `mark` is that of the offer people said yes to: Conflict when it is another by now."""
    if actor is not SYSTEM:
        require(actor, P.plugin_write)
    if offer.faults:
        raise Conflict(offer.faults[0])
    if mark != offer.mark:
        raise Conflict(_("Die Liste ist inzwischen eine andere. Sieh sie dir noch einmal an."))
    if offer.replaces and backups() is None:
        raise Conflict(failure_words(Failure.BACKUP))
    with transaction():
        server = lock(Server, server_id) if actor is SYSTEM else owned(actor, server_id)
        if once and (before := _same_form(server_id, once)):
            return before
        if offer.basis != basis_of(rows_of(server_id)):
            raise Conflict(failure_words(Failure.CHANGED))
        if offer.steps[0].old is not None:
            kind = Kind.UPDATE
        return write_change(
            actor, server, kind, offer.steps, once=once, automatic=automatic, backup=offer.replaces
        )


def _same_form(server_id: UUID, once: str) -> UUID | None:
    return db.session.scalar(
        select(PluginChange.id).where(PluginChange.server_id == server_id, PluginChange.once == once[:64])
    )


def write_change(
    actor: Actor, server: Server, kind: Kind, steps: Sequence[Step], *, once: str | None = None,
    automatic: bool = False, backup: bool = False, undo_of: UUID | None = None,
) -> UUID:  # fmt: skip
    """The change and its job. Joins the caller's transaction; the server's row is locked. Raises Conflict, FilesAway."""
    require_transaction()
    taken_by(server)
    if server.state in (State.DELETING, State.DELETED):
        raise NotFound
    if why := away(State(server.state), server.world, changing=True):
        raise FilesAway(why)
    if server.installed_at is None:
        raise FilesAway("none")
    open_one = select(PluginChange.id).where(
        PluginChange.server_id == server.id, PluginChange.state.in_(OPEN)
    )
    if db.session.scalar(open_one) is not None:
        raise Conflict(_("Hier wird gerade schon etwas geändert. Warte, bis das fertig ist."))
    row = PluginChange(
        id=new_id(), organisation_id=server.organisation_id, server_id=server.id, kind=kind.value,
        state=ChangeState.WAITING.value, steps=[step.model_dump(mode="json") for step in steps],
        automatic=automatic, backup=backup, undo_of=undo_of, once=once[:64] if once else None,
        created_at=clock.now(), created_by=actor.person_id if actor is not SYSTEM else None,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    order_job(row.id, row.organisation_id, row.server_id)
    show(row.server_id, "plugins")
    return row.id


def order_adoption(
    actor: Actor, server_id: UUID, step: Step, gone: Collection[str], *, once: str | None = None
) -> None:
    """Look after a jar that lies there. `gone` are files of ours that do not: it may take the place of one of them."""
    require(actor, P.plugin_write)
    with transaction():
        server = owned(actor, server_id)
        if once and _same_form(server_id, once):
            return
        rows = rows_of(server_id)
        if any(row.project_id == step.project_id and row.filename not in gone for row in rows):
            raise Conflict(failure_words(Failure.CHANGED))
        write_change(actor, server, Kind.ADOPT, [step], once=once)


def own(actor: Actor, plugin_id: UUID, permission: P = P.plugin_write) -> Plugin:
    """A plugin of the actor's organisation. NotFound for strangers."""
    require(actor, permission)
    row = db.session.get(Plugin, plugin_id, populate_existing=True)
    if row is None or row.organisation_id != actor.organisation_id or not actor.reaches(row.server_id):
        raise NotFound
    return row


def needed_by(rows: Sequence[Plugin], project_id: str) -> list[str]:
    """Titles of those that cannot be without it."""
    titles = {row.project_id: row.title for row in rows}
    return sorted(
        titles[one] for one in dependents(project_id, {row.project_id: row.installed() for row in rows})
    )


def remove(actor: Actor, plugin_id: UUID, *, once: str | None = None) -> UUID:
    """Take a plugin out of the folder. Conflict while others need it. Returns its server."""
    server_id = own(actor, plugin_id).server_id
    with transaction():
        server = owned(actor, server_id)
        if once and _same_form(server_id, once):
            return server_id
        row = own(actor, plugin_id)
        if names := needed_by(rows_of(server_id), row.project_id):
            raise Conflict(_("Wird gebraucht von: %(names)s. Entferne das zuerst.", names=", ".join(names)))
        step = Step(project_id=row.project_id, slug=row.slug, title=row.title, old=jar_of(row))
        write_change(actor, server, Kind.REMOVE, [step], once=once)
    return server_id


def pin(actor: Actor, plugin_id: UUID, *, pinned: bool) -> UUID:
    """Keep the version that is there, or let it go. Returns the server."""
    server_id = own(actor, plugin_id).server_id
    with transaction():
        owned(actor, server_id)
        row = own(actor, plugin_id)
        if row.pinned != pinned:
            row.pinned = pinned
            record(
                PluginPinned(row.project_id, row.title, pinned), actor=actor,
                organisation_id=row.organisation_id, subject=charge.subject(server_id),
            )  # fmt: skip
    return server_id


def find_change(actor: Actor, change_id: UUID, permission: P = P.plugin_read) -> PluginChange:
    """A change of the actor's organisation. NotFound for strangers."""
    require(actor, permission)
    row = db.session.get(PluginChange, change_id, populate_existing=True)
    if row is None or row.organisation_id != actor.organisation_id or not actor.reaches(row.server_id):
        raise NotFound
    return row


def undo(actor: Actor, change_id: UUID, *, once: str | None = None) -> UUID:
    """Take a change back: the jars that were there before are put in their place again. Returns the server."""
    server_id = find_change(actor, change_id, P.plugin_write).server_id
    with transaction():
        server = owned(actor, server_id)
        if once and _same_form(server_id, once):
            return server_id
        change, rows = find_change(actor, change_id), rows_of(server_id)
        steps = change.parts()
        there = {row.project_id: str(row.release["id"]) for row in rows}
        if change.state != ChangeState.DONE or not reversible(steps, there, kept(server_id)):
            raise Conflict(_("Das lässt sich nicht mehr zurücknehmen: Seitdem hat sich etwas geändert."))
        back = [step.turned() for step in reversed(steps)]
        _check_back(server, rows, back)
        write_change(actor, server, Kind.UNDO, back, once=once, undo_of=change.id)
    return server_id


def _check_back(server: Server, rows: Sequence[Plugin], back: Sequence[Step]) -> None:
    """Whether the others can live with it. Raises Conflict."""
    taken, titles = taken_by(server), {row.project_id: row.title for row in rows}
    gone = {step.project_id for step in back if step.new is None}
    stay = {row.project_id: row.installed() for row in rows if row.project_id not in gone}
    for project in gone:
        others = dependents(
            project, stay | {row.project_id: row.installed() for row in rows if row.project_id == project}
        )
        if others:
            names = ", ".join(sorted(titles[one] for one in others))
            raise Conflict(_("Wird gebraucht von: %(names)s. Entferne das zuerst.", names=names))
    again = [step.new.release for step in back if step.new is not None]
    for fault in resolve(again, taken.target, stay, lambda _dependency: None).faults:
        if fault.kind is not FaultKind.UNFIT:  # it was good enough before
            raise Conflict(fault_words(fault, titles, taken))


def care_of(server_id: UUID) -> PluginCare:
    """The row, made where there is none. Joins the caller's transaction; the server's row is locked."""
    require_transaction()
    row = db.session.get(PluginCare, server_id, populate_existing=True)
    if row is None:
        row = PluginCare(server_id=server_id, automatic=False)
        db.session.add(row)
    return row


def set_automatic(actor: Actor, server_id: UUID, *, on: bool) -> None:
    """Updates by themselves, with a backup first, or not. Raises Conflict where there are no backups."""
    require(actor, P.plugin_write)
    with transaction():
        server = owned(actor, server_id)
        taken_by(server)
        if on and backups() is None:
            raise Conflict(failure_words(Failure.BACKUP))
        row = care_of(server_id)
        if row.automatic != on:
            row.automatic = on
            record(
                PluginCareChanged(on), actor=actor, organisation_id=server.organisation_id,
                subject=charge.subject(server_id), before={"automatic": not on}, after={"automatic": on},
            )  # fmt: skip
