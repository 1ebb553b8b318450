"""The Open Archives Initiative Protocol for Metadata Harvesting 2.0: what is asked, and what is wrong with it. Pure.

Source: openarchives.org/OAI/openarchivesprotocol.html, sections 2.4 (records), 2.7 (selective harvesting), 3 (protocol features),
4 (verbs). Times are UTC in whole seconds.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

FORMATS = ("oai_dc", "amb")
PAGE = 100
"""Records of an answer."""
_LISTED = frozenset({"from", "until", "set", "metadataPrefix", "resumptionToken"})
ARGUMENTS: Mapping[str, frozenset[str]] = {
    "Identify": frozenset(),
    "ListMetadataFormats": frozenset({"identifier"}),
    "ListSets": frozenset({"resumptionToken"}),
    "ListIdentifiers": _LISTED,
    "ListRecords": _LISTED,
    "GetRecord": frozenset({"identifier", "metadataPrefix"}),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_LONGEST_TOKEN = 600


class OaiFault(Exception):
    """What the protocol calls an error: a code of its list, and words for whoever reads the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Asked:
    """A request that can be answered. `after` is where a list goes on, `sent` how many came before."""

    verb: str
    prefix: str = ""
    identifier: str = ""
    first: datetime | None = None
    until: datetime | None = None
    subject: str = ""
    after: tuple[datetime, UUID] | None = None
    sent: int = 0


def read(given: Sequence[tuple[str, str]], sets: Collection[str]) -> Asked:
    """What a request asks. Raises OaiFault."""
    verbs = [value for name, value in given if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in ARGUMENTS:
        raise OaiFault("badVerb", "Name one verb of OAI-PMH 2.0.")
    verb = verbs[0]
    said = {name: value for name, value in given if name != "verb"}
    if len(said) != len(given) - 1:
        raise OaiFault("badArgument", "An argument is there twice.")
    unknown = said.keys() - ARGUMENTS[verb]
    if unknown:
        raise OaiFault("badArgument", f"{verb} has no such argument.")
    if "resumptionToken" in said:
        if len(said) > 1:
            raise OaiFault("badArgument", "A resumptionToken comes alone.")
        return _resumed(verb, said["resumptionToken"], sets)
    return _asked(verb, said, sets)


def _asked(verb: str, said: Mapping[str, str], sets: Collection[str]) -> Asked:
    if verb == "GetRecord" and not said.get("identifier"):
        raise OaiFault("badArgument", "Name the identifier.")
    prefix = said.get("metadataPrefix", "")
    if verb in ("GetRecord", "ListIdentifiers", "ListRecords"):
        if not prefix:
            raise OaiFault("badArgument", "Name the metadataPrefix.")
        if prefix not in FORMATS:
            raise OaiFault("cannotDisseminateFormat", "Formats: oai_dc, amb.")
    first, until = said.get("from"), said.get("until")
    if first is not None and until is not None and len(first) != len(until):
        raise OaiFault("badArgument", "from and until are of one kind, days or seconds.")
    begin, end = _time(first, time.min), _time(until, time(23, 59, 59))
    if begin is not None and end is not None and begin > end:
        raise OaiFault("badArgument", "from is later than until.")
    subject = said.get("set", "")
    if "set" in said and subject not in sets:
        raise OaiFault("noRecordsMatch", "There is no such set.")
    return Asked(verb, prefix, said.get("identifier", ""), begin, end, subject)


def _time(text: str | None, of_day: time) -> datetime | None:
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(datetime.fromisoformat(text).date(), of_day, UTC)
        if _SECOND.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise OaiFault("badArgument", "Write times as YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.")


def stamp(when: datetime) -> str:
    """A time as the protocol writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def token(asked: Asked, after: tuple[datetime, UUID], sent: int) -> str:
    """All that is needed to go on; nothing is kept here, so it stays good."""
    plain = [
        asked.verb, asked.prefix, stamp(asked.first) if asked.first else "", stamp(asked.until) if asked.until else "",
        asked.subject, stamp(after[0]), after[1].hex, sent,
    ]  # fmt: skip
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _resumed(verb: str, text: str, sets: Collection[str]) -> Asked:
    """Whoever writes a token of their own gets what they could have asked for without one."""
    try:
        if len(text) > _LONGEST_TOKEN:
            raise ValueError
        plain = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        of, prefix, first, until, subject, last, key, sent = plain
        if of != verb or prefix not in FORMATS or (subject and subject not in sets):
            raise ValueError
        after = _time(last, time.min)
        if after is None or type(sent) is not int or not 0 < sent < 10**9:
            raise ValueError
        return Asked(
            verb, prefix, "", _time(first or None, time.min), _time(until or None, time.min), subject,
            (after, UUID(hex=key)), sent,
        )  # fmt: skip
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error, OaiFault) as error:
        raise OaiFault("badResumptionToken", "This resumptionToken is none of ours.") from error


def identifier(host: str, key: UUID) -> str:
    """The name of a record (oai-identifier)."""
    return f"oai:{host}:{key}"


def key_of(host: str, name: str) -> UUID | None:
    """The other way round; None for what is no name of ours."""
    start = f"oai:{host}:"
    rest = name.removeprefix(start)
    if not name.startswith(start) or not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", rest):
        return None
    return UUID(rest)
