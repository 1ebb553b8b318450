"""Controlled vocabularies, one TOML file each: subjects, types, levels, licences, audiences, regions, languages.

Read and checked once at start; a broken file stops the start and says where. A term that nanos use is never taken out of
its file: they would lose their word.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).resolve().parent
NAMES = ("subjects", "types", "levels", "licences", "audiences", "regions", "languages")


class BrokenVocabulary(Exception):
    """A vocabulary's file cannot be used; the text names the file and the term."""


class Term(BaseModel):
    """One entry. `uri` is what machines call it, where a public list has it; `near` is degrees north and east."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$")
    de: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)
    uri: str = Field("", pattern=r"^(https?://\S+)?$")
    open: bool = False
    """For licences: everybody may take the files along."""
    near: tuple[float, float] | None = None

    def word(self, language: str) -> str:
        """What people read."""
        return self.en if language == "en" else self.de


def read_vocabulary(path: Path) -> Mapping[str, Term]:
    """One vocabulary by slug, in the order of its file. Raises BrokenVocabulary."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        terms = [Term.model_validate(one) for one in raw["term"]]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, ValidationError) as error:
        raise BrokenVocabulary(f"{path.name}: {error}") from error
    found = {term.slug: term for term in terms}
    if not found or len(found) != len(terms):
        raise BrokenVocabulary(f"{path.name}: no term, or a slug twice")
    return MappingProxyType(found)


@cache
def vocabularies() -> Mapping[str, Mapping[str, Term]]:
    """All that ship with Kontor, by name and slug."""
    return MappingProxyType({name: read_vocabulary(FOLDER / f"{name}.toml") for name in NAMES})


@cache
def slugs() -> Mapping[str, frozenset[str]]:
    """What may be chosen, by vocabulary: for rules, which look nothing up themselves."""
    return MappingProxyType({name: frozenset(terms) for name, terms in vocabularies().items()})


@cache
def places() -> Mapping[str, tuple[float, float]]:
    """The regions that lie somewhere: degrees north and east, in the order of the vocabulary."""
    regions = vocabularies()["regions"]
    return MappingProxyType({slug: one.near for slug, one in regions.items() if one.near is not None})


def term(vocabulary: str, slug: str | None) -> Term | None:
    """One term, None where there is none of this name."""
    return vocabularies()[vocabulary].get(slug or "")


@cache
def official() -> Mapping[str, Mapping[str, str]]:
    """What public vocabularies call the concepts our terms point to: words by language, by address. Raises
    BrokenVocabulary where a term points to a concept whose words are not known."""
    try:
        raw = tomllib.loads((FOLDER / "official.toml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenVocabulary(f"official.toml: {error}") from error
    for name in ("subjects", "types", "levels", "audiences"):
        unknown = [one.slug for one in vocabularies()[name].values() if one.uri and one.uri not in raw]
        if unknown:
            raise BrokenVocabulary(f"official.toml: no words for {name} {', '.join(unknown)}")
    return MappingProxyType({uri: MappingProxyType(dict(words)) for uri, words in raw.items()})
