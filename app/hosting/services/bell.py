"""A bell for the watch: something has changed that players see at a door, and it looks at once instead of within a second."""

from __future__ import annotations

from contextlib import suppress

from app.kit import cache
from app.kit.db import after_commit

BELL = "kontor:doors:bell"
HEARD_SECONDS = 10
"""A watch that was down that long looks at everything anyway."""


def ring() -> None:
    """After the commit. Joins the caller's transaction."""
    after_commit(_ring)


def _ring() -> None:
    with suppress(*cache.REDIS_DOWN), cache.client().pipeline(transaction=True) as pipe:
        pipe.rpush(BELL, 1)
        pipe.ltrim(BELL, 0, 0)
        pipe.expire(BELL, HEARD_SECONDS)
        pipe.execute()


def heard(wait: float) -> bool:
    """Whether somebody rings, or has rung since the last time, within so many seconds (more than 0). Raises what Redis raises."""
    return cache.client().blpop([BELL], wait) is not None
