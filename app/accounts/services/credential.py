"""Password and address of an account: changed with proof, recovered by mail."""

from __future__ import annotations

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.events import EmailChanged, PasswordChanged
from app.accounts.gateways import password as hashes
from app.accounts.models import Person
from app.accounts.rules import limits
from app.accounts.services import link, throttle, totp
from app.accounts.services.person import checked_password, clean_email
from app.accounts.services.proof import confirm
from app.accounts.services.session import Visitor, drop_sessions, open_session
from app.accounts.services.sign_in import Entry
from app.core.api import record, send_mail
from app.kit.authz import Actor
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.links import public_link


def change_password(actor: Actor, *, current: str, new: str) -> None:
    """Another password (or the first one). Everywhere else the person is signed out, open links stop working."""
    assert actor.person_id is not None
    checked_password(new, actor.email, "new")
    confirm(actor, current)
    hashed = hashes.hash_password(new)
    with transaction():
        row = lock(Person, actor.person_id)
        _set_password(row, hashed)
        drop_sessions(actor, keep=actor.session_id)


def _set_password(row: Person, hashed: str) -> None:
    row.password_hash = hashed
    link.void(row.id, "magic", "reset", "email")
    record(PasswordChanged(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
    totp.notify(row, "password")


def reset_link(email: str) -> str:
    """The address at which a person sets a new password, for who has the machine's command line. Raises NotFound."""
    clean = clean_email(email)
    with transaction() as session:
        person_id = session.scalar(select(Person.id).where(Person.email == clean, Person.erased_at.is_(None)))
        if person_id is None:
            raise NotFound(gettext("Zu dieser Adresse gibt es kein Konto."))
        _id, token = link.make("reset", email=clean, person_id=person_id)
    return public_link("accounts.open_reset", token=token)


def needs_code(token: str) -> bool:
    """Whether the reset link's person must give a code as well. LinkSpent when the link does not work."""
    letter = link.look("reset", token)
    return db.session.scalar(select(Person.totp_secret).where(Person.id == letter.person_id)) is not None


def reset_password(token: str, *, new: str, code: str, visitor: Visitor) -> Entry:
    """A new password by mailed link: with the second factor on, a code or a backup code is needed too.

    Signs the person in and out everywhere else. LinkSpent, WrongCode, Invalid or TooMany.
    """
    throttle.count({limits.LINK_NETWORK: visitor.network})
    letter = link.look("reset", token)
    if letter.person_id is None:
        raise link.spent()
    checked_password(new, letter.email, "new")
    who = str(letter.person_id)
    if code:
        throttle.count({limits.CODE_PAIR: f"{who} {visitor.network}", limits.CODE_ACCOUNT: who})
    backup, hashed = totp.digest_of(code, letter.person_id), hashes.hash_password(new)
    with transaction():
        row = lock(Person, letter.person_id)
        totp.prove(row, code, backup)
        link.use("reset", token)
        _set_password(row, hashed)
        drop_sessions(Actor(person_id=row.id), keep=None)
        return Entry(row.id, "reset", open_session(row.id, method="reset", visitor=visitor))


def ask_new_email(actor: Actor, *, email: str, current: str, visitor: Visitor) -> None:
    """Mail a link to the new address; the old one stays until it is used. A taken address gets a different mail."""
    assert actor.person_id is not None
    clean = clean_email(email)
    if clean == actor.email:
        raise Invalid(fields={"email": gettext("Das ist schon deine Adresse.")})
    confirm(actor, current)
    throttle.count({limits.MAIL_ACCOUNT: clean, limits.MAIL_NETWORK: visitor.network})
    with transaction() as session:
        taken = session.scalar(select(Person.id).where(Person.email == clean))
        link.void(actor.person_id, "email")
        _id, token = link.make("email", email=clean, person_id=actor.person_id)
        send_mail(
            to=clean,
            template="accounts/known" if taken else "accounts/email",
            locale=actor.locale,
            timezone=actor.timezone,
            person_id=taken or actor.person_id,
            button_url=public_link("accounts.sign_in")
            if taken
            else public_link("accounts.open_email", token=token),
        )


def take_email(token: str, *, visitor: Visitor) -> None:
    """The new address is confirmed: it counts from now on, and the old one is told. LinkSpent or Conflict."""
    throttle.count({limits.LINK_NETWORK: visitor.network})
    with transaction() as session:
        letter = link.use("email", token)
        if letter.person_id is None:
            raise link.spent()
        row = lock(Person, letter.person_id)
        old = row.email
        try:
            with session.begin_nested():
                row.email = letter.email
        except IntegrityError:
            raise Conflict(gettext("Zu dieser Adresse gibt es inzwischen ein anderes Konto.")) from None
        link.void(row.id, "magic", "reset")
        record(EmailChanged(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
        totp.notify(row, "email", to=old)
