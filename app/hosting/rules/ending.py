"""How a run ended, when, and what becomes of the server: crashes, pauses before a restart, giving up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.hosting.rules.server import Desired, Facts, Look, Reason, Seen, State

BACKOFF_SECONDS = (5, 15, 60, 180, 600)
"""Wait before restart 1, 2, …; after the last one the server stays down until a person starts it."""

STABLE = timedelta(minutes=10)
"""A run that was ready this long makes earlier crashes forgotten."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a server whose run has ended."""

    state: State
    desired: Desired
    reason: Reason
    crash_count: int
    next_restart_at: datetime | None

    @property
    def restarts(self) -> bool:
        return self.desired is Desired.RUNNING


CRASHES = frozenset(
    {Reason.HANG, Reason.START_TIMEOUT, Reason.EXIT_CODE, Reason.OUT_OF_MEMORY, Reason.VANISHED}
)


SHUT_DOWN = frozenset({0, 130, 137, 143})
"""Exit codes of a game that was told to end: by itself after saving, or by SIGINT, SIGKILL, SIGTERM."""


def why_ended(facts: Facts, seen: Seen) -> Reason:
    """Why the run ended, from what was wanted and what the runtime says."""
    if facts.state in (State.STOPPING, State.DELETING):
        return facts.stop_reason or Reason.REQUESTED
    if seen.out_of_memory:
        return Reason.OUT_OF_MEMORY
    if seen.look is not Look.EXITED:
        return Reason.VANISHED
    if seen.unwatched and seen.exit_code in SHUT_DOWN:
        return Reason.NODE_RESTARTED
    return Reason.GAME_STOPPED if seen.exit_code == 0 and facts.state is State.RUNNING else Reason.EXIT_CODE


def after_end(facts: Facts, reason: Reason, now: datetime) -> Ending:
    """Where the server goes after its run ended for `reason`.

    A crash is followed by a restart with growing pauses, unless the owner wanted it stopped or the pauses are used up.
    A game that ended by itself in peace stays stopped; a restart goes on at once, and so does what went down with its
    machine.
    """
    if facts.state is State.DELETING or facts.desired is Desired.DELETED:
        return Ending(State.DELETING, Desired.DELETED, reason, 0, None)
    if reason not in CRASHES:
        again = reason in (Reason.RESTART, Reason.NODE_RESTARTED) and facts.desired is Desired.RUNNING
        desired = Desired.RUNNING if again else Desired.STOPPED
        return Ending(State.STOPPED, desired, reason, 0, None)
    return after_crash(facts, reason, now)


def after_crash(facts: Facts, reason: Reason, now: datetime) -> Ending:
    """A run or an installation failed: wait and try again, or give up."""
    stable = facts.ready_at is not None and now - facts.ready_at >= STABLE
    count = 1 if stable else facts.crash_count + 1
    if facts.desired is not Desired.RUNNING or count > len(BACKOFF_SECONDS):
        return Ending(State.CRASHED, Desired.STOPPED, reason, count, None)
    wait = timedelta(seconds=BACKOFF_SECONDS[count - 1])
    return Ending(State.CRASHED, Desired.RUNNING, reason, count, now + wait)


def end_of_run(facts: Facts, seen: Seen, now: datetime) -> datetime:
    """When the run ended, for the bill: what the runtime observed, never later than now nor before its start.

    Where the runtime cannot say, it is the last moment it was seen alive: time nobody saw is not charged.
    """
    start = facts.started_at or seen.started_at or now
    end = seen.finished_at if seen.look is Look.EXITED else None
    end = end or facts.observed_at or start
    return min(max(end, start), max(now, start))


def begin_state(facts: Facts) -> State:
    """Where a start leads: to the installation first when there is none."""
    return State.STARTING if facts.installed else State.INSTALLING


def ended(facts: Facts, ending: Ending) -> Facts:
    """The facts after an end, for simulations."""
    return replace(
        facts,
        state=ending.state,
        desired=ending.desired,
        started_at=None,
        ready_at=None,
        silent_since=None,
        stop_reason=None,
        crash_count=ending.crash_count,
        next_restart_at=ending.next_restart_at,
    )
