"""Who sees and changes a collection, and the order of what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

PRIVATE, ORGANISATION, PUBLIC = "private", "organisation", "public"
SHARINGS = (PRIVATE, ORGANISATION, PUBLIC)
MOST_ITEMS = 200
MOST_COLLECTIONS = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Reader:
    """`maker`: made it. `colleague`: acts for the organisation it belongs to. `manager`: answers for that organisation."""

    maker: bool = False
    colleague: bool = False
    manager: bool = False


def may_see(reader: Reader, sharing: str) -> bool:
    """A private one is its maker's; one of an organisation its people's; a public one everybody's."""
    if sharing == PUBLIC:
        return True
    return reader.colleague and (sharing == ORGANISATION or reader.maker)


def may_change(reader: Reader, sharing: str) -> bool:
    """Whoever sees it and acts for its organisation works on it."""
    return reader.colleague and may_see(reader, sharing)


def may_own(reader: Reader, sharing: str) -> bool:
    """Who decides who sees it, and that it goes: its maker; of a shared one also who answers for the organisation."""
    return may_change(reader, sharing) and (reader.maker or (reader.manager and sharing != PRIVATE))


def moved(order: Sequence[T], one: T, to: int) -> list[T]:
    """The order with `one` at place `to`, counted from 1; beyond the ends is at the end. Twice is the same as once."""
    rest = [other for other in order if other != one]
    if len(rest) == len(order):
        return list(order)
    place = max(0, min(to - 1, len(rest)))
    return [*rest[:place], one, *rest[place:]]
