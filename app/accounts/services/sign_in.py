"""Signing in: by password, by mailed link, and with the second factor.

Every way counts the try first, answers a wrong address and a wrong password alike, and takes as long for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import select, update

from app.accounts.errors import WrongCode, WrongCredentials
from app.accounts.gateways import password as hashes
from app.accounts.models import Person
from app.accounts.rules import limits
from app.accounts.rules.password import LONGEST
from app.accounts.services import link, throttle, totp
from app.accounts.services.person import clean_email
from app.accounts.services.session import Visitor, open_session
from app.core.api import send_mail
from app.kit import clock
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Invalid
from app.kit.links import public_link


@dataclass(frozen=True)
class Entry:
    """How far a sign-in came: `token` is the new session's cookie; without it the second factor is missing."""

    person_id: UUID
    method: str
    token: str | None = None


@dataclass(frozen=True)
class Pending:
    """The first proof was given at `at` (seconds); the second must follow within ten minutes."""

    person_id: UUID
    method: str
    lasting: bool
    at: int

    LIFETIME = 600

    @property
    def over(self) -> bool:
        return not 0 <= clock.now().timestamp() - self.at <= self.LIFETIME


def with_password(email: str, password: str, *, visitor: Visitor, lasting: bool = False) -> Entry:
    """Sign in by password. WrongCredentials, or TooMany."""
    try:
        clean = clean_email(email)
    except Invalid:
        clean = email.strip().casefold()[:254]
    forgivable = {limits.PASSWORD_PAIR: f"{clean} {visitor.network}", limits.PASSWORD_ACCOUNT: clean}
    throttle.count({**forgivable, limits.PASSWORD_NETWORK: visitor.network})
    person = db.session.execute(
        select(Person.id, Person.password_hash).where(Person.email == clean, Person.erased_at.is_(None))
    ).first()
    stored = person.password_hash if person else None
    fits = hashes.verify(stored, password[: LONGEST + 1]) and len(password) <= LONGEST
    if person is None or stored is None or not fits:
        raise WrongCredentials(gettext("E-Mail-Adresse oder Passwort stimmt nicht."))
    throttle.forgive(forgivable)
    renewed = hashes.hash_password(password) if hashes.is_outdated(stored) else None
    with transaction() as session:
        if renewed:
            session.execute(
                update(Person)
                .where(Person.id == person.id, Person.password_hash == stored)
                .values(password_hash=renewed)
            )
        return enter(person.id, method="password", visitor=visitor, lasting=lasting)


def enter(
    person_id: UUID,
    *,
    method: str,
    visitor: Visitor,
    lasting: bool = False,
    organisation_id: UUID | None = None,
) -> Entry:
    """After the first proof: a session, unless the person wants a second one. Joins the caller's transaction."""
    require_transaction()
    if lock(Person, person_id).totp_secret is not None:
        return Entry(person_id, method)
    token = open_session(
        person_id, method=method, visitor=visitor, lasting=lasting, organisation_id=organisation_id
    )
    return Entry(person_id, method, token)


def with_code(pending: Pending, code: str, *, visitor: Visitor) -> Entry:
    """The second proof: the app's code or a backup code, each good once. WrongCode, or TooMany."""
    if pending.over:
        raise WrongCode(gettext("Das hat zu lange gedauert. Melde dich noch einmal an."))
    who = str(pending.person_id)
    throttle.count({limits.CODE_PAIR: f"{who} {visitor.network}", limits.CODE_ACCOUNT: who})
    backup = totp.digest_of(code, pending.person_id)
    with transaction():
        totp.prove(lock(Person, pending.person_id), code, backup)
        token = open_session(
            pending.person_id, method=pending.method, visitor=visitor, lasting=pending.lasting
        )
    throttle.forgive({limits.CODE_PAIR: f"{who} {visitor.network}"})
    return Entry(pending.person_id, pending.method, token)


def mail_link(
    email: str, *, kind: str, visitor: Visitor, locale: str, data: dict[str, Any] | None = None
) -> None:
    """Mail a link for signing in ("magic") or for a new password ("reset").

    An address without an account gets a mail as well, so that neither the answer nor its time tells which it is.
    """
    clean = clean_email(email)
    throttle.count({limits.MAIL_ACCOUNT: clean, limits.MAIL_NETWORK: visitor.network})
    with transaction() as session:
        person = session.execute(
            select(Person.id, Person.locale, Person.timezone).where(
                Person.email == clean, Person.erased_at.is_(None)
            )
        ).first()
        person_id = person.id if person else None
        _id, token = link.make(kind, email=clean, person_id=person_id, data=data)
        if person is None:
            send_mail(
                to=clean,
                template="accounts/unknown",
                locale=locale,
                button_url=public_link("accounts.sign_up"),
            )
            return
        endpoint = {"magic": "accounts.open_magic", "reset": "accounts.open_reset"}[kind]
        send_mail(
            to=clean,
            template=f"accounts/{kind}",
            locale=person.locale,
            timezone=person.timezone,
            person_id=person.id,
            button_url=public_link(endpoint, token=token),
        )


def with_link(token: str, *, visitor: Visitor) -> tuple[Entry, dict[str, Any]]:
    """Sign in by a mailed link, using it up. Returns what the link remembered. LinkSpent, or TooMany."""
    throttle.count({limits.LINK_NETWORK: visitor.network})
    with transaction():
        letter = link.use("magic", token)
        if letter.person_id is None:
            raise link.spent()
        entry = enter(
            letter.person_id, method="link", visitor=visitor, lasting=bool(letter.data.get("lasting"))
        )
        return entry, letter.data
