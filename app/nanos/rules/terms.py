"""What an exchange is about: what each side gives, under which licence, at which agreed value. Immutable once written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kit.money import NANOS
from app.nanos.rules.barter import Side

MOST_ITEMS = 10
MOST_CREDITS = 100_000
MOST_SEATS = 100_000
HIGHEST = 100_000 * NANOS
DAYS = (30, 90, 180, 365, 730, 1095)
"""Terms of a licence that can be chosen, in days; None is for good."""


class Fault(StrEnum):
    """What is wrong with a field."""

    NOTHING = "nothing"
    """This side gives nothing: a present is no exchange."""
    CREDITS_ONLY = "credits-only"
    """Nobody gives a nano."""
    MANY = "many"
    CREDITS = "credits"
    BOTH = "both"
    """Both give credits, where the difference would do."""
    VALUE = "value"
    ZERO = "zero"
    """Worth nothing, though it is not open content alone."""
    DAYS = "days"
    SEATS = "seats"
    TERRITORY = "territory"


@dataclass(frozen=True)
class Item:
    """One nano, as it was called when the revision was written. `open`: its licence lets everybody take it."""

    nano_id: UUID
    revision: int
    title: str
    open: bool = False


@dataclass(frozen=True)
class Grant:
    """What the other side may do with the nanos of a part. None: without an end, or for all of the organisation."""

    days: int | None = 365
    seats: int | None = None
    territory: str = ""
    adapts: bool = False
    passes_on: bool = False


@dataclass(frozen=True)
class Part:
    """What one side gives. `value` is the agreed one, in nano-euros."""

    items: tuple[Item, ...] = ()
    credits: int = 0
    value: int = 0
    grant: Grant = Grant()

    @property
    def nano_ids(self) -> frozenset[UUID]:
        """Which nanos."""
        return frozenset(item.nano_id for item in self.items)


@dataclass(frozen=True)
class Terms:
    """Both parts of a revision."""

    offerer: Part
    partner: Part

    def of(self, side: Side) -> Part:
        """What this side gives."""
        return self.offerer if side is Side.OFFERER else self.partner

    @property
    def credits_only(self) -> frozenset[Side]:
        """Sides that give credits and no nano."""
        return frozenset(side for side in Side if not self.of(side).items)

    @property
    def nano_ids(self) -> frozenset[UUID]:
        """All nanos of both."""
        return self.offerer.nano_ids | self.partner.nano_ids


def faults(terms: Terms, territories: frozenset[str]) -> dict[tuple[Side, str], Fault]:
    """What cannot be, by side and field ("items", "credits", "value", "days", "seats", "territory")."""
    found: dict[tuple[Side, str], Fault] = {}
    for side in Side:
        found |= {(side, name): fault for name, fault in _part_faults(terms.of(side), territories).items()}
    if terms.offerer.credits and terms.partner.credits:
        found[Side.PARTNER, "credits"] = Fault.BOTH
    elif terms.credits_only == frozenset(Side) and not found:
        found[Side.PARTNER, "items"] = Fault.CREDITS_ONLY
    return found


def _part_faults(part: Part, territories: frozenset[str]) -> dict[str, Fault]:
    found: dict[str, Fault] = {}
    if not part.items and part.credits == 0:
        found["items"] = Fault.NOTHING
    if len(part.items) > MOST_ITEMS or len(part.nano_ids) != len(part.items):
        found["items"] = Fault.MANY
    if not 0 <= part.credits <= MOST_CREDITS:
        found["credits"] = Fault.CREDITS
    if not 0 <= part.value <= HIGHEST:
        found["value"] = Fault.VALUE
    elif part.value == 0 and "items" not in found and not is_open(part):
        found["value"] = Fault.ZERO
    grant = part.grant
    if grant.days is not None and grant.days not in DAYS:
        found["days"] = Fault.DAYS
    if grant.seats is not None and not 1 <= grant.seats <= MOST_SEATS:
        found["seats"] = Fault.SEATS
    if grant.territory and grant.territory not in territories:
        found["territory"] = Fault.TERRITORY
    return found


def is_open(part: Part) -> bool:
    """Whether it is open content alone, which may be worth nothing."""
    return bool(part.items) and part.credits == 0 and all(item.open for item in part.items)


def to_json(terms: Terms) -> dict[str, Any]:
    """As a revision keeps it."""
    made = asdict(terms)
    for part in made.values():
        part["items"] = [{**item, "nano_id": str(item["nano_id"])} for item in part["items"]]
    return made


def from_json(data: dict[str, Any]) -> Terms:
    """What `to_json` wrote."""

    def part(side: str) -> Part:
        raw = data[side]
        items = tuple(Item(**{**item, "nano_id": UUID(item["nano_id"])}) for item in raw["items"])
        return Part(items, raw["credits"], raw["value"], Grant(**raw["grant"]))

    return Terms(part("offerer"), part("partner"))


@dataclass(frozen=True)
class Change:
    """One difference between two revisions. For "items" the values are titles."""

    side: Side
    name: str
    before: Any
    after: Any


def changes(before: Terms, after: Terms) -> tuple[Change, ...]:
    """What the later revision says otherwise, side by side, in the order of the form."""
    found: list[Change] = []
    for side in Side:
        old, new = before.of(side), after.of(side)
        pairs: list[tuple[str, Any, Any]] = [
            ("items", tuple(one.title for one in old.items), tuple(one.title for one in new.items))
        ]
        pairs += [(name, getattr(old, name), getattr(new, name)) for name in ("credits", "value")]
        pairs += [
            (name, getattr(old.grant, name), getattr(new.grant, name)) for name in Grant.__dataclass_fields__
        ]
        if old.nano_ids == new.nano_ids:
            pairs = pairs[1:]  # a title that changed, or another order, is no other exchange
        found += [Change(side, name, was, now) for name, was, now in pairs if was != now]
    return tuple(found)
