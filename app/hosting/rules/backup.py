"""Backups: when one is due, which may go, what may change while a running game is copied, and what a game says when it
has saved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from uuid import UUID
from zoneinfo import ZoneInfo

from app.hosting.rules.console import clean, message
from app.hosting.rules.schedule import EVERY_DAY, next_run, read, weekly
from app.hosting.rules.server import State
from app.hosting.rules.template import Patterns

USUAL_TIME = time(3, 0)
USUAL_COUNT, USUAL_DAYS = 7, 30
MOST_COUNT, MOST_DAYS = 100, 365
TEST_EVERY = timedelta(days=7)
TRY_TEST_AGAIN = timedelta(hours=6)
"""When a restore test could not be made: no answer, no space. That says nothing about the backup."""
ATTEMPTS = 3
"""Tries to copy a running game before it is said that something keeps writing."""
GIVEN_UP_AFTER = timedelta(hours=12)
"""A backup or restore that nobody could bring to an end by then has failed."""


class Origin(StrEnum):
    """Why a backup was made."""

    MANUAL = "manual"
    DAILY = "daily"
    SCHEDULE = "schedule"
    UPDATE = "update"
    """Before a plugin was changed."""
    RESTORE = "restore"
    """Before another world took its place."""


class RestoreState(StrEnum):
    """Where a restore stands."""

    WAITING = "waiting"
    """For the backup of the present world."""
    UNPACKING = "unpacking"
    DONE = "done"
    FAILED = "failed"


OPEN = (RestoreState.WAITING.value, RestoreState.UNPACKING.value)

COPYABLE = (State.STARTING, State.RUNNING, State.STOPPING, State.STOPPED, State.CRASHED)
"""States in which the node has a world that may be copied; one that starts or stops is waited for."""
STILL = (State.STOPPED, State.CRASHED)
"""Nothing plays on the world."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A finished backup, as far as it matters for what may go."""

    id: UUID
    at: datetime
    good: bool
    """Verified, and no test said otherwise."""
    kept: bool = False
    """Somebody said that it is to stay."""


def expired(copies: Iterable[Copy], keep_count: int, keep_days: int, now: datetime) -> set[UUID]:
    """Which backups may go: good ones beyond the newest `keep_count` or older than `keep_days`, and failed ones as old.

    The newest good one stays whatever its age, and so does what somebody keeps; those do not count either. A failed one
    never takes a good one's place.
    """
    ordered = sorted(copies, key=lambda copy: (copy.at, copy.id), reverse=True)
    oldest = now - timedelta(days=keep_days)
    last_good = next((copy.id for copy in ordered if copy.good), None)
    gone: set[UUID] = set()
    counted = 0
    for copy in ordered:
        if copy.kept:
            continue
        if copy.good:
            counted += 1
        beyond = copy.good and counted > max(1, keep_count)
        if (beyond or copy.at < oldest) and copy.id != last_good:
            gone.add(copy.id)
    return gone


def next_daily(at: time, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first moment later than `after` at which a daily backup is due; each local day has one."""
    return next_run(read(weekly(EVERY_DAY, at)), zone, after)


def moving(patterns: Collection[str]) -> Callable[[str], bool]:
    """Tells of a path whether it may change while a running game is copied (see `Save.moving`)."""
    rooted = [pattern[1:].split("/") for pattern in patterns if pattern.startswith("/")]
    loose = [pattern.split("/") for pattern in patterns if not pattern.startswith("/")]

    def moves(path: str) -> bool:
        parts = path.split("/")
        if any(_begins(parts, pattern) for pattern in rooted):
            return True
        return any(_begins(parts[start:], pattern) for pattern in loose for start in range(len(parts)))

    return moves


def _begins(parts: list[str], pattern: list[str]) -> bool:
    return len(parts) >= len(pattern) and all(map(fnmatchcase, parts, pattern))


def everything(path: str) -> bool:
    """For a running game that cannot be made to stand still: it is copied as it is."""
    return True


_RELAYED = re.compile(r"^\[[^\]<>]{1,40}: (?P<text>.*)\]$")
"""How a game repeats in its console what it answered somebody else: [Rcon: Saved the game]"""


def says_saved(patterns: Patterns, text: str) -> bool:
    """Whether a reply or a console line confirms that everything is on disk. Players cannot fake it: what they say begins
    with their name.
    """
    found = re.compile(patterns.saved)
    for line in text.splitlines():
        plain = message(clean(line[:2000]))
        relayed = _RELAYED.match(plain)
        if found.search(plain) or (relayed and found.search(relayed["text"])):
            return True
    return False
