"""Types that mean the same in every shape of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from app.kit.money import NANOS, Money

Euros = Annotated[
    str,
    Field(
        pattern=r"^-?\d+\.\d{9}$",
        description="Euros with nine decimals, as text so that nothing is rounded.",
        examples=["0.020000000"],
    ),
]


def euros(money: Money) -> str:
    """The exact amount: -1.500000000."""
    sign = "-" if money.nanos < 0 else ""
    return f"{sign}{abs(money.nanos) // NANOS}.{abs(money.nanos) % NANOS:09d}"


def _in_this_century(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2099:
        raise ValueError("a time from 2000 to 2099")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_this_century)]
"""A time with its offset; far away years are refused before a database sees them."""
