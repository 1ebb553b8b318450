"""The OpenAPI 3.1 document, made from the declared operations."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.scopes import scopes_of
from app.kit.config import settings
from app.kit.rest import LIMIT, PREFIX, WINDOW, Operation, operations

VERSION = "1.0.0"
BYTES = {"type": "string", "format": "binary"}
REASONS = {
    400: "The body is no JSON, or a header cannot be read.",
    401: "No valid token.",
    403: "The token or the role behind it lacks the permission.",
    404: "There is no such thing, or it belongs to somebody else.",
    409: "Somebody was first, or the state does not allow it now.",
    413: "The body is larger than allowed: 64 kB, or one piece of an upload.",
    415: "The body is not of the type this operation reads.",
    422: "Something in the input does not fit; `errors` says what, field by field.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "Something we depend on does not answer; nothing was changed.",
}
INTRODUCTION = f"""
What pages do with servers, conversations and nanos, for programs. Send a token from your profile as `Authorization: Bearer …`;
it works for one organisation and with the scopes you gave it. Ids are UUIDs, times are RFC 3339 in UTC, money is a
string of euros with nine decimals (`"0.020000000"`), so that sums stay exact.

* **Lists** come in pages: follow the `Link: <…>; rel="next"` header, or send `next_cursor` as `cursor`.
* **Errors** are `application/problem+json` (RFC 9457).
* **Writing twice** is safe with an `Idempotency-Key` header: the second request with the same key and content gets the
  first one's answer, with other content 422, while the first one is still running 409. Keys are kept for a week.
* **Limits:** {LIMIT} requests per token in {WINDOW} seconds; `RateLimit` and `RateLimit-Policy` say what is left.
""".strip()


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] | None = None


def document(app: Flask) -> dict[str, Any]:
    """The whole description of what this application serves."""
    ops = operations(app)
    shapes = [(op.body, "validation") for op in ops if op.body] + [
        (op.answer, "serialization") for op in ops if op.answer
    ]
    _, defined = models_json_schema(
        [*dict.fromkeys(shapes), (Problem, "serialization")],  # type: ignore[list-item]
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Any] = {}
    for op in ops:
        paths.setdefault(PREFIX + op.path, {})[op.method.lower()] = _operation(op)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{settings().name} API", "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": settings().public_url}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for op in ops)],
        "paths": paths,
        "components": {
            "schemas": defined.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "headers": _headers(),
        },
    }


def _headers() -> dict[str, Any]:
    return {
        "RateLimit": {
            "description": "What is left of the limit, and when all of it is back.",
            "schema": {"type": "string"},
        },
        "RateLimit-Policy": {"description": "The limit that applies.", "schema": {"type": "string"}},
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
        "Link": {
            "description": "The next page (RFC 8288), where there is one.",
            "schema": {"type": "string"},
        },
        "Location": {"description": "Where the new thing is.", "schema": {"type": "string"}},
    }


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _operation(op: Operation) -> dict[str, Any]:
    scopes = scopes_of(op.permission)
    text = op.description + (f"\n\nScope: {', '.join(f'`{name}`' for name in scopes)}." if scopes else "")
    described: dict[str, Any] = {
        "operationId": op.id,
        "summary": op.summary,
        "description": text.strip(),
        "tags": [op.tag],
        "parameters": _parameters(op),
        "responses": _responses(op),
    }
    if op.body is not None:
        schema = _ref("schemas", op.body.__name__)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif op.raw:
        described["requestBody"] = {
            "required": True,
            "content": {"application/octet-stream": {"schema": BYTES}},
        }
    return described


def _parameters(op: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in re.findall(r"\{(\w+)\}", op.path)
    ]
    if op.query is not None:
        schema = op.query.model_json_schema()
        for name, part in schema["properties"].items():
            text = part.pop("description", "")
            found.append(
                {"name": name, "in": "query", "description": text, "schema": _plain(part),
                 "required": name in schema.get("required", [])}
            )  # fmt: skip
    if op.method != "GET":
        found.append(
            {"name": "Idempotency-Key", "in": "header", "required": False,
             "description": "A name of your choice for this one write, best a random UUID.",
             "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"}}
        )  # fmt: skip
    return found


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter that may be left out is not null: it is absent."""
    options = schema.get("anyOf")
    if options is None:
        return schema
    real = [option for option in options if option.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **real[0]} if len(real) == 1 else {**rest, "anyOf": real}


def _responses(op: Operation) -> dict[str, Any]:
    common = {401, 403, 422, 429, 503, *op.errors}
    if "{" in op.path:
        common.add(404)
    if op.method != "GET":
        common |= {400, 409}
    if op.body is not None or op.raw:
        common |= {400, 413, 415}
    limits = {
        "RateLimit": _ref("headers", "RateLimit"),
        "RateLimit-Policy": _ref("headers", "RateLimit-Policy"),
    }
    good: dict[str, Any] = {"description": "Done.", "headers": dict(limits)}
    if op.answer is not None:
        good["content"] = {"application/json": {"schema": _ref("schemas", op.answer.__name__)}}
        if "next_cursor" in op.answer.model_fields:
            good["headers"]["Link"] = _ref("headers", "Link")
    elif op.media:
        good["content"] = {op.media: {"schema": {"type": "object"} if op.media.endswith("json") else BYTES}}
    if op.status == 201:
        good["headers"]["Location"] = _ref("headers", "Location")
    found: dict[str, Any] = {str(op.status): good}
    problem = {"application/problem+json": {"schema": _ref("schemas", "Problem")}}
    for status in sorted(common):
        found[str(status)] = {"description": REASONS[status], "content": problem}
        if status in (429, 503):
            found[str(status)]["headers"] = {"Retry-After": _ref("headers", "Retry-After")}
    return found
