"""Permissions of privacy. A person's own data needs none."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    RECORDS_READ = "privacy:records:read"


def register_policies() -> None:
    grant(P.RECORDS_READ, OPERATOR)
