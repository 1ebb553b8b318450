"""Tokens page by page, for programs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Person, Token
from app.accounts.policies import P
from app.accounts.queries.access import TokenView
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.paging import Page, after, encode_cursor


def page_of_tokens(actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Page[TokenView]:
    """Tokens of the organisation the actor may see, oldest first: their own, or everybody's for those who govern."""
    statement = (
        select(
            Token.id, Token.name, Token.prefix, Token.scopes, Token.person_id, Person.name, Token.created_at,
            Token.last_used_at, Token.expires_at, Token.revoked_at,
        )
        .join(Person, Person.id == Token.person_id)
        .where(Token.organisation_id == actor.organisation_id)
    )  # fmt: skip
    if not may(actor, P.TOKEN_GOVERN):
        statement = statement.where(Token.person_id == actor.person_id)
    keys = [Token.created_at, Token.id]
    ordered = after(statement, keys, [datetime.fromisoformat, UUID], cursor, limit, descending=False)
    rows = [TokenView(*row) for row in db.session.execute(ordered)]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode_cursor([last.created_at, last.id]) if last else None)
