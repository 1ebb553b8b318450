"""What an API token may be allowed, in words people understand, and the permissions behind each word.

Modules add their own scopes when they register; a token that names a scope nobody knows any more gets nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """One scope: `name` like "servers:read"; `label` may be lazy; `permissions` are values of the modules' enums."""

    name: str
    label: object
    permissions: frozenset[str]
    order: int = 100


_scopes: dict[str, Scope] = {}


def add_scope(name: str, *, label: object, permissions: Iterable[str], order: int = 100) -> None:
    """Offer a scope. Adding it again replaces it: an application may be made twice in one process."""
    _scopes[name] = Scope(name, label, frozenset(str(getattr(p, "value", p)) for p in permissions), order)


def all_scopes() -> list[Scope]:
    """Every scope on offer, in the order of the page."""
    return sorted(_scopes.values(), key=lambda scope: (scope.order, scope.name))


def unknown(names: Iterable[str]) -> set[str]:
    """Those names that are no scopes."""
    return set(names) - set(_scopes)


def permissions_of(names: Iterable[str]) -> frozenset[str]:
    """The permissions all these scopes give together."""
    given = [_scopes[name].permissions for name in names if name in _scopes]
    return frozenset().union(*given)
