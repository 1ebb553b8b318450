"""A person's own sessions, tokens and second factor, as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import BackupCode, Person, Session, Token
from app.accounts.policies import P
from app.kit import clock
from app.kit.authz import Actor, may
from app.kit.db import db


@dataclass(frozen=True)
class SessionView:
    """A signed-in browser; `here` is the one that asks."""

    id: UUID
    device: str
    network: str
    method: str
    created_at: datetime
    seen_at: datetime
    here: bool


@dataclass(frozen=True)
class TokenView:
    """An API token without its secret."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    person_id: UUID
    person: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """alive, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= clock.now() else "alive"


@dataclass(frozen=True)
class Guard:
    """What guards the actor's account."""

    has_password: bool
    has_totp: bool
    codes_left: int


def list_sessions(actor: Actor) -> list[SessionView]:
    """The actor's living sessions, this one first, then the latest."""
    rows = db.session.execute(
        select(
            Session.id, Session.device, Session.network, Session.method, Session.created_at, Session.seen_at
        )
        .where(Session.person_id == actor.person_id, Session.expires_at > clock.now())
        .order_by(Session.seen_at.desc())
    )
    views = [SessionView(*row, here=row.id == actor.session_id) for row in rows]
    return sorted(views, key=lambda one: not one.here)


def list_tokens(actor: Actor, limit: int = 200) -> list[TokenView]:
    """Tokens of the organisation the actor may see: their own, or everybody's for those who govern."""
    statement = (
        select(
            Token.id,
            Token.name,
            Token.prefix,
            Token.scopes,
            Token.person_id,
            Person.name,
            Token.created_at,
            Token.last_used_at,
            Token.expires_at,
            Token.revoked_at,
        )
        .join(Person, Person.id == Token.person_id)
        .where(Token.organisation_id == actor.organisation_id)
        .order_by(Token.revoked_at.is_not(None), Token.created_at.desc())
        .limit(limit)
    )
    if not may(actor, P.TOKEN_GOVERN):
        statement = statement.where(Token.person_id == actor.person_id)
    return [TokenView(*row) for row in db.session.execute(statement)]


def get_guard(actor: Actor) -> Guard:
    """What guards the account, in one query."""
    left = (
        select(func.count())
        .where(BackupCode.person_id == Person.id, BackupCode.used_at.is_(None))
        .scalar_subquery()
    )
    row = db.session.execute(
        select(Person.password_hash.is_not(None), Person.totp_secret.is_not(None), left).where(
            Person.id == actor.person_id
        )
    ).one()
    return Guard(bool(row[0]), bool(row[1]), row[2])
