"""Signatures of credentials: JWS with Ed25519, by joserfc."""

from __future__ import annotations

import json
import warnings
from typing import Any

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

ALGORITHM = "EdDSA"
"""Its older name: what checks Open Badges today knows no other. RFC 9864 calls it Ed25519 and has the library warn."""
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


def make_key() -> tuple[str, str]:
    """A fresh key: the private JWK as text, to be sealed, and the public `x`."""
    key = OKPKey.generate_key("Ed25519")
    private = key.as_dict(private=True)
    return json.dumps({name: private[name] for name in ("kty", "crv", "x", "d")}), str(private["x"])


def sign(private: str, name: str, payload: dict[str, Any]) -> str:
    """The payload as a compact token; `name` says which of the issuer's keys made it."""
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": name}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return jws.serialize_compact(header, body, OKPKey.import_key(json.loads(private)), algorithms=[ALGORITHM])


def public_jwk(x: str, name: str) -> dict[str, str]:
    """What others verify with."""
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": name, "alg": ALGORITHM, "use": "sig"}
