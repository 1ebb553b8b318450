"""Certificates as Open Badges 3.0: what stands in the credential and in the status list. Pure: signing is done elsewhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty signs that nobody mistakes for another."""
LETTERS = 12
LIST_BITS = 131_072
"""The least a status list holds after the standard: nobody is told by the length of the list."""
CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]


class Shows(StrEnum):
    """What the public page tells of the holder's name."""

    INITIALS = "initials"
    NAME = "name"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Issuer:
    """Who issues: the platform."""

    did: str
    name: str
    url: str


@dataclass(frozen=True)
class Facts:
    """What a certificate says."""

    id: str
    url: str
    nano_url: str
    list_url: str
    position: int
    title: str
    outcome: str
    description: str
    provider: str
    minutes: int
    score: int | None
    completed_at: datetime
    email: str
    salt: str


def did_web(public_url: str, path: str) -> str:
    """The issuer's identifier: where its document lies, as the method `web` writes it."""
    base = urlsplit(public_url)
    parts = [
        quote(base.netloc, safe=""),
        *(quote(one, safe="") for one in f"{base.path}{path}".split("/") if one),
    ]
    return "did:web:" + ":".join(parts)


def normal_number(typed: str) -> str:
    """A number as it is kept, whatever spaces, dashes and small letters it is typed with; "" for what is none."""
    plain = re.sub(r"[\s\-–.]", "", typed.upper())[:40]
    if len(plain) != LETTERS or any(one not in ALPHABET for one in plain):
        return ""
    return "-".join(plain[at : at + 4] for at in range(0, LETTERS, 4))


def identity(email: str, salt: str) -> str:
    """The holder's address as nobody can read it; who knows the address can check it."""
    return "sha256$" + hashlib.sha256(f"{email}{salt}".encode()).hexdigest()


def credential(issuer: Issuer, facts: Facts) -> dict[str, Any]:
    """The payload of the signed token. The holder is a hash: neither name nor address can be read from it."""
    begins = facts.completed_at.replace(microsecond=0)
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"urn:uuid:{facts.id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": facts.title,
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": issuer.url},
        "validFrom": begins.isoformat().replace("+00:00", "Z"),
        "credentialSubject": _subject(facts),
        "evidence": [{"id": facts.url, "type": ["Evidence"], "name": facts.title}],
        "credentialStatus": {
            "id": f"{facts.list_url}#{facts.position}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(facts.position % LIST_BITS),
            "statusListCredential": facts.list_url,
        },
    }
    return {**made, "iss": issuer.did, "jti": made["id"], "nbf": int(begins.timestamp())}


def _subject(facts: Facts) -> dict[str, Any]:
    achievement: dict[str, Any] = {
        "id": facts.nano_url,
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": facts.title,
        "description": facts.description or facts.outcome,
        "criteria": {"narrative": f"{facts.outcome} ({facts.minutes} min, {facts.provider})"},
    }
    made: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject", "hashed": True, "identityHash": identity(facts.email, facts.salt),
                "identityType": "emailAddress", "salt": facts.salt,
            }
        ],
        "achievement": achievement,
    }  # fmt: skip
    if facts.score is not None:
        result = f"{facts.nano_url}#score"
        achievement["resultDescription"] = [
            {"id": result, "type": ["ResultDescription"], "name": "Score", "resultType": "Percent"}
        ]
        made["result"] = [{"type": ["Result"], "resultDescription": result, "value": str(facts.score)}]
    return made


def status_list(issuer: Issuer, url: str, revoked: Iterable[int], at: datetime) -> dict[str, Any]:
    """The payload of a list of what is revoked: one bit each, the first bit of the first byte is number 0."""
    bits = bytearray(LIST_BITS // 8)
    for one in revoked:
        bits[one // 8] |= 0x80 >> one % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    encoded = "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    made: dict[str, Any] = {
        "@context": [CONTEXT[0]],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": at.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "credentialSubject": {
            "id": f"{url}#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": encoded,
        },
    }  # fmt: skip
    return {**made, "iss": issuer.did, "jti": url, "nbf": int(at.timestamp()), "sub": f"{url}#list"}


def did_document(did: str, keys: Iterable[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """The public keys of the issuer, newest first: (name, JWK)."""
    methods = [
        {"id": f"{did}#{name}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
        for name, jwk in keys
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [one["id"] for one in methods],
    }
