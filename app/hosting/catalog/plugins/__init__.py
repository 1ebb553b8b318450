"""Plugins and mods most people begin with, as data. Each names its Modrinth project; all else is asked there."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from app.hosting.rules.setting import Part, Words

FOLDER = Path(__file__).resolve().parent


class Suggestion(Part):
    """One of them."""

    project: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{3,64}$")]
    """Its name in addresses at Modrinth. With what is installed the id is kept, which never changes."""
    name: str = Field(min_length=1, max_length=60)
    icon: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    text: Words
    loaders: tuple[str, ...] = Field(min_length=1)
    map_port: int | None = Field(default=None, ge=1024, le=65535)
    """Where it answers browsers with a map unless its own settings say otherwise; None for what is no map."""


@cache
def suggestions() -> tuple[Suggestion, ...]:
    """All of them, in the order of the file. A broken file stops the start."""
    raw = tomllib.loads((FOLDER / "plugins.toml").read_text("utf-8"))
    return tuple(Suggestion.model_validate(one) for one in raw["plugins"])


def suggestions_for(loaders: Collection[str]) -> list[Suggestion]:
    """Those for a game."""
    return [one for one in suggestions() if not set(one.loaders).isdisjoint(loaders)]


def map_port_of(projects: Collection[str]) -> int | None:
    """Where the first map plugin among these listens; None without one."""
    return next((one.map_port for one in suggestions() if one.map_port and one.project in projects), None)
