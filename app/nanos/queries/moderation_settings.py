"""What the operator chose for moderation: lists, sizes, terms, contact points."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from app.core.api import get_setting
from app.nanos.rules.detect import Lists

KEY = "nanos.moderation"
FOLDER = Path(__file__).resolve().parent.parent / "catalog"


@dataclass(frozen=True)
class Chosen:
    """`domains` and `flaggers` are lists of words; `*_days` and `sample_size` whole numbers; texts as they are shown."""

    domains: tuple[str, ...] = ()
    flaggers: tuple[str, ...] = ()
    sample_size: int = 12
    notice_days: int = 365
    learn_days: int = 730
    contact_users: str = ""
    contact_authorities: str = ""
    settlement_body: str = ""
    terms_de: str = ""
    terms_en: str = ""


def chosen() -> Chosen:
    """What is in force; the default where nothing was chosen."""
    raw = get_setting(None, KEY, {})
    known = {one.name for one in fields(Chosen)}
    given: dict[str, Any] = {key: value for key, value in (raw or {}).items() if key in known}
    for name in ("domains", "flaggers"):
        if name in given:
            given[name] = tuple(given[name])
    return Chosen(**given)


def as_json(values: Chosen) -> dict[str, Any]:
    """As it is kept."""
    made = asdict(values)
    return {key: list(one) if isinstance(one, tuple) else one for key, one in made.items()}


@cache
def default_terms(language: str) -> str:
    """The rules that ship with Kontor, for operators who have written none yet."""
    return (FOLDER / f"terms.{'en' if language == 'en' else 'de'}.txt").read_text("utf-8").strip()


def terms(language: str) -> str:
    """The rules in this language: the operator's, else those that ship."""
    mine = chosen()
    own = mine.terms_en if language == "en" else mine.terms_de
    return own or default_terms(language)


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "wordlists.toml").read_text("utf-8"))


def lists() -> Lists:
    """What the automatic check looks for."""
    words = _words()
    return Lists(
        frozenset(words["foul"]["words"]), tuple(words["copyright"]["phrases"]), tuple(words["spam"]["phrases"]),
        frozenset(chosen().domains),
    )  # fmt: skip
