"""Rooms: which two people share one, what counts as unread, when somebody is told by mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


def pair_of(organisation_id: UUID, one: UUID, other: UUID) -> str:
    """The key of the one room of two people in an organisation, whoever asks first."""
    return ".".join([organisation_id.hex, *sorted((one.hex, other.hex))])


@dataclass(frozen=True)
class Heard:
    """A message as far as counting goes."""

    seq: int
    author_id: UUID
    deleted: bool = False


def is_unread(message: Heard, person_id: UUID, last_read: int) -> bool:
    """Somebody else's message that was not read and is still there. The queries say the same in SQL."""
    return message.seq > last_read and message.author_id != person_id and not message.deleted


def unread(messages: Iterable[Heard], person_id: UUID, last_read: int) -> int:
    """How many are unread."""
    return sum(is_unread(one, person_id, last_read) for one in messages)


def read_up_to(last_read: int, asked: int, last_seq: int) -> int:
    """How far somebody has read after saying so: never back, never beyond what there is."""
    return max(last_read, min(asked, last_seq))


def is_away(left_seq: int | None, last_seq: int, *, direct: bool) -> bool:
    """Whether the room is gone from somebody's list. A conversation of two comes back with the next message in it."""
    if left_seq is None:
        return False
    return not (direct and last_seq > left_seq)


def digest_due(waiting: Iterable[datetime], now: datetime, quiet: timedelta) -> bool:
    """Whether the absent are written to: the oldest message they were not told about has waited long enough.

    The oldest, not the newest: in a room that is never quiet nobody would ever be told.
    """
    return any(now - at >= quiet for at in waiting)
