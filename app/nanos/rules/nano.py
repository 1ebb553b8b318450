"""The life of a nano, and of the revisions of what it says.

A nano is what is rated, exchanged and linked to; it stays the same while its revisions follow each other. The first
revision takes the nano with it from draft to review to published. Later ones are reviewed while the one before stays
public. Retired: found by nobody any more, but its page is there and names what to take instead. Removed: gone, with its
files.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Of a nano."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    RETIRED = "retired"
    REMOVED = "removed"


class Stage(StrEnum):
    """Of a revision. A nano has at most one that is open (draft or review) and at most one that is current."""

    DRAFT = "draft"
    REVIEW = "review"
    CURRENT = "current"
    PAST = "past"


STEPS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.REVIEW, State.REMOVED}),
    State.REVIEW: frozenset({State.PUBLISHED, State.DRAFT, State.REMOVED}),
    State.PUBLISHED: frozenset({State.RETIRED, State.REMOVED}),
    State.RETIRED: frozenset({State.PUBLISHED, State.REMOVED}),
    State.REMOVED: frozenset(),
}
"""Where a nano may go from each state. What is retired may come back; what is removed may not."""

OPEN_STAGES = (Stage.DRAFT.value, Stage.REVIEW.value)


def sources(to: State) -> tuple[str, ...]:
    """The states from which `to` is reached, as `move` wants them."""
    return tuple(state.value for state, targets in STEPS.items() if to in targets)


def due(state: State, retires_on: date | None, removes_on: date | None, today: date) -> State | None:
    """What the calendar wants of it today: None, retired or removed. A date is the first day without it."""
    if removes_on is not None and today >= removes_on and State.REMOVED in STEPS[state]:
        return State.REMOVED
    if retires_on is not None and today >= retires_on and state is State.PUBLISHED:
        return State.RETIRED
    return None


def dates_fault(retires_on: date | None, removes_on: date | None, today: date) -> str:
    """The field whose date cannot be, or "": both lie ahead, and it retires no later than it goes."""
    if retires_on is not None and retires_on <= today:
        return "retires_on"
    if removes_on is not None and (
        removes_on <= today or (retires_on is not None and removes_on < retires_on)
    ):
        return "removes_on"
    return ""
