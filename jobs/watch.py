"""The watch: one long-running process a node, beside the workers (docs/adr/0005-watch-process.md).

`python -m jobs.watch`

Loops, each with its own application context, none of which waits for another:
- fast (250 ms; 50 ms while a player waits): consoles, games that become ready, players who come and go; once a second,
  runs that have ended;
- slow (10 s, or at once when a run has ended): readings, pings, empty games, reconciling;
- wishes (at once): players who wake servers by joining;
- bell (at once): states that have changed elsewhere;
- door (1 s, or at once when a state has changed or a server is ready): what the router knows of each;
- ticks (30 s): ticks per second over RCON, which a hanging game may delay;
- sink (10 s), where one is set: readings to the operator's own time series database.
Everything it knows can be learned again: it may be killed at any time, and two of them take turns by a lease.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from flask import Flask

from app.hosting.rules.server import State
from app.hosting.services import bell, idle, lease, rest, watching
from app.hosting.services.doors import Doors
from app.hosting.services.games import Game, load_games
from app.hosting.services.monitoring_sink import Sink, sink_of
from app.hosting.services.reconcile import reconcile
from app.kit import clock, observe
from app.kit.db import db
from app.kit.ids import new_id
from jobs.runtime import application, beating

log = structlog.get_logger(__name__)
FAST, INSPECT, SLOW, TICKS, RENEW = 0.25, 1.0, 10.0, 30.0, 5.0
PUBLISH, WISHES = 1.0, 1.0
SINK = 10.0
HURRY, HURRIED = 60.0, 0.05
"""So long after somebody woke a server, while one starts, looks are quicker and ask for games that are new: a player waits."""
WATCHED = observe.gauge("kontor_watched_servers", "Running servers this process watches.", across="livesum")


class Watch:
    """The loops and what they share."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"
        self.stop = threading.Event()
        self.games: dict[UUID, Game] = {}
        self.odd: set[UUID] = set()
        self.wake = threading.Event()
        self.held_until = 0.0
        self.doors = Doors()
        self.sink = sink_of(app.extensions["kontor-settings"])
        self.moved = threading.Event()
        self._inspected = self._renewed = 0.0
        self._hurry_until = 0.0
        self._measured = -1
        self._slept: datetime | None = None

    @property
    def holding(self) -> bool:
        return time.monotonic() < self.held_until

    def renew(self) -> None:
        """Keep the lease, or wait for it. While the database is away the lease runs out by itself."""
        began = time.monotonic()
        if began - self._renewed < RENEW:
            return
        self._renewed = began
        self.held_until = began + lease.LEASE.total_seconds() if lease.hold(self.holder) else 0.0

    def fast(self) -> None:
        """One quick look."""
        self.renew()
        if not self.holding:
            self.games = {}
            return
        now = time.monotonic()
        if now - self._inspected >= INSPECT or now < self._hurry_until:
            self._inspected = now
            self.games = load_games(self.games)
            WATCHED.set(len(self.games))
            odd = watching.find_ended(self.games)
            if odd:
                self.odd |= odd
                self.wake.set()
        watching.read_consoles(self.games)
        if watching.find_ready(self.games):
            self.moved.set()
        watching.count_players(self.games)

    def slow(self) -> None:
        """What may take a second: ends that were seen, and every ten seconds readings and reconciling."""
        if not self.holding:
            return
        odd, self.odd = self.odd, set()
        if odd:
            reconcile(odd)
        slot = int(clock.now().timestamp() // SLOW)
        if slot != self._measured:
            self._measured = slot
            games = dict(self.games)
            watching.measure(games, (slot - 1) * int(SLOW), self.sink)
            idle.rest_empty_games(games)
            self._slept, _fell_asleep = rest.show_sleepers(self._slept)
            reconcile()

    def pace(self) -> float:
        """Seconds from one quick look to the next."""
        hurried = time.monotonic() < self._hurry_until
        return HURRIED if hurried and any(g.state is State.STARTING for g in self.games.values()) else FAST

    def wishes(self, wait: float = WISHES) -> None:
        """Wait a moment for players who wake servers."""
        if not self.holding:
            self.stop.wait(wait)
        elif self.doors.take_wishes(wait):
            self._hurry_until = time.monotonic() + HURRY
            self.moved.set()

    def listen(self, wait: float = WISHES) -> None:
        """Wait a moment for states that change elsewhere: what the router is told about them must not come late."""
        if not self.holding:
            self.stop.wait(wait)
        elif bell.heard(wait):
            self.moved.set()

    def door(self) -> None:
        """What the router is told."""
        if self.holding:
            self.doors.publish(dict(self.games))
        else:
            self.doors.forget()

    def ticks(self) -> None:
        """Ask games with players for their ticks per second."""
        if self.holding:
            watching.ask_tps(dict(self.games))

    def drain(self, sink: Sink) -> None:
        """Send readings to the metrics sink, and at the end what is left: nobody waits for it."""
        self.loop(sink.flush, SINK)
        sink.flush()

    def loop(
        self,
        look: Callable[[], None],
        seconds: float | Callable[[], float],
        wake: threading.Event | None = None,
    ) -> None:
        """Call `look` again and again; what fails is told once and tried again: databases come back."""
        failing = False
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                with self.app.app_context():
                    look()
                    db.session.remove()
                failing = False
            except Exception as error:
                if not failing:
                    log.warning("watch_failed", look=look.__name__, error=type(error).__name__, exc_info=True)
                failing = True
            pace = seconds() if callable(seconds) else seconds
            left = max(0.05, pace - (time.monotonic() - began))
            if wake is not None:
                wake.wait(left)
                wake.clear()
            else:
                self.stop.wait(left)

    def run(self) -> None:
        """Run the loops until told to stop, then hand the lease on."""
        threads = [
            threading.Thread(target=self.loop, args=(self.slow, 1.0, self.wake), name="slow", daemon=True),
            threading.Thread(target=self.loop, args=(self.wishes, 0.0), name="wishes", daemon=True),
            threading.Thread(target=self.loop, args=(self.listen, 0.0), name="bell", daemon=True),
            threading.Thread(
                target=self.loop, args=(self.door, PUBLISH, self.moved), name="door", daemon=True
            ),
            threading.Thread(target=self.loop, args=(self.ticks, TICKS), name="ticks", daemon=True),
        ]
        if self.sink is not None:
            threads.append(threading.Thread(target=self.drain, args=(self.sink,), name="sink", daemon=True))
        for thread in threads:
            thread.start()
        self.loop(self.fast, self.pace)
        self.wake.set()
        self.moved.set()
        for thread in threads:
            thread.join(timeout=5)
        try:
            with self.app.app_context():
                lease.release(self.holder)
        except Exception:
            log.warning("lease_kept", exc_info=True)


def main() -> None:
    """Watch this node until told to stop."""
    app = application()
    observe.configure("watch", level=app.extensions["kontor-settings"].log_level)
    watch = Watch(app)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watch.stop.set())
    alive = beating(app, "watch")
    watch.run()
    alive.set()


if __name__ == "__main__":
    main()
