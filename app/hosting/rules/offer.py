"""What a server's state means for people: the buttons there are, and what is charged."""

from __future__ import annotations

from enum import StrEnum

from app.hosting.rules.server import Desired, State


class Button(StrEnum):
    """What a person can do with a server."""

    DEPLOY = "deploy"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    KILL = "kill"
    COMMAND = "command"
    ARCHIVE = "archive"
    BACKUP = "backup"
    SETTINGS = "settings"
    DELETE = "delete"


_BUTTONS: dict[State, tuple[Button, ...]] = {
    State.DRAFT: (Button.DEPLOY, Button.SETTINGS, Button.DELETE),
    State.INSTALLING: (Button.SETTINGS, Button.DELETE),
    State.STARTING: (Button.STOP, Button.KILL, Button.BACKUP, Button.SETTINGS, Button.DELETE),
    State.RUNNING: (
        Button.STOP, Button.RESTART, Button.KILL, Button.COMMAND, Button.BACKUP, Button.SETTINGS, Button.DELETE,
    ),
    State.STOPPING: (Button.KILL, Button.BACKUP, Button.SETTINGS, Button.DELETE),
    State.STOPPED: (Button.START, Button.ARCHIVE, Button.BACKUP, Button.SETTINGS, Button.DELETE),
    State.CRASHED: (Button.START, Button.ARCHIVE, Button.BACKUP, Button.SETTINGS, Button.DELETE),
    State.ARCHIVING: (Button.START, Button.SETTINGS, Button.DELETE),
    State.ARCHIVED: (Button.START, Button.SETTINGS, Button.DELETE),
    State.WAKING: (Button.STOP, Button.SETTINGS, Button.DELETE),
    State.DELETING: (),
    State.DELETED: (),
}  # fmt: skip


def buttons(state: State, desired: Desired) -> tuple[Button, ...]:
    """What can be done in a state, the most important first.

    A crashed server that is about to be restarted can also be told to stay down.
    """
    found = _BUTTONS[state]
    if state is State.CRASHED and desired is Desired.RUNNING:
        return (Button.START, Button.STOP, Button.BACKUP, Button.SETTINGS, Button.DELETE)
    if state is State.WAKING and desired is not Desired.RUNNING:
        return (Button.SETTINGS, Button.DELETE)
    return found


class Meter(StrEnum):
    """What is charged while a server is in a state."""

    NONE = "none"
    ACTIVE = "active"
    """Memory × time, from the moment the process runs until it has exited: start, running and saving at the stop."""
    SLEEP = "sleep"
    """Disk × time between two runs, with what the world took when the last run ended."""
    ARCHIVE = "archive"
    """From the moment the world has left the node until it is back."""


def meter(state: State, *, process: bool, has_run: bool) -> Meter:
    """The meter of a server. `process`: its process has been seen and has not ended; `has_run`: it ran at least once.

    Queue and installation are free, and so is a start that never got a process. Between the runs of a crash loop only
    the disk is charged; each run itself is charged like any other. From the order to delete on nothing is charged but
    the end of a run that is still saving.
    """
    if process:
        return Meter.ACTIVE
    if state in (State.DRAFT, State.DELETING, State.DELETED) or not has_run:
        return Meter.NONE
    return Meter.ARCHIVE if state in (State.ARCHIVED, State.WAKING) else Meter.SLEEP
