"""Element ids, never typed by hand: they are also the topics of the live connection."""

from __future__ import annotations

import re
from uuid import UUID

_TOPIC = re.compile(r"([a-z]+-[a-z]+)-([0-9a-f]{32})-([a-z]+)")


def dom_id(noun: str, row_id: UUID | str, aspect: str) -> str:
    """`dom_id("hosting-server", id, "status")` -> hosting-server-<32 hex digits>-status."""
    hexed = row_id.hex if isinstance(row_id, UUID) else UUID(row_id).hex
    return f"{noun}-{hexed}-{aspect}"


def parse_dom_id(text: str) -> tuple[str, UUID, str] | None:
    """The three parts of an id made by `dom_id`, or None."""
    found = _TOPIC.fullmatch(text)
    return (found[1], UUID(found[2]), found[3]) if found else None
