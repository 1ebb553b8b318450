"""How far places are apart, and which of them lie around one."""

from __future__ import annotations

import math
from collections.abc import Mapping

RADII = (25, 50, 100)
"""Kilometres on offer, as the crow flies."""
EVERYWHERE = "everywhere"
_EARTH = 6371.0

Place = tuple[float, float]
"""Degrees north and east."""


def apart_km(one: Place, other: Place) -> float:
    """Kilometres between two places on a round earth (haversine): wrong by at most half a percent."""
    north, east = math.radians(other[0] - one[0]), math.radians(other[1] - one[1])
    bow = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(one[0])) * math.cos(math.radians(other[0])) * math.sin(east / 2) ** 2
    )
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(bow)))


def within(centre: str, km: int, places: Mapping[str, Place]) -> frozenset[str]:
    """The places at most so far from one of them, itself among them; what is offered everywhere is near everybody.

    Districts are where their main place is. Nothing for an unknown centre.
    """
    if centre not in places:
        return frozenset()
    middle = places[centre]
    return frozenset({EVERYWHERE, *(name for name, place in places.items() if apart_km(middle, place) <= km)})
