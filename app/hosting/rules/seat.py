"""What somebody may be let do with one server: areas people understand, and the two usual sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

MOST = 50
"""People with a seat, asked or there, on one server."""


class Area(StrEnum):
    """A column of the matrix. A new one needs its permissions in `policies.AREAS` and its words in `wording.AREAS`."""

    WATCH = "watch"
    """Always: who may do something may see it."""
    CONSOLE = "console"
    POWER = "power"
    SETTINGS = "settings"
    FILES_READ = "files-read"
    FILES_WRITE = "files-write"
    BACKUPS = "backups"
    BACKUPS_MANAGE = "backups-manage"
    SCHEDULES = "schedules"
    PLUGINS = "plugins"
    WEBHOOKS = "webhooks"
    DOMAINS = "domains"


class SeatRole(StrEnum):
    """Which set of areas somebody has."""

    ADMIN = "admin"
    MEMBER = "member"
    CUSTOM = "custom"


PRESETS = {
    SeatRole.ADMIN: frozenset(Area),
    SeatRole.MEMBER: frozenset({Area.WATCH, Area.CONSOLE}),
}
_NEEDS = {Area.FILES_WRITE: Area.FILES_READ}
"""Nobody can change what they cannot see."""


def areas_of(role: str, chosen: Iterable[str] = ()) -> frozenset[Area]:
    """All areas of a seat. What an older release knew and this one does not is nothing."""
    if role in (SeatRole.ADMIN, SeatRole.MEMBER):
        return PRESETS[SeatRole(role)]
    known = frozenset(Area(one) for one in chosen if one in set(Area))
    return known | {_NEEDS[one] for one in known if one in _NEEDS} | {Area.WATCH}


def kept(role: SeatRole, chosen: Iterable[str]) -> list[str]:
    """What is written down: an own choice in the order of the matrix. A usual set is kept as its name alone, so that an
    area which a later release brings belongs to it."""
    if role is not SeatRole.CUSTOM:
        return []
    has = areas_of(role, chosen)
    return [area.value for area in Area if area in has]
