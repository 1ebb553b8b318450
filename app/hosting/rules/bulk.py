"""One action on many servers: which of them it is for, and why not for the others."""

from __future__ import annotations

from enum import StrEnum

from app.hosting.rules.offer import Button, buttons
from app.hosting.rules.server import Desired, State

MOST = 500
"""Servers of one bulk action."""
LISTED = 20
"""Names that are shown at once before it is confirmed; the rest can be unfolded."""


class Action(StrEnum):
    """What can be done with many servers at once."""

    START = "start"
    STOP = "stop"
    BACKUP = "backup"
    ARCHIVE = "archive"
    DELETE = "delete"


class BulkState(StrEnum):
    """Where a bulk action stands."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of one server."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    """There was nothing to do, or its state does not allow it."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The rest was called off before its turn."""


class Reason(StrEnum):
    """Why a server was left out or nothing came of it; pages translate it."""

    DRAFT = "draft"
    INSTALLING = "installing"
    UP = "up"
    """It runs or starts already."""
    STILL_UP = "still-up"
    """It runs, and only a stopped one can be archived."""
    STOPPING = "stopping"
    DOWN = "down"
    MOVING = "moving"
    """Its world is on its way into the archive or back."""
    ARCHIVED = "archived"
    RESTARTS = "restarts"
    """It crashed and is about to be started again."""
    NO_WORLD = "no-world"
    DELETING = "deleting"
    GONE = "gone"
    NO_CREDIT = "no-credit"
    NO_ROOM = "no-room"
    NOT_ALLOWED = "not-allowed"
    REFUSED = "refused"
    """For a reason that stands beside it in words."""
    BROKEN = "broken"


_BUTTON = {
    Action.START: Button.START,
    Action.STOP: Button.STOP,
    Action.BACKUP: Button.BACKUP,
    Action.ARCHIVE: Button.ARCHIVE,
    Action.DELETE: Button.DELETE,
}
_UP = (State.STARTING, State.RUNNING)


def refusal(action: Action, state: State, desired: Desired, *, played: bool) -> Reason | None:
    """Why the action is not for a server in this state; None when it is. `played`: it ran at least once."""
    if state is State.DELETED:
        return Reason.GONE
    if state is State.DELETING:
        return Reason.DELETING
    if action is Action.STOP and state is State.STOPPING and desired is Desired.RUNNING:
        return None  # it would come back: a restart is under way
    if action is Action.ARCHIVE and not played and state in (State.STOPPED, State.CRASHED):
        return Reason.NO_WORLD
    if _BUTTON[action] in buttons(state, desired):
        return None
    return _why(action, state)


def _why(action: Action, state: State) -> Reason:
    if state in (State.DRAFT, State.INSTALLING):
        return {State.DRAFT: Reason.DRAFT, State.INSTALLING: Reason.INSTALLING}[state]
    if state is State.STOPPING:
        return Reason.STOPPING
    if state in _UP:
        return Reason.STILL_UP if action is Action.ARCHIVE else Reason.UP
    if action is Action.STOP:
        return Reason.DOWN
    if state is State.ARCHIVED:
        return Reason.ARCHIVED
    return Reason.RESTARTS if state is State.CRASHED else Reason.MOVING
