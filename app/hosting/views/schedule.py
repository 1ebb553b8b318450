"""Plans of a server: the list with what comes next, the builder, its live preview, on and off, history, deletion."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.policies import PLAN_NEEDS, P
from app.hosting.queries.schedule import history_of, plan_of, plans_of
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.schedule_action import Action
from app.hosting.services import schedule as services
from app.hosting.services.schedule import checked_times
from app.hosting.services.schedule_run import run_now
from app.hosting.views import hosting
from app.hosting.views.schedule_form import ScheduleForm, command_of, form_of, new_form
from app.hosting.views.schedule_words import coming, times_words
from app.hosting.wording import outcome_detail, outcome_words
from app.kit import clock, htmx
from app.kit.authz import allows, current_actor, require
from app.kit.errors import Conflict, Invalid


@hosting.get("/servers/<uuid:server_id>/schedules")
@allows(P.schedule_read)
def server_schedules(server_id: UUID) -> ResponseReturnValue:
    """What is planned for the server."""
    found = find_server(current_actor(), server_id)
    return render_template(
        "hosting/schedule/list.html",
        server=found,
        plans=plans_of(found.id),
        most=services.MOST,
        times=times_words,
        coming=coming,
        command=command_of,
    )


@hosting.route("/servers/<uuid:server_id>/schedules/new", methods=["GET", "POST"])
@allows(P.schedule_write)
def new_schedule(server_id: UUID) -> ResponseReturnValue:
    """The builder, empty or with a suggestion filled in."""
    actor = current_actor()
    found = find_server(actor, server_id)
    form = new_form(actor.timezone, request.args.get("suggestion", ""))
    if request.method == "GET":
        return _builder(found, form)
    if form.validate_on_submit():
        try:
            services.create_schedule(actor, server_id, once=form.once.data or None, **form.wanted())
        except (Invalid, Conflict) as error:
            form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
            return _builder(found, form, error.status)
        flash(_("Zeitplan angelegt."), "ok")
        return htmx.go(url_for("hosting.server_schedules", server_id=server_id))
    return _builder(found, form, 422)


@hosting.get("/servers/<uuid:server_id>/schedules/_teil/preview")
@allows(P.schedule_write)
def preview_schedule(server_id: UUID) -> ResponseReturnValue:
    """The next runs of what is in the form right now, or what is wrong with it, at its field."""
    find_server(current_actor(), server_id)
    form = ScheduleForm(request.args, meta={"csrf": False}).fill()
    return render_template("hosting/schedule/_preview.html", form=form, live=True, **_outlook(form))


@hosting.get("/servers/<uuid:server_id>/schedules/<uuid:schedule_id>")
@allows(P.schedule_read)
def server_schedule(server_id: UUID, schedule_id: UUID) -> ResponseReturnValue:
    """One plan: what comes next and what has been."""
    found = find_server(current_actor(), server_id)
    plan = plan_of(found.id, schedule_id)
    return render_template(
        "hosting/schedule/show.html",
        server=found,
        plan=plan,
        runs=history_of(plan.id),
        times=times_words,
        next_runs=coming(plan.cron, plan.zone) if plan.next_at else [],
        command=command_of(plan),
    )


@hosting.route("/servers/<uuid:server_id>/schedules/<uuid:schedule_id>/change", methods=["GET", "POST"])
@allows(P.schedule_write)
def change_schedule(server_id: UUID, schedule_id: UUID) -> ResponseReturnValue:
    """The builder with a plan in it."""
    actor = current_actor()
    found = find_server(actor, server_id)
    plan = plan_of(found.id, schedule_id)
    require(actor, PLAN_NEEDS[Action(plan.action)])
    form = form_of(plan)
    if request.method == "GET":
        return _builder(found, form, schedule_id=schedule_id)
    if not form.validate_on_submit():
        return _builder(found, form, 422, schedule_id)
    try:
        services.change_schedule(actor, server_id, schedule_id, **form.wanted())
    except (Invalid, Conflict) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _builder(found, form, error.status, schedule_id)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("hosting.server_schedules", server_id=server_id))


@hosting.post("/servers/<uuid:server_id>/schedules/<uuid:schedule_id>/switch")
@allows(P.schedule_write)
def switch_schedule(server_id: UUID, schedule_id: UUID) -> ResponseReturnValue:
    """Switch it on or off."""
    on = request.form.get("on") == "1"
    services.switch_schedule(current_actor(), server_id, schedule_id, on=on)
    flash(_("Zeitplan eingeschaltet.") if on else _("Zeitplan ausgeschaltet."), "ok")
    return htmx.go(url_for("hosting.server_schedules", server_id=server_id))


@hosting.post("/servers/<uuid:server_id>/schedules/<uuid:schedule_id>/run")
@allows(P.schedule_write)
def run_schedule(server_id: UUID, schedule_id: UUID) -> ResponseReturnValue:
    """Do it once, now."""
    actor = current_actor()
    plan = plan_of(find_server(actor, server_id).id, schedule_id)
    outcome, reason = run_now(actor, server_id, schedule_id)
    word, tone = outcome_words(outcome)
    why = outcome_detail(plan.action, outcome, reason)
    flash(f"{word}. {why}".strip(), "info" if tone == "neutral" else tone)
    return htmx.go(url_for("hosting.server_schedule", server_id=server_id, schedule_id=schedule_id))


@hosting.route("/servers/<uuid:server_id>/schedules/<uuid:schedule_id>/delete", methods=["GET", "POST"])
@allows(P.schedule_write)
def delete_schedule(server_id: UUID, schedule_id: UUID) -> ResponseReturnValue:
    """Delete it, after a question."""
    found = find_server(current_actor(), server_id)
    plan = plan_of(found.id, schedule_id)
    if request.method == "GET":
        return render_template("hosting/schedule/delete.html", server=found, plan=plan, times=times_words)
    services.delete_schedule(current_actor(), server_id, schedule_id)
    flash(_("Zeitplan gelöscht."), "ok")
    return htmx.go(url_for("hosting.server_schedules", server_id=server_id))


def _builder(
    server: ServerDetail, form: ScheduleForm, status: int = 200, schedule_id: UUID | None = None
) -> ResponseReturnValue:
    context = {"server": server, "form": form, "schedule_id": schedule_id, "live": False}
    return render_template("hosting/schedule/builder.html", **context, **_outlook(form)), status


def _outlook(form: ScheduleForm) -> dict[str, object]:
    """The next runs, or the faults by field."""
    try:
        text, zone = checked_times(form.text(), form.zone.data or "", clock.now())
    except Invalid as error:
        field = "cron" if form.mode.data == "cron" else "time"
        return {"next_runs": [], "faults": {field if k == "cron" else k: v for k, v in error.fields.items()}}
    return {"next_runs": coming(text, str(zone)), "faults": {}, "zone": ZoneInfo(str(zone))}
