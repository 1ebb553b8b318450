"""Sample people: the organisation "Musterbetrieb" with one of each role. Running it again changes nothing."""

from __future__ import annotations

from uuid import UUID

from app.accounts.queries.people import find_organisation_by_slug, find_person_by_email, get_member
from app.accounts.rules.sample import EMAIL, NAME, PASSWORD
from app.accounts.services.organisation import found_organisation, join
from app.accounts.services.person import create_person
from app.kit.config import settings

SLUG = "musterbetrieb"

PEOPLE = (
    # The demo's owner also operates the installation: somebody must be able to read the outbox.
    (EMAIL, NAME, "owner", True),
    ("jonas@kontor.example", "Jonas Beispiel", "admin", False),
    ("lea@kontor.example", "Lea Probst", "member", False),
    ("nora@kontor.example", "Nora Nachbar", "guest", False),
)


def seed() -> list[dict[str, str]]:
    """Write what is missing. Returns who can sign in. Only the demo has a password everybody knows."""
    if not settings().demo:
        raise RuntimeError("demo data is made only with KONTOR_DEMO")
    ids = {email: _person(email, name, operator) for email, name, _role, operator in PEOPLE}
    found = find_organisation_by_slug(SLUG)
    organisation_id = (
        found.id if found else found_organisation(name="Musterbetrieb", owner_id=ids[EMAIL], slug=SLUG)
    )
    for email, _name, role, _operator in PEOPLE:
        if get_member(organisation_id, ids[email]) is None:
            join(organisation_id, ids[email], role)
    return [{"email": email, "password": PASSWORD, "role": role} for email, _name, role, _operator in PEOPLE]


def _person(email: str, name: str, operator: bool) -> UUID:
    known = find_person_by_email(email)
    return (
        known.id if known else create_person(email=email, name=name, password=PASSWORD, is_operator=operator)
    )
