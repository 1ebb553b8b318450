"""Assignments: the person's own tasks; for owners and admins to assign, to see who has, to take back."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid
from app.kit.forms import Form, OnceField
from app.kit.ids import parse_id
from app.nanos.policies import P
from app.nanos.queries import assignment as queries
from app.nanos.queries.nano import NanoView, get_nano
from app.nanos.rules.nano import State
from app.nanos.services import assignment as services
from app.nanos.services.ending import today
from app.nanos.services.reopening import reopen
from app.nanos.views import nanos
from app.nanos.views.forms import Wanted, read_day


class AssignForm(Form):
    """Who, until when, and how."""

    once = OnceField()
    everyone = BooleanField(_l("Alle in der Organisation"))
    people = SelectMultipleField(
        _l("Oder diese Personen"), validate_choice=False, choices=[], widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )  # fmt: skip
    due_on = StringField(_l("Fällig am"), validators=[Wanted()])
    note = TextAreaField(_l("Hinweis"))
    renews = BooleanField(_l("Jedes Jahr wieder"))
    counts_before = BooleanField(_l("Wer es schon durchgearbeitet hat, ist fertig"))


@nanos.get("/tasks")
@allows(P.nano_read)
def tasks() -> ResponseReturnValue:
    """What the person has to work through, what is due first comes first."""
    actor, done = current_actor(), request.args.get("state") == "done"
    return render_template(
        "nanos/assignment/tasks.html", rows=queries.list_tasks(actor, today(), done=done), done=done,
        counts=queries.count_tasks(actor),
    )  # fmt: skip


@nanos.get("/assignments")
@allows(P.learning_assign)
def assignments() -> ResponseReturnValue:
    """The organisation's, running or ended."""
    actor, ended = current_actor(), request.args.get("state") == "ended"
    rows = queries.list_assignments(actor, today(), ended=ended)
    return render_template("nanos/assignment/index.html", rows=rows, ended=ended)


@nanos.get("/assignments/matrix")
@allows(P.learning_assign)
def assignments_matrix() -> ResponseReturnValue:
    """Who has done what."""
    return render_template("nanos/assignment/matrix.html", made=queries.matrix(current_actor(), today()))


def _page(nano: NanoView, form: AssignForm, status: int = 200) -> ResponseReturnValue:
    people, having = queries.people_and_open(current_actor(), nano.id)
    form.people.choices = [
        (
            str(one.person_id),
            _("%(name)s (hat es schon offen)", name=one.name) if one.person_id in having else one.name,
        )
        for one in people
    ]
    return render_template("nanos/assignment/new.html", nano=nano, form=form, day=today()), status


@nanos.get("/<uuid:nano_id>/assign")
@allows(P.learning_assign)
def assign(nano_id: UUID) -> ResponseReturnValue:
    """Whom, until when."""
    nano = get_nano(current_actor(), nano_id)
    if nano.state is not State.PUBLISHED or not nano.looks:
        return render_template("nanos/assignment/not_ours.html", nano=nano)
    return _page(nano, AssignForm())


@nanos.post("/<uuid:nano_id>/assign")
@allows(P.learning_assign)
def save_assignment(nano_id: UUID) -> ResponseReturnValue:
    """Give it to them."""
    nano, form = get_nano(current_actor(), nano_id), AssignForm()
    form.validate_on_submit()
    try:
        due_on = read_day(form.due_on.data)
    except ValueError:
        form.take_errors(Invalid(fields={"due_on": _("Schreiben Sie den Tag als Jahr-Monat-Tag.")}))
        return _page(nano, form, 422)
    wish = services.Wish(
        people=tuple(one for one in map(parse_id, form.people.data or ()) if one), everyone=bool(form.everyone.data),
        due_on=due_on, note=form.note.data or "", renews=bool(form.renews.data),
        counts_before=bool(form.counts_before.data),
    )  # fmt: skip
    try:
        made = services.assign(current_actor(), nano_id, wish, once=form.once.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _page(nano, form, 422)
    flash(ngettext("Zugewiesen: %(num)d Person.", "Zugewiesen: %(num)d Personen.", made.people), "ok")
    return htmx.go(url_for("nanos.assignment", assignment_id=made.id))


@nanos.get("/assignments/<uuid:assignment_id>")
@allows(P.learning_assign)
def assignment(assignment_id: UUID) -> ResponseReturnValue:
    """One of them, with everybody's part."""
    row, parts = queries.get_assignment(current_actor(), assignment_id, today())
    return render_template("nanos/assignment/show.html", row=row, parts=parts)


@nanos.get("/assignments/<uuid:assignment_id>/end")
@allows(P.learning_assign)
def ask_end_assignment(assignment_id: UUID) -> ResponseReturnValue:
    """Asks first."""
    row, _parts = queries.get_assignment(current_actor(), assignment_id, today())
    return render_template("nanos/assignment/end.html", row=row)


@nanos.post("/assignments/<uuid:assignment_id>/end")
@allows(P.learning_assign)
def end_assignment(assignment_id: UUID) -> ResponseReturnValue:
    """Take it back."""
    count = services.end(current_actor(), assignment_id)
    flash(
        ngettext(
            "Beendet: %(num)d offene Aufgabe fällt weg.",
            "Beendet: %(num)d offene Aufgaben fallen weg.",
            count,
        ),
        "ok",
    )
    return htmx.go(url_for("nanos.assignment", assignment_id=assignment_id))


@nanos.post("/assignments/parts/<uuid:duty_id>/withdraw")
@allows(P.learning_assign)
def withdraw_duty(duty_id: UUID) -> ResponseReturnValue:
    """One person need not do it."""
    assignment_id = services.withdraw(current_actor(), duty_id)
    flash(_("Zurückgenommen."), "ok")
    return htmx.go(url_for("nanos.assignment", assignment_id=assignment_id))


@nanos.get("/assignments/parts/<uuid:duty_id>/reopen")
@allows(P.learning_assign)
def ask_reopen_duty(duty_id: UUID) -> ResponseReturnValue:
    """Asks first: it revokes a certificate."""
    assignment_id, title, name = queries.get_done(current_actor(), duty_id)
    return render_template(
        "nanos/assignment/reopen.html", duty_id=duty_id, assignment_id=assignment_id, what=title, name=name
    )


@nanos.post("/assignments/parts/<uuid:duty_id>/reopen")
@allows(P.learning_assign)
def reopen_duty(duty_id: UUID) -> ResponseReturnValue:
    """One person has to do it again."""
    assignment_id = reopen(current_actor(), duty_id)
    flash(_("Der Abschluss ist zurückgenommen, die Aufgabe wieder offen."), "ok")
    return htmx.go(url_for("nanos.assignment", assignment_id=assignment_id))
