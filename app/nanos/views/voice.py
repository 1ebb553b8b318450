"""One rating, question or answer by itself: the address that notices, statements and the moderators' queue name."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from app.kit.authz import allows, current_actor
from app.nanos.policies import P
from app.nanos.queries.voice_subject import ANSWER, QUESTION, RATING, voice_place
from app.nanos.queries.voices import one_voice
from app.nanos.views import nanos
from app.nanos.views.rating import spoken_of


def _page(kind: str, voice_id: UUID) -> ResponseReturnValue:
    nano_id, what, said_id = voice_place(kind, voice_id)
    nano = spoken_of(nano_id)
    one = one_voice(current_actor(), nano_id, what, said_id)
    return render_template("nanos/rating/one.html", nano=nano, one=one, what=what)


@nanos.get("/ratings/<uuid:rating_id>")
@allows(P.nano_read)
def one_rating(rating_id: UUID) -> ResponseReturnValue:
    """A rating with its answer, for who may read its nano."""
    return _page(RATING, rating_id)


@nanos.get("/questions/<uuid:question_id>")
@allows(P.nano_read)
def one_question(question_id: UUID) -> ResponseReturnValue:
    """A question with its answer."""
    return _page(QUESTION, question_id)


@nanos.get("/answers/<uuid:answer_id>")
@allows(P.nano_read)
def one_answer(answer_id: UUID) -> ResponseReturnValue:
    """An answer with what it answers."""
    return _page(ANSWER, answer_id)
