"""Permissions of the machinery, as data."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    """What may be done with the machinery's own pages."""

    AUDIT_READ = "core:audit:read"
    OUTBOX_READ = "core:outbox:read"
    OUTBOX_SEND = "core:outbox:send"


def register_policies() -> None:
    grant(P.AUDIT_READ, "owner", "admin")
    grant(P.OUTBOX_READ, OPERATOR)
    grant(P.OUTBOX_SEND, OPERATOR)
