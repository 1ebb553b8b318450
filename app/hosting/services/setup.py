"""What people do with a server's existence and settings: create, deploy, change, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import claim_once, record
from app.hosting import events
from app.hosting.models import Server
from app.hosting.policies import P
from app.hosting.rules.archive import LONGEST_REST
from app.hosting.rules.doors import MOST_PLAYERS, PLAYER
from app.hosting.rules.idle import LONGEST_MINUTES
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.services import charge, ports
from app.hosting.services.check import (
    check_limits,
    checked_settings,
    known_template,
    require_credit,
    require_no_restore,
    require_not_copied,
)
from app.hosting.services.ending import queue_delete
from app.hosting.services.life import begin, set_state, show
from app.hosting.services.place import NODE, choose_runtime
from app.hosting.services.web_map import settle_map
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id


class Keep(Enum):
    """Not given: what is stays."""

    KEEP = 0


def owned(actor: Actor, server_id: UUID) -> Server:
    """The locked row of a server the actor's organisation has. NotFound for strangers. Joins the caller's transaction."""
    server = lock(Server, server_id)
    if server.organisation_id != actor.organisation_id or server.state == State.DELETED:
        raise NotFound
    if not actor.reaches(server_id):
        raise NotFound
    return server


def create_server(
    actor: Actor,
    *,
    name: str,
    template: str,
    memory_mb: int | None = None,
    settings: Mapping[str, Any] | None = None,
    accept_eula: bool = False,
    deploy: bool = False,
    once: str | None = None,
    also: Callable[[Server], object] | None = None,
) -> UUID:
    """A new server as a draft, or installed and started at once with `deploy`. Returns its id.

    `settings` maps keys of the template to values; missing ones keep their defaults. `once` is the form's token: a
    double click gets the first server's id. `also` is done with the new row in the same transaction. Raises Invalid by
    field, NoCredit, NoFreePort.
    """
    require(actor, P.server_create)
    if actor.organisation_id is None:
        raise NotFound
    chosen = known_template(template)
    memory_mb = memory_mb if memory_mb is not None else chosen.memory.default_mb
    checked = checked_settings(chosen, name, memory_mb, settings or {})
    if chosen.eula and deploy and not accept_eula:
        raise Invalid(fields={"accept_eula": _("Bitte bestätige die Nutzungsbedingungen des Spiels.")})
    once = once[:64] if once else None
    with transaction():
        first = _first_use(actor.organisation_id, once)
        if first is not None:
            return first
        check_limits(actor.organisation_id, name.strip(), None)
        now = clock.now()
        server = Server(
            id=new_id(), organisation_id=actor.organisation_id, name=name.strip(), template=chosen.slug,
            game_version=chosen.game_version, runtime=choose_runtime(chosen), node=NODE, memory_mb=memory_mb,
            settings=checked, state=State.DRAFT.value, state_since=now, desired=Desired.STOPPED.value,
            eula_accepted_at=now if accept_eula else None, created_at=now, created_by=actor.person_id, once=once,
        )  # fmt: skip
        db.session.add(server)
        db.session.flush()
        server.port = ports.give_port(NODE, server.id)
        record(events.ServerCreated(chosen.slug, memory_mb), actor=actor, subject=charge.subject(server.id))
        if also is not None:
            also(server)
        if deploy:
            _deploy(actor, server)
        return server.id


def _first_use(organisation_id: UUID, once: str | None) -> UUID | None:
    """None for the first use of a form token; the id the first use made for every later one."""
    if once is None:
        return None
    if claim_once(f"hosting.create:{organisation_id.hex}:{once}"):
        return None
    found = db.session.scalar(
        select(Server.id).where(Server.organisation_id == organisation_id, Server.once == once)
    )
    if found is None:
        raise Conflict
    return found


def deploy(actor: Actor, server_id: UUID, *, accept_eula: bool = False) -> None:
    """Install a draft and start it. Raises Conflict when it is no draft any more, NoCredit, Invalid (eula)."""
    require(actor, P.server_create)
    with transaction():
        server = owned(actor, server_id)
        template = known_template(server.template)
        if server.state != State.DRAFT:
            raise Conflict(_("Dieser Server wird schon eingerichtet."))
        if template.eula and server.eula_accepted_at is None:
            if not accept_eula:
                raise Invalid(
                    fields={"accept_eula": _("Bitte bestätige die Nutzungsbedingungen des Spiels.")}
                )
            server.eula_accepted_at = clock.now()
        _deploy(actor, server)


def _deploy(actor: Actor, server: Server) -> None:
    require_no_restore(server)
    require_credit(server)
    record(
        events.ServerDeployed(),
        actor=actor,
        organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
    )
    begin(server, actor, automatic=False)


def change_server(
    actor: Actor,
    server_id: UUID,
    *,
    name: str | None = None,
    memory_mb: int | None = None,
    settings: Mapping[str, Any] | None = None,
    idle_minutes: int | Keep | None = Keep.KEEP,
    archive_hours: int | Keep | None = Keep.KEEP,
    wake_by_join: bool | None = None,
    wake_names: Sequence[str] | None = None,
    web_map: bool | Keep | None = Keep.KEEP,
) -> None:
    """Rename, resize or set up anew; None leaves a part as it is. A running game takes it over at its next start.

    `idle_minutes` without players stop it: 0 is never, None what is usual. `archive_hours` after its last run its world
    moves into the archive; None is what is usual. `wake_names` may wake it by joining; none is
    everybody. Both apply at once. `web_map` gives it a map for browsers; None when a map plugin is installed.
    """
    require(actor, P.server_settings)
    with transaction():
        server = owned(actor, server_id)
        if server.state == State.DELETING:
            raise Conflict(_("Dieser Server wird gerade gelöscht."))
        template = known_template(server.template)
        merged = {**server.settings, **settings} if settings is not None else server.settings
        new_name = name if name is not None else server.name
        new_memory = memory_mb if memory_mb is not None else server.memory_mb
        checked = checked_settings(template, new_name, new_memory, merged)
        check_limits(server.organisation_id, new_name.strip(), server_id)
        if new_name.strip() != server.name:
            server.name = new_name.strip()
            _changed(actor, server, "name")
        if new_memory != server.memory_mb:
            require(actor, P.server_size)
            before, server.memory_mb = server.memory_mb, new_memory
            server.config_version += 1
            _changed(actor, server, "memory", {"memory_mb": before}, {"memory_mb": new_memory})
        if settings is not None and checked != server.settings:
            before_settings, server.settings = server.settings, checked
            server.config_version += 1
            _changed(actor, server, "settings", *_difference(before_settings, checked))
        if not isinstance(idle_minutes, Keep):
            _change_idle(actor, server, idle_minutes)
        if not isinstance(archive_hours, Keep):
            _change_archive(actor, server, archive_hours)
        _change_wake(actor, server, wake_by_join, wake_names)
        if not isinstance(web_map, Keep):
            _change_map(actor, server, web_map)
        show(server_id)


def _change_idle(actor: Actor, server: Server, minutes: int | None) -> None:
    if minutes is not None and not 0 <= minutes <= LONGEST_MINUTES:
        raise Invalid(fields={"idle_minutes": _("Höchstens %(most)s Minuten.", most=LONGEST_MINUTES)})
    if minutes != server.idle_minutes:
        before, server.idle_minutes = server.idle_minutes, minutes
        _changed(actor, server, "idle", {"idle_minutes": before}, {"idle_minutes": minutes})
        show(server.id, "players")


def _change_archive(actor: Actor, server: Server, hours: int | None) -> None:
    if hours is not None and not 1 <= hours <= LONGEST_REST:
        raise Invalid(fields={"archive_hours": _("1 bis %(most)s Stunden.", most=LONGEST_REST)})
    if hours != server.archive_hours:
        before, server.archive_hours = server.archive_hours, hours
        _changed(actor, server, "archive", {"archive_hours": before}, {"archive_hours": hours})


def _change_wake(actor: Actor, server: Server, by_join: bool | None, names: Sequence[str] | None) -> None:
    """Names of players are kept with the server and not in the log."""
    if names is not None:
        if len(names) > MOST_PLAYERS or not all(PLAYER.fullmatch(name) for name in names):
            raise Invalid(fields={"wake_names": _("Höchstens 100 Spielernamen ohne Sonderzeichen.")})
        if list(names) != server.wake_names:
            server.wake_names = list(names)
            _changed(actor, server, "wake_names")
    if by_join is not None and by_join != server.wake_by_join:
        server.wake_by_join = by_join
        _changed(actor, server, "wake", {"wake_by_join": not by_join}, {"wake_by_join": by_join})


def _change_map(actor: Actor, server: Server, wanted: bool | None) -> None:
    if wanted and known_template(server.template).web_map is None:
        raise Invalid(fields={"web_map": _("Dieses Spiel hat keine Karte für den Browser.")})
    if wanted != server.web_map:
        before, server.web_map = server.web_map, wanted
        _changed(actor, server, "web_map", {"web_map": before}, {"web_map": wanted})
        settle_map(server, must=True)


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the settings that changed. Texts people wrote (a greeting) are left out."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    plain = [key for key in keys if not isinstance(after.get(key, before.get(key)), str)]
    return {key: before.get(key) for key in plain}, {key: after.get(key) for key in plain}


def _changed(
    actor: Actor,
    server: Server,
    what: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        events.ServerChanged(what), actor=actor, organisation_id=server.organisation_id,
        subject=charge.subject(server.id), before=before, after=after,
    )  # fmt: skip


def delete_server(actor: Actor, server_id: UUID) -> None:
    """Stop it with save if it runs, then remove it with its world. Cannot be taken back. Raises Conflict when ordered."""
    require(actor, P.server_delete)
    with transaction():
        server = owned(actor, server_id)
        if server.state == State.DELETING:
            raise Conflict(_("Dieser Server wird schon gelöscht."))
        order_deletion(server, actor)


def order_deletion(server: Server, actor: Actor) -> None:
    """The deletion itself. Joins the caller's transaction; the row is locked. Raises Conflict while it is copied."""
    require_not_copied(server)
    begin_deletion(server, actor)


def begin_deletion(server: Server, actor: Actor) -> None:
    """From now on nothing is charged for the disk; a job removes everything. Joins the caller's; the row is locked."""
    require_transaction()
    now = clock.now()
    if server.started_at is None:
        charge.ordered_deletion(server.organisation_id, server.id, now)
    set_state(
        server, State.DELETING, desired=Desired.DELETED.value, stop_reason=Reason.DELETED.value,
        stopping_at=now, next_restart_at=None,
    )  # fmt: skip
    record(
        events.ServerDeleteRequested(), actor=actor, organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
    )  # fmt: skip
    queue_delete(server, actor)
