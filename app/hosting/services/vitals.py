"""What the watch learns about running games between two looks of the reconciler: do they answer, who plays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from app.core.api import record
from app.hosting import events
from app.hosting.gateways.ping import Pong
from app.hosting.models import Run, Server
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.life import show
from app.kit import clock
from app.kit.db import db, transaction


def note_answers(
    answers: Mapping[UUID, Pong | None], run_ids: Mapping[UUID, UUID], unseen: Collection[UUID] = ()
) -> None:
    """Write down a sweep of pings: players where a game answered, since when it is silent where it did not.

    Nobody counted the players of the `unseen` for a while: they are empty from now on at the earliest.

    Only what changed is written; a run that is no longer the current one is left alone.
    """
    if not answers:
        return
    columns = (
        Server.id, Server.run_id, Server.organisation_id, Server.silent_since, Server.players_online, Server.players_max,
        Server.empty_since,
    )  # fmt: skip
    with transaction() as session:
        rows = session.execute(
            select(*columns).where(Server.id.in_(answers), Server.state == State.RUNNING.value)
        ).all()
        for row in rows:
            if row.run_id == run_ids.get(row.id):
                _note(row, answers[row.id], row.id in unseen)


def _note(row: Any, pong: Pong | None, unseen: bool) -> None:
    if pong is None:
        if row.silent_since is None:
            _set(row, silent_since=clock.now())
        return
    since = _empty_since(row, pong, unseen)
    found = {"players_online": pong.players_online, "players_max": pong.players_max, "empty_since": since}
    if row.silent_since is None and all(getattr(row, name) == value for name, value in found.items()):
        return
    if since != row.empty_since:
        found["idle_warned_at"] = None
        show(row.id, "players")
    _set(row, silent_since=None, **found)
    higher = or_(Run.players_peak.is_(None), Run.players_peak < pong.players_online)
    db.session.execute(
        update(Run).where(Run.id == row.run_id, higher).values(players_peak=pong.players_online)
    )
    note_players(row.id, row.organisation_id, row.players_online or 0, pong.players_online)


def _empty_since(row: Any, pong: Pong, unseen: bool) -> datetime | None:
    if pong.players_online:
        return None
    known: datetime | None = row.empty_since
    return clock.now() if known is None or unseen else known


def _set(row: Any, **values: object) -> None:
    still = (Server.id == row.id, Server.run_id == row.run_id, Server.state == State.RUNNING.value)
    db.session.execute(
        update(Server).where(*still).values(**values).execution_options(synchronize_session=False)
    )


def forget_silence(server_ids: Collection[UUID]) -> None:
    """Nobody can tell whether these answer: count their silence anew."""
    with transaction() as session:
        session.execute(
            update(Server)
            .where(Server.id.in_(server_ids), Server.silent_since.is_not(None))
            .values(silent_since=None)
            .execution_options(synchronize_session=False)
        )


def note_players(server_id: UUID, organisation_id: UUID, before: int, now: int) -> None:
    """Somebody joined or left: an event with numbers, no names. Joins the caller's transaction."""
    if now == before:
        return
    fact = events.PlayerJoined(now - before, now) if now > before else events.PlayerLeft(before - now, now)
    record(fact, organisation_id=organisation_id, subject=charge.subject(server_id))
    show(server_id, "players", "events")


def note_disks(sizes: Mapping[UUID, int]) -> None:
    """Keep how much disk the worlds take, where that has changed."""
    if not sizes:
        return
    with transaction() as session:
        known = dict(session.execute(select(Server.id, Server.disk_bytes).where(Server.id.in_(sizes))).all())
        for server_id, size in sizes.items():
            if server_id in known and known[server_id] != size:
                session.execute(
                    update(Server)
                    .where(Server.id == server_id)
                    .values(disk_bytes=size)
                    .execution_options(synchronize_session=False)
                )
