"""The machine's interface: an operation is declared once, with the shapes of what goes in and out as pydantic models;
its route, its checks and its description (OpenAPI) come from that declaration.

Only bearer tokens count here, never a browser's session: so no cross-site request can write, and CSRF tokens are not
asked for. Order of checks: token, permission, rate limit, query, body, idempotency key; then the view.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, g, request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app.kit import limits, secrets
from app.kit.authz import Actor, SignInNeeded, allows, current_actor
from app.kit.errors import Conflict, Invalid, Malformed, TooMany, Unsupported
from app.kit.forms import csrf
from app.kit.rest_input import parse

PREFIX = "/api/v1"
LIMIT, WINDOW = 300, 60  # requests per token and minute
LARGEST_BODY = 64 * 1024
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")


class Shape(BaseModel):
    """Base of all bodies and answers: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(Shape):
    """Query of every list."""

    limit: int = Field(50, ge=1, le=100, description="Rows a page.")
    cursor: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="Where the next page begins: from `next_cursor` or the Link header.",
    )


@dataclass(frozen=True)
class Call:
    """What a view is given: who asks, and the checked input. `once` is unique to this use of an idempotency key."""

    actor: Actor
    query: Any
    body: Any
    once: str | None


@dataclass(frozen=True)
class Operation:
    """One declared operation; `errors` are the statuses beyond those every operation may answer."""

    id: str
    endpoint: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    permission: Any
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: int
    errors: tuple[int, ...]
    raw: int = 0
    """The body is bytes, at most so many (application/octet-stream), and no shape."""
    media: str = ""
    """The answer is a document of this type and no shape; the view makes the whole response."""


class OnceStore(Protocol):
    """Where answers to idempotency keys are kept; core plugs it in."""

    def take(self, key: str, digest: str) -> tuple[str, dict[str, Any] | None]: ...
    def keep(self, key: str, answer: dict[str, Any]) -> None: ...
    def free(self, key: str) -> None: ...


_blueprints: dict[str, Blueprint] = {}
_operations: dict[str, Operation] = {}
_store: list[OnceStore] = []
Result = BaseModel | tuple[BaseModel, Mapping[str, str]] | Response | None
F = TypeVar("F", bound=Callable[..., Any])


def blueprint(module: str) -> Blueprint:
    """Where a module's operations are declared; served by every application that has the module."""
    return _blueprints.setdefault(module, Blueprint(f"{module}_api", f"app.{module}.views.api"))


def use_once_store(store: OnceStore) -> None:
    _store[:] = [store]


def operations(app: Flask) -> list[Operation]:
    """The operations this application serves, by path and method."""
    served = [op for op in _operations.values() if op.endpoint in app.view_functions]
    return sorted(served, key=lambda op: (op.path, op.method))


def operation(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    tag: str,
    summary: str,
    permission: Any,
    description: str = "",
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    errors: tuple[int, ...] = (),
    raw: int = 0,
    media: str = "",
) -> Callable[[F], F]:
    """Declare `view(call, **path)` as an operation; parts of the path in braces are UUIDs. `raw`, `media`: see `Operation`."""

    def declare(view: F) -> F:
        name = view.__name__
        op = Operation(
            _camel(name.removeprefix("api_")), f"{bp.name}.{name}", method, path, tag, summary, description,
            permission, query, body, answer, status if answer is not None or media else 204, errors, raw, media,
        )  # fmt: skip

        @wraps(view)
        def serve(**parts: Any) -> Response:
            return _serve(op, view, parts)

        _operations[op.endpoint] = op
        rule = PREFIX + re.sub(r"\{(\w+)\}", r"<uuid:\1>", path)
        csrf.exempt(serve)
        bp.add_url_rule(
            rule, name, allows(permission)(serve), methods=[method], provide_automatic_options=False
        )
        return view

    return declare


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _serve(op: Operation, view: Callable[..., Result], parts: dict[str, Any]) -> Response:
    actor = current_actor()
    if actor.token_id is None:
        raise SignInNeeded
    g.allowance = allowance = limits.take(f"api:{actor.token_id.hex}", LIMIT, WINDOW)
    if not allowance.allowed:
        raise TooMany(gettext("Zu viele Anfragen mit diesem Zugriffstoken."), allowance.retry_after)
    query = parse(op.query, _query_values(op), "query") if op.query else None
    if op.query is None and request.args:
        raise Invalid(
            gettext("Diese Adresse nimmt keine Parameter."), dict.fromkeys(request.args, gettext("unbekannt"))
        )
    body = _body(op)
    key = request.headers.get("Idempotency-Key") if op.method != "GET" else None
    if key is None:
        return _respond(op, view(Call(actor, query, body, None), **parts))
    return _once(op, view, parts, Call(actor, query, body, _once_key(actor, key)))


