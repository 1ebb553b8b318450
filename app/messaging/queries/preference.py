"""What people chose."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from app.kit.db import db
from app.messaging.models import Preference
from app.messaging.rules.kind import Choice


def choices_for(kind: str, person_ids: Iterable[UUID]) -> dict[UUID, Choice]:
    """The choices of several people about one kind; who chose nothing is left out. One query."""
    rows = db.session.execute(
        select(Preference.person_id, Preference.in_app, Preference.by_mail).where(
            Preference.kind == kind, Preference.person_id.in_(list(person_ids))
        )
    )
    return {person_id: Choice(in_app, by_mail) for person_id, in_app, by_mail in rows}


def choices_of(person_id: UUID) -> dict[str, Choice]:
    """One person's choices by kind."""
    rows = db.session.execute(
        select(Preference.kind, Preference.in_app, Preference.by_mail).where(
            Preference.person_id == person_id
        )
    )
    return {kind: Choice(in_app, by_mail) for kind, in_app, by_mail in rows}
