"""From growing counters to ten-second rows. A counter that shrank belongs to a new run and starts again."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from app.hosting.rules.monitoring import KEPT_SECONDS


@dataclass(frozen=True, slots=True)
class Counters:
    """One reading of a running server; counters only grow within a run. None where nobody can know."""

    memory_bytes: int
    cpu_seconds_total: float
    disk_bytes: int | None = None
    received_total: int | None = None
    sent_total: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What ten seconds were like: see the columns of `Sample`."""

    covered: int
    memory_bytes: int | None
    memory_peak_bytes: int | None
    cpu_seconds: float | None
    disk_bytes: int | None
    player_seconds: float | None
    players_peak: int | None
    tps: float | None
    network_received_bytes: int | None
    network_sent_bytes: int | None
    played_seconds: int | None = None

    def columns(self) -> dict[str, object]:
        """The values by column name."""
        return asdict(self)


def grown(before: float | None, now: float | None) -> float | None:
    """How much a counter grew; None when either end is unknown, or when it was reset."""
    if before is None or now is None or now < before:
        return None
    return now - before


def reading(
    before: Counters | None,
    now: Counters,
    seconds: float,
    *,
    players: int | None,
    tps: float | None,
    width: int = 10,
) -> Reading:
    """The row for the time since the reading before (`seconds` ago), spread to at most `width` seconds.

    The first reading of a run has no time behind it: it tells memory and players, but no rates.
    """
    covered = max(1, min(width, round(seconds)))
    share = min(1.0, width / seconds) if seconds > 0 else 1.0
    earlier = before if seconds > 0 else None
    cpu = grown(earlier.cpu_seconds_total, now.cpu_seconds_total) if earlier else None
    received = grown(earlier.received_total, now.received_total) if earlier else None
    sent = grown(earlier.sent_total, now.sent_total) if earlier else None
    return Reading(
        covered=covered,
        memory_bytes=now.memory_bytes,
        memory_peak_bytes=now.memory_bytes,
        cpu_seconds=None if cpu is None else cpu * share,
        disk_bytes=now.disk_bytes,
        player_seconds=None if players is None else float(players * covered),
        players_peak=players,
        tps=tps,
        network_received_bytes=None if received is None else round(received * share),
        network_sent_bytes=None if sent is None else round(sent * share),
        played_seconds=None if players is None else (covered if players else 0),
    )


def roll_up_from(now: int, back_seconds: int, last: int | None, fine: int, coarse: int) -> int:
    """The bucket of `coarse` seconds from which to roll up those of `fine`, in Unix seconds.

    It is `back_seconds` ago, or the `last` one there is (None: there is none) when that is longer ago; but never one of
    which a part has been dropped already: it would replace a better row.
    """
    since = min(now - back_seconds, 0 if last is None else last) // coarse * coarse
    whole = -((KEPT_SECONDS[fine] - now) // coarse) * coarse
    return max(since, whole)
