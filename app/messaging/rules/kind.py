"""Kinds of notices: how they read, and where they go unless somebody chose otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of notice.

    `text` may hold %(name)s for values of the data; `values(data)` turns raw values into words (money, names).
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
    order: int = 100


@dataclass(frozen=True)
class Choice:
    """Where a person wants one kind."""

    in_app: bool
    by_mail: bool


def choose(kind: Kind, chosen: Choice | None) -> Choice:
    """The person's choice, else the kind's default; forced mail stays on."""
    wanted = chosen or Choice(kind.in_app, kind.by_mail)
    return Choice(wanted.in_app, wanted.by_mail or kind.forced_mail)


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def words(kind: Kind, data: dict[str, Any]) -> str:
    """The notice as a sentence in the current language; a value it lacks is a dash."""
    values = _Gaps(data)
    if kind.values is not None:
        try:
            values.update(kind.values(data))
        except (KeyError, TypeError, ValueError):  # written by an older release
            return str(kind.text) % values
    return str(kind.text) % values
