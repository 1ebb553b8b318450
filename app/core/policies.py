"""Permissions of the machinery, as data."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    """What may be done with the machinery's own pages."""

    audit_read = "core:audit:read"
    outbox_read = "core:outbox:read"
    outbox_send = "core:outbox:send"


def register_policies() -> None:
    grant(P.audit_read, "owner", "admin")
    grant(P.outbox_read, OPERATOR)
    grant(P.outbox_send, OPERATOR)
