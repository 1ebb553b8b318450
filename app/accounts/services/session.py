"""Sessions: a row per signed-in browser, found by the digest of the token in its cookie."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import delete, select, update

from app.accounts.events import PersonSignedIn, SessionEnded
from app.accounts.models import Membership, Person, Session
from app.accounts.rules import address
from app.accounts.rules import session as rules
from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.secrets import fingerprint


@dataclass(frozen=True)
class Visitor:
    """The browser a request came from, as far as sign-in needs to know it."""

    address: str = ""
    user_agent: str = ""

    @property
    def network(self) -> str:
        return address.network_of(self.address)


NOWHERE = Visitor()


def open_session(
    person_id: UUID,
    *,
    method: str,
    visitor: Visitor = NOWHERE,
    lasting: bool = False,
    organisation_id: UUID | None = None,
) -> str:
    """Sign a person in and return the token for the cookie. Joins the caller's transaction.

    The token is always new: whatever cookie the browser brought is never taken over.
    """
    require_transaction()
    now = clock.now()
    token = token_urlsafe(32)
    where = organisation_id or _home(person_id)
    db.session.add(
        Session(
            id=new_id(),
            fingerprint=fingerprint(token),
            person_id=person_id,
            organisation_id=where,
            method=method,
            device=rules.device_of(visitor.user_agent),
            network=address.anonymous(visitor.address),
            lasting=lasting,
            created_at=now,
            seen_at=now,
            expires_at=rules.expiry(now, now, lasting=lasting),
        )
    )
    db.session.execute(update(Person).where(Person.id == person_id).values(signed_in_at=now))
    record(
        PersonSignedIn(person_id, method),
        actor=Actor(person_id=person_id),
        organisation_id=where,
        subject=("accounts.person", person_id),
    )
    return token


def _home(person_id: UUID) -> UUID | None:
    """Where the person worked last, as long as they still belong there; else where they came first."""
    last = db.session.scalar(
        select(Session.organisation_id)
        .join(
            Membership,
            (Membership.organisation_id == Session.organisation_id)
            & (Membership.person_id == Session.person_id),
        )
        .where(Session.person_id == person_id)
        .order_by(Session.seen_at.desc())
        .limit(1)
    )
    if last is not None:
        return last
    return db.session.scalar(
        select(Membership.organisation_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.created_at)
        .limit(1)
    )


def touch(session_id: UUID, organisation_id: UUID | None) -> None:
    """The session was used just now. Renews its end, and where it works when that has changed."""
    now = clock.now()
    with transaction() as session:
        row = session.get(Session, session_id)
        if row is not None:
            row.seen_at, row.organisation_id = now, organisation_id
            row.expires_at = rules.expiry(row.created_at, now, lasting=row.lasting)


def end_session(actor: Actor, session_id: UUID | None = None) -> None:
    """End one of the actor's sessions, the present one by default. Ending it twice is fine; a stranger's is NotFound."""
    wanted = session_id or actor.session_id
    if wanted is None:
        return
    with transaction() as session:
        row = session.get(Session, wanted)
        if row is None:
            return
        if row.person_id != actor.person_id:
            raise NotFound
        session.delete(row)
        _tell(actor, 1)


def end_other_sessions(actor: Actor) -> int:
    """Sign out everywhere but here. Returns how many sessions ended."""
    with transaction():
        return drop_sessions(actor, keep=actor.session_id)


def end_all_sessions(actor: Actor) -> int:
    """Sign out everywhere, here too. Returns how many sessions ended."""
    with transaction():
        return drop_sessions(actor, keep=None)


def drop_sessions(actor: Actor, *, keep: UUID | None, person_id: UUID | None = None) -> int:
    """End all sessions of a person but `keep`. Joins the caller's transaction."""
    require_transaction()
    whose = person_id or actor.person_id
    statement = delete(Session).where(Session.person_id == whose)
    if keep is not None:
        statement = statement.where(Session.id != keep)
    count = db.session.execute(statement).rowcount  # type: ignore[attr-defined]
    if count and whose is not None:
        _tell(actor, count, whose)
    return int(count)


def _tell(actor: Actor, count: int, whose: UUID | None = None) -> None:
    person_id = whose or actor.person_id
    assert person_id is not None
    record(SessionEnded(person_id, count), actor=actor, subject=("accounts.person", person_id))


def switch_organisation(actor: Actor, organisation_id: UUID) -> None:
    """Work in another of one's organisations from now on. NotFound when one does not belong to it."""
    with transaction() as session:
        member = session.scalar(
            select(Membership.id).where(
                Membership.organisation_id == organisation_id, Membership.person_id == actor.person_id
            )
        )
        if member is None:
            raise NotFound(gettext("Zu dieser Organisation gehörst du nicht."))
        session.execute(
            update(Session)
            .where(Session.id == actor.session_id, Session.person_id == actor.person_id)
            .values(organisation_id=organisation_id)
        )


def tidy() -> None:
    """Drop sessions that have run out."""
    with transaction() as session:
        session.execute(delete(Session).where(Session.expires_at < clock.now()))
