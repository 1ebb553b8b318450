"""What is wrong with a document of AMB: the rules of its JSON schema, in our words.

Stricter in one thing: a field that the profile does not have is a fault, because a misspelt one would be lost silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from app.nanos.rules.amb import CONTEXT, LOGIN, OPEN

REQUIRED = ("@context", "id", "type", "name")
_ABOUT = re.compile(r"https?://w3id\.org/kim/(hochschulfaechersystematik|schulfaecher)/.+")
_TYPES = re.compile(r"https?://w3id\.org/(kim/hcrt|openeduhub/vocabs/new_lrt)/.+")
_LEVELS = re.compile(r"https://w3id\.org/kim/educationalLevel/.+")
_AUDIENCE = re.compile(r"http://purl\.org/dcx/lrmi-vocabs/educationalAudienceRole/.+")
_LICENCE = re.compile(
    r"https?://(creativecommons\.org/(licenses|licences|publicdomain)/|www\.(gnu|apache)\.org/licenses/"
    r"|opensource\.org/licenses?/(MIT|BSD)).*"
)
_MIME = re.compile(
    r"(application|audio|example|font|image|message|model|multipart|text|video)/[a-zA-Z0-9\-+.]+"
)
_DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+[DW])?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_LANGUAGE = re.compile(r"[a-z]{2}")
Test = Callable[[Any], bool]


def is_web(value: object) -> bool:
    """An address of the web, without blanks."""
    if not isinstance(value, str) or re.search(r"[\s<>\"{}|\\^`]", value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _language(value: object) -> bool:
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def _matches(pattern: re.Pattern[str]) -> Test:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _day(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        if len(value) == 10:
            return date.fromisoformat(value).isoformat() == value
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _list(test: Test, *, some: bool = True) -> Test:
    """A list of what passes; `some`: never an empty one."""
    return lambda value: isinstance(value, list) and (bool(value) or not some) and all(map(test, value))


def _object(required: Mapping[str, Test], optional: Mapping[str, Test] | None = None) -> Test:
    """An object with all of `required`, maybe some of `optional`, and nothing else."""
    known = {**required, **(optional or {})}
    return lambda value: (
        isinstance(value, dict)
        and required.keys() <= value.keys() <= known.keys()
        and all(known[name](said) for name, said in value.items())
    )


def _words(value: object) -> bool:
    return isinstance(value, dict) and all(_language(name) and _text(said) for name, said in value.items())


def _one_of(*words: str) -> Test:
    return lambda value: isinstance(value, str) and value in words


def _concept(places: Test = is_web) -> Test:
    more = {"type": _one_of("Concept"), "prefLabel": _words, "inScheme": _object({"id": is_web})}
    return _object({"id": lambda value: is_web(value) and places(value)}, more)


def _concepts(pattern: re.Pattern[str]) -> Test:
    """Concepts, of which one at least is of the place that AMB asks for."""
    known = _matches(pattern)
    each = _list(_concept())
    return lambda value: each(value) and any(known(one["id"]) for one in value)


_ACTOR = _object({"type": _one_of("Person", "Organization"), "name": _text}, {"id": is_web})
_CONTEXT_TERM = _object({"@language": _language})
_PROVIDER = _object({"id": is_web}, {"type": _one_of("Service"), "name": _text})
_ENCODING = _object(
    {"type": _one_of("MediaObject"), "contentUrl": is_web},
    {
        "encodingFormat": _matches(_MIME),
        "contentSize": _matches(re.compile(r"[0-9]+")),
        "embedUrl": is_web,
        "sha256": _matches(re.compile(r"[A-Fa-f0-9]{64}")),
    },
)
_FIELDS: Mapping[str, Test] = {
    "@context": lambda value: (
        isinstance(value, list) and len(value) >= 2 and value[0] == CONTEXT and _CONTEXT_TERM(value[1])
    ),
    "id": is_web,
    "type": lambda value: _list(_text)(value) and "LearningResource" in value,
    "name": _text,
    "description": _text,
    "about": _concepts(_ABOUT),
    "learningResourceType": _concepts(_TYPES),
    "educationalLevel": _list(_concept(_matches(_LEVELS))),
    "audience": _list(_concept(_matches(_AUDIENCE))),
    "teaches": _list(_concept()),
    "keywords": _list(_text),
    "image": is_web,
    "license": _object({"id": _matches(_LICENCE)}),
    "creator": _list(_ACTOR),
    "contributor": _list(_ACTOR),
    "publisher": _list(_ACTOR),
    "inLanguage": _list(_language),
    "dateCreated": _day,
    "datePublished": _day,
    "dateModified": _day,
    "duration": _matches(_DURATION),
    "isAccessibleForFree": lambda value: isinstance(value, bool),
    "conditionsOfAccess": _concept(_one_of(LOGIN, OPEN)),
    "encoding": _list(_ENCODING),
    "mainEntityOfPage": _list(
        _object(
            {"id": is_web}, {"type": _text, "provider": _PROVIDER, "dateCreated": _day, "dateModified": _day}
        )
    ),
    "isPartOf": _list(_object({"id": is_web}, {"type": _list(_text), "name": _text})),
    "hasPart": _list(_object({"id": is_web}, {"type": _list(_text), "name": _text})),
}


def faults(made: Mapping[str, Any]) -> list[str]:
    """Names of the fields that are missing, unknown, or not as the profile wants them; none for a valid document."""
    wrong = [name for name in REQUIRED if name not in made]
    wrong += [name for name, said in made.items() if name not in _FIELDS or not _FIELDS[name](said)]
    return wrong
