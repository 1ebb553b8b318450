"""When a server has a map for browsers, and the host name of it."""

from __future__ import annotations

MAP_LABEL = "map"
"""What stands before a server's play name: map.bauwelt.play.example.org."""


def has_map(choice: bool | None, *, able: bool, plugin: bool) -> bool:
    """Whether a server gets a port for a map. `choice` is the owner's, None follows the plugins; `able` says whether
    its game can have one at all.
    """
    return able and (plugin if choice is None else choice)


def map_name(play_name: str) -> str:
    """The map's host name beside a play name."""
    return f"{MAP_LABEL}.{play_name}"
