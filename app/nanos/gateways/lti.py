"""Talking with learning platforms: signatures by joserfc (RS256, as LTI wants them), requests by the guarded client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from app.kit.outbound import Barred, Silent, ask
from app.nanos.rules.lti import SCORE_SCOPE, SCORE_TYPE, LtiFault

ALGORITHM = "RS256"
MOST_KEYS = 20
LEAST_BITS = 2048


class Away(Exception):
    """The platform does not answer now: later perhaps."""


class Refused(Exception):
    """The platform will not have it, whenever we ask."""


def make_key() -> str:
    """A fresh key of ours: the private JWK as text, to be sealed."""
    return json.dumps(RSAKey.generate_key(LEAST_BITS, auto_kid=True).as_dict(private=True))


def public_key(private: str) -> dict[str, Any]:
    """What a platform verifies with."""
    key = RSAKey.import_key(json.loads(private))
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}


def sign(private: str, payload: Mapping[str, Any]) -> str:
    """The payload as a compact token."""
    key = RSAKey.import_key(json.loads(private))
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key.thumbprint()}
    return jwt.encode(header, dict(payload), key, algorithms=[ALGORITHM])


def key_name(token: str) -> str:
    """Which key it says it was signed with. Raises LtiFault."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, AttributeError):
        raise LtiFault("signature") from None
    name = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(name, str):
        raise LtiFault("signature")
    return name


def verify(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The claims, where one of these keys signed them. Raises LtiFault."""
    name = key_name(token)
    for each in keys:
        if each["kid"] == name:
            try:
                return dict(jwt.decode(token, RSAKey.import_key(dict(each)), algorithms=[ALGORITHM]).claims)
            except (JoseError, ValueError, TypeError, UnicodeError, RecursionError):
                break
    raise LtiFault("signature")


def fetch_keys(url: str) -> list[dict[str, str]]:
    """A platform's keys that we can use. Raises LtiFault: barred, away, keys."""
    try:
        answer = ask("GET", url, headers={"Accept": "application/json"})
    except Barred:
        raise LtiFault("barred") from None
    except Silent:
        raise LtiFault("away") from None
    if answer.status != 200:
        raise LtiFault("away")
    return read_keys(answer.body)


def read_keys(body: bytes) -> list[dict[str, str]]:
    """RSA keys for signatures with a name and enough bits, as plain JWK. Raises LtiFault where there is none."""
    try:
        given = json.loads(body)["keys"]
        found = [one for each in given[:MOST_KEYS] if (one := _usable(each)) is not None]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise LtiFault("keys") from None
    if not found:
        raise LtiFault("keys")
    return found


def _usable(given: object) -> dict[str, str] | None:
    if (
        not isinstance(given, Mapping)
        or given.get("kty") != "RSA"
        or given.get("use", "sig") != "sig"
        or given.get("alg", ALGORITHM) != ALGORITHM
    ):
        return None
    names = ("kty", "kid", "n", "e")
    plain = {name: value for name in names if isinstance(value := given.get(name), str) and len(value) < 2000}
    if len(plain) < len(names):
        return None
    try:
        bits = RSAKey.import_key({name: plain[name] for name in ("kty", "n", "e")}).raw_value.key_size
    except (JoseError, ValueError, TypeError):
        return None
    return plain if bits >= LEAST_BITS else None


def send_score(token_url: str, assertion: str, scores_url: str, body: Mapping[str, Any]) -> None:
    """A token, and with it the score. Raises Away, Refused."""
    asked = {
        "grant_type": "client_credentials", "client_assertion": assertion, "scope": SCORE_SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }  # fmt: skip
    said = _post(token_url, urlencode(asked).encode(), "application/x-www-form-urlencoded", "")
    try:
        token = json.loads(said)["access_token"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Away from None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > 8000:
        raise Away
    _post(scores_url, json.dumps(body).encode(), SCORE_TYPE, token)


def _post(url: str, body: bytes, kind: str, token: str) -> bytes:
    headers = {"Content-Type": kind, "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = ask("POST", url, body=body, headers=headers)
    except Barred:
        raise Refused from None
    except Silent:
        raise Away from None
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Away
    if not 200 <= answer.status < 300:
        raise Refused
    return answer.body
