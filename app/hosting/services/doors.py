"""The doors of game servers: what the router knows of them, and servers that players wake by joining.

The watch publishes to Redis what has changed since the last look; the router needs no database. Both can be killed at any
time: what Redis has lost is published again within ten seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

import structlog
from sqlalchemy import func, select

from app.core.api import record
from app.hosting import events
from app.hosting.models import Run, Server
from app.hosting.queries.domain import own_domains
from app.hosting.rules.doors import doing, host_names
from app.hosting.rules.route import CHANGED, ROUTES, VERSION, WAKES, Doing
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.services import charge
from app.hosting.services.check import require_no_restore, require_room
from app.hosting.services.games import Game
from app.hosting.services.life import begin_if_affordable
from app.hosting.services.place import NODE, template_of
from app.kit import cache, clock
from app.kit.config import settings
from app.kit.db import db, lock, transaction
from app.kit.errors import KontorError, NotFound

log = structlog.get_logger(__name__)
COMPARE_SECONDS = 10.0
CREDIT_SECONDS = 10.0
MOST_WISHES = 50
"""Wishes taken in one look."""
OLD_SECONDS = 30
"""A player has been sent away by then."""
_GONE = (State.DRAFT.value, State.DELETING.value, State.DELETED.value)


UNPACKED_A_SECOND = 50_000_000
"""Bytes, on a machine that has other work as well; only for what players are told."""


class Doors:
    """What was published last. One a watch; everything in it can be learned again."""

    def __init__(self) -> None:
        self._published: dict[str, str] | None = None
        self._compared = 0.0
        self._credit: dict[UUID, tuple[float, bool]] = {}

    def forget(self) -> None:
        """Another watch publishes now."""
        self._published = None

    def publish(self, games: Mapping[UUID, Game]) -> int:
        """Tell the router what changed. Returns how many host names. Raises what Redis raises."""
        wanted = self._routes(games)
        client = cache.client()
        now = time.monotonic()
        if self._published is None or now - self._compared >= COMPARE_SECONDS:
            found = cast(dict[bytes, bytes], client.hgetall(ROUTES))
            self._published = {key.decode(): value.decode() for key, value in found.items()}
            self._compared = now
        before = self._published
        new = {host: route for host, route in wanted.items() if before.get(host) != route}
        gone = [host for host in before if host not in wanted]
        if not new and not gone:
            return 0
        self._published = None  # unknown, should the answer be lost
        with client.pipeline(transaction=True) as pipe:
            if new:
                pipe.hset(ROUTES, mapping=cast(Any, new))
            if gone:
                pipe.hdel(ROUTES, *gone)
            pipe.incr(VERSION)
            pipe.publish(CHANGED, "")
            pipe.execute()
        self._published = wanted
        return len(new) + len(gone)

    def _routes(self, games: Mapping[UUID, Game]) -> dict[str, str]:
        rows = db.session.execute(
            select(Server, Run.requested_at, Run.ready_at)
            .outerjoin(Run, Run.id == Server.run_id)
            .where(Server.node == NODE, Server.state.not_in(_GONE))
            .order_by(Server.created_at, Server.id)
            .execution_options(populate_existing=True)
        ).all()
        coming = [row.Server for row in rows if row.Server.desired == Desired.RUNNING]
        ends = _last_ends([one.id for one in coming if one.state != State.RUNNING])
        taken: set[str] = set()
        found: dict[str, str] = {}
        own, additional = own_domains(), dict[str, str]()
        for server, requested_at, ready_at in rows:
            took = (ready_at - requested_at).total_seconds() if ready_at and requested_at else None
            route = self._route(server, games.get(server.id), took, ends.get(server.id))
            if route is not None:
                text = json.dumps(route, ensure_ascii=False, sort_keys=True)
                for host in host_names(server.id, server.name, settings().play_domain, taken):
                    found[host] = text
                additional.update(dict.fromkeys(own.get(server.id, ()), text))
        db.session.rollback()
        return additional | found

    def _route(
        self, server: Server, game: Game | None, took: float | None, last_end: Reason | None
    ) -> dict[str, Any] | None:
        state = doing(
            State(server.state), Desired(server.desired), credit=self._has_credit(server), last_end=last_end
        )
        if state is None:
            return None
        address = game.address if game is not None else None
        port = address.port if address is not None else server.port
        return {
            "server": str(server.id),
            "state": Doing.STARTING if state is Doing.RUNNING and not port else state,
            "host": address.host if address is not None else "127.0.0.1",
            "port": port or 0,
            "name": server.name,
            "version": str(server.settings.get("version") or server.game_version),
            "wakes": server.wake_by_join,
            "allow": server.wake_names or None,
            "expected_seconds": round(
                (took if took is not None else _usual_seconds(server.template)) + _seconds_away(server)
            ),
        }

    def _has_credit(self, server: Server) -> bool:
        """Only asked for those that money stopped, and not at every look."""
        if server.reason != Reason.NO_CREDIT:
            return True
        now = time.monotonic()
        known = self._credit.get(server.id)
        if known is None or now - known[0] > CREDIT_SECONDS:
            known = (now, bool(charge.affordable(server.organisation_id, server.memory_mb)))
            self._credit[server.id] = known
        return known[1]

    @staticmethod
    def take_wishes(wait: float = 0.0) -> int:
        """Wake what players want to join, after so many seconds at most. Returns how many servers start. Raises what
        Redis raises.
        """
        client, woken = cache.client(), 0
        first = cast(list[bytes] | None, client.blpop([WAKES], wait)) if wait else None
        others = cast(list[bytes], client.lpop(WAKES, MOST_WISHES) or [])
        for raw in [*(first or [])[1:], *others]:
            try:
                wish = json.loads(raw)
                server_id, player, at = UUID(wish["server"]), str(wish["player"]), float(wish.get("at", 0))
            except (ValueError, TypeError, KeyError, AttributeError):
                log.warning("wish_unreadable")
                continue
            if at and clock.now().timestamp() - at > OLD_SECONDS:
                continue
            try:
                woken += wake(server_id, player)
            except KontorError as error:
                log.info("wake_refused", server=str(server_id), error=type(error).__name__)
        return woken


def _last_ends(server_ids: Collection[UUID]) -> dict[UUID, Reason]:
    """Why the last run that ended did, of those that start."""
    if not server_ids:
        return {}
    latest = (
        select(Run.server_id, func.max(Run.requested_at).label("at"))
        .where(Run.server_id.in_(server_ids), Run.ended_at.is_not(None))
        .group_by(Run.server_id)
        .subquery()
    )
    here = (Run.server_id == latest.c.server_id) & (Run.requested_at == latest.c.at)
    rows = db.session.execute(select(Run.server_id, Run.reason).join(latest, here))
    return {server_id: Reason(reason) for server_id, reason in rows if reason}


def _seconds_away(server: Server) -> float:
    """How long its world probably takes to come back."""
    return 1 + (server.disk_bytes or 0) / UNPACKED_A_SECOND if server.world is None else 0.0


def _usual_seconds(slug: str) -> float:
    try:
        return template_of(slug).ready.timeout_seconds / 10
    except LookupError:
        return 30.0


def wake(server_id: UUID, player: str) -> bool:
    """Start a sleeping server for a player who joins. False when it does not sleep, or the player may not.

    The names are compared again: a wish may be older than the owner's list. Without credit it is held, as a restart is.
    """
    with transaction():
        server = lock(Server, server_id)
        if server.state in _GONE:
            raise NotFound
        allowed = not server.wake_names or player.lower() in {name.lower() for name in server.wake_names}
        sleeps = server.state in (State.STOPPED, State.ARCHIVING, State.ARCHIVED, State.WAKING)
        still = sleeps and server.desired == Desired.STOPPED
        if not (still and server.wake_by_join and allowed):
            return False
        require_room(server)
        require_no_restore(server)
        if not begin_if_affordable(server):
            return False
        record(
            events.ServerWoken(), organisation_id=server.organisation_id, subject=charge.subject(server_id)
        )
        return True
