"""What nanos do when something happened to one: people are told."""

from __future__ import annotations

from uuid import UUID

from app.core.api import Recorded, subscribe
from app.nanos import notices
from app.nanos.services import duty
from app.nanos.services.notify import tell_provider


@subscribe("nanos.nano.published")
def tell_about_publication(event: Recorded) -> None:
    """The provider's owners and admins hear that it is public."""
    tell_provider(notices.PUBLISHED, event)


@subscribe("nanos.nano.sent_back")
def tell_about_return(event: Recorded) -> None:
    """They hear that something is to be changed; the reason itself stays on the page."""
    tell_provider(notices.SENT_BACK, event)


@subscribe("nanos.nano.retired", "nanos.nano.removed")
def tell_about_end(event: Recorded) -> None:
    """They hear what the calendar did; what a person did needs no notice."""
    if event.actor_id is None:
        tell_provider(notices.ENDED, event)


@subscribe("accounts.membership.joined")
def give_what_everyone_learns(event: Recorded) -> None:
    """Who joins has to learn what everyone there has to."""
    if event.organisation_id is not None:
        duty.person_came(event.organisation_id, UUID(str(event.data["person_id"])))


@subscribe("accounts.membership.left", "accounts.membership.removed")
def drop_what_was_owed(event: Recorded) -> None:
    """Who is gone owes nothing."""
    if event.organisation_id is not None:
        duty.person_went(event.organisation_id, UUID(str(event.data["person_id"])))


@subscribe("nanos.nano.removed")
def end_assignments(event: Recorded) -> None:
    """What is no more need not be learned."""
    if event.subject_id is not None:
        duty.nano_went(event.subject_id)
