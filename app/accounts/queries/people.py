"""People and organisations as other modules and pages see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, union_all

from app.accounts.models import Membership, Organisation, Person
from app.accounts.rules.membership import ROLES
from app.kit.authz import Actor
from app.kit.db import db


@dataclass(frozen=True)
class PersonView:
    """A person without anything secret."""

    id: UUID
    name: str
    email: str
    locale: str
    timezone: str
    is_operator: bool
    erased_at: datetime | None


@dataclass(frozen=True)
class Member:
    """A person in an organisation."""

    person_id: UUID
    name: str
    email: str
    locale: str
    timezone: str
    role: str
    since: datetime


@dataclass(frozen=True)
class OrganisationView:
    """An organisation; `role` is the asking actor's, where there is one."""

    id: UUID
    name: str
    slug: str
    role: str | None = None


_PERSON = [getattr(Person, name) for name in PersonView.__dataclass_fields__]
_ORGANISATION = (Organisation.id, Organisation.name, Organisation.slug)


def get_person(person_id: UUID) -> PersonView | None:
    """The person with this id, erased ones too; None when there never was one."""
    row = db.session.execute(select(*_PERSON).where(Person.id == person_id)).first()
    return PersonView(*row) if row else None


def find_person_by_email(email: str) -> PersonView | None:
    """The person with this address (as `rules.address.normal` writes it)."""
    row = db.session.execute(select(*_PERSON).where(Person.email == email)).first()
    return PersonView(*row) if row else None


def person_names(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names by id, for lists of events; ids nobody has are left out."""
    wanted = {one for one in person_ids if one is not None}
    if not wanted:
        return {}
    return dict(db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all())


def all_names(person_ids: Iterable[UUID], organisation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of people and organisations together, in one statement; ids nobody has are left out."""
    people, organisations = set(person_ids), set(organisation_ids)
    parts = [
        select(model.id, model.name).where(model.id.in_(ids))
        for model, ids in ((Person, people), (Organisation, organisations))
        if ids
    ]
    return dict(db.session.execute(union_all(*parts)).all()) if parts else {}


def operator_ids() -> list[UUID]:
    """Who operates the platform."""
    return list(
        db.session.scalars(
            select(Person.id)
            .where(Person.is_operator.is_(True), Person.erased_at.is_(None))
            .order_by(Person.id)
        )
    )


def people_of(organisation_id: UUID, *roles: str) -> list[Member]:
    """The members of an organisation (of the given roles when named), owners first, then by name."""
    statement = (
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.locale,
            Person.timezone,
            Membership.role,
            Membership.created_at,
        )
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Person.erased_at.is_(None))
    )
    if roles:
        statement = statement.where(Membership.role.in_(roles))
    rows = [Member(*row) for row in db.session.execute(statement)]
    return sorted(rows, key=lambda one: (ROLES.index(one.role), one.name.casefold()))


# Built once: each message of a conversation of two asks.
_AMONG = (
    select(Person.id, Person.name)
    .join(Membership, Membership.person_id == Person.id)
    .where(
        Membership.organisation_id == bindparam("organisation_id"),
        Person.id.in_(bindparam("people", expanding=True)),
        Person.erased_at.is_(None),
    )
)


def members_among(organisation_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Those of these people who belong to the organisation, each with their name."""
    wanted = {"organisation_id": organisation_id, "people": list(person_ids)}
    return dict(db.session.execute(_AMONG, wanted).all())


def get_member(organisation_id: UUID | None, person_id: UUID) -> Member | None:
    """One member, or None: a stranger's id looks like no id at all."""
    if organisation_id is None:
        return None
    return next((one for one in people_of(organisation_id) if one.person_id == person_id), None)


# Built once: the switcher asks with every page.
_MINE = (
    select(*_ORGANISATION, Membership.role)
    .join(Membership, Membership.organisation_id == Organisation.id)
    .where(Membership.person_id == bindparam("person_id"))
    .order_by(Organisation.name, Organisation.id)
)


def list_organisations(actor: Actor) -> list[OrganisationView]:
    """The actor's organisations by name, for the switcher."""
    return [OrganisationView(*row) for row in db.session.execute(_MINE, {"person_id": actor.person_id})]


def get_organisation(organisation_id: UUID) -> OrganisationView | None:
    """The organisation with this id."""
    row = db.session.execute(select(*_ORGANISATION).where(Organisation.id == organisation_id)).first()
    return OrganisationView(*row) if row else None


def find_organisation_by_slug(slug: str) -> OrganisationView | None:
    """The organisation with this short name."""
    row = db.session.execute(select(*_ORGANISATION).where(Organisation.slug == slug)).first()
    return OrganisationView(*row) if row else None


def organisation_names(organisation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id."""
    wanted = set(organisation_ids)
    if not wanted:
        return {}
    statement = select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
    return dict(db.session.execute(statement).all())


def organisation_ids() -> list[UUID]:
    """All organisations: for nightly work over every tenant."""
    return list(db.session.scalars(select(Organisation.id).order_by(Organisation.id)))
