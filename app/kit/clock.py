"""The only clock. Everything that needs the time asks here, so that tests can hold it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_frozen: ContextVar[list[datetime] | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    held = _frozen.get()
    return held[0] if held is not None else datetime.now(UTC)


@contextmanager
def freeze(at: datetime) -> Iterator[None]:
    """Hold the clock at `at` (aware) inside the block; `advance` moves it."""
    if at.tzinfo is None:
        raise ValueError("the clock takes aware times only")
    token = _frozen.set([at.astimezone(UTC)])
    try:
        yield
    finally:
        _frozen.reset(token)


def advance(seconds: float = 0, **parts: float) -> datetime:
    """Move a frozen clock forward; parts as in `timedelta`. Returns the new time."""
    held = _frozen.get()
    if held is None:
        raise RuntimeError("only a frozen clock can be moved")
    held[0] += timedelta(seconds=seconds, **parts)
    return held[0]
