"""What resting saved: the price of running all the time, less what was paid for the disk and the archive."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Saving:
    """The calculation of one server and one span of time. Amounts are nano-euros."""

    rest_seconds: int
    """Time in which it stood still: asleep or archived."""
    active_per_hour: int
    """What running costs with the memory it has now, at today's price."""
    paid: int
    """What standing still cost."""

    @property
    def running(self) -> int:
        """What that time would have cost running, whole nano-euros, rounded half to even."""
        return round(Fraction(self.rest_seconds * self.active_per_hour, HOUR))

    @property
    def saved(self) -> int:
        """Less than zero when standing still was the dearer one, which is said and not hidden."""
        return self.running - self.paid