def _query_values(op: Operation) -> dict[str, Any]:
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise Invalid(gettext("Ein Parameter steht doppelt da."), dict.fromkeys(repeated, gettext("doppelt")))
    return request.args.to_dict()


def _body(op: Operation) -> Any:
    if op.raw:
        request.max_content_length = op.raw
        if request.mimetype != "application/octet-stream":
            raise Unsupported(gettext("Schick den Inhalt als application/octet-stream."))
        return request.get_data(cache=True)
    if op.body is None:
        return None
    request.max_content_length = LARGEST_BODY
    if request.mimetype != "application/json":
        raise Unsupported(gettext("Schick den Inhalt als application/json."))
    return parse(op.body, request.get_data(cache=True), "body")


def _once_key(actor: Actor, key: str) -> str:
    if not _KEY.match(key):
        raise Malformed(gettext("Idempotency-Key: 1 bis 200 sichtbare ASCII-Zeichen."))
    # An answer may hold a secret: it is not for a token that may less.
    rights = " ".join(sorted(actor.token_scopes or ()))
    owner = f"{actor.person_id}/{actor.organisation_id}/{rights}"
    return "api:" + hashlib.sha256(f"{owner}/{key}".encode()).hexdigest()[:56]


def _once(op: Operation, view: Callable[..., Result], parts: dict[str, Any], call: Call) -> Response:
    """The first request with a key does it, the others get its answer. Only success is kept: errors changed nothing."""
    store, key = _store[0], str(call.once)
    asked = [
        op.method,
        request.path,
        request.query_string.decode("latin-1"),
        request.get_data(as_text=False).hex(),
    ]
    turn, kept = store.take(key, hashlib.sha256(json.dumps(asked).encode()).hexdigest())
    if turn == "other":
        raise Invalid(gettext("Dieser Idempotency-Key wurde schon für eine andere Anfrage benutzt."))
    if turn == "busy":
        raise Conflict(gettext("Dieselbe Anfrage wird gerade bearbeitet."))
    if turn == "same" and kept is not None:
        status, headers, text = json.loads(secrets.unseal(kept["sealed"]))
        response = Response(text, status, {**headers, "Idempotency-Replayed": "true"})
        if text:
            response.mimetype = "application/json"
        return response
    try:
        response = _respond(op, view(call, **parts))
    except BaseException:
        store.free(key)
        raise
    headers = {name: value for name, value in response.headers if name == "Location"}
    store.keep(
        key, {"sealed": secrets.seal(json.dumps([response.status_code, headers, response.get_data(True)]))}
    )
    return response


def _respond(op: Operation, result: Result) -> Response:
    headers: Mapping[str, str] = {}
    if isinstance(result, Response):
        return result
    if isinstance(result, tuple):
        result, headers = result
    if result is None:
        return Response(status=204, headers=dict(headers))
    return Response(result.model_dump_json(), op.status, dict(headers), mimetype="application/json")


def next_link(cursor: str | None) -> dict[str, str]:
    """The Link header of a list (RFC 8288): this request with the next cursor."""
    if cursor is None:
        return {}
    return {"Link": f'<{request.path}?{urlencode({**request.args.to_dict(), "cursor": cursor})}>; rel="next"'}


def init_rest(app: Flask, modules: Iterable[str]) -> None:
    """Serve what the modules have declared.

    Rate limits are told with every answer, also with errors; answers are nobody else's to keep.
    """
    for module in modules:
        if module in _blueprints:
            app.register_blueprint(_blueprints[module])

    @app.after_request
    def tell(response: Response) -> Response:
        if not request.path.startswith(PREFIX):
            return response
        response.headers.setdefault("Cache-Control", "no-store")
        left: limits.Allowance | None = g.get("allowance")
        if left is not None:
            response.headers["RateLimit-Policy"] = f'"token";q={left.limit};w={left.window}'
            response.headers["RateLimit"] = f'"token";r={left.remaining};t={left.reset}'
        return response
