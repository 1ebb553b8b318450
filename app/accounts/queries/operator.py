"""Everybody and everything, for the operator only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from app.accounts.models import Membership, Organisation, Person
from app.kit.db import db
from app.kit.paging import Page, after, encode_cursor


@dataclass(frozen=True)
class Known:
    """A person in the operator's list."""

    id: UUID
    name: str
    email: str
    is_operator: bool
    has_totp: bool
    created_at: datetime
    signed_in_at: datetime | None
    organisations: int


@dataclass(frozen=True)
class KnownOrganisation:
    """An organisation in the operator's list."""

    id: UUID
    name: str
    slug: str
    created_at: datetime
    members: int


_PERSON = (
    Person.id,
    Person.name,
    Person.email,
    Person.is_operator,
    Person.totp_secret.is_not(None),
    Person.created_at,
    Person.signed_in_at,
    select(func.count()).where(Membership.person_id == Person.id).scalar_subquery(),
)


def all_people(text: str = "", *, cursor: str | None = None, limit: int = 50) -> Page[Known]:
    """People whose name or address holds the text, newest first."""
    statement = select(*_PERSON).where(Person.erased_at.is_(None))
    if text:
        statement = statement.where(
            or_(Person.name.icontains(text, autoescape=True), Person.email.icontains(text, autoescape=True))
        )
    rows = [Known(*row) for row in db.session.execute(after(statement, [Person.id], [UUID], cursor, limit))]
    return Page(rows[:limit], encode_cursor([rows[limit - 1].id]) if len(rows) > limit else None)


def get_known(person_id: UUID) -> Known | None:
    """One of them."""
    row = db.session.execute(
        select(*_PERSON).where(Person.id == person_id, Person.erased_at.is_(None))
    ).first()
    return Known(*row) if row else None


def all_organisations(
    text: str = "", *, cursor: str | None = None, limit: int = 50
) -> Page[KnownOrganisation]:
    """Organisations whose name holds the text, newest first."""
    members = select(func.count()).where(Membership.organisation_id == Organisation.id).scalar_subquery()
    statement = select(
        Organisation.id, Organisation.name, Organisation.slug, Organisation.created_at, members
    )
    if text:
        statement = statement.where(Organisation.name.icontains(text, autoescape=True))
    rows = [
        KnownOrganisation(*row)
        for row in db.session.execute(after(statement, [Organisation.id], [UUID], cursor, limit))
    ]
    return Page(rows[:limit], encode_cursor([rows[limit - 1].id]) if len(rows) > limit else None)
