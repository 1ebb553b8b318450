"""Reports: why somebody reports a message, and how it may end."""

from __future__ import annotations

from enum import StrEnum

LONGEST_NOTE = 1000


class Reason(StrEnum):
    """Why."""

    SPAM = "spam"
    INSULT = "insult"
    THREAT = "threat"
    ILLEGAL = "illegal"
    PRIVACY = "privacy"
    OTHER = "other"


class ReportState(StrEnum):
    """How far it is."""

    OPEN = "open"
    DISMISSED = "dismissed"
    REMOVED = "removed"


def note_missing(reason: Reason, note: str) -> bool:
    """ "Something else" says what."""
    return reason is Reason.OTHER and not note
