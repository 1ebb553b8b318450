"""One answer for each thing that may go wrong, and the headers every answer carries."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import HTTPException

from app.kit.authz import ANONYMOUS, SignInNeeded
from app.kit.cache import REDIS_DOWN
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import KontorError, TooMany
from app.kit.htmx import wants_fragment
from app.kit.i18n import choose_locale

log = structlog.get_logger(__name__)

TITLES = {
    400: lazy_gettext("Das haben wir nicht verstanden"),
    401: lazy_gettext("Dafür musst du angemeldet sein"),
    403: lazy_gettext("Das darfst du hier nicht"),
    404: lazy_gettext("Das gibt es hier nicht"),
    405: lazy_gettext("So geht das nicht"),
    409: lazy_gettext("Da war jemand schneller"),
    413: lazy_gettext("Das ist zu groß"),
    415: lazy_gettext("Dieses Format können wir nicht lesen"),
    422: lazy_gettext("Bitte prüf deine Eingaben"),
    429: lazy_gettext("Das war zu oft"),
    500: lazy_gettext("Da ist bei uns etwas schiefgegangen"),
    503: lazy_gettext("Gerade nicht erreichbar"),
}
HINTS = {
    400: lazy_gettext("Lade die Seite neu und versuch es noch einmal."),
    401: lazy_gettext("Melde dich an und versuch es noch einmal."),
    403: lazy_gettext("Dir fehlt das Recht dazu. Frag jemanden, der deine Organisation verwaltet."),
    404: lazy_gettext("Vielleicht wurde es gelöscht, oder die Adresse hat einen Tippfehler."),
    405: lazy_gettext("Die Adresse gibt es, aber nicht für diese Art von Anfrage."),
    409: lazy_gettext("Der Stand hat sich geändert. Lade die Seite neu und sieh nach."),
    413: lazy_gettext("Wähle eine kleinere Datei."),
    415: lazy_gettext("Schick die Daten im beschriebenen Format."),
    422: lazy_gettext("Etwas daran passt nicht."),
    429: lazy_gettext("Warte einen Moment und versuch es dann noch einmal."),
    500: lazy_gettext("Es wurde nichts halb gespeichert. Wir haben den Fehler mit der Nummer unten notiert."),
    503: lazy_gettext(
        "Ein Teil der Plattform antwortet nicht. Es wurde nichts geändert. Versuch es gleich noch einmal."
    ),
}
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,40}$")


def answer_error(status: int, message: str = "", fields: dict[str, str] | None = None) -> Response:
    """An error as problem+json (RFC 9457) for the API, a toast fragment for htmx, a page for people."""
    title = str(TITLES.get(status, TITLES[500]))
    text = message or str(HINTS.get(status, HINTS[500]))
    if request.path.startswith("/api/"):
        problem: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": text}
        problem["request_id"] = g.get("request_id")
        if fields:
            problem["errors"] = [{"field": name, "message": why} for name, why in fields.items()]
        response = jsonify(problem)
        response.mimetype = "application/problem+json"
    else:
        kind = "fragment" if wants_fragment() else "page"
        page = render_template(
            f"errors/{kind}.html",
            status=status,
            title=title,
            message=text,
            fields=fields or {},
            request_id=g.request_id,
        )
        response = make_response(page)
    response.status_code = status
    return response


def _sign_in(_error: SignInNeeded) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        response = answer_error(401, gettext("Es fehlt ein gültiges Zugriffstoken."))
        response.headers["WWW-Authenticate"] = 'Bearer realm="kontor"'
        return response
    if wants_fragment():
        came_from = urlsplit(request.headers.get("HX-Current-URL", ""))
        target = url_for("accounts.sign_in", next=came_from.path or "/")
        return Response(status=401, headers={"HX-Redirect": target})
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("accounts.sign_in", next=here))


def _known(error: KontorError) -> Response:
    response = answer_error(error.status, error.message, getattr(error, "fields", None))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> Response:
    response = answer_error(error.code or 500)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _gone(error: Exception) -> Response:
    log.error("dependency_gone", error=type(error).__name__, exc_info=error)
    db.session.rollback()
    g.locale = choose_locale()
    g.actor = ANONYMOUS  # the plain page: the shell of a signed-in person would ask what is gone
    response = answer_error(503)
    response.headers["Retry-After"] = "5"
    return response


def _unstorable(error: DataError) -> Response:
    """A text with NUL, a number beyond all columns: nothing people type, so nobody is told at which field."""
    log.warning("unstorable", error=type(error.orig).__name__)
    db.session.rollback()
    return answer_error(400)


def _crash(error: Exception) -> Response:
    log.error("unhandled", exc_info=error)
    if current_app.testing:
        raise error
    return answer_error(500)


def content_security_policy(live_url: str) -> str:
    """No inline code anywhere; the one extra origin is the live connection's."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "font-src 'self'; "
        f"connect-src 'self' {live_url}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "manifest-src 'self'"
    )


def live_url() -> str:
    """Where browsers open their WebSocket: the setting, else this host on the next port."""
    given = settings().live_url
    if given:
        return given
    here = urlsplit(request.host_url)
    public = urlsplit(settings().public_url)
    port = (public.port or (443 if public.scheme == "https" else 80)) + 1
    return f"{'wss' if here.scheme == 'https' else 'ws'}://{here.hostname}:{port}"


def init_web(app: Flask) -> None:
    """Error answers, request ids, security headers."""

    @app.before_request
    def begin() -> None:
        clear_contextvars()
        for name in ("actor", "nav_modules", "unread_counts", "_flask_babel"):
            g.pop(name, None)  # a request inside an outer application context (tests, shell) begins anew
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.match(given) else uuid4().hex
        bind_contextvars(request_id=g.request_id)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        response.headers.setdefault("Content-Security-Policy", content_security_policy(live_url()))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    app.register_error_handler(SignInNeeded, _sign_in)
    app.register_error_handler(KontorError, _known)
    app.register_error_handler(
        CSRFError, lambda e: answer_error(400, gettext("Die Seite war zu alt. Lade sie neu."))
    )
    app.register_error_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, PoolTimeout, *REDIS_DOWN):
        app.register_error_handler(kind, _gone)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(Exception, _crash)
    app.jinja_env.globals["live_url"] = live_url
