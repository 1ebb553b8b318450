"""Readings to an operator's own time series database, beside our own roll-ups. Off unless set.

The watch hands lines over and goes on; a thread of its own sends them. What waits is bounded: when the database is away
for long, the oldest lines are dropped and counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from uuid import UUID

import structlog

from app.hosting.gateways.sink import HttpWriter, Writer, Written
from app.hosting.rules.monitoring_lines import MEASUREMENT, line
from app.hosting.rules.sampling import Reading
from app.hosting.services.games import Game
from app.hosting.services.place import NODE
from app.kit import observe
from app.kit.config import Settings

log = structlog.get_logger(__name__)
MOST_WAITING = 50_000
"""Lines; a server makes one every ten seconds: eight minutes of a thousand servers."""
BATCH = 5_000
LONGEST_PAUSE = 60.0

LINES = observe.counter(
    "kontor_metrics_sink_lines_total",
    "Lines for the metrics sink: sent, refused by it, or dropped.",
    ("outcome",),
)
WAITING = observe.gauge("kontor_metrics_sink_waiting_lines", "Lines that wait for the metrics sink.")
TOOK = observe.histogram("kontor_metrics_sink_duration_seconds", "How long writing a batch took.")


def sink_line(game: Game, reading: Reading, at: int) -> str | None:
    """One reading as a line; names of people and servers are not in it, only ids."""
    covered = reading.covered or 1

    def rate(amount: float | None) -> float | None:
        return None if amount is None else amount / covered

    tags = {
        "server": str(game.server_id),
        "organisation": str(game.organisation_id or ""),
        "template": game.template.slug,
        "runtime": game.runtime,
        "node": NODE,
    }
    fields = {
        "memory_bytes": reading.memory_bytes,
        "cpu_cores": rate(reading.cpu_seconds),
        "ticks_per_second": reading.tps,
        "players": reading.players_peak,
        "disk_bytes": reading.disk_bytes,
        "received_bytes_per_second": rate(reading.network_received_bytes),
        "sent_bytes_per_second": rate(reading.network_sent_bytes),
        "measured_seconds": reading.covered,
    }
    return line(MEASUREMENT, tags, fields, at)


class Sink:
    """A bounded queue and what empties it. `take` never waits; `flush` may, for as long as a request may take."""

    def __init__(self, writer: Writer, most: int = MOST_WAITING) -> None:
        self._writer, self._most = writer, most
        self._lines: deque[str] = deque()
        self._lock = threading.Lock()
        self._away = 0
        self._not_before = 0.0
        self._told: Written | None = None

    @property
    def waiting(self) -> int:
        return len(self._lines)

    def take(self, games: Mapping[UUID, Game], readings: Mapping[UUID, Reading], at: int) -> None:
        """Queue one sweep; what is too much falls out at the old end."""
        made = (sink_line(games[key], reading, at) for key, reading in readings.items() if key in games)
        with self._lock:
            self._lines.extend(text for text in made if text is not None)
            self._bound()

    def _bound(self) -> None:
        over = len(self._lines) - self._most
        for _ in range(max(0, over)):
            self._lines.popleft()
        if over > 0:
            LINES.labels("dropped").inc(over)
        WAITING.set(len(self._lines))

    def flush(self) -> None:
        """Send what waits, batch by batch; after a failure not before some time has passed."""
        while self._lines and time.monotonic() >= self._not_before:
            with self._lock:
                batch = [self._lines.popleft() for _ in range(min(BATCH, len(self._lines)))]
            with TOOK.time():
                written = self._writer.write(batch)
            self._note(written, len(batch))
            if written is Written.AWAY:
                with self._lock:
                    self._lines.extendleft(reversed(batch))
                    self._bound()
                return
            LINES.labels(written.value).inc(len(batch))
            WAITING.set(len(self._lines))

    def _note(self, written: Written, count: int) -> None:
        """Remember how it went; only a change is logged."""
        self._away = self._away + 1 if written is Written.AWAY else 0
        pause = min(LONGEST_PAUSE, 5.0 * 2 ** min(self._away, 10)) if self._away else 0.0
        self._not_before = time.monotonic() + pause
        if written is not self._told:
            if written is Written.SENT:
                log.info("metrics_sink_takes", lines=count)
            else:
                log.warning("metrics_sink_fails", outcome=written.value, lines=count)
        self._told = written


def sink_of(settings: Settings) -> Sink | None:
    """The sink that is set, or None."""
    url = settings.metrics_sink_url.get_secret_value()
    if not url:
        return None
    return Sink(HttpWriter(url, settings.metrics_sink_token.get_secret_value()))
