"""The door of accounts for all modules above."""

from __future__ import annotations

from app.accounts.queries.actor import find_person_actor as find_actor_for_job
from app.accounts.queries.people import (
    Member,
    OrganisationView,
    PersonView,
    find_organisation_by_slug,
    find_person_by_email,
    get_member,
    get_organisation,
    get_person,
    list_organisations,
    organisation_ids,
    organisation_names,
    people_of,
    person_names,
)
from app.accounts.queries.standing import Standing, standing_of
from app.accounts.rules.scope import Scope, add_scope, all_scopes
from app.accounts.services.organisation import found_organisation as create_organisation
from app.accounts.services.organisation import join as add_member
from app.accounts.services.person import create_person, make_operator
from app.accounts.services.personal import sole_organisations
from app.accounts.services.proof import confirm as confirm_password
from app.accounts.services.proof import has_password

__all__ = [
    "Member",
    "OrganisationView",
    "PersonView",
    "Scope",
    "Standing",
    "add_member",
    "add_scope",
    "all_scopes",
    "confirm_password",
    "create_organisation",
    "create_person",
    "find_actor_for_job",
    "find_organisation_by_slug",
    "find_person_by_email",
    "get_member",
    "get_organisation",
    "get_person",
    "has_password",
    "list_organisations",
    "make_operator",
    "organisation_ids",
    "organisation_names",
    "people_of",
    "person_names",
    "sole_organisations",
    "standing_of",
]
