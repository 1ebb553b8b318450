"""API v1: tokens. A token can make others, but none that may more than itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.accounts.policies import P
from app.accounts.queries.access import TokenView
from app.accounts.queries.token_page import page_of_tokens
from app.accounts.services.token import create_token, revoke_token
from app.kit import clock
from app.kit.rest import Call, Paged, Shape, blueprint, next_link, operation

bp = blueprint("accounts")
TAG = "Tokens"


class ApiToken(Shape):
    """A token without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="The beginning, to recognise it.")
    scopes: list[str]
    person: UUID = Field(description="Whose rights it has.")
    state: Literal["alive", "expired", "revoked"]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, view: TokenView) -> ApiToken:
        return cls(
            id=view.id, name=view.name, prefix=view.prefix, scopes=view.scopes, person=view.person_id,
            state=view.state, created_at=view.created_at, last_used_at=view.last_used_at, expires_at=view.expires_at,
        )  # fmt: skip


class TokenPage(Shape):
    """Some tokens, oldest first."""

    data: list[ApiToken]
    next_cursor: str | None


class NewToken(Shape):
    """A token to be made."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] = Field(examples=["Discord-Bot"])
    scopes: Annotated[
        list[Annotated[str, StringConstraints(max_length=60)]], Field(min_length=1, max_length=50)
    ] = Field(examples=[["servers:read"]], description="No more than the token has that makes this one.")
    days: Literal[30, 90, 365] = Field(90, description="How long it works.")


class MadeToken(Shape):
    """The new token, shown this once."""

    id: UUID
    token: str
    expires_at: datetime


@operation(
    bp, "GET", "/tokens", tag=TAG, summary="List tokens", permission=P.TOKEN_SEE, query=Paged, answer=TokenPage
)  # fmt: skip
def api_list_tokens(call: Call) -> tuple[TokenPage, dict[str, str]]:
    page = page_of_tokens(call.actor, cursor=call.query.cursor, limit=call.query.limit)
    shown = TokenPage(data=[ApiToken.of(view) for view in page.rows], next_cursor=page.next_cursor)
    return shown, next_link(page.next_cursor)


@operation(
    bp, "POST", "/tokens", tag=TAG, summary="Make a token", permission=P.TOKEN_MAKE, body=NewToken, answer=MadeToken,
    status=201, description="For the same person and organisation, with no more scopes than the calling token has.",
)  # fmt: skip
def api_create_token(call: Call) -> tuple[MadeToken, dict[str, str]]:
    new: NewToken = call.body
    token_id, secret = create_token(
        call.actor, name=new.name, scopes=new.scopes, days=new.days, once=call.once or ""
    )
    return MadeToken(id=token_id, token=secret, expires_at=clock.now() + timedelta(days=new.days)), {}


@operation(
    bp, "DELETE", "/tokens/{token_id}", tag=TAG, summary="Revoke a token", permission=P.TOKEN_SEE,
    description="It stops working at once. Twice is fine. Other people's tokens need the right to govern them.",
)  # fmt: skip
def api_revoke_token(call: Call, token_id: UUID) -> None:
    revoke_token(call.actor, token_id)
