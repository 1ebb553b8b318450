"""Being launched from a learning platform by LTI 1.3: what a platform's message must say, and what we say to it. Pure.

Sources: LTI Core 1.3, IMS Security Framework 1.0 (5.1.3: what a tool checks), Deep Linking 2.0, Assignment and Grade
Services 2.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/"
SCORE_SCOPE = f"{_AGS}scope/score"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
SLACK = 60
"""Seconds by which the clock of a platform may be wrong."""
OLDEST = 600
"""Seconds since a message was signed."""
MOST_TOKEN = 64 * 1024
MOST_DATA = 8 * 1024
_NANO = re.compile(r"/nanos/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?")


class LtiFault(Exception):
    """Why a launch is refused: a code that `wording_lti` has a sentence for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Expected:
    """What is known of the platform, and of the launch that was begun. `now`: seconds since 1970."""

    issuer: str
    client_id: str
    deployments: Sequence[str]
    nonce: str
    now: float


@dataclass(frozen=True)
class Message:
    """What a platform's signed message asks for."""

    chooses: bool
    """Somebody looks for content (deep linking); else somebody learns."""
    deployment: str
    subject: str = ""
    target: str = ""
    link: str = ""
    line_item: str = ""
    """Where the score goes; empty where the platform wants none."""
    return_url: str = ""
    data: str | None = None


def read_message(claims: Mapping[str, Any], expected: Expected) -> Message:
    """Of claims whose signature was checked. Raises LtiFault."""
    _signed_for_us(claims, expected)
    if claims.get(f"{_LTI}version") != "1.3.0":
        raise LtiFault("claims")
    deployment = _text(claims.get(f"{_LTI}deployment_id"), 255, "deployment")
    if deployment not in expected.deployments:
        raise LtiFault("deployment")
    kind = claims.get(f"{_LTI}message_type")
    if kind == "LtiDeepLinkingRequest":
        return _choosing(claims, deployment)
    if kind != "LtiResourceLinkRequest":
        raise LtiFault("message")
    link = claims.get(f"{_LTI}resource_link")
    return Message(
        False, deployment, subject=_text(claims.get("sub"), 255, "subject"),
        target=_text(claims.get(f"{_LTI}target_link_uri"), 2000, "target"),
        link=_text(link.get("id") if isinstance(link, Mapping) else None, 255, "claims"),
        line_item=_line_item(claims.get(f"{_AGS}claim/endpoint")),
    )  # fmt: skip


def _signed_for_us(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise LtiFault("issuer")
    # Another audience beside us is one we do not trust; so there is none.
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise LtiFault("client")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise LtiFault("client")
    until, since = _number(claims.get("exp")), _number(claims.get("iat"))
    if until <= expected.now - SLACK or not expected.now - OLDEST - SLACK <= since <= expected.now + SLACK:
        raise LtiFault("expired")
    if claims.get("nonce") != expected.nonce:
        raise LtiFault("state")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise LtiFault("claims")
    return value


def _text(value: object, most: int, code: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or any(ord(c) < 32 for c in value):
        raise LtiFault(code)
    return value


def _line_item(endpoint: object) -> str:
    """Only where the platform allows us to write a score."""
    if not isinstance(endpoint, Mapping):
        return ""
    scopes, found = endpoint.get("scope"), endpoint.get("lineitem")
    if not isinstance(scopes, list) or SCORE_SCOPE not in scopes or not isinstance(found, str):
        return ""
    return found if len(found) <= 2000 and origin_of(found) else ""


def _choosing(claims: Mapping[str, Any], deployment: str) -> Message:
    asked = claims.get(f"{_DL}deep_linking_settings")
    if not isinstance(asked, Mapping):
        raise LtiFault("claims")
    kinds = asked.get("accept_types")
    if not isinstance(kinds, list) or "ltiResourceLink" not in kinds:
        raise LtiFault("kinds")
    where, data = _text(asked.get("deep_link_return_url"), 2000, "claims"), asked.get("data")
    if not origin_of(where) or not (data is None or (isinstance(data, str) and len(data) <= MOST_DATA)):
        raise LtiFault("claims")
    return Message(True, deployment, return_url=where, data=data)


def origin_of(address: str) -> str:
    """Scheme, host and port as a policy writes them; empty for what is no plain address of the web."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not re.fullmatch(r"[a-z0-9.-]+", host):
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def nano_of(target: str, ours: str) -> UUID:
    """The nano a launch is about: its own address is what platforms are given. Raises LtiFault."""
    base = ours.rstrip("/")
    found = _NANO.fullmatch(target[len(base) :]) if target.startswith(f"{base}/") else None
    if found is None:
        raise LtiFault("target")
    return UUID(found[1])


def scores_url(line_item: str) -> str:
    """Where scores of a line item go: its query stays behind the path."""
    parts = urlsplit(line_item)
    return parts._replace(path=parts.path.rstrip("/") + "/scores", fragment="").geturl()


def score_body(subject: str, score: int, at: datetime) -> dict[str, Any]:
    """Hundredths, and that it is done."""
    return {
        "userId": subject, "scoreGiven": score, "scoreMaximum": 100, "activityProgress": "Completed",
        "gradingProgress": "FullyGraded", "timestamp": at.isoformat(timespec="milliseconds"),
    }  # fmt: skip


def assertion(client_id: str, audience: str, now: int, number: str) -> dict[str, Any]:
    """With which we ask a platform for a token."""
    return {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 300, "jti": number}


def chosen(
    issuer: str,
    client_id: str,
    deployment: str,
    data: str | None,
    now: int,
    number: str,
    item: Mapping[str, Any],
) -> dict[str, Any]:
    """The answer to somebody who looked for content."""
    return {
        "iss": client_id, "aud": issuer, "azp": client_id, "iat": now, "exp": now + 300, "nonce": number,
        f"{_LTI}version": "1.3.0", f"{_LTI}message_type": "LtiDeepLinkingResponse", f"{_LTI}deployment_id": deployment,
        f"{_DL}content_items": [dict(item)], **({} if data is None else {f"{_DL}data": data}),
    }  # fmt: skip


def content_item(url: str, title: str, outcome: str, number: str) -> dict[str, Any]:
    """A nano as platforms keep it, with a place for its score."""
    return {
        "type": "ltiResourceLink", "url": url, "title": title, "text": outcome,
        "lineItem": {"scoreMaximum": 100, "label": title, "resourceId": number},
    }  # fmt: skip
