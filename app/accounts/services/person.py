"""People: how they come to be, what they may change about themselves."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.events import PersonRegistered, ProfileChanged
from app.accounts.gateways.password import hash_password
from app.accounts.models import Person
from app.accounts.rules import address
from app.accounts.rules.password import LONGEST, SHORTEST, Weakness, weakness
from app.core.api import record
from app.kit import clock
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, Invalid
from app.kit.i18n import LOCALES
from app.kit.ids import new_id

THEMES = ("auto", "light", "dark")


def clean_email(text: str, field: str = "email") -> str:
    """The address as it is stored. Invalid at `field` when it is none."""
    try:
        return address.normal(text)
    except ValueError:
        raise Invalid(
            fields={field: gettext("Das ist keine vollständige E-Mail-Adresse. Beispiel: du@example.org")}
        ) from None


def may_be_mailed(text: str) -> bool:
    """Whether somebody's words may stand in a mail to a stranger: no addresses that lead elsewhere."""
    return "://" not in text and "www." not in text.casefold()


def clean_name(text: str, field: str = "name", longest: int = 120) -> str:
    """A name in one line. Invalid at `field` when it is empty or too long."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not name:
        raise Invalid(fields={field: gettext("Trag einen Namen ein.")})
    if not may_be_mailed(name):  # names stand in mails to others
        raise Invalid(fields={field: gettext("Ein Name ohne Internetadresse, bitte.")})
    if len(name) > longest:
        raise Invalid(fields={field: gettext("Höchstens %(n)d Zeichen.", n=longest)})
    return name


def checked_password(password: str, email: str, field: str = "password") -> str:
    """The password, when it is strong enough. Invalid at `field` otherwise."""
    why = weakness(password, email)
    if why is None:
        return password
    texts = {
        Weakness.SHORT: gettext(
            "Nimm mindestens %(n)d Zeichen. Mehrere Wörter sind leicht zu merken.", n=SHORTEST
        ),
        Weakness.LONG: gettext("Höchstens %(n)d Zeichen.", n=LONGEST),
        Weakness.ADDRESS: gettext("Nimm etwas anderes als deine E-Mail-Adresse."),
        Weakness.MONOTONE: gettext("Das sind zu wenige verschiedene Zeichen."),
    }
    raise Invalid(fields={field: texts[why]})


def add_person(
    *,
    email: str,
    name: str,
    password_hash: str | None = None,
    locale: str = "de",
    timezone: str = "Europe/Berlin",
    is_operator: bool = False,
) -> Person:
    """Write a person whose address is known to be theirs. Joins the caller's transaction. Conflict when it is taken."""
    require_transaction()
    now = clock.now()
    row = Person(
        id=new_id(),
        email=clean_email(email),
        name=clean_name(name),
        password_hash=password_hash,
        locale=locale if locale in LOCALES else "de",
        timezone=timezone,
        is_operator=is_operator,
        email_verified_at=now,
        created_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise Conflict(gettext("Zu dieser Adresse gibt es schon ein Konto.")) from None
    record(PersonRegistered(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
    return row


def create_person(
    *, email: str, name: str, password: str | None = None, locale: str = "de", is_operator: bool = False
) -> UUID:
    """A person made by the platform itself: demo data, the operator's command line, tests. Returns the id."""
    hashed = hash_password(checked_password(password, email)) if password else None
    with transaction():
        return add_person(
            email=email, name=name, password_hash=hashed, locale=locale, is_operator=is_operator
        ).id


def change_profile(actor: Actor, *, name: str, locale: str, timezone: str, theme: str) -> None:
    """What a person may change about themselves without proof."""
    fields: dict[str, str] = {}
    if locale not in LOCALES:
        fields["locale"] = gettext("Wähle eine der Sprachen.")
    if theme not in THEMES:
        fields["theme"] = gettext("Wähle hell, dunkel oder wie das Gerät.")
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, LookupError):
        fields["timezone"] = gettext("Diese Zeitzone kennen wir nicht.")
    if fields:
        raise Invalid(fields=fields)
    clean = clean_name(name)
    assert actor.person_id is not None
    with transaction():
        row = lock(Person, actor.person_id)
        before = {"locale": row.locale, "timezone": row.timezone, "theme": row.theme}
        row.name, row.locale, row.timezone, row.theme = clean, locale, timezone, theme
        record(
            ProfileChanged(row.id),
            actor=actor,
            subject=("accounts.person", row.id),
            before=before,
            after={"locale": locale, "timezone": timezone, "theme": theme},
        )


def choose_theme(actor: Actor, theme: str) -> None:
    """The switch in the shell: only the theme."""
    if theme not in THEMES or actor.person_id is None:
        raise Invalid(fields={"theme": gettext("Wähle hell, dunkel oder wie das Gerät.")})
    with transaction():
        lock(Person, actor.person_id).theme = theme


def make_operator(email: str, *, operator: bool = True) -> UUID:
    """Give or take the operator's mark: the command line's doing, nobody can do it in a browser. Returns the id."""
    clean = clean_email(email)
    with transaction() as session:
        row = session.scalar(select(Person).where(Person.email == clean))
        if row is None:
            raise Invalid(fields={"email": gettext("Zu dieser Adresse gibt es kein Konto.")})
        row.is_operator = operator
        record(
            ProfileChanged(row.id),
            actor=SYSTEM,
            subject=("accounts.person", row.id),
            after={"is_operator": operator},
        )
        return row.id
