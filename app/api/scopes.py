"""Which scopes of a token give a permission."""

from __future__ import annotations

from typing import Any

from app.accounts.api import all_scopes


def scopes_of(permission: Any) -> list[str]:
    """Names of the scopes that include it, as they stand on the token page."""
    value = str(getattr(permission, "value", permission))
    return [scope.name for scope in all_scopes() if value in scope.permissions]
