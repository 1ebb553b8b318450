"""Time zones to choose from."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

_AREAS = ("Europe", "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Indian", "Pacific")


@lru_cache(maxsize=1)
def zones() -> dict[str, list[tuple[str, str]]]:
    """Time zones by continent, Europe first."""
    known = available_timezones()
    found = {
        area: [
            (zone, zone.partition("/")[2].replace("_", " "))
            for zone in sorted(known)
            if zone.startswith(f"{area}/")
        ]
        for area in _AREAS
    }
    return {**found, "UTC": [("UTC", "UTC")]}
