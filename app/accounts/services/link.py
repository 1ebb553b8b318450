"""Mailed links: made with a purpose, used once, gone after a while. The database knows only their digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import delete, select, update

from app.accounts.errors import LinkSpent
from app.accounts.models import Link
from app.kit import clock
from app.kit.db import db, require_transaction, transaction
from app.kit.ids import new_id
from app.kit.secrets import fingerprint

LIFETIME = {
    "signup": timedelta(hours=24),
    "magic": timedelta(minutes=15),
    "reset": timedelta(hours=1),
    "email": timedelta(hours=24),
}


@dataclass(frozen=True)
class Letter:
    """A living link: what it is for and whom it was sent to."""

    id: UUID
    kind: str
    person_id: UUID | None
    email: str
    data: dict[str, Any]


def make(
    kind: str, *, email: str, person_id: UUID | None = None, data: dict[str, Any] | None = None
) -> tuple[UUID, str]:
    """A new link. Joins the caller's transaction. Returns its id and the token for the mail."""
    require_transaction()
    token, now = token_urlsafe(32), clock.now()
    row = Link(
        id=new_id(),
        kind=kind,
        fingerprint=fingerprint(token),
        person_id=person_id,
        email=email,
        data=data or {},
        created_at=now,
        expires_at=now + LIFETIME[kind],
    )
    db.session.add(row)
    db.session.flush()
    return row.id, token


def look(kind: str, token: str) -> Letter:
    """What the link is for, without using it: mail scanners open links too. Raises LinkSpent."""
    row = db.session.execute(
        select(Link.id, Link.kind, Link.person_id, Link.email, Link.data).where(
            Link.fingerprint == fingerprint(token),
            Link.kind == kind,
            Link.used_at.is_(None),
            Link.expires_at > clock.now(),
        )
    ).first()
    if row is None:
        raise spent()
    return Letter(*row)


def use(kind: str, token: str) -> Letter:
    """Use the link up: of several who try, one gets it. Joins the caller's transaction. Raises LinkSpent."""
    require_transaction()
    letter, now = look(kind, token), clock.now()
    taken = db.session.execute(
        update(Link)
        .where(Link.id == letter.id, Link.used_at.is_(None), Link.expires_at > now)
        .values(used_at=now, data={})
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise spent()
    return letter


def void(person_id: UUID, *kinds: str) -> None:
    """Make a person's open links of these kinds useless. Joins the caller's transaction."""
    require_transaction()
    db.session.execute(
        delete(Link).where(Link.person_id == person_id, Link.kind.in_(kinds), Link.used_at.is_(None))
    )


def spent() -> LinkSpent:
    """The one answer to a link that does not work, whatever the reason."""
    return LinkSpent(
        gettext(
            "Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist abgelaufen. Fordere einen neuen an."
        )
    )


def tidy() -> None:
    """Drop links a week after they ran out."""
    with transaction() as session:
        session.execute(delete(Link).where(Link.expires_at < clock.now() - timedelta(days=7)))
