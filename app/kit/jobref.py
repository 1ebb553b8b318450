"""References to background work. A module names its jobs here; `jobs/` holds the bodies; core keeps the rows.

`app` never imports `jobs`: a reference is a dotted path that a test resolves and compares with the body's signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.kit.authz import Actor

Sink = Callable[..., UUID]
_sink: list[Sink] = []


@dataclass(frozen=True)
class JobRef:
    """One kind of background work.

    `timeout` seconds a single attempt may take, `retries` further attempts after a failed one. `title` is a German
    source string, marked by `N_`, shown beside the progress bar.
    """

    path: str
    queue: str = "default"
    timeout: int = 60
    retries: int = 3
    title: str = ""

    def later(
        self,
        *,
        actor: Actor | None = None,
        organisation_id: UUID | None = None,
        subject: tuple[str, UUID] | None = None,
        dedupe: str | None = None,
        at: datetime | None = None,
        **args: Any,
    ) -> UUID:
        """Write the job's row inside the open transaction; it runs after the commit. Returns the job's id.

        `dedupe`: while a queued or running job with this key exists, its id is returned instead of a second row.
        `args` must be JSON: ids as text, never objects.
        """
        return _sink[0](
            self,
            actor=actor,
            organisation_id=organisation_id,
            subject=subject,
            dedupe=dedupe,
            at=at,
            args=args,
        )


REGISTRY: dict[str, JobRef] = {}


def job(path: str, *, queue: str = "default", timeout: int = 60, retries: int = 3, title: str = "") -> JobRef:
    """Declare a job reference; every declared one is checked by a test."""
    ref = JobRef(path, queue, timeout, retries, title)
    REGISTRY[path] = ref
    return ref


def N_(text: str) -> str:
    """Marks a title for the catalogue; it is translated where it is shown."""
    return text


def use_sink(sink: Sink) -> None:
    """Core plugs in the function that writes the row."""
    _sink[:] = [sink]
