"""Chat while things die: `python -m benchmarks chat --chaos`.

People talk in rooms of two and in a hall; meanwhile live and web workers, Redis and the processes that speak are killed
(SIGKILL) and sockets are cut, at random moments. Readers do what the page's script does: listen, then ask for what is
missing by number. In the end the database and what each reader showed are compared: every message that was to be said is
there once, under numbers without a gap, each author's in their order, and everybody showed exactly that.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.kit.db import db
from app.kit.dom import dom_id
from app.messaging.models import Message
from benchmarks.chat_people import Reader, Speaker
from benchmarks.live import start_live
from benchmarks.site import Site, running_site, workers_of
from benchmarks.swarm import Swarm, Viewer
from benchmarks.table import table
from benchmarks.talk_site import Town

MESSAGES, RATE, PEOPLE, HALL = 100_000, 600.0, 400, 40
SPEAKERS = 2
EVERY = (1.5, 4.0)  # seconds between two misfortunes
PATIENCE = 120.0  # seconds until everybody must show everything, once all has been said


class Chaos:
    """Misfortunes at random; `count` says how many there were of each."""

    def __init__(self, site: Site, swarm: Swarm, speakers: list[Speaker], chance: random.Random) -> None:
        self.site, self.swarm, self.speakers, self.chance = site, swarm, speakers, chance
        self.count: dict[str, int] = {}
        self.next_at = time.monotonic() + 3.0
        self.redis_again_at = 0.0

    def turn(self) -> None:
        now, redis = time.monotonic(), self.site.redis_server
        assert redis is not None
        if self.redis_again_at and now >= self.redis_again_at:
            self.redis_again_at = 0.0
            redis.start()
        if now < self.next_at:
            return
        self.next_at = now + self.chance.uniform(*EVERY)
        what = self.chance.choice(
            (
                "live worker",
                "live worker",
                "web worker",
                "sockets",
                "sockets",
                "sockets",
                "Redis",
                "Redis",
                "speaker",
            )
        )
        if what == "sockets":
            for viewer in self.chance.sample(list(self.swarm.viewers), len(self.swarm.viewers) // 5):
                if viewer.sock is not None and viewer.upgraded:
                    with suppress(OSError):
                        viewer.sock.shutdown(socket.SHUT_RDWR)
        elif what == "Redis":
            if self.redis_again_at:
                return
            redis.stop(sig=signal.SIGKILL)
            self.redis_again_at = now + self.chance.uniform(0.2, 2.0)
        elif what == "speaker":
            self.chance.choice(self.speakers).kill()
        else:
            pids = workers_of(self.site.processes[what.split()[0]])
            if not pids:
                return
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(pids), signal.SIGKILL)
        self.count[what] = self.count.get(what, 0) + 1


def talk(
    site: Site, town: Town, total: int, rate: float, hall: int
) -> tuple[list[Speaker], list[Reader], Swarm]:
    """Everybody in their room, and who speaks there: nine of ten messages in rooms of two, the others in the hall."""
    pairs = [(str(room), str(person)) for room, two in town.rooms for person in two]
    places = [
        (str(town.hall), str(town.hall_people[n // 10 % hall])) if n % 10 == 9 else pairs[n % len(pairs)]
        for n in range(len(pairs))
    ]
    speakers = [
        Speaker(site, {
            "folder": str(site.folder), "database_url": site.database_url, "redis_url": site.redis_url,
            "organisation": str(town.organisation_id), "rate": rate / SPEAKERS, "seconds": total / rate,
            "places": places[n::SPEAKERS], "name": f"speaker-{n}",
        }, n)
        for n in range(SPEAKERS)
    ]  # fmt: skip
    watched = [(room, person) for room, two in town.rooms for person in two]
    watched += [(town.hall, person) for person in town.hall_people]
    readers = [
        Reader(room, Viewer(n, town.cookies[person], [dom_id("messaging-room", room, "feed")]))
        for n, (room, person) in enumerate(watched)
    ]
    return speakers, readers, Swarm(site.live_port, site.origin, [one.viewer for one in readers])


def listen(site: Site, swarm: Swarm, readers: list[Reader], pool: ThreadPoolExecutor) -> None:
    """A moment of everybody's listening and asking."""
    swarm.turn(0.05)
    by_number = {one.viewer.number: one for one in readers}
    for viewer, _at, body in swarm.frames():
        by_number[viewer.number].take(body)
    for one in readers:
        one.ask(pool, site.origin)


