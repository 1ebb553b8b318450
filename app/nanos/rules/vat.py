"""What value added tax results from an exchange: by the status a provider states, never guessed.

An exchange is two supplies, each the consideration of the other (§ 3 Abs. 12 UStG); the value of what one receives counts as
the consideration for what one gives (§ 10 Abs. 2 Satz 2 UStG). The agreed values are gross: tax is contained in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.kit.money import CENT

REGULAR_PERCENT = 19
"""§ 12 Abs. 1 UStG: the use of learning content over the network is no supply with a reduced rate."""


class Status(StrEnum):
    """How a provider's supplies are taxed, as they state it."""

    EXEMPT_21 = "exempt21"
    """§ 4 Nr. 21 UStG: school and education, with a certificate of the authority."""
    EXEMPT_22 = "exempt22"
    """§ 4 Nr. 22 UStG: talks and courses of public bodies and those that serve a charitable purpose."""
    SMALL = "small"
    """§ 19 UStG: small business."""
    REGULAR = "regular"


@dataclass(frozen=True)
class Tax:
    """Tax in a gross consideration, in nano-euros; whole cents, rounded half up. `percent` 0: none is due."""

    percent: int
    gross: int
    net: int
    tax: int


def taxed(status: Status, gross: int) -> Tax:
    """What a consideration holds for a provider of this status. Raises ValueError for a negative one."""
    if gross < 0:
        raise ValueError("a consideration is not negative")
    if status is not Status.REGULAR:
        return Tax(0, gross, gross, 0)
    cents = gross // CENT
    tax = (cents * REGULAR_PERCENT * 2 + 100 + REGULAR_PERCENT) // (2 * (100 + REGULAR_PERCENT)) * CENT
    return Tax(REGULAR_PERCENT, gross, gross - tax, tax)
