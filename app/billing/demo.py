"""Sample money: test credit for the demo organisation and the shipped price list. Running it again changes nothing."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.api import find_actor_for_job, find_organisation_by_slug, people_of
from app.billing.gateways.payment import TestProvider
from app.billing.services.payment import top_up
from app.kit import clock
from app.kit.money import euros

SLUG = "musterbetrieb"
START = euros(50)


def seed() -> None:
    """Credit the demo organisation once, as its owner would by the test top-up."""
    organisation = find_organisation_by_slug(SLUG)
    if organisation is None:
        return
    owner = people_of(organisation.id, "owner")[0]
    actor = find_actor_for_job(owner.person_id, organisation.id)
    with clock.freeze(clock.now() - timedelta(days=30)):  # before the first sample usage
        top_up(actor, TestProvider(), START, once="demo", return_url="")
