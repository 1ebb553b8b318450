"""Signing up: nothing exists until the address is confirmed, so nobody can occupy another's address.

The wish waits in the mailed link. Whoever confirms it in another browser than the one that asked for it gives the
password again: who merely reads the mailbox does not get an account whose password somebody else chose.
"""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext
from sqlalchemy import select

from app.accounts.errors import WrongCredentials
from app.accounts.gateways import password as hashes
from app.accounts.models import Person
from app.accounts.rules import limits
from app.accounts.services import link, throttle
from app.accounts.services.organisation import add_organisation
from app.accounts.services.person import add_person, checked_password, clean_email, clean_name
from app.accounts.services.session import Visitor
from app.accounts.services.sign_in import Entry, enter
from app.core.api import send_mail
from app.kit.db import transaction
from app.kit.errors import Invalid
from app.kit.links import public_link


def ask(
    *, email: str, name: str, password: str, organisation: str, visitor: Visitor, locale: str, timezone: str
) -> UUID:
    """Take the wish for an account and mail the link. Returns the link's id, for this browser to remember.

    An address that has an account gets a mail saying so; the answer is the same.
    """
    _check(email, name, password, organisation)
    clean = clean_email(email)
    throttle.count({limits.MAIL_ACCOUNT: clean, limits.MAIL_NETWORK: visitor.network})
    hashed = hashes.hash_password(password)
    data = {
        "name": clean_name(name),
        "organisation": clean_name(organisation, "organisation"),
        "password_hash": hashed,
        "locale": locale,
        "timezone": timezone,
    }
    with transaction() as session:
        known = session.execute(select(Person.id, Person.locale).where(Person.email == clean)).first()
        link_id, token = link.make("signup", email=clean, person_id=known.id if known else None, data=data)
        send_mail(
            to=clean,
            template="accounts/known" if known else "accounts/signup",
            locale=known.locale if known else locale,
            person_id=known.id if known else None,
            button_url=public_link("accounts.sign_in")
            if known
            else public_link("accounts.open_sign_up", token=token),
        )
        return link_id


def _check(email: str, name: str, password: str, organisation: str) -> None:
    """Raises Invalid with every complaint at once."""
    fields: dict[str, str] = {}
    for check in (
        lambda: clean_email(email),
        lambda: clean_name(name),
        lambda: clean_name(organisation, "organisation"),
        lambda: checked_password(password, email),
    ):
        try:
            check()
        except Invalid as error:
            fields.update(error.fields)
    if fields:
        raise Invalid(fields=fields)


def confirm(token: str, *, password: str | None, asked_here: UUID | None, visitor: Visitor) -> Entry:
    """Make person and organisation and sign them in. WrongCredentials, LinkSpent, Conflict or TooMany.

    `asked_here` is the id this browser remembers; without it the chosen password must be given.
    """
    throttle.count({limits.LINK_NETWORK: visitor.network})
    letter = link.look("signup", token)
    if asked_here != letter.id:
        throttle.count({limits.PASSWORD_PAIR: f"{letter.id} {visitor.network}"})
        if not hashes.verify(letter.data.get("password_hash"), password or ""):
            raise WrongCredentials(
                fields={"password": gettext("Das ist nicht das Passwort, das beim Anlegen gewählt wurde.")}
            )
    with transaction():
        letter = link.use("signup", token)
        if letter.person_id is not None:
            raise link.spent()
        person = add_person(
            email=letter.email,
            name=letter.data["name"],
            password_hash=letter.data["password_hash"],
            locale=letter.data["locale"],
            timezone=letter.data["timezone"],
        )
        organisation = add_organisation(name=letter.data["organisation"], owner_id=person.id)
        return enter(person.id, method="signup", visitor=visitor, organisation_id=organisation.id)
