"""API tokens: shown once, kept as a digest, never stronger than the person who made them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from secrets import token_urlsafe
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import func, or_, select, update

from app.accounts.events import TokenCreated, TokenRevoked
from app.accounts.models import Token
from app.accounts.policies import P
from app.accounts.rules import scope as rules
from app.accounts.services.person import clean_name
from app.core.api import claim_once, record
from app.kit import clock
from app.kit.authz import Actor, may, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.kit.secrets import fingerprint

PREFIX = "kt_"
MOST = 50  # living tokens a person may have in an organisation
LIFETIMES = (30, 90, 365, 0)  # days; 0 is without end


def create_token(
    actor: Actor, *, name: str, scopes: Iterable[str], days: int, once: str = ""
) -> tuple[UUID, str]:
    """Make a token for the organisation the actor works in. Returns its id and the token, which is never seen again."""
    require(actor, P.TOKEN_MAKE)
    wanted = _checked_scopes(actor, scopes)
    if days not in LIFETIMES:
        raise Invalid(fields={"days": gettext("Wähle eine der Laufzeiten.")})
    clean, now, secret = clean_name(name, longest=80), clock.now(), PREFIX + token_urlsafe(32)
    with transaction() as session:
        if once and not claim_once(f"accounts.token:{actor.person_id}:{once[:60]}"):
            raise Conflict(gettext("Dieses Token wurde schon angelegt."))
        _refuse_too_many(actor)
        row = Token(
            id=new_id(),
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            name=clean,
            prefix=secret[:9],
            fingerprint=fingerprint(secret),
            scopes=wanted,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
        session.add(row)
        session.flush()
        record(
            TokenCreated(row.id), actor=actor, subject=("accounts.token", row.id), after={"scopes": wanted}
        )
        return row.id, secret


def _refuse_too_many(actor: Actor) -> None:
    living = db.session.scalar(
        select(func.count()).where(
            Token.person_id == actor.person_id,
            Token.organisation_id == actor.organisation_id,
            Token.revoked_at.is_(None),
            or_(Token.expires_at.is_(None), Token.expires_at > clock.now()),
        )
    )
    if (living or 0) >= MOST:
        raise Invalid(
            gettext("Das sind zu viele Zugriffstoken. Widerruf erst welche, die du nicht mehr brauchst.")
        )


def _checked_scopes(actor: Actor, scopes: Iterable[str]) -> list[str]:
    """The scopes, known and no more than the calling token has. Raises Invalid."""
    wanted = sorted(set(scopes))
    if not wanted:
        raise Invalid(fields={"scopes": gettext("Wähle mindestens ein Recht.")})
    if rules.unknown(wanted):
        raise Invalid(fields={"scopes": gettext("Dieses Recht gibt es nicht.")})
    if actor.token_scopes is not None and not rules.permissions_of(wanted) <= actor.token_scopes:
        raise Invalid(
            fields={"scopes": gettext("Ein Token kann nicht mehr Rechte vergeben, als es selbst hat.")}
        )
    return wanted


def revoke_token(actor: Actor, token_id: UUID) -> None:
    """End a token at once: one's own, or anybody's in the organisation for those who govern. Twice is fine."""
    require(actor, P.TOKEN_SEE)
    with transaction() as session:
        row = session.get(Token, token_id, with_for_update=True)
        if row is None or row.organisation_id != actor.organisation_id:
            raise NotFound
        if row.person_id != actor.person_id and not may(actor, P.TOKEN_GOVERN):
            raise NotFound
        if row.revoked_at is not None:
            return
        row.revoked_at = clock.now()
        record(TokenRevoked(row.id), actor=actor, subject=("accounts.token", row.id))


def touch(token_id: UUID) -> None:
    """The token was used just now."""
    with transaction():
        db.session.execute(update(Token).where(Token.id == token_id).values(last_used_at=clock.now()))
