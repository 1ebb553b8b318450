"""From a request to its actor.

flask-login holds the signed-in person of a request; its request loader is ours, so nothing about a person lives in
the Flask session (docs/adr/0004-sessions-are-rows.md). Browsers carry `kontor_session`, the API a bearer token.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Request, Response, g, has_request_context, request, request_started
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from structlog.contextvars import bind_contextvars

from app.accounts.queries.actor import Found, find_by_session, find_by_token
from app.accounts.rules import session as rules
from app.accounts.services import session as sessions
from app.accounts.services import token as tokens
from app.kit import clock
from app.kit.authz import ANONYMOUS, Actor, use_actor_loader
from app.kit.config import settings
from app.kit.db import db

log = structlog.get_logger(__name__)
COOKIE = "kontor_session"


class SignedIn(UserMixin):  # type: ignore[misc]
    """What flask-login keeps for a request."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.actor = found.actor

    def get_id(self) -> str:
        return str(self.actor.person_id)


def find_signed_in(incoming: Request) -> SignedIn | None:
    """The person behind a request. Tokens count under /api/ only; there a cookie may read but not write."""
    api = incoming.path.startswith("/api/")
    bearer = incoming.headers.get("Authorization", "")
    cookie = incoming.cookies.get(COOKIE, "")
    found = None
    if api and bearer:
        scheme, _, secret = bearer.partition(" ")
        found = find_by_token(secret.strip()) if scheme.lower() == "bearer" else None
    elif cookie and (not api or incoming.method in ("GET", "HEAD")):
        found = find_by_session(cookie)
    return SignedIn(found) if found else None


def load_actor() -> Actor:
    """The actor of this request."""
    if not has_request_context():
        return ANONYMOUS
    try:
        known = current_user.is_authenticated
    except SQLAlchemyError:
        g.actor = ANONYMOUS  # the error page must not ask the database again
        raise
    if not known:
        return ANONYMOUS
    actor: Actor = current_user.actor
    bind_contextvars(person_id=str(actor.person_id))
    return actor


def actor_of_cookie(token: str) -> Actor:
    """The actor behind a cookie's value: for the live connection, which asks again now and then."""
    found = find_by_session(token) if token else None
    return found.actor if found else ANONYMOUS


def _forget(_sender: Flask, **_more: Any) -> None:
    """An application context may outlive a request (tests, commands): each request finds its actor anew."""
    g.pop("actor", None)
    g.pop("_login_user", None)


def _touch(response: Response) -> Response:
    """Write down the visit, at most once a minute; a database that is busy loses the note, not the page."""
    user = g.get("_login_user")
    if not isinstance(user, SignedIn):
        return response
    found, now = user.found, clock.now()
    stale = found.seen_at is None or rules.needs_touch(found.seen_at, now)
    if not (stale or found.moved):
        return response
    try:
        db.session.rollback()  # the answer is made: what a view left open is not ours to write
        if found.actor.token_id is not None:
            tokens.touch(found.actor.token_id)
        elif found.actor.session_id is not None:
            sessions.touch(found.actor.session_id, found.actor.organisation_id)
    except DBAPIError:
        log.warning("visit_not_noted", exc_info=True)
    return response


def keep(response: Response, token: str, *, lasting: bool) -> Response:
    """Put the session's token into the browser, for as long as the row lasts at most."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(rules.LONGEST.total_seconds()) if lasting else None,
        httponly=True,
        secure=_secure(),
        samesite="Lax",
        path="/",
    )
    return response


def drop(response: Response) -> Response:
    """Take the cookie out of the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, secure=_secure(), samesite="Lax")
    return response


def _secure() -> bool:
    return request.is_secure or settings().public_url.startswith("https:")


def init_actor(app: Flask) -> None:
    """Plug the loader into flask-login and the kit."""
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)  # templates ask actor(); an error page asks nobody
    manager.session_protection = None  # our sessions are rows, not signed cookies
    manager.request_loader(find_signed_in)
    request_started.connect(_forget, app)
    app.after_request(_touch)
    use_actor_loader(load_actor)


def visitor() -> sessions.Visitor:
    """The browser of this request. Behind proxies ProxyFix has put the real address in its place."""
    return sessions.Visitor(request.remote_addr or "", request.headers.get("User-Agent", "")[:400])
