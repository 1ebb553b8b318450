"""What a change does to the folder, jar by jar, and how it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from app.hosting.rules.plugin import Release
from app.hosting.rules.setting import Part


class Kind(StrEnum):
    """Why a change is made."""

    INSTALL = "install"
    UPDATE = "update"
    REMOVE = "remove"
    ADOPT = "adopt"
    """A jar that somebody put there is looked after from now on; the folder stays as it is."""
    UNDO = "undo"


class ChangeState(StrEnum):
    """Where a change stands."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


OPEN = (ChangeState.WAITING.value, ChangeState.WORKING.value)


class Failure(StrEnum):
    """Why a change was not made; nothing in the folder is different then."""

    AWAY = "away"
    """Modrinth gave no answer."""
    LIMITED = "limited"
    API_GONE = "api-gone"
    REFUSED = "refused"
    WRONG_HASH = "wrong-hash"
    TOO_LARGE = "too-large"
    FOREIGN = "foreign"
    """The jar lies elsewhere than at Modrinth."""
    NOT_THERE = "not-there"
    """The jar, or one that was kept, is gone."""
    BACKUP = "backup"
    """The backup before it failed."""
    NO_FILES = "no-files"
    """The folder cannot be reached: world in the archive, machine out of reach."""
    IN_THE_WAY = "in-the-way"
    """Something of the same name lies there."""
    DISK_FULL = "disk-full"
    CHANGED = "changed"
    """The plugins are not what they were when it was ordered."""
    GIVEN_UP = "given-up"


class Jar(Part):
    """A jar under the name it has in the folder."""

    release: Release
    filename: str


class Step(Part):
    """One project: from the jar it has (None: none) to the jar it gets (None: none)."""

    project_id: str
    slug: str
    title: str
    old: Jar | None = None
    new: Jar | None = None
    dependency: bool = False

    def turned(self) -> Step:
        """The step back."""
        return self.model_copy(update={"old": self.new, "new": self.old})


def turned_together(steps: Sequence[Step]) -> list[Step]:
    """The way back over several changes, the oldest first, as one: each project from what it has now to what it had."""
    first: dict[str, Step] = {}
    last: dict[str, Step] = {}
    for step in steps:
        first.setdefault(step.project_id, step)
        last[step.project_id] = step
    made = [
        step.model_copy(update={"old": last[project].new, "new": step.old}) for project, step in first.items()
    ]
    return [step for step in reversed(made) if step.old != step.new]


def reversible(steps: list[Step], now: Mapping[str, str], kept: set[str]) -> bool:
    """Whether a change can be taken back: the plugins are as it left them (`now`: release by project), and the jars
    that were replaced are still kept (`kept`: their hashes).
    """
    for step in steps:
        if now.get(step.project_id) != (step.new.release.id if step.new else None):
            return False
        if step.old is not None and step.old.release.sha512 not in kept:
            return False
    return bool(steps)
