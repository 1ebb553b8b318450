"""What meters and subjects are called, and which meters stop when their owner is stopped.

Products register theirs; the prices that ship are for hosting, so its meters are known from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Meter:
    """A kind of usage. `stoppable` usage ends when the wallet is exhausted; other usage (disk) goes on as debt."""

    name: str
    label: Any
    quantity: Any
    stoppable: bool = True


@dataclass(frozen=True)
class SubjectName:
    """How a subject is shown; `url` is empty where there is no page (any more)."""

    label: str
    url: str = ""


SubjectNames = Callable[[UUID, Iterable[UUID]], Mapping[UUID, SubjectName]]

_meters: dict[str, Meter] = {}
_subjects: dict[str, SubjectNames] = {}


def register_meter(meter: Meter) -> None:
    """Make a meter known by name."""
    _meters[meter.name] = meter


def register_subjects(subject_type: str, names: SubjectNames) -> None:
    """`names(organisation_id, ids)` gives the names of subjects of this type."""
    _subjects[subject_type] = names


def meter_named(name: str) -> Meter:
    """The meter; one that nobody registered shows its technical name and counts as stoppable."""
    return _meters.get(name) or Meter(name, name, "")


def meter_order(name: str) -> tuple[int, str]:
    """Meters in the order in which they were registered, unknown ones behind."""
    return (list(_meters).index(name) if name in _meters else len(_meters), name)


def subject_names(organisation_id: UUID, subjects: Iterable[tuple[str, UUID]]) -> dict[UUID, SubjectName]:
    """Names of the subjects; those nobody knows (deleted ones) get the end of their id."""
    by_type: dict[str, set[UUID]] = {}
    for subject_type, subject_id in subjects:
        by_type.setdefault(subject_type, set()).add(subject_id)
    found: dict[UUID, SubjectName] = {}
    for subject_type, ids in by_type.items():
        if subject_type in _subjects:
            found.update(_subjects[subject_type](organisation_id, ids))
        for subject_id in ids - found.keys():
            found[subject_id] = SubjectName(f"… {subject_id.hex[-6:]}")
    return found


register_meter(Meter("hosting.active", _l("Läuft"), _l("Arbeitsspeicher")))
register_meter(Meter("hosting.sleep", _l("Schläft"), _l("Speicherplatz"), stoppable=False))
register_meter(Meter("hosting.archive", _l("Archiv"), _l("Speicherplatz"), stoppable=False))
