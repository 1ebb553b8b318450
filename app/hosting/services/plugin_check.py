"""Are there updates? Modrinth is asked once for all plugins of a kind; what is asked to come by itself is ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import structlog
from sqlalchemy import select

from app.hosting.gateways.modrinth import ModrinthFault
from app.hosting.models import Plugin, PluginCare, Server
from app.hosting.policies import P
from app.hosting.queries.server import find_server
from app.hosting.rules.plugin import RANKS, Release, Target, newer
from app.hosting.rules.plugin_step import Kind
from app.hosting.rules.server import State
from app.hosting.services.plugin import care_of, order
from app.hosting.services.plugin_plan import Planner, rows_of
from app.hosting.services.plugin_source import failure_of, modrinth, polite, takes, telling
from app.kit import clock
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, NotFound, Unavailable

log = structlog.get_logger(__name__)
Group = tuple[Target, str]


def check_server(actor: Actor, server_id: UUID) -> int:
    """Ask now, for one server. Returns how many updates there are. Raises Unavailable."""
    require(actor, P.plugin_write)
    server = find_server(actor, server_id)
    polite(actor)
    with telling():
        return _check([(server.id, server.template, server.game_version)])


def check_all() -> int:
    """Ask for all servers, then order what was asked to come by itself. Returns how many plugins have an update."""
    rows = db.session.execute(
        select(Server.id, Server.template, Server.game_version)
        .where(
            Server.id.in_(select(Plugin.server_id)),
            Server.state.not_in((State.DELETING.value, State.DELETED.value)),
        )
        .order_by(Server.id)
    ).all()
    db.session.rollback()
    try:
        found = _check([(row.id, row.template, row.game_version) for row in rows])
    except ModrinthFault as fault:
        log.warning("no_updates_known", reason=fault.code)
        _note([row.id for row in rows], failure_of(fault).value)
        return 0
    for row in rows:
        _by_itself(row.id)
    return found


def _check(servers: Iterable[tuple[UUID, str, str]]) -> int:
    groups: dict[Group, dict[UUID, Release]] = defaultdict(dict)
    ids = []
    for server_id, template, game_version in servers:
        taken = takes(template, game_version)
        if taken is None:
            continue
        ids.append(server_id)
        for row in rows_of(server_id):
            release = row.now()
            groups[taken.target, release.stability][row.id] = release
    db.session.rollback()
    found: dict[UUID, Release | None] = {}
    for (target, stability), plugins in groups.items():
        kinds = [kind for kind, rank in RANKS.items() if rank >= RANKS[stability]]
        answers = modrinth().updates([one.sha512 for one in plugins.values()], target, kinds)
        for plugin_id, release in plugins.items():
            candidate = answers.get(release.sha512)
            found[plugin_id] = candidate if candidate and newer(release, candidate) else None
    _write(found, {plugin_id: one.id for group in groups.values() for plugin_id, one in group.items()})
    _note(ids, None)
    return sum(release is not None for release in found.values())


def _write(found: dict[UUID, Release | None], asked: dict[UUID, str]) -> None:
    with transaction() as session:
        for plugin_id, release in found.items():
            row = session.get(Plugin, plugin_id, populate_existing=True)
            if row is None or row.release["id"] != asked[plugin_id]:
                continue  # changed meanwhile
            value = release.model_dump(mode="json") if release else None
            if row.newer != value:
                row.newer = value


def _note(servers: Iterable[UUID], failure: str | None) -> None:
    with transaction():
        for server_id in sorted(servers):
            lock(Server, server_id)
            row = care_of(server_id)
            row.failure = failure
            if failure is None:
                row.checked_at = clock.now()


def _by_itself(server_id: UUID) -> None:
    """Order the updates of a server that wants them, without those that something speaks against."""
    care = db.session.get(PluginCare, server_id)
    server = db.session.get(Server, server_id)
    taken = takes(server.template, server.game_version) if server else None
    if care is None or not care.automatic or taken is None:
        db.session.rollback()
        return
    plans = Planner(taken, rows_of(server_id))
    wanted = [
        Release.model_validate(row.newer) for row in plans.rows.values() if row.newer and not row.pinned
    ]
    db.session.rollback()
    try:
        while wanted:
            offer = plans.offer(wanted)
            if not offer.faults:
                order(SYSTEM, server_id, Kind.UPDATE, offer, offer.mark, automatic=True)
                return
            left = [one for one in wanted if one.project_id not in offer.blamed]
            wanted = left if len(left) < len(wanted) else []
    except (ModrinthFault, Conflict, Unavailable, NotFound) as error:
        log.info("no_automatic_update", server=str(server_id), reason=type(error).__name__, detail=str(error))
