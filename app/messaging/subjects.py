"""The registry of things rooms belong to; each module fills in its own when the application is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.kit.authz import Actor


@dataclass(frozen=True)
class RoomAbout:
    """What a room is about, as one person may see it: title, page, and whether they may write there."""

    title: str
    link: str = ""
    writes: bool = True


About = Callable[[Actor, Sequence[UUID]], Mapping[UUID, RoomAbout]]
_subjects: dict[str, About] = {}


def add_subject(subject_type: str, about: About) -> None:
    _subjects[subject_type] = about


def about(actor: Actor, subject_type: str, ids: Sequence[UUID]) -> Mapping[UUID, RoomAbout]:
    """What the actor may read of these things; all else, and whatever no module knows any more, is left out."""
    found = _subjects.get(subject_type)
    return found(actor, ids) if found is not None and ids else {}
