"""Notices after Art. 16 and appeals after Art. 20: what they must say, and when they are possible. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from app.nanos.rules.statement import CATEGORIES

MOST_URLS, LONGEST_URL = 10, 500
SHORTEST, LONGEST = 20, 5000
LONGEST_NAME, LONGEST_EMAIL = 120, 254
CHILDREN = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
"""Who reports the abuse of children need not say who they are (Art. 16 (2) c)."""
APPEAL_MONTHS = 6
_EMAIL = re.compile(
    r"[^\s,;:<>@\"()\[\]\x00-\x1f]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+"
)
_THING = re.compile(
    r"/nanos/(?:(modules|ratings|questions|answers)/)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:/.*)?"
)
_KINDS = {
    None: "nanos.nano", "modules": "nanos.module", "ratings": "nanos.rating", "questions": "nanos.question",
    "answers": "nanos.answer",
}  # fmt: skip

Thing = tuple[str, UUID]
"""What kind of thing it is, as moderation calls it, and which one."""


@dataclass(frozen=True)
class Given:
    """What somebody typed."""

    urls: str
    explanation: str
    category: str
    name: str = ""
    email: str = ""
    good_faith: bool = False


@dataclass(frozen=True)
class Place:
    """An address that was named, and the thing behind it (None: not one of ours)."""

    url: str
    thing: Thing | None


def cleaned(text: str) -> str:
    """Without characters nobody can see, line ends as one kind, no space around it."""
    kept = "".join(
        one for one in text.replace("\r\n", "\n").replace("\r", "\n") if one == "\n" or one.isprintable()
    )
    return kept.strip()


def places(text: str, public_url: str) -> list[Place]:
    """The addresses in a text, one a line or apart by spaces, each once, in order. Paths count as addresses of ours."""
    found: dict[str, Place] = {}
    for word in text.split():
        found.setdefault(word, Place(word, thing_in(word, public_url)))
    return list(found.values())


def thing_in(url: str, public_url: str) -> Thing | None:
    """What an address leads to: a nano, a module, something said at a nano. None for other hosts, other pages and what is no
    address."""
    try:
        parts, ours = urlsplit(url), urlsplit(public_url)
        own = not parts.netloc and not parts.scheme
        same = parts.scheme in ("http", "https") and (parts.hostname, parts.port) == (
            ours.hostname,
            ours.port,
        )
    except ValueError:
        return None
    if not own and not (same and parts.username is None):
        return None
    path = parts.path.removeprefix(ours.path.rstrip("/"))
    match = _THING.fullmatch(path.lower())
    return (_KINDS[match[1]], UUID(match[2])) if match else None


def faults(given: Given, named: list[Place]) -> dict[str, str]:
    """What keeps a notice from being one, by field: "missing", "short", "long", "many", "foreign", "unknown", "wrong"."""
    found: dict[str, str] = {}
    if not named:
        found["urls"] = "missing"
    elif len(named) > MOST_URLS:
        found["urls"] = "many"
    elif any(len(one.url) > LONGEST_URL for one in named):
        found["urls"] = "long"
    elif any(one.thing is None for one in named):
        found["urls"] = "foreign"
    if len(given.explanation) < SHORTEST:
        found["explanation"] = "short" if given.explanation else "missing"
    elif len(given.explanation) > LONGEST:
        found["explanation"] = "long"
    if given.category not in CATEGORIES:
        found["category"] = "missing"
    anonymous = given.category == CHILDREN
    if len(given.name) > LONGEST_NAME:
        found["name"] = "long"
    elif not given.name and not anonymous:
        found["name"] = "missing"
    if given.email and (len(given.email) > LONGEST_EMAIL or not _EMAIL.fullmatch(given.email)):
        found["email"] = "wrong"
    elif not given.email and not anonymous:
        found["email"] = "missing"
    if not given.good_faith:
        found["good_faith"] = "missing"
    return found


def months_later(at: datetime, months: int) -> datetime:
    """The same day some months later; the last of the month where there is none."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = [
        31,
        29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ]
    return at.replace(year=year, month=month + 1, day=min(at.day, last[month]))


def appeal_until(decided_at: datetime) -> datetime:
    """Until when a decision may be appealed: six months."""
    return months_later(decided_at, APPEAL_MONTHS)
