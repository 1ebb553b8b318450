"""A nano as a document of the General Metadata Profile for Educational Resources (AMB); `amb_check` says what is wrong with one.

AMB takes only some vocabularies; what has no word there is left out: an exchange is no licence, so such a nano has
`isAccessibleForFree: false` and no `license`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CONTEXT = "https://w3id.org/kim/amb/context.jsonld"
LOGIN = "http://w3id.org/kim/conditionsOfAccess/login"
OPEN = "http://w3id.org/kim/conditionsOfAccess/no_login"


@dataclass(frozen=True)
class Concept:
    """A term of a public vocabulary. `words`: what that vocabulary calls it, by language, not what we call our own term."""

    uri: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class Encoding:
    """A file, or a link, that everybody may take along."""

    url: str
    mime: str
    size: int | None


@dataclass(frozen=True)
class Record:
    """All that goes into the document."""

    url: str
    title: str
    description: str
    language: str
    provider: str
    minutes: int
    published: str
    modified: str
    concepts: Mapping[str, Sequence[Concept]]
    """By field of AMB: about, learningResourceType, educationalLevel, audience."""
    licence: str
    encodings: Sequence[Encoding]
    platform: str
    platform_url: str


def document(record: Record) -> dict[str, Any]:
    """The document; `amb_check.faults` finds nothing in it."""
    made: dict[str, Any] = {
        "@context": [CONTEXT, {"@language": "de"}],
        "id": record.url,
        "type": ["LearningResource"],
        "name": record.title,
        "description": record.description,
        "inLanguage": [record.language],
        "creator": [{"type": "Organization", "name": record.provider}],
        "publisher": [{"type": "Organization", "name": record.provider}],
        "duration": f"PT{record.minutes}M",
        "datePublished": record.published,
        "dateModified": record.modified,
        "isAccessibleForFree": bool(record.licence),
        "conditionsOfAccess": {"id": LOGIN},
        "mainEntityOfPage": [
            {
                "id": record.url,
                "type": "WebContent",
                "provider": {"id": record.platform_url, "type": "Service", "name": record.platform},
            }
        ],
    }
    for name, concepts in record.concepts.items():
        said = [_concept(one) for one in concepts if one.uri]
        if said:
            made[name] = list({one["id"]: one for one in said}.values())
    if record.licence:
        made["license"] = {"id": record.licence}
    if record.encodings:
        made["encoding"] = [_encoding(one) for one in record.encodings]
    return made


def _concept(one: Concept) -> dict[str, Any]:
    return {"type": "Concept", "id": one.uri, "prefLabel": dict(one.words)}


def _encoding(one: Encoding) -> dict[str, Any]:
    made = {"type": "MediaObject", "contentUrl": one.url, "encodingFormat": one.mime}
    return made if one.size is None else {**made, "contentSize": str(one.size)}
