"""Who is behind a session cookie or a token: one query each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import Membership, Organisation, Person, Session, Token
from app.accounts.rules import scope
from app.kit import clock
from app.kit.authz import ANONYMOUS, Actor
from app.kit.db import db
from app.kit.secrets import fingerprint

_Other = aliased(Membership)
_PERSON = (
    Person.id,
    Person.name,
    Person.email,
    Person.locale,
    Person.timezone,
    Person.theme,
    Person.is_operator,
    Membership.role,
    Organisation.id,
    Organisation.name,
    select(func.count())
    .select_from(_Other)
    .where(_Other.person_id == Person.id)
    .correlate(Person)
    .scalar_subquery(),
)


@dataclass(frozen=True)
class Found:
    """An actor, and when the row that let them in was last written; `moved` when its organisation was left."""

    actor: Actor
    seen_at: datetime | None = None
    moved: bool = False


def _with_membership(statement: Any, organisation: Any, *, outer: bool) -> Any:
    return statement.join(
        Membership,
        and_(Membership.organisation_id == organisation, Membership.person_id == Person.id),
        isouter=outer,
    ).join(Organisation, Organisation.id == Membership.organisation_id, isouter=outer)


def _actor(row: Any, **more: Any) -> Actor:
    return Actor(
        person_id=row[0],
        name=row[1],
        email=row[2],
        locale=row[3],
        timezone=row[4],
        theme=row[5],
        is_operator=row[6],
        role=row[7],
        organisation_id=row[8],
        organisation_name=row[9] or "",
        memberships=row[10],
        **more,
    )


# Built once: these run with every request, and putting a statement together costs more than running it.
_BY_SESSION = _with_membership(
    select(*_PERSON, Session.id, Session.seen_at, Session.organisation_id)
    .select_from(Session)
    .join(Person, Person.id == Session.person_id),
    Session.organisation_id,
    outer=True,
).where(
    Session.fingerprint == bindparam("fingerprint"),
    Session.expires_at > bindparam("now"),
    Person.erased_at.is_(None),
)
_BY_TOKEN = _with_membership(
    select(*_PERSON, Token.id, Token.last_used_at, Token.scopes)
    .select_from(Token)
    .join(Person, Person.id == Token.person_id),
    Token.organisation_id,
    outer=False,
).where(
    Token.fingerprint == bindparam("fingerprint"),
    Token.revoked_at.is_(None),
    or_(Token.expires_at.is_(None), Token.expires_at > bindparam("now")),
    Person.erased_at.is_(None),
)


def _first(statement: Any, token: str) -> Any:
    return db.session.execute(statement, {"fingerprint": fingerprint(token), "now": clock.now()}).first()


def find_by_session(token: str) -> Found | None:
    """The signed-in person behind a cookie. Whoever lost the organisation they worked in is moved to another one."""
    row = _first(_BY_SESSION, token)
    if row is None:
        return None
    session_id, seen_at, wanted = row[11], row[12], row[13]
    if row[8] is not None:
        return Found(_actor(row, session_id=session_id), seen_at)
    found = find_person_actor(row[0])
    if found.organisation_id is None:
        return Found(_actor(row, session_id=session_id), seen_at, moved=wanted is not None)
    return Found(replace(found, session_id=session_id), seen_at, moved=True)


def find_by_token(token: str) -> Found | None:
    """The person behind an API token, with the rights its scopes name and never more than the role gives."""
    row = _first(_BY_TOKEN, token)
    if row is None:
        return None
    return Found(_actor(row, token_id=row[11], token_scopes=scope.permissions_of(row[13])), row[12])


def find_person_actor(person_id: UUID | None, organisation_id: UUID | None = None) -> Actor:
    """The person as an actor in an organisation (by default the one they joined first): for background work.

    Without a membership there the actor has no role and no organisation; ANONYMOUS when there is no such person.
    """
    if person_id is None:
        return ANONYMOUS
    statement = select(*_PERSON).select_from(Person)
    on = and_(Membership.person_id == Person.id)
    if organisation_id is not None:
        on = and_(on, Membership.organisation_id == organisation_id)
    statement = (
        statement.join(Membership, on, isouter=True)
        .join(Organisation, Organisation.id == Membership.organisation_id, isouter=True)
        .where(Person.id == person_id, Person.erased_at.is_(None))
        .order_by(Membership.created_at)
        .limit(1)
    )
    row = db.session.execute(statement).first()
    return _actor(row) if row else ANONYMOUS
