"""Quarters, and the two sides of the market as tables."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum

from app.nanos.rules.secrecy import Rule


class Side(StrEnum):
    """Of the market."""

    demand = "demand"
    """People who began a nano of another organisation, each once in each subject and region."""
    supply = "supply"
    """Nanos that were public when the quarter was over."""


RULES = {
    Side.demand: Rule(people=10, organisations=3, width=10),
    Side.supply: Rule(people=3, organisations=3, width=3),
}
"""Of people, groups of at least ten. A nano is public by itself: there it is the organisations that count."""
_QUARTER = re.compile(r"20\d\d-[1-4]")


def quarter_of(day: date) -> str:
    """Such as 2026-3."""
    return f"{day.year}-{(day.month + 2) // 3}"


def quarter_before(day: date) -> str:
    """The last one that is over on this day."""
    year, number = day.year, (day.month + 2) // 3 - 1
    return f"{year}-{number}" if number else f"{year - 1}-4"


def bounds(quarter: str) -> tuple[datetime, datetime]:
    """Its first instant, and the first after it (UTC)."""
    year, number = int(quarter[:4]), int(quarter[5:])
    begins = datetime(year, number * 3 - 2, 1, tzinfo=UTC)
    return begins, datetime(year + number // 4, number * 3 % 12 + 1, 1, tzinfo=UTC)


def is_quarter(text: str) -> bool:
    """Whether it reads like one."""
    return bool(_QUARTER.fullmatch(text)) and text.isascii()
