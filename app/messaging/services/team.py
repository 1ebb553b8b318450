"""Telling about the team: who joins, and what changes about one's own place."""

from __future__ import annotations

from uuid import UUID

from app.accounts.api import get_member, get_person, people_of
from app.core.api import Recorded
from app.kit.db import transaction
from app.messaging.services.notice import notify


def tell_about_joining(event: Recorded) -> None:
    """Owners and admins hear who joined; who joins an organisation of their own making hears nothing."""
    joined = UUID(event.data["person_id"])
    if event.organisation_id is None or get_member(event.organisation_id, joined) is None:
        return
    others = [
        one.person_id for one in people_of(event.organisation_id, "owner", "admin") if one.person_id != joined
    ]
    with transaction():
        notify(
            "accounts.member_joined",
            organisation_id=event.organisation_id,
            person_ids=others,
            data={"person_id": str(joined), "role": event.data["role"]},
            dedupe=str(event.id),
        )


def tell_about_own_place(event: Recorded) -> None:
    """A person hears when somebody else changed their role or took them out."""
    person_id = UUID(event.data["person_id"])
    if event.organisation_id is None or event.actor_id == person_id or get_person(person_id) is None:
        return
    kind = "accounts.role_changed" if event.name.endswith("role_changed") else "accounts.removed"
    with transaction():
        notify(
            kind,
            organisation_id=event.organisation_id,
            person_ids=[person_id],
            data={"organisation_id": str(event.organisation_id), "role": event.data.get("role", "")},
            dedupe=str(event.id),
        )
