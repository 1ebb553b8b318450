"""Permissions of accounts, and the roles that have them."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    """What may be done to an organisation and its people. A person's own account needs no permission."""

    ORGANISATION_EDIT = "accounts:organisation:edit"
    ORGANISATION_LEAVE = "accounts:organisation:leave"
    MEMBER_SEE = "accounts:member:see"
    MEMBER_INVITE = "accounts:member:invite"
    MEMBER_CHANGE = "accounts:member:change"
    TOKEN_SEE = "accounts:token:see"  # noqa: S105
    TOKEN_MAKE = "accounts:token:make"  # noqa: S105
    TOKEN_GOVERN = "accounts:token:govern"  # noqa: S105 - see and revoke other people's tokens
    PEOPLE_GOVERN = "accounts:people:govern"  # the operator's page


def register_policies() -> None:
    """Fill the table once at start."""
    grant(P.ORGANISATION_EDIT, "owner", "admin")
    grant(P.ORGANISATION_LEAVE, "owner", "admin", "member", "guest")
    grant(P.MEMBER_SEE, "owner", "admin", "member")
    grant(P.MEMBER_INVITE, "owner", "admin")
    grant(P.MEMBER_CHANGE, "owner", "admin")
    grant(P.TOKEN_SEE, "owner", "admin", "member")
    grant(P.TOKEN_MAKE, "owner", "admin", "member")
    grant(P.TOKEN_GOVERN, "owner", "admin")
    grant(P.PEOPLE_GOVERN, OPERATOR)
