"""When a resting server's world moves into the archive, and what may go from the archive when."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from app.hosting.rules.server import Desired, State

AGAIN_AFTER = timedelta(hours=1)
"""Pause after a try that failed: the world stays where it is meanwhile, and costs what a sleeping one costs."""


LONGEST_REST = 8760
"""Hours an owner may choose at most."""


class Purpose(StrEnum):
    """Why a copy of a world was made."""

    REST = "rest"
    """The world rests there, nowhere else."""
    BACKUP = "backup"
    """The world is on the node as well."""


class ArchiveState(StrEnum):
    """Where a copy stands."""

    MAKING = "making"
    VERIFIED = "verified"
    """Read back, every hash compared."""
    FAILED = "failed"
    REMOVED = "removed"


class Failure(StrEnum):
    """Why a copy was not made or did not come back; pages translate it."""

    UNAVAILABLE = "unavailable"
    FULL = "full"
    REFUSED = "refused"
    """The store wants something changed by its operator first: key, rights, folder."""
    MISSING = "missing"
    CORRUPT = "corrupt"
    NOT_PACKABLE = "not-packable"
    """Something in the world cannot be packed, such as a link that leads out of it."""
    CHANGED = "changed"
    """Something wrote there meanwhile."""
    OUT_OF_REACH = "out-of-reach"
    """This installation cannot read what its runtime keeps."""
    DISK_FULL = "disk-full"
    NOT_SAVED = "not-saved"
    """The running game did not confirm that everything is on disk."""
    NO_WORLD = "no-world"
    """There was none on the node at that moment."""
    FAULT = "fault"


def rest_hours(usual: int, own: int | None) -> int:
    """Hours without a run until archiving; 0 is never. An owner may shorten what is usual and not lengthen it."""
    if own is None or usual == 0:
        return usual
    return min(usual, own)


def archive_due(state: State, desired: Desired, ended_at: datetime | None, now: datetime, hours: int) -> bool:
    """Whether a world that nobody has needed since `ended_at` moves. One that never ran has nothing to move."""
    still = state in (State.STOPPED, State.CRASHED) and desired is Desired.STOPPED
    return still and hours > 0 and ended_at is not None and ended_at <= now - timedelta(hours=hours)
