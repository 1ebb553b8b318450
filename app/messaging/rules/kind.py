"""Kinds of notices: how they read, and where they go unless somebody chose otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Off = tuple[Any, Callable[[dict[str, Any]], str]]
"""The word on a button that ends notices like this one, and the path it posts to."""


@dataclass(frozen=True)
class Kind:
    """One kind of notice.

    `text` may hold %(name)s for values of the data; `values(data)` turns raw values into words (money, spans).
    `refs` names things: {"server": ("hosting.server", "server_id")} puts the name of the thing whose id stands in the
    data into %(server)s; names are looked up for a whole list at once.
    `forced_mail`: mail about the safety of one's own account cannot be switched off.
    """

    name: str
    label: Any
    text: Any
    area: Any = ""
    icon: str = "bell"
    tone: str = "info"
    in_app: bool = True
    by_mail: bool = False
    forced_mail: bool = False
    template: str = "messaging/notice"
    values: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None
    refs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    order: int = 100
    off: Off | None = None


@dataclass(frozen=True)
class Choice:
    """Where a person wants one kind."""

    in_app: bool
    by_mail: bool


def choose(kind: Kind, chosen: Choice | None) -> Choice:
    """The person's choice, else the kind's default; forced mail stays on."""
    wanted = chosen or Choice(kind.in_app, kind.by_mail)
    return Choice(wanted.in_app, wanted.by_mail or kind.forced_mail)


def off_path(kind: Kind, data: dict[str, Any]) -> str:
    """Where the button of this notice posts to; empty where it has none."""
    if kind.off is None:
        return ""
    try:
        return kind.off[1](data)
    except (KeyError, TypeError, ValueError):  # written by an older release
        return ""


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def named_in(kind: Kind, data: dict[str, Any]) -> dict[str, tuple[str, UUID]]:
    """The things a notice names: placeholder -> (kind of thing, id). Data of an older release may lack them."""
    found = {}
    for placeholder, (subject, key) in kind.refs.items():
        try:
            found[placeholder] = (subject, UUID(str(data[key])))
        except (KeyError, ValueError):
            continue
    return found


def words(kind: Kind, data: dict[str, Any], names: Mapping[tuple[str, UUID], str]) -> str:
    """The notice as a sentence in the current language; a value it lacks is a dash."""
    values = _Gaps(data)
    for placeholder, thing in named_in(kind, data).items():
        values[placeholder] = names.get(thing, "–")
    if kind.values is not None:
        try:
            values.update(kind.values(data))
        except (KeyError, TypeError, ValueError):  # written by an older release
            return str(kind.text) % values
    return str(kind.text) % values
