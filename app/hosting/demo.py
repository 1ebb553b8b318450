"""Sample servers of the demo organisation: one with four weeks behind it, which its guest looks after, and one draft.
Running it again changes nothing.

The past is lived through the services with the clock held there, so every charge in the ledger belongs to a run, is
rated and dated like a real one, and adds up. Only the game is missing: it is installed at the first start.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts.api import find_actor_for_job, find_organisation_by_slug, people_of
from app.hosting.policies import P
from app.hosting.queries.names import server_names
from app.hosting.queries.seat import seats_on
from app.hosting.queries.server import server_detail
from app.hosting.rules.sampling import Reading
from app.hosting.rules.schedule_action import Action
from app.hosting.rules.seat import SeatRole
from app.hosting.rules.server import Look, Seen
from app.hosting.services import ending, life, sample
from app.hosting.services.schedule import create_schedule
from app.hosting.services.seat import give_seat
from app.hosting.services.server import create_server, deploy, start_server, stop_server
from app.kit import clock
from app.kit.authz import Actor, may

SLUG = "musterbetrieb"
LIVED, DRAFT = "Beispielwelt", "Inselreich"
DAYS = 28
MEMORY_MB = 2048
MEGABYTE = 1024 * 1024


def seed() -> None:
    """Write what is missing."""
    organisation = find_organisation_by_slug(SLUG)
    if organisation is None:
        return
    owner = people_of(organisation.id, "owner")[0]
    actor = find_actor_for_job(owner.person_id, organisation.id)
    known = set(server_names(organisation.id).values())
    if not may(actor, P.server_create):
        return
    if LIVED not in known:
        _live(actor)
    for guest in people_of(organisation.id, "guest"):
        _let_in(actor, organisation.id, guest.email)
    if DRAFT not in known:
        create_server(
            actor, name=DRAFT, template="flying-squid", memory_mb=1024, settings={"gamemode": "survival"}
        )


def _let_in(actor: Actor, organisation_id: UUID, email: str) -> None:
    """The guest looks after the server that lives."""
    server_id = next((one for one, name in server_names(organisation_id).items() if name == LIVED), None)
    if server_id is not None and not seats_on(server_id):
        give_seat(actor, server_id, email=email, role=SeatRole.ADMIN)


def _live(actor: Actor) -> None:
    dice = random.Random(4)
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    evening = today - timedelta(days=DAYS) + timedelta(hours=17)
    with clock.freeze(evening):
        server_id = create_server(actor, name=LIVED, template="flying-squid", memory_mb=MEMORY_MB)
        deploy(actor, server_id)
        clock.advance(40)
        life.record_installed(server_id, 0)
        _play(server_id, actor, dice, 1)
    create_schedule(actor, server_id, action=Action.RESTART, cron="0 4 * * *", zone=actor.timezone)
    for day in range(1, DAYS):
        begin = evening + timedelta(days=day, minutes=dice.randrange(-60, 60))
        weekend = begin.weekday() >= 4
        if dice.random() < (0.9 if weekend else 0.45):
            with clock.freeze(begin):
                start_server(actor, server_id)
                _play(server_id, actor, dice, day)


def _play(server_id: UUID, actor: Actor, dice: random.Random, day: int) -> None:
    """One evening: started, played, stopped, as worker and watch would write it down."""
    detail = server_detail(server_id)
    assert detail is not None
    assert detail.run_id is not None
    clock.advance(dice.uniform(0.5, 2.0))
    started = clock.now()
    life.record_started(server_id, detail.run_id, started)
    clock.advance(dice.uniform(1.0, 4.0))
    life.record_ready(server_id, detail.run_id)
    clock.advance(dice.uniform(1.0, 4.5) * 3600)
    stop_server(actor, server_id)
    clock.advance(dice.uniform(0.5, 2.0))
    ended = clock.now()
    seen = Seen(Look.EXITED, detail.run_id, started, ended, 0)
    ending.record_end(server_id, detail.run_id, seen, (40 + 3 * day) * MEGABYTE)
    _measure(server_id, started, ended, dice, day)


def _measure(server_id: UUID, started: datetime, ended: datetime, dice: random.Random, day: int) -> None:
    """Hours as the roll-up would have left them."""
    first, last = int(started.timestamp()), int(ended.timestamp())
    for hour in range(first // 3600 * 3600, last, 3600):
        covered = min(hour + 3600, last) - max(hour, first)
        players = dice.randrange(1, 7)
        memory = int((600 + 90 * players + dice.randrange(60)) * MEGABYTE)
        row = Reading(
            covered=covered,
            memory_bytes=memory,
            memory_peak_bytes=int(memory * 1.1),
            cpu_seconds=covered * (0.1 + 0.06 * players),
            disk_bytes=(40 + 3 * day) * MEGABYTE,
            player_seconds=covered * players * 0.8,
            players_peak=players,
            tps=20.0 - 0.1 * players,
            network_received_bytes=covered * players * 2_000,
            network_sent_bytes=covered * players * 9_000,
            played_seconds=int(covered * 0.8) if players else 0,
        )
        sample.keep({server_id: row}, hour, 3600)
