"""The registry of notice kinds; each module fills in its own when the application is built."""

from __future__ import annotations

from app.messaging.rules.kind import Kind

_kinds: dict[str, Kind] = {}


def add_kind(kind: Kind) -> None:
    _kinds[kind.name] = kind


def kind_of(name: str) -> Kind | None:
    return _kinds.get(name)


def all_kinds() -> list[Kind]:
    """In the order of the settings page."""
    return sorted(_kinds.values(), key=lambda kind: (kind.order, kind.name))
