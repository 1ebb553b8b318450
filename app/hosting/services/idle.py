"""Games that nobody plays are warned and stopped. The watch looks every ten seconds, after it has counted players."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.hosting import tasks
from app.hosting.models import Server
from app.hosting.rules.idle import Rest, Step, chosen_minutes, lead, step, stops_at
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.services import charge
from app.hosting.services.ending import order_end
from app.hosting.services.games import Game
from app.hosting.services.life import show
from app.hosting.services.place import template_of
from app.hosting.services.watching import Games, ask, note
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.config import settings
from app.kit.db import db, lock, transaction
from app.kit.secrets import seal

JUST = timedelta(seconds=20)
_COLUMNS = (
    Server.id, Server.players_online, Server.silent_since, Server.idle_minutes, Server.empty_since, Server.ready_at,
    Server.idle_warned_at,
)  # fmt: skip


def rest_of(row: Any) -> Rest:
    """A server's row, or anything with its columns, as the rule sees it."""
    return Rest(
        minutes=chosen_minutes(row.idle_minutes, settings().idle_minutes),
        players=row.players_online if row.silent_since is None else None,
        empty_since=row.empty_since,
        ready_at=row.ready_at,
        warned_at=row.idle_warned_at,
    )


def rest_empty_games(games: Games) -> list[UUID]:
    """Warn and stop what has been empty for long enough; only games that have just said so. Returns what was stopped."""
    empty = [key for key, game in games.items() if _just_said_empty(game)]
    if not empty:
        return []
    rows = db.session.execute(
        select(*_COLUMNS).where(Server.id.in_(empty), Server.state == State.RUNNING.value)
    ).all()
    db.session.rollback()
    now, due = clock.now(), []
    for row in rows:
        rest = rest_of(row)
        _show_minutes(games, row.id, rest)
        match step(rest, now):
            case Step.WARN:
                _warn(row.id, games[row.id].run_id)
            case Step.STOP:
                due.append(row.id)
    asked = {key: games[key] for key in due}
    answers = ask(asked, 2.0) if asked else {}  # somebody may have come since the count
    note(asked, answers)
    still = [key for key, pong in answers.items() if pong is not None and pong.players_online == 0]
    return [key for key in still if _stop(key, games[key].run_id)]


def _just_said_empty(game: Game) -> bool:
    """An older answer is none: where the engine is away, nobody can be asked."""
    if game.state is not State.RUNNING or game.online != 0 or game.counted_at is None:
        return False
    return clock.now() - game.counted_at <= JUST


def _show_minutes(games: Games, server_id: UUID, rest: Rest) -> None:
    """Pages count down in minutes."""
    at = stops_at(rest, clock.now())
    left = None if at is None else ceil((at - clock.now()).total_seconds() / 60)
    if games[server_id].idle_left != left:
        games[server_id].idle_left = left
        show(server_id, "players")


def _still(server: Server, run_id: UUID, wanted: Step) -> bool:
    """Under the row's lock: the same run, and nothing came between that changes the decision."""
    same = server.state == State.RUNNING and server.run_id == run_id and server.desired == Desired.RUNNING
    return same and step(rest_of(server), clock.now()) is wanted


def _warn(server_id: UUID, run_id: UUID) -> None:
    """Say it in the game, where the template knows how. Once for each stop, also when the watch is replaced."""
    with transaction():
        server = lock(Server, server_id)
        if not _still(server, run_id, Step.WARN):
            return
        server.idle_warned_at = clock.now()
        say = template_of(server.template).say
        if say is None:
            return
        seconds = round(lead(rest_of(server).minutes).total_seconds())
        text = _("Hier spielt niemand. Der Server stoppt in %(n)d Sekunden.", n=seconds)
        tasks.command.later(
            actor=SYSTEM, organisation_id=server.organisation_id, subject=charge.subject(server_id),
            server_id=str(server_id), run_id=str(run_id), sealed=seal(say.format(text=text)),
        )  # fmt: skip


def _stop(server_id: UUID, run_id: UUID) -> bool:
    with transaction():
        server = lock(Server, server_id)
        if not _still(server, run_id, Step.STOP):
            return False
        order_end(server, SYSTEM, Reason.IDLE, Desired.STOPPED)
        return True
