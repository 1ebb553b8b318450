"""Who is asking, and may they. Deny by default: a view without a mark is refused.

A module lists its permissions as an enum and grants them to roles in `policies.py`; views carry `@allows(P.x)`.
Which rows an actor sees is not decided here: queries start from the actor's organisation, so a stranger gets 404.
What somebody may do with one single thing (a server) is granted with `grant_on`: the actor of a request about that thing
has the permissions for as long as the request lasts, and reaches nothing else with them (docs/adr/0011-teams.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, g, request

from app.kit.errors import NotAllowed, NotFound

OPERATOR = "operator"
GUEST = "guest"
"""Belongs to an organisation and is given nothing there by the role: only what somebody shares with them."""
ROLES = ("owner", "admin", "member", GUEST)


@dataclass(frozen=True)
class Actor:
    """Who acts: a person in a browser, an API token, or the platform itself. Plain values, safe to pass around."""

    person_id: UUID | None = None
    organisation_id: UUID | None = None
    role: str | None = None
    name: str = ""
    email: str = ""
    locale: str = "de"
    timezone: str = "Europe/Berlin"
    theme: str = "auto"
    is_operator: bool = False
    token_id: UUID | None = None
    token_scopes: frozenset[str] | None = None
    session_id: UUID | None = None
    organisation_name: str = ""
    memberships: int = 0
    granted: frozenset[str] = frozenset()
    """Permissions beyond those of the role, for this request alone."""
    granted_on: UUID | None = None
    """The one thing they are for."""

    @property
    def signed_in(self) -> bool:
        return self.person_id is not None

    def reaches(self, subject_id: UUID) -> bool:
        """Whether this request may be about the thing: who was granted something reaches only what it was granted on."""
        return self.granted_on is None or self.granted_on == subject_id


ANONYMOUS = Actor()
SYSTEM = Actor(name="system")

_grants: dict[str, frozenset[str]] = {}
_loader: list[Callable[[], Actor]] = []
_first: list[Callable[[], Response | None]] = []
Find = Callable[[Actor, UUID], Actor | None]
_subjects: dict[str, Find] = {}
F = TypeVar("F", bound=Callable[..., Any])


def grant(permission: StrEnum, *roles: str) -> None:
    """Give a permission to roles ("owner", "admin", "member", "guest", "operator")."""
    unknown = set(roles) - {*ROLES, OPERATOR}
    if unknown:
        raise ValueError(f"unknown roles {unknown}")
    _grants[permission.value] = frozenset(roles)


def granted_permissions() -> dict[str, frozenset[str]]:
    """All permissions with their roles, for the documentation page and tests."""
    return dict(_grants)


def may(actor: Actor, permission: StrEnum | str) -> bool:
    """Whether the actor's role, operator mark, what was granted for this request, and token scopes allow it."""
    value = permission.value if isinstance(permission, StrEnum) else permission
    if value in actor.granted:
        return actor.token_scopes is None or value in actor.token_scopes
    return may_everywhere(actor, value)


def may_everywhere(actor: Actor, permission: StrEnum | str) -> bool:
    """The same without what was granted on one thing: for lists, and for whatever is about more than that thing."""
    value = permission.value if isinstance(permission, StrEnum) else permission
    roles = _grants.get(value, frozenset())
    if actor.token_scopes is not None and value not in actor.token_scopes:
        return False
    return (actor.role in roles) or (actor.is_operator and OPERATOR in roles)


def require(actor: Actor, permission: StrEnum) -> None:
    """Raises NotAllowed where `may` says no. Services call this too: a view's mark is not the only door."""
    if actor is not SYSTEM and not may(actor, permission):
        raise NotAllowed


def grant_on(argument: str, find: Find) -> None:
    """Say who may what with the thing an address names as `argument` (`<uuid:server_id>`).

    `find(actor, id)` gives the actor with what is granted, the same actor, or None where the thing is not to be known.
    """
    _subjects[argument] = find


def on_subjects(actor: Actor, named: Mapping[str, Any]) -> Actor:
    """The actor of a request about these things. NotFound where one is not to be known, or belongs to something else."""
    found: list[Actor] = []
    if actor.granted_on is not None:
        actor = replace(actor, granted=frozenset(), granted_on=None)
    for argument, value in named.items():
        if argument in _subjects and isinstance(value, UUID):
            one = _subjects[argument](actor, value)
            if one is None:
                raise NotFound
            found.append(one)
    if any(one.granted_on != found[0].granted_on for one in found):
        raise NotFound
    return found[0] if found else actor


def act_on(argument: str, value: UUID) -> Actor:
    """For views whose form and not whose address names the thing: the request is about it from now on."""
    g.actor = on_subjects(current_actor(), {argument: value})
    return current_actor()


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """The request's actor is `actor` for a while."""
    before = current_actor()
    g.actor = actor
    try:
        yield actor
    finally:
        g.actor = before


def use_actor_loader(loader: Callable[[], Actor]) -> None:
    """Accounts plugs in how a request's actor is found."""
    _loader[:] = [loader]


def current_actor() -> Actor:
    """The actor of this request, found once."""
    if "actor" not in g:
        g.actor = _loader[0]() if _loader else ANONYMOUS
    actor: Actor = g.actor
    return actor


def allows(permission: StrEnum) -> Callable[[F], F]:
    """The view is for actors with this permission."""

    def mark(view: F) -> F:
        view.access = permission  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(why: str) -> Callable[[F], F]:
    """The view is for every signed-in person, whatever their role; say why."""

    def mark(view: F) -> F:
        view.access = "signed-in"  # type: ignore[attr-defined]
        view.why = why  # type: ignore[attr-defined]
        return view

    return mark


def open_to_all(why: str) -> Callable[[F], F]:
    """The view is for everybody; say why."""

    def mark(view: F) -> F:
        view.access = "open"  # type: ignore[attr-defined]
        view.why = why  # type: ignore[attr-defined]
        return view

    return mark


class SignInNeeded(Exception):
    """Nobody is signed in; the handler leads to the sign-in page, by the kind of request."""


def access_of(view: Callable[..., Any]) -> object:
    """The mark on a view, looking through class-based wrappers; None where there is none."""
    return getattr(view, "access", None) or getattr(getattr(view, "view_class", None), "access", None)


def ask_first(check: Callable[[], Response | None]) -> None:
    """Before anybody is asked who they are: an answer ends the request. For hosts that serve only a part of the pages."""
    if check not in _first:
        _first.append(check)


def _guard() -> Response | None:
    for check in _first:
        answer = check()
        if answer is not None:
            return answer
    _let_in()
    return None


def _let_in() -> None:
    if request.endpoint is None or request.endpoint == "static":
        return
    access = access_of(current_app.view_functions[request.endpoint])
    if access == "open":
        return
    if access is None:
        raise NotFound
    actor = current_actor()
    if not actor.signed_in:
        raise SignInNeeded
    if access == "signed-in":
        if actor.token_scopes is not None:
            raise NotAllowed
        return
    if request.view_args:
        actor = g.actor = on_subjects(actor, request.view_args)
    if not may(actor, str(getattr(access, "value", access))):
        raise NotAllowed


def init_authz(app: Flask) -> None:
    """Refuse every endpoint that is not marked, and everybody the mark does not name."""
    app.before_request(_guard)
    app.jinja_env.globals.update(
        may=lambda permission: may(current_actor(), permission), current_actor=current_actor
    )
