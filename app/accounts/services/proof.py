"""Before something that guards the account is changed: is it really them?"""

from __future__ import annotations

from flask_babel import gettext
from sqlalchemy import select

from app.accounts.gateways import password as hashes
from app.accounts.models import Person, Session
from app.accounts.rules import limits
from app.accounts.rules import session as rules
from app.accounts.rules.password import LONGEST
from app.accounts.services import throttle
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import Invalid


def confirm(actor: Actor, password: str, field: str = "current") -> None:
    """The password again; who has none must have signed in within the last quarter of an hour. Raises Invalid."""
    stored = db.session.scalar(select(Person.password_hash).where(Person.id == actor.person_id))
    if stored is None:
        since = db.session.scalar(select(Session.created_at).where(Session.id == actor.session_id))
        if since is None or not rules.is_fresh(since, clock.now()):
            raise Invalid(gettext("Das ist zu lange her: Melde dich ab und mit einem neuen Link wieder an."))
        return
    tries = {limits.CONFIRM_ACCOUNT: str(actor.person_id)}
    throttle.count(tries)
    if len(password) > LONGEST or not hashes.verify(stored, password):
        raise Invalid(fields={field: gettext("Das ist nicht dein jetziges Passwort.")})
    throttle.forgive(tries)


def has_password(actor: Actor) -> bool:
    """Whether the person can be asked for one."""
    return db.session.scalar(select(Person.password_hash).where(Person.id == actor.person_id)) is not None
