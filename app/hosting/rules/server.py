"""The life of a game server: which state may follow which, and what has to happen next.

`decide` compares what the row says with what the runtime says. It is asked again and again, so it needs no memory: from
every state and every observation its actions lead to what the owner wants (`tests/hosting/test_server_rules.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """Where a server stands."""

    DRAFT = "draft"
    INSTALLING = "installing"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    CRASHED = "crashed"
    ARCHIVING = "archiving"
    """Its world is being copied into the archive and is still here: a start needs nothing of the copy."""
    ARCHIVED = "archived"
    """Its world is in the archive alone."""
    WAKING = "waking"
    """Its world comes back."""
    DELETING = "deleting"
    DELETED = "deleted"
    """The row stays, without world and port, so that reports of past months can still name the server."""


class Desired(StrEnum):
    """What its owner wants."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


class Reason(StrEnum):
    """Why a run ended or a server is where it is; pages translate it."""

    REQUESTED = "requested"
    RESTART = "restart"
    KILLED = "killed"
    GAME_STOPPED = "game-stopped"
    """The game ended by itself with code 0, as after `stop` typed in the game."""
    EXIT_CODE = "exit-code"
    OUT_OF_MEMORY = "out-of-memory"
    HANG = "hang"
    START_TIMEOUT = "start-timeout"
    VANISHED = "vanished"
    """The runtime looked and has no such run: removed behind our back, or lost with the machine."""
    NODE_RESTARTED = "node-restarted"
    """It was shut down with its machine or engine, by nobody who owns it: it comes back."""
    CANCELLED = "cancelled"
    """Stopped before its process existed."""
    INSTALL_FAILED = "install-failed"
    IMAGE_MISSING = "image-missing"
    DISK_FULL = "disk-full"
    PORT_TAKEN = "port-taken"
    NOT_STARTED = "not-started"
    """The runtime refused for another reason; its words are in the operator's log."""
    NOT_RETURNED = "not-returned"
    """Its world did not come back from the archive."""
    IDLE = "idle"
    """Nobody played for as long as its owner allows."""
    NO_CREDIT = "no-credit"
    HALTED = "halted"
    """The whole installation was shut down."""
    DELETED = "deleted"


FOLLOWS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.INSTALLING, State.DELETING}),
    State.INSTALLING: frozenset({State.STARTING, State.STOPPED, State.CRASHED, State.DELETING}),
    State.STARTING: frozenset(
        {State.RUNNING, State.STOPPING, State.STOPPED, State.CRASHED, State.INSTALLING, State.DELETING}
    ),
    State.RUNNING: frozenset({State.STOPPING, State.STOPPED, State.CRASHED, State.DELETING}),
    State.STOPPING: frozenset({State.STOPPED, State.CRASHED, State.DELETING}),
    State.STOPPED: frozenset({State.INSTALLING, State.STARTING, State.ARCHIVING, State.DELETING}),
    State.CRASHED: frozenset(
        {State.INSTALLING, State.STARTING, State.STOPPED, State.ARCHIVING, State.DELETING}
    ),
    State.ARCHIVING: frozenset(
        {State.ARCHIVED, State.STOPPED, State.STARTING, State.INSTALLING, State.DELETING}
    ),
    State.ARCHIVED: frozenset({State.WAKING, State.DELETING}),
    State.WAKING: frozenset(
        {State.STARTING, State.INSTALLING, State.STOPPED, State.ARCHIVED, State.DELETING}
    ),
    State.DELETING: frozenset({State.DELETED}),
    State.DELETED: frozenset(),
}
"""Which state may follow which."""

ALIVE = (State.STARTING, State.RUNNING, State.STOPPING)
"""States in which a process may exist."""

RESTING = (State.STOPPED, State.CRASHED, State.ARCHIVED)
"""States from which a start begins by itself when one is wanted."""

HANG_AFTER = timedelta(seconds=60)
"""Alive but without an answer to pings for this long is a hang."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the row says. Times are aware UTC."""

    state: State
    desired: Desired
    run_id: UUID | None = None
    installed: bool = False
    requested_at: datetime | None = None
    """When the current run was asked for."""
    started_at: datetime | None = None
    """When the process of the current run began, once it was seen; billing runs from here."""
    ready_at: datetime | None = None
    observed_at: datetime | None = None
    """When the runtime last said that this run is alive."""
    silent_since: datetime | None = None
    """Since when the game does not answer pings; None while it does, or where nobody asks."""
    stop_reason: Reason | None = None
    """Why the run is being ended, known before it has ended (hang, kill, restart …)."""
    crash_count: int = 0
    next_restart_at: datetime | None = None
    ready_timeout: timedelta = timedelta(seconds=180)


