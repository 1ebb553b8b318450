"""Which servers an action on many is for: the same ones that offer its button, and a reason for every other."""

from __future__ import annotations

import pytest

from app.hosting.rules.bulk import Action, Reason, refusal
from app.hosting.rules.offer import Button, buttons
from app.hosting.rules.server import Desired, State
from app.hosting.views.bulk_words import OUTCOMES, REASONS
from app.hosting.wording import BULK_ACTIONS


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("desired", list(Desired))
def test_it_is_for_those_whose_page_offers_it(action: Action, state: State, desired: Desired) -> None:
    offered = Button(action.value) in buttons(state, desired)
    found = refusal(action, state, desired, played=True)
    restarts = action is Action.STOP and state is State.STOPPING and desired is Desired.RUNNING
    assert (found is None) == (offered or restarts)


@pytest.mark.parametrize(
    ("action", "state", "why"),
    [
        (Action.START, State.RUNNING, Reason.UP),
        (Action.START, State.DRAFT, Reason.DRAFT),
        (Action.STOP, State.STOPPED, Reason.DOWN),
        (Action.STOP, State.STOPPING, Reason.STOPPING),
        (Action.ARCHIVE, State.RUNNING, Reason.STILL_UP),
        (Action.ARCHIVE, State.ARCHIVED, Reason.ARCHIVED),
        (Action.BACKUP, State.ARCHIVED, Reason.ARCHIVED),
        (Action.BACKUP, State.WAKING, Reason.MOVING),
        (Action.DELETE, State.DELETING, Reason.DELETING),
        (Action.DELETE, State.DELETED, Reason.GONE),
    ],
)
def test_the_reason_fits(action: Action, state: State, why: Reason) -> None:
    assert refusal(action, state, Desired.STOPPED, played=True) is why


def test_a_world_that_never_was_is_not_archived() -> None:
    assert refusal(Action.ARCHIVE, State.STOPPED, Desired.STOPPED, played=False) is Reason.NO_WORLD


def test_everything_has_words() -> None:
    assert set(BULK_ACTIONS) == set(Action)
    assert set(REASONS) == set(Reason)
    assert len(OUTCOMES) == 5
