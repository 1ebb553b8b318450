"""A worker that dies after any step of a job, and the minute that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.kit import clock
from app.kit.db import db
from tests.hosting.conftest import Host

Steps = Mapping[Any, tuple[str, ...]]
"""What counts as a step: names of functions by the class or module that has them."""


class Killed(BaseException):
    """SIGKILL: no handler of ours sees it. Finally blocks do run here, which a real SIGKILL skips too."""


@contextmanager
def _killed_at(step: int, steps: Steps) -> Iterator[None]:
    done = 0
    kept: list[tuple[Any, str, Any]] = []

    def wrap(owner: Any, name: str) -> None:
        original = getattr(owner, name)
        kept.append((owner, name, original))

        def stepped(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            result = original(*args, **kwargs)
            done += 1
            if done == step:
                raise Killed
            return result

        setattr(owner, name, stepped)

    for owner, names in steps.items():
        for name in names:
            wrap(owner, name)
    try:
        yield
    finally:
        for owner, name, original in reversed(kept):
            setattr(owner, name, original)


def killed(job: Callable[[], None], step: int, steps: Steps) -> bool:
    """Run a job until right after its step number `step`. False when it has fewer and came to its end."""
    try:
        with _killed_at(step, steps):
            job()
    except Killed:
        db.session.rollback()
        return True
    return False


def recover(host: Host, due: Callable[[], object] = lambda: None) -> None:
    """The minute after: leases run out, the sweeper pushes, the watch reconciles, what is due is looked at."""
    for _ in range(7):
        clock.advance(10)
        due()
        host.settle(1)