def judge(site: Site, speakers: list[Speaker], readers: list[Reader]) -> tuple[list[str], int]:
    """What is wrong, and how many messages there are."""
    faults: list[str] = []
    with site.app.app_context():
        columns = (
            Message.room_id,
            Message.seq,
            Message.id,
            Message.author_id,
            Message.client_id,
            Message.text,
        )
        rows = db.session.execute(select(*columns).order_by(Message.room_id, Message.seq)).all()
        db.session.remove()
    wanted = {f"{one.order['name']}-{turn:08d}" for one in speakers for turn in range(one.total)}
    kept = [row.client_id for row in rows]
    faults += [f"{len(wanted - set(kept))} messages lost"] if wanted - set(kept) else []
    faults += [f"{len(kept) - len(set(kept))} messages doubled"] if len(kept) != len(set(kept)) else []
    rooms: dict[UUID, list[Any]] = {}
    turns: dict[tuple[UUID, UUID, str], int] = {}
    for row in rows:
        rooms.setdefault(row.room_id, []).append(row)
        name, _, turn = row.client_id.rpartition("-")
        key = row.room_id, row.author_id, name
        if turns.get(key, -1) >= int(turn):
            faults.append(f"{row.client_id} stands before one that its author said earlier")
        turns[key] = int(turn)
    for room_id, said in rooms.items():
        if [row.seq for row in said] != list(range(1, len(said) + 1)):
            faults.append(f"the numbers of {room_id} have a gap")
    for one in readers:
        truth = [(row.seq, str(row.id), row.text) for row in rooms.get(one.room_id, [])]
        if one.shown != truth:
            faults.append(f"reader {one.viewer.number} shows {len(one.shown)} of {len(truth)}")
    return faults, len(rows)


def storm(
    site: Site, *, total: int, rate: float, people: int, hall: int, seed: int
) -> tuple[list[str], list[object]]:
    """One run; returns what is wrong and a row of the table."""
    site.live_target, site.more["LIVE_WORKERS"] = "benchmarks.talk_site:create_live()", "2"
    town = Town(site, people, hall)
    site.start("web", "web", "benchmarks.talk_site:create_web()", site.port)
    start_live(site)
    began = time.monotonic()
    speakers, readers, swarm = talk(site, town, total, rate, hall)
    chaos = Chaos(site, swarm, speakers, random.Random(seed))
    swarm.connect_all(pace=50, seconds=20)
    load = 0.0
    with ThreadPoolExecutor(8) as pool:
        while not all(one.done for one in speakers):
            chaos.turn()
            listen(site, swarm, readers, pool)
            load = max(load, os.getloadavg()[0])
        spoken = time.monotonic() - began
        if chaos.redis_again_at and site.redis_server is not None:
            site.redis_server.start()
        with site.app.app_context():
            rows = db.session.execute(
                select(Message.room_id, func.max(Message.seq)).group_by(Message.room_id)
            )
            tops = dict(rows.all())
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and any(one.seq < tops.get(one.room_id, 0) for one in readers):
            listen(site, swarm, readers, pool)
    swarm.close()
    faults, kept = judge(site, speakers, readers)
    shown = sum(len(one.shown) for one in readers)
    killed = ", ".join(f"{count} × {what}" for what, count in sorted(chaos.count.items()))
    return faults, [
        kept, shown, sum(one.live for one in readers), sum(one.fetched for one in readers),
        sum(one.again for one in readers), killed, kept / spoken, time.monotonic() - began - spoken, len(faults), f"{load:.1f}",
    ]  # fmt: skip


COLUMNS = ["messages", "shown", "of them live", "fetched by number", "arrived again (left out)", "killed or cut",
           "messages/s", "then all shown in s", "faults", "load average"]  # fmt: skip


def run(*, small: bool = False) -> None:
    total, rate, people, hall = (2_000, 100.0, 40, 10) if small else (MESSAGES, RATE, PEOPLE, HALL)
    with running_site("postgres") as site:
        faults, row = storm(site, total=total, rate=rate, people=people, hall=hall, seed=int(time.time()))
    sys.stdout.write(
        table("Chat while workers, Redis, speakers and sockets are killed at random", COLUMNS, [row])
    )
    for fault in faults[:20]:
        sys.stdout.write(f"- {fault}\n")
    if faults:
        raise SystemExit(1)
