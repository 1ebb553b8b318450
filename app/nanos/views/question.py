"""Questions at a nano, and the provider's answers."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid, NotFound
from app.nanos.policies import P
from app.nanos.queries.voices import list_voices, one_voice
from app.nanos.services import question
from app.nanos.views import nanos
from app.nanos.views.forms_voices import AnswerForm, QuestionForm
from app.nanos.views.rating import spoken_of


def _page(nano_id: UUID, form: QuestionForm, status: int) -> ResponseReturnValue:
    nano = spoken_of(nano_id)
    page = list_voices(current_actor(), nano_id, "question", cursor=request.args.get("cursor"))
    return render_template("nanos/question/list.html", nano=nano, page=page, form=form), status


@nanos.get("/<uuid:nano_id>/questions")
@allows(P.nano_read)
def questions(nano_id: UUID) -> ResponseReturnValue:
    """All of them, the newest first, and room for another."""
    return _page(nano_id, QuestionForm(formdata=None), 200)


@nanos.post("/<uuid:nano_id>/questions")
@allows(P.question_write)
def ask_question(nano_id: UUID) -> ResponseReturnValue:
    """Ask."""
    spoken_of(nano_id)
    form = QuestionForm()
    form.validate_on_submit()
    try:
        question.ask(current_actor(), nano_id, form.text.data, once=form.once.data)
    except Invalid as error:
        form.take_errors(error)
        return _page(nano_id, form, 422)
    flash(_("Ihre Frage ist gestellt. Sie bekommen Bescheid, sobald der Anbieter antwortet."), "ok")
    return htmx.go(url_for("nanos.questions", nano_id=nano_id))


@nanos.get("/<uuid:nano_id>/questions/<uuid:question_id>/answer")
@allows(P.comment_answer)
def edit_answer(nano_id: UUID, question_id: UUID) -> ResponseReturnValue:
    """The provider's one answer."""
    return _answer_page(nano_id, question_id, AnswerForm(), 200)


def _answer_page(nano_id: UUID, question_id: UUID, form: AnswerForm, status: int) -> ResponseReturnValue:
    nano = spoken_of(nano_id)
    if not nano.ours:
        raise NotFound
    one = one_voice(current_actor(), nano_id, "question", question_id)
    action = url_for("nanos.answer_question", nano_id=nano_id, question_id=question_id)
    back = url_for("nanos.questions", nano_id=nano_id)
    return render_template(
        "nanos/rating/answer.html", nano=nano, one=one, form=form, action=action, back=back
    ), status


@nanos.post("/<uuid:nano_id>/questions/<uuid:question_id>/answer")
@allows(P.comment_answer)
def answer_question(nano_id: UUID, question_id: UUID) -> ResponseReturnValue:
    """Keep it."""
    form = AnswerForm()
    form.validate_on_submit()
    try:
        question.answer_question(current_actor(), nano_id, question_id, form.text.data)
    except Invalid as error:
        form.take_errors(error)
        return _answer_page(nano_id, question_id, form, 422)
    flash(_("Ihre Antwort steht jetzt unter der Frage."), "ok")
    return htmx.go(url_for("nanos.questions", nano_id=nano_id))
