"""What a step is called in the log and in notices, and whom it concerns."""

from __future__ import annotations

from app.core.api import Fact
from app.nanos import events_barter as events
from app.nanos.rules.barter import Act, Deal, Side, State

Story = tuple[list[Fact], str, tuple[Side, ...]]


def facts_of(before: Deal, after: Deal, what: Act, by: Side | None) -> Story:
    """Facts for the log, the name of the notice, and the sides that are told: those who did not do it themselves."""
    both = (Side.OFFERER, Side.PARTNER)
    if what is Act.TIME:
        if after.state is State.EXPIRED:
            return [events.BarterExpired()], "expired", both
        if after.state is State.CANCELLED:
            return [events.BarterCancelled("time")], "cancelled", both
        return [events.BarterCompleted("time")], "completed", both
    if what is Act.COMPLETE:
        return [events.BarterCompleted("decision")], "completed", both
    if what is Act.CANCEL:
        return [events.BarterCancelled("decision")], "cancelled", both
    assert by is not None  # the rest is a side's
    if after.state is State.COMPLETED:
        done = events.BarterDelivered(by) if what is Act.DELIVER else events.BarterConfirmed(by)
        return [done, events.BarterCompleted("sides")], "completed", both
    facts: dict[Act, tuple[Fact, str]] = {
        Act.COUNTER: (events.BarterCountered(after.latest), "countered"),
        Act.ACCEPT: (events.BarterAccepted(after.latest), "accepted"),
        Act.DECLINE: (events.BarterDeclined(), "declined"),
        Act.WITHDRAW: (events.BarterWithdrawn(), "withdrawn"),
        Act.DELIVER: (events.BarterDelivered(by), "delivered"),
        Act.CONFIRM: (events.BarterConfirmed(by), "confirmed"),
        Act.PROPOSE: (events.AmendmentProposed(after.latest), "amendment"),
        Act.AGREE: (events.BarterAmended(after.latest), "amended"),
        Act.DROP: (events.AmendmentDropped(), "dropped"),
        Act.DISPUTE: (events.BarterDisputed(by), "disputed"),
    }
    fact, name = facts[what]
    return [fact], name, (by.other,)
