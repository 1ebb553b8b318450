"""Ratings, questions and answers in logs, and as what can be moderated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.core.api import describe_subject
from app.nanos.queries.voice_subject import (
    ANSWER,
    QUESTION,
    RATING,
    load_comment,
    load_rating,
    voice_titles,
)
from app.nanos.rules.measure import measures_for_rating, measures_for_words
from app.nanos.services import voice_bar
from app.nanos.subjects import moderation_subject


def _names(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return voice_titles(list(ids))


def _rating(voice_id: UUID) -> str:
    return url_for("nanos.one_rating", rating_id=voice_id)


def _question(voice_id: UUID) -> str:
    return url_for("nanos.one_question", question_id=voice_id)


def _answer(voice_id: UUID) -> str:
    return url_for("nanos.one_answer", answer_id=voice_id)


def register_voice_moderation() -> None:
    """Fill the registries of the ground and of moderation."""
    for name, label, url in (
        (RATING, _l("Bewertung"), _rating), (QUESTION, _l("Frage"), _question), (ANSWER, _l("Antwort"), _answer),
    ):  # fmt: skip
        describe_subject(name, label, names=_names, url=url)
    moderation_subject(
        RATING, label=_l("Bewertung"), hold=voice_bar.hold_rating, load=load_rating, titles=voice_titles,
        apply=voice_bar.bar_rating, undo=voice_bar.lift_rating, measures=measures_for_rating, place="/nanos/ratings/",
    )  # fmt: skip
    for name, label, place in (
        (QUESTION, _l("Frage"), "/nanos/questions/"), (ANSWER, _l("Antwort"), "/nanos/answers/"),
    ):  # fmt: skip
        moderation_subject(
            name, label=label, hold=voice_bar.hold_comment, load=load_comment, titles=voice_titles,
            apply=voice_bar.bar_comment, undo=voice_bar.lift_comment, measures=measures_for_words, place=place,
        )  # fmt: skip
