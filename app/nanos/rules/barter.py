"""The life of an exchange, as one pure function: `step` says what an act makes of it, or that it cannot be.

offered → countered* → accepted → delivered → completed, and beside it withdrawn, declined, expired, cancelled and disputed.
Accepted: both are to deliver. Delivered: both have, and look at what they got. A side confirms what the other has delivered;
when both have delivered and confirmed, it is completed. An amendment is a further revision that both want: it takes the
exchange back to accepted, with nothing delivered. Every state that waits has an instant at which time decides, so nothing
hangs; nothing leaves an end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where an exchange stands."""

    OFFERED = "offered"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Side(StrEnum):
    """Who began it, and who was asked."""

    OFFERER = "offerer"
    PARTNER = "partner"

    @property
    def other(self) -> Side:
        """The one across."""
        return Side.PARTNER if self is Side.OFFERER else Side.OFFERER


class Act(StrEnum):
    """What can be done. The first ones are a side's, the next two a moderator's, the last one is time's."""

    COUNTER = "counter"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    PROPOSE = "propose"
    AGREE = "agree"
    DROP = "drop"
    DISPUTE = "dispute"
    COMPLETE = "complete"
    CANCEL = "cancel"
    TIME = "time"


OPEN = frozenset({State.OFFERED, State.COUNTERED})
BOUND = frozenset({State.ACCEPTED, State.DELIVERED})
ENDS = frozenset({State.COMPLETED, State.WITHDRAWN, State.DECLINED, State.EXPIRED, State.CANCELLED})
DESK = frozenset({Act.COMPLETE, Act.CANCEL})
BY_TIME = {
    State.OFFERED: State.EXPIRED,
    State.COUNTERED: State.EXPIRED,
    State.ACCEPTED: State.CANCELLED,
    State.DELIVERED: State.COMPLETED,
    State.DISPUTED: State.CANCELLED,
}
"""What time makes of what waits: silence is no yes to an offer, and no complaint about what was delivered."""


class Refused(Exception):
    """The act is not possible here, or not any more."""


@dataclass(frozen=True)
class Waits:
    """How long each state waits at most, and how long before its end people are reminded."""

    offer: timedelta
    deliver: timedelta
    confirm: timedelta
    dispute: timedelta
    remind: timedelta

    def of(self, state: State) -> timedelta | None:
        """The longest time in a state; None for an end."""
        return {
            State.OFFERED: self.offer, State.COUNTERED: self.offer, State.ACCEPTED: self.deliver,
            State.DELIVERED: self.confirm, State.DISPUTED: self.dispute,
        }.get(state)  # fmt: skip


@dataclass(frozen=True)
class Deal:
    """What decides about an exchange. Numbers are those of revisions; `author` wrote the latest one."""

    state: State
    version: int
    latest: int
    author: Side
    due_at: datetime | None
    remind_at: datetime | None = None
    agreed: int | None = None
    pending: int | None = None
    """An amendment that waits for the other side of `author`."""
    delivered: frozenset[Side] = frozenset()
    confirmed: frozenset[Side] = frozenset()


def begin(now: datetime, waits: Waits) -> Deal:
    """An offer."""
    return _entered(Deal(State.OFFERED, 1, 1, Side.OFFERER, None), State.OFFERED, now, waits)


def _entered(deal: Deal, state: State, now: datetime, waits: Waits) -> Deal:
    """In a state anew, with its time-out and reminder; a reminder lies in the later half of the time there is."""
    wait = waits.of(state)
    if wait is None:
        return replace(deal, state=state, due_at=None, remind_at=None, pending=None)
    ahead = min(waits.remind, wait / 2)
    return replace(deal, state=state, due_at=now + wait, remind_at=now + wait - ahead)


