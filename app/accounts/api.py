"""The door of accounts for all modules above."""

from __future__ import annotations

from app.accounts.queries.actor import find_person_actor as find_actor_for_job
from app.accounts.queries.invitation import OpenInvitation, invitations_named
from app.accounts.queries.people import (
    Member,
    OrganisationView,
    PersonView,
    all_names,
    find_organisation_by_slug,
    find_person_by_email,
    get_member,
    get_organisation,
    get_person,
    list_organisations,
    members_among,
    operator_ids,
    organisation_ids,
    organisation_names,
    people_of,
    person_names,
)
from app.accounts.queries.standing import Standing, standing_of
from app.accounts.rules.scope import Scope, add_scope, all_scopes
from app.accounts.services.guest import Place as Invited
from app.accounts.services.guest import count_guest, invite_guest
from app.accounts.services.guest import send_again as send_invitation_again
from app.accounts.services.invitation import withdraw as withdraw_invitation
from app.accounts.services.organisation import end_guest, lock_members
from app.accounts.services.organisation import found_organisation as create_organisation
from app.accounts.services.organisation import join as add_member
from app.accounts.services.person import create_person, make_operator
from app.accounts.services.personal import sole_organisations
from app.accounts.services.proof import confirm as confirm_password
from app.accounts.services.proof import has_password
from app.accounts.services.tied import Tied, tie

__all__ = [
    "Invited",
    "Member",
    "OpenInvitation",
    "OrganisationView",
    "PersonView",
    "Scope",
    "Standing",
    "Tied",
    "add_member",
    "add_scope",
    "all_names",
    "all_scopes",
    "confirm_password",
    "count_guest",
    "create_organisation",
    "create_person",
    "end_guest",
    "find_actor_for_job",
    "find_organisation_by_slug",
    "find_person_by_email",
    "get_member",
    "get_organisation",
    "get_person",
    "has_password",
    "invitations_named",
    "invite_guest",
    "list_organisations",
    "lock_members",
    "make_operator",
    "members_among",
    "operator_ids",
    "organisation_ids",
    "organisation_names",
    "people_of",
    "person_names",
    "send_invitation_again",
    "sole_organisations",
    "standing_of",
    "tie",
    "withdraw_invitation",
]
