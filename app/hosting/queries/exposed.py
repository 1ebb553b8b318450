"""What Prometheus reads about game servers: base units, no names of servers, people or players.

Read from the newest measurements at each scrape, so a server that is deleted is gone from the next one.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from app.hosting.models import Domain, Sample, Server
from app.hosting.rules.domain_life import State as DomainState
from app.hosting.rules.server import ALIVE, State
from app.kit import clock, observe
from app.kit.db import db

FRESH_SECONDS = 40
LABELS = ["server", "template"]
SERIES = {
    "memory_bytes": ("kontor_game_server_memory_bytes", "Memory in use.", False),
    "cpu_seconds": ("kontor_game_server_cpu_cores", "Processor cores in use, mean of ten seconds.", True),
    "disk_bytes": ("kontor_game_server_disk_bytes", "Disk the world takes.", False),
    "player_seconds": ("kontor_game_server_players", "Players online.", True),
    "tps": ("kontor_game_server_ticks_per_second", "Ticks per second; absent where the game gives none.", False),
    "network_received_bytes": (
        "kontor_game_server_network_received_bytes_per_second", "Received, mean of ten seconds.", True,
    ),
    "network_sent_bytes": ("kontor_game_server_network_sent_bytes_per_second", "Sent, mean of ten seconds.", True),
}  # fmt: skip
"""Column: (name, help, whether it is divided by the seconds measured)."""


def read() -> Iterable[Metric]:
    """All families: servers by state, limits and the newest reading of each running server."""
    yield _states()
    yield _domains()
    rows = db.session.execute(
        select(Server.id, Server.template, Server.memory_mb, Sample)
        .join(Sample, Sample.server_id == Server.id)
        .where(
            Server.state.in_([state.value for state in ALIVE]),
            Sample.seconds == 10,
            Sample.at >= int(clock.now().timestamp()) - FRESH_SECONDS,
        )
        .order_by(Sample.at)
    )
    newest = {row[0]: row for row in rows}
    limit = GaugeMetricFamily("kontor_game_server_memory_limit_bytes", "Memory limit.", labels=LABELS)
    families = {key: GaugeMetricFamily(name, text, labels=LABELS) for key, (name, text, _) in SERIES.items()}
    for server_id, template, memory_mb, sample in newest.values():
        labels = [server_id.hex, template]
        limit.add_metric(labels, memory_mb * 1024 * 1024)
        for key, (_, _, rate) in SERIES.items():
            value = getattr(sample, key)
            if value is not None:
                families[key].add_metric(labels, value / sample.covered if rate else value)
    yield limit
    yield from families.values()


def _states() -> GaugeMetricFamily:
    family = GaugeMetricFamily("kontor_game_servers", "Game servers by state.", labels=["state"])
    rows = db.session.execute(select(Server.state, func.count()).group_by(Server.state))
    counted = dict(rows.all())
    for state in State:
        family.add_metric([state.value], counted.get(state.value, 0))
    return family


def _domains() -> GaugeMetricFamily:
    family = GaugeMetricFamily("kontor_domains", "Own domains of game servers by state.", labels=["state"])
    counted = dict(db.session.execute(select(Domain.state, func.count()).group_by(Domain.state)).all())
    for state in DomainState:
        family.add_metric([state.value], counted.get(state.value, 0))
    return family


def expose() -> None:
    """Have this read at every scrape."""
    observe.on_scrape("hosting", read)
