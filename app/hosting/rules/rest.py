"""Which stopped servers people are shown as asleep. It is no state of its own: nothing happens to the server then."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.hosting.rules.server import Desired, State

ASLEEP = "asleep"
"""What a sleeping server is called where states are counted and filtered."""


def asleep_before(now: datetime, minutes: int) -> datetime:
    """Servers that stand still since this moment or longer are asleep."""
    return now - timedelta(minutes=minutes)


def asleep(state: State, desired: Desired, since: datetime, now: datetime, minutes: int) -> bool:
    """Stopped for a while, and nobody is about to start it. `since`: when it stopped."""
    still = state is State.STOPPED and desired is Desired.STOPPED
    return still and since <= asleep_before(now, minutes)
