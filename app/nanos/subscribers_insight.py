"""What is counted because of an event. Names nobody records yet are allowed: exchanges and ratings may come later."""

from __future__ import annotations

from app.core.api import Recorded, subscribe
from app.nanos.queries.insight import exchanged_by, is_of
from app.nanos.rules.insight import Counted
from app.nanos.services.insight import happened

_OF_NANOS = {
    "nanos.use.completed": Counted.completed,
    "nanos.lti.completed": Counted.completed,
    "nanos.rating.given": Counted.rated,
}


@subscribe(*_OF_NANOS)
def count_for_nano(event: Recorded) -> None:
    """Somebody of another organisation was through with a nano, or rated it."""
    nano_id = event.subject_id
    if (
        event.subject_type == "nanos.nano"
        and nano_id is not None
        and not is_of(nano_id, event.organisation_id)
    ):
        happened(str(event.id), event.at, _OF_NANOS[event.name], [nano_id])


@subscribe("nanos.barter.completed")
def count_exchange(event: Recorded) -> None:
    """An exchange is done: each nano it has licensed was exchanged once."""
    if event.subject_id is not None:
        happened(str(event.id), event.at, Counted.exchanged, exchanged_by(event.subject_id))
