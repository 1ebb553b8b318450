"""How far somebody came, and what is believed of what a browser says about it. Pure.

Time: nobody gets more seconds than have passed since time was last counted. Films: what was seen is a set of hundredths, and a
stretch counts as far as the time that passed allows at double speed. Nothing ever becomes less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.nanos.rules.content import SHOWN, VIDEOS, Kind

ENOUGH = 90
"""Hundredths of a film from which it counts as seen."""
FASTEST = 2.0
"""How many seconds of a film pass in one: the highest speed players offer."""
LONGEST_BEAT = 120.0
"""Seconds between two beats that are believed: a laptop that was asleep has not watched."""
LONGEST_SILENCE = 1800.0
"""The same for packages, which speak when something happens."""
SLACK = 0.25
MOST_SPANS = 40
PLAYED = frozenset({Kind.SCORM, Kind.H5P})
KEPT = timedelta(days=730)
"""How long it is known where somebody was in a piece they do not open any more."""


@dataclass(frozen=True)
class Beat:
    """What a player says: seconds it ran since the last beat, and the stretches of the film (from, to) it showed."""

    seconds: float
    spans: tuple[tuple[float, float], ...] = ()
    length: float | None = None


def reachable(kind: Kind, *, looks: bool, takes: bool) -> bool:
    """Whether somebody can learn with a piece of this kind here: what is not shown must be theirs to take."""
    return looks if kind in SHOWN or kind in PLAYED else takes


def believed(claimed: float, passed: float, most: float = LONGEST_BEAT) -> int:
    """Whole seconds that count."""
    return max(0, math.floor(min(claimed, passed, most)))


def is_number(value: object, most: float = 1e6) -> bool:
    """A finite number from 0 to `most`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def read_spans(given: object) -> tuple[tuple[float, float], ...]:
    """Stretches out of JSON. Raises ValueError."""
    if not isinstance(given, list) or len(given) > MOST_SPANS:
        raise ValueError("spans")
    found = []
    for one in given:
        if not isinstance(one, list) or len(one) != 2 or not all(is_number(each) for each in one):
            raise ValueError("spans")
        found.append((float(one[0]), float(one[1])))
    return tuple(found)


def watch(seen: str, spans: Sequence[tuple[float, float]], length: float, passed: float) -> str:
    """`seen` with what these stretches add, as far as `passed` seconds allow. A hundredth counts with its middle."""
    bits = int(seen or "0", 16)
    left = min(passed, LONGEST_BEAT) * FASTEST + SLACK
    for first, last in spans:
        last = min(last, first + left, length)
        if last <= first:
            continue
        left -= last - first
        for step in range(100):
            if first <= (step + 0.5) * length / 100 <= last:
                bits |= 1 << step
    return f"{bits:x}"


def share(seen: str) -> int:
    """How many hundredths."""
    return int(seen or "0", 16).bit_count()


def film_progress(seen: str) -> int:
    """From `ENOUGH` on all of it: nobody watches the credits."""
    found = share(seen)
    return 100 if found >= ENOUGH else found


def total(pieces: Iterable[int]) -> int:
    """Progress of a whole out of that of its pieces; all only when each is."""
    found = list(pieces)
    if not found:
        return 0
    return 100 if min(found) >= 100 else min(99, sum(found) // len(found))


def total_score(scores: Iterable[int | None]) -> int | None:
    """The mean of those pieces that tell one."""
    told = [one for one in scores if one is not None]
    return round(sum(told) / len(told)) if told else None


def is_film(kind: Kind) -> bool:
    """Whether it is watched, and not ticked off."""
    return kind in VIDEOS
