"""Where modules say which personal data they hold: what to export, what to erase, how long it stays, and what for.

It lives in core because every module with personal data fills it, and privacy, which reads it, stands above some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Retention:
    """How long something is kept: German words, and the table they are about."""

    what: Any
    how_long: Any
    table: str = ""


@dataclass(frozen=True)
class Activity:
    """One entry of the record of processing activities (Art. 30 GDPR)."""

    name: Any
    purpose: Any
    basis: Any
    people: Any
    data: Any
    recipients: Any
    how_long: Any


@dataclass(frozen=True)
class Contributor:
    """A module's answer for one person.

    `export(person_id)` gives JSON, `files(person_id)` names stored files to add as (name, file id). `erase(person_id)`
    joins the caller's transaction and leaves ids only. `blockers(person_id)` gives German reasons against erasing.
    """

    name: str
    export: Callable[[UUID], dict[str, Any]] | None = None
    erase: Callable[[UUID], None] | None = None
    files: Callable[[UUID], list[tuple[str, UUID]]] | None = None
    blockers: Callable[[UUID], list[str]] | None = None
    retention: tuple[Retention, ...] = ()
    activities: tuple[Activity, ...] = ()
    order: int = 100


_contributors: dict[str, Contributor] = {}


def contributor(
    name: str,
    *,
    export: Callable[[UUID], dict[str, Any]] | None = None,
    erase: Callable[[UUID], None] | None = None,
    files: Callable[[UUID], list[tuple[str, UUID]]] | None = None,
    blockers: Callable[[UUID], list[str]] | None = None,
    retention: Iterable[Retention] = (),
    activities: Iterable[Activity] = (),
    order: int = 100,
) -> None:
    """Register a module; done in `register`. Erasing runs by `order`, accounts last (900): it takes the name away."""
    _contributors[name] = Contributor(
        name, export, erase, files, blockers, tuple(retention), tuple(activities), order
    )


def contributors() -> list[Contributor]:
    """All of them, in the order of erasing."""
    return sorted(_contributors.values(), key=lambda one: (one.order, one.name))
