"""Words for what people keep and share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.nanos.wording import duration_word, rating_word, term_word

_SHARING: dict[str, tuple[Any, str, str]] = {
    "private": (_l("Nur für mich"), "lock", "neutral"),
    "organisation": (_l("Für meine Organisation"), "users", "info"),
    "public": (_l("Für alle Angemeldeten"), "globe", "ok"),
}
_CADENCES: dict[str, Any] = {
    "daily": _l("einmal am Tag"),
    "instant": _l("sofort"),
    "never": _l("aus"),
}


def sharing_word(sharing: str) -> str:
    """Who sees a collection."""
    return str(_SHARING[sharing][0])


def sharing_icon(sharing: str) -> str:
    """Its picture."""
    return _SHARING[sharing][1]


def sharing_tone(sharing: str) -> str:
    """Its tag's colour."""
    return _SHARING[sharing][2]


def cadence_word(cadence: str) -> str:
    """When a saved search tells of what is new."""
    return str(_CADENCES[cadence])


CIRCLE = ("around", "radius")


def wish_words(text: str, chosen: Mapping[str, Sequence[str]]) -> str:
    """What a search looks for, in a line."""
    words = [text] if text else []
    for facet, values in chosen.items():
        if facet not in CIRCLE:
            words += [value_word(facet, value) for value in values]
    if "around" in chosen:
        place, km = term_word("regions", chosen["around"][0]), chosen["radius"][0]
        words.append(_("%(km)s km um %(place)s", km=km, place=place))
    return " · ".join(words)


def value_word(facet: str, value: str) -> str:
    """A facet's value in words."""
    if facet == "duration":
        return duration_word(value)
    if facet == "rating":
        return rating_word(value)
    return term_word(f"{facet}s", value)