class Look(StrEnum):
    """What a look at the runtime gave."""

    RUNNING = "running"
    EXITED = "exited"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    NO_ANSWER = "no-answer"


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation of a server's newest run in the runtime."""

    look: Look
    run_id: UUID | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    unwatched: bool = False
    """It was ended from outside, or while the runtime did not answer, or long before anybody looked."""


class Do(StrEnum):
    """What the platform has to do next."""

    NOTHING = "nothing"
    ENSURE_INSTALL = "ensure-install"
    ENSURE_START = "ensure-start"
    ENSURE_STOP = "ensure-stop"
    ENSURE_DELETE = "ensure-delete"
    ENSURE_ARCHIVE = "ensure-archive"
    ENSURE_WAKE = "ensure-wake"
    RECORD_START = "record-start"
    """The process lives and nobody wrote it down: the worker was lost in between."""
    PROBE_READY = "probe-ready"
    RECORD_EXIT = "record-exit"
    RECORD_GONE = "record-gone"
    RECORD_NEVER = "record-never"
    """Stopped before there was a process."""
    END_RUN = "end-run"
    """Stop it for `reason`: it hangs or never became ready."""
    BEGIN = "begin"
    """Install or start again: a restart that is due."""
    END_STRAY = "end-stray"
    """A process runs that nobody wants. Only after it was seen twice."""


@dataclass(frozen=True, slots=True)
class Action:
    do: Do
    reason: Reason | None = None


NOTHING = Action(Do.NOTHING)


def decide(facts: Facts, seen: Seen, now: datetime) -> Action:
    """The next step towards what is wanted. A runtime that gave no clear answer is never a reason to act."""
    if seen.look in (Look.NO_ANSWER, Look.UNKNOWN):
        return NOTHING
    if facts.state is State.DELETING:
        return Action(Do.ENSURE_DELETE)
    ours = seen.run_id is not None and seen.run_id == facts.run_id
    match facts.state:
        case State.STARTING:
            return _starting(facts, seen, ours, now)
        case State.RUNNING:
            return _running(facts, seen, ours, now)
        case State.STOPPING:
            return _stopping(facts, seen, ours)
    if seen.look is Look.RUNNING:
        return Action(Do.END_STRAY)
    if facts.state in _WORKED_ON:
        return Action(_WORKED_ON[facts.state])
    due = facts.next_restart_at is None or facts.next_restart_at <= now
    if facts.state in RESTING and facts.desired is Desired.RUNNING and due:
        return Action(Do.BEGIN)
    return NOTHING


_WORKED_ON = {
    State.INSTALLING: Do.ENSURE_INSTALL,
    State.ARCHIVING: Do.ENSURE_ARCHIVE,
    State.WAKING: Do.ENSURE_WAKE,
}
"""States without a process that a job has to bring on."""


def _starting(facts: Facts, seen: Seen, ours: bool, now: datetime) -> Action:
    if not ours:
        if facts.started_at is not None:
            return Action(Do.RECORD_GONE, Reason.VANISHED)
        return Action(Do.END_STRAY if seen.look is Look.RUNNING else Do.ENSURE_START)
    if seen.look is Look.EXITED:
        return Action(Do.RECORD_EXIT)
    if seen.look is Look.ABSENT:
        return Action(Do.RECORD_GONE, Reason.VANISHED) if facts.started_at else Action(Do.ENSURE_START)
    if facts.started_at is None:
        return Action(Do.RECORD_START)
    if now - facts.started_at > facts.ready_timeout:
        return Action(Do.END_RUN, Reason.START_TIMEOUT)
    return Action(Do.PROBE_READY)


def _running(facts: Facts, seen: Seen, ours: bool, now: datetime) -> Action:
    if not ours or seen.look is Look.ABSENT:
        return Action(Do.RECORD_GONE, Reason.VANISHED)
    if seen.look is Look.EXITED:
        return Action(Do.RECORD_EXIT)
    if facts.silent_since is not None and now - facts.silent_since > HANG_AFTER:
        return Action(Do.END_RUN, Reason.HANG)
    return NOTHING


def _stopping(facts: Facts, seen: Seen, ours: bool) -> Action:
    if seen.look is Look.RUNNING:
        return Action(Do.ENSURE_STOP)
    if ours and seen.look is Look.EXITED:
        return Action(Do.RECORD_EXIT)
    return Action(Do.RECORD_GONE, facts.stop_reason) if facts.started_at else Action(Do.RECORD_NEVER)