def acts(deal: Deal, by: Side | None) -> frozenset[Act]:
    """What this side may do now; None: a moderator."""
    if by is None:
        return DESK if deal.state is State.DISPUTED else frozenset()
    if deal.state in OPEN:
        if deal.author is by:
            return frozenset({Act.WITHDRAW})
        return frozenset({Act.ACCEPT, Act.COUNTER, Act.DECLINE})
    if deal.state not in BOUND:
        return frozenset()
    found = {Act.DISPUTE}
    if deal.pending is None:
        found.add(Act.PROPOSE)
    else:
        found |= {Act.DROP} if deal.author is by else {Act.DROP, Act.AGREE}
    if by not in deal.delivered:
        found.add(Act.DELIVER)
    if by.other in deal.delivered and by not in deal.confirmed:
        found.add(Act.CONFIRM)
    return frozenset(found)


def must_act(deal: Deal, side: Side) -> bool:
    """Whether it is this side that the other one, or the clock, waits for."""
    possible = acts(deal, side)
    return bool(possible & {Act.ACCEPT, Act.AGREE, Act.DELIVER, Act.CONFIRM})


def step(
    deal: Deal,
    act: Act,
    by: Side | None,
    now: datetime,
    waits: Waits,
    *,
    revision: int | None = None,
    credits_only: frozenset[Side] = frozenset(),
) -> Deal:
    """What the act makes of the exchange, one version later. Raises Refused.

    `revision` is the one that is accepted or agreed to, and must be the latest. `credits_only`: sides that give no nano; what
    they give is held since the acceptance, so they count as having delivered, and there is nothing to look at.
    """
    if act is Act.TIME:
        if by is not None or deal.due_at is None or now < deal.due_at:
            raise Refused
        return _next(_entered(deal, BY_TIME[deal.state], now, waits))
    if act not in acts(deal, by):
        raise Refused
    if deal.due_at is not None and now >= deal.due_at:
        raise Refused  # time has decided, only nobody has written it down yet
    if act in (Act.ACCEPT, Act.AGREE):
        if revision != deal.latest:
            raise Refused
        return _next(_bound(deal, now, waits, credits_only))
    return _next(_done(deal, act, by, now, waits))


def _next(deal: Deal) -> Deal:
    return replace(deal, version=deal.version + 1)


def _bound(deal: Deal, now: datetime, waits: Waits, credits_only: frozenset[Side]) -> Deal:
    looked = frozenset(side.other for side in credits_only)
    fresh = replace(deal, agreed=deal.latest, pending=None, delivered=credits_only, confirmed=looked)
    return _entered(fresh, State.ACCEPTED, now, waits)


_MOVES = {
    Act.DECLINE: State.DECLINED,
    Act.WITHDRAW: State.WITHDRAWN,
    Act.DISPUTE: State.DISPUTED,
    Act.COMPLETE: State.COMPLETED,
    Act.CANCEL: State.CANCELLED,
}


def _done(deal: Deal, act: Act, by: Side | None, now: datetime, waits: Waits) -> Deal:
    if act in _MOVES:
        return _entered(replace(deal, pending=None), _MOVES[act], now, waits)
    assert by is not None  # a moderator's acts are all moves
    if act is Act.COUNTER:
        fresh = replace(deal, latest=deal.latest + 1, author=by)
        return _entered(fresh, State.COUNTERED, now, waits)
    if act is Act.PROPOSE:
        return replace(deal, latest=deal.latest + 1, author=by, pending=deal.latest + 1)
    if act is Act.DROP:
        return replace(deal, pending=None)
    if act is Act.DELIVER:
        return _settled(replace(deal, delivered=deal.delivered | {by}), now, waits)
    return _settled(replace(deal, confirmed=deal.confirmed | {by}), now, waits)


def _settled(deal: Deal, now: datetime, waits: Waits) -> Deal:
    """On to the next state where both have done their part."""
    both = frozenset(Side)
    if deal.delivered == both and deal.confirmed == both:
        return _entered(deal, State.COMPLETED, now, waits)
    if deal.delivered == both and deal.state is State.ACCEPTED:
        return _entered(deal, State.DELIVERED, now, waits)
    return deal


def due(deal: Deal, now: datetime) -> str:
    """What the clock wants of it: "" nothing, "remind" once before the time-out, "time"."""
    if deal.due_at is not None and now >= deal.due_at:
        return "time"
    if deal.remind_at is not None and now >= deal.remind_at:
        return "remind"
    return ""
