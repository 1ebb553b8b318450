"""Who may begin a conversation. Reading and writing in a room is a matter of the room (queries.room)."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    """Permissions of messaging."""

    room_create = "messaging:room:create"
    message_read = "messaging:message:read"
    """Read one's rooms with an API token; on pages the room decides."""
    message_send = "messaging:message:send"
    """Write in them with an API token."""
    report_decide = "messaging:report:decide"
    """See reported messages with what stands around them, and take them out: the platform's operators."""


MEMBERS = ("owner", "admin", "member")


def register_grants() -> None:
    """A guest knows nobody here: they write in rooms of what is shared with them."""
    grant(P.room_create, *MEMBERS)
    grant(P.message_read, *MEMBERS)
    grant(P.message_send, *MEMBERS)
    grant(P.report_decide, OPERATOR)
