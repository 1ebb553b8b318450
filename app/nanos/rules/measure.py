"""What moderators may do, to content and to its provider, and when the latter is in proportion (Art. 23)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.nanos.rules.case import Kind


class Measure(StrEnum):
    """What happens to the content."""

    DISMISS = "dismiss"
    PUBLISH = "publish"
    SEND_BACK = "send_back"
    HIDE = "hide"
    BLOCK = "block"
    REMOVE = "remove"
    WORDS = "words"
    """Of what somebody said at a nano: others no longer read it. Stars count on."""
    STARS = "stars"
    """Of a rating that is none: gone for others with its stars, which no longer count."""


class OnProvider(StrEnum):
    """What happens to who offers it, besides."""

    NOTHING = ""
    WARN = "warn"
    SUSPEND = "suspend"


ON_OFFERS = frozenset({Measure.HIDE, Measure.BLOCK, Measure.REMOVE})
"""On what a provider offers to all: these count when its offers are sampled, and measures against it go with them alone."""
RESTRICTS = ON_OFFERS | {Measure.SEND_BACK, Measure.WORDS, Measure.STARS}
"""These are told to who is concerned, with a statement of reasons."""
NOT_GENUINE = "KEYWORD_INAUTHENTIC_USER_REVIEWS"
"""The one reason for which stars no longer count."""
BARS = {Measure.HIDE: "hidden", Measure.BLOCK: "blocked", Measure.REMOVE: "removed"}
STRENGTH = {"": 0, "hidden": 1, "blocked": 2, "removed": 3}

TERMS = (7, 30, 90)
"""Days a suspension may last."""
WINDOW = timedelta(days=365)
WARN_AT, SUSPEND_AT = 2, 3
"""So many restricted contents within `WINDOW` lead to a warning, and, after one, to a suspension."""


def measures_for(kind: Kind) -> tuple[Measure, ...]:
    """What may be decided about an item of the queue. Appeals are upheld or reversed instead."""
    if kind is Kind.REVIEW:
        return Measure.PUBLISH, Measure.SEND_BACK, Measure.BLOCK
    if kind is Kind.APPEAL:
        return ()
    return Measure.DISMISS, Measure.HIDE, Measure.BLOCK, Measure.REMOVE


def measures_for_words(kind: Kind) -> tuple[Measure, ...]:
    """For a question or an answer: left alone, or no longer read."""
    return () if kind is Kind.APPEAL else (Measure.DISMISS, Measure.WORDS)


def measures_for_rating(kind: Kind) -> tuple[Measure, ...]:
    """For a rating: its words alone, or all of it with its stars."""
    return () if kind is Kind.APPEAL else (Measure.DISMISS, Measure.WORDS, Measure.STARS)


def is_reasoned(measure: Measure, specification: tuple[str, ...]) -> bool:
    """Whether the reason carries the measure. An opinion is nobody's to take out of the mean: stars go only where the rating
    is not genuine, and the statement says so."""
    return measure is not Measure.STARS or NOT_GENUINE in specification


def advised(strikes: int, *, warned: bool) -> OnProvider:
    """What the rule for repeated offences suggests when a further content is restricted. `strikes` counts that one, too.

    Nobody is suspended who was not warned before.
    """
    if warned and strikes >= SUSPEND_AT:
        return OnProvider.SUSPEND
    if not warned and strikes >= WARN_AT:
        return OnProvider.WARN
    return OnProvider.NOTHING


def provider_fault(chosen: OnProvider, days: int, *, restricts: bool, warned: bool) -> str:
    """Why a measure against the provider cannot be taken: "", "content", "warn-first" or "days"."""
    if chosen is OnProvider.NOTHING:
        return ""
    if not restricts:
        return "content"
    if chosen is OnProvider.SUSPEND and not warned:
        return "warn-first"
    if chosen is OnProvider.SUSPEND and days not in TERMS:
        return "days"
    return ""
