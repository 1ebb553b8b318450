"""What a schedule does, whether it makes sense in the server's state, and how it can end."""

from __future__ import annotations

from enum import StrEnum

from app.hosting.rules.offer import Button, buttons
from app.hosting.rules.server import Desired, State


class Action(StrEnum):
    """What can be planned. A new one needs a member here, its sense in each state of a server (`verdict` below), its deed in
    `services/schedule_run.py` (ACTS) and its words in `wording.py` (ACTIONS): pages offer what has words, in that order.
    """

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    BACKUP = "backup"
    COMMAND = "command"


class Outcome(StrEnum):
    """What became of a planned run."""

    DONE = "done"
    NOTHING = "nothing"
    """There was nothing to do: to start a server that runs, to stop one that does not."""
    FAILED = "failed"
    MISSED = "missed"
    """Nobody could do it within an hour of its time."""


class Verdict(StrEnum):
    """What a due run meets."""

    ACT = "act"
    WAIT = "wait"
    """It will be possible in a moment: the server is on its way there."""
    NOTHING = "nothing"
    IMPOSSIBLE = "impossible"


_BUTTON = {
    Action.START: Button.START,
    Action.STOP: Button.STOP,
    Action.RESTART: Button.RESTART,
    Action.BACKUP: Button.BACKUP,
    Action.COMMAND: Button.COMMAND,
}
_MOVING = (State.INSTALLING, State.STOPPING, State.WAKING)


def verdict(action: Action, state: State, desired: Desired) -> Verdict:
    """Whether a due run acts now, waits, or has nothing to do."""
    wanted = desired is Desired.RUNNING
    if state is State.DRAFT:
        return Verdict.IMPOSSIBLE
    if action is Action.STOP and state is State.STOPPING and wanted:
        return Verdict.ACT  # it would come back: a restart is under way
    if _BUTTON[action] in buttons(state, desired):
        return Verdict.ACT
    if action is Action.START:
        return Verdict.WAIT if state in _MOVING and not wanted else Verdict.NOTHING
    if action is Action.RESTART or not wanted:
        return Verdict.NOTHING
    return Verdict.WAIT
