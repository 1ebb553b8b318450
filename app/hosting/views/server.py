"""One server: its page, its fragments and what can be done to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.billing.api import P as BillingP
from app.hosting.catalog import templates
from app.hosting.errors import NoCredit
from app.hosting.policies import P
from app.hosting.queries.sample import WINDOWS, series
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.server import State
from app.hosting.services import archive, power, results
from app.hosting.services import server as services
from app.hosting.views import facts, hosting
from app.hosting.views.chart import default_window, metrics_chart
from app.hosting.views.console import tail
from app.hosting.views.going_on import going_on
from app.kit import htmx
from app.kit.authz import act_on, allows, current_actor, may, require
from app.kit.errors import NotFound


def page_context(server: ServerDetail, window: str) -> dict[str, Any]:
    """What page and fragments need."""
    return {
        "server": server,
        "template": templates().get(server.template),
        "cost": facts.cost_facts(server),
        "timeline": facts.timeline(server.organisation_id, server.id),
        "installation": facts.installation(server),
        "rest": facts.rest(server),
        "work": going_on(server),
        "chart": metrics_chart(server, series(server.id, window), window),
        "window": window,
        "following": "window" not in request.args,
    }


@hosting.get("/servers/<uuid:server_id>")
@allows(P.server_read)
def server(server_id: UUID) -> ResponseReturnValue:
    """The server's page: state, cost, measurements, console, events."""
    found = find_server(current_actor(), server_id)
    window = request.args.get("window", "")
    context = page_context(found, window if window in WINDOWS else default_window(found))
    return render_template("hosting/server/show.html", **context, lines=tail(found))


@hosting.post("/servers/power")
@allows(P.server_list)
def power_from_list() -> ResponseReturnValue:
    """Start or stop a server of the list, whose rows share one form: the pressed button says what and which."""
    for name, act in (("start", _start), ("stop", _stop)):
        if server_id := request.form.get(name, type=UUID):
            require(act_on("server_id", server_id), P.server_power)
            return act(server_id, url_for("hosting.servers"))
    raise NotFound


@hosting.post("/servers/<uuid:server_id>/run")
@allows(P.server_power)
def start_server(server_id: UUID) -> ResponseReturnValue:
    """Start it (or deploy a draft)."""
    return _start(server_id, _page_of(server_id))


def _start(server_id: UUID, back: str) -> ResponseReturnValue:
    """Without enough credit the page says what is missing."""
    actor = current_actor()
    found = find_server(actor, server_id)
    try:
        if found.state is State.DRAFT:
            services.deploy(actor, server_id)
        else:
            power.start_server(actor, server_id)
    except NoCredit as error:
        if not may(actor, BillingP.WALLET_SEE):
            flash(_("Der Server kann gerade nicht starten. Sag denen Bescheid, denen er gehört."), "warn")
            return htmx.go(back)
        flash(error.message, "warn")
        return htmx.go(url_for("wallet.show"))
    flash(_("%(name)s startet.", name=found.name), "ok")
    return htmx.go(back)


@hosting.post("/servers/<uuid:server_id>/rest")
@allows(P.server_power)
def stop_server(server_id: UUID) -> ResponseReturnValue:
    """Stop it; the game saves first."""
    return _stop(server_id, _page_of(server_id))


def _stop(server_id: UUID, back: str) -> ResponseReturnValue:
    power.stop_server(current_actor(), server_id)
    flash(_("Der Server speichert und stoppt."), "ok")
    return htmx.go(back)


@hosting.post("/servers/<uuid:server_id>/restart")
@allows(P.server_power)
def restart_server(server_id: UUID) -> ResponseReturnValue:
    """Stop with saving, then start."""
    power.restart_server(current_actor(), server_id)
    flash(_("Der Server wird neu gestartet."), "ok")
    return htmx.go(_page_of(server_id))


@hosting.post("/servers/<uuid:server_id>/archive")
@allows(P.server_power)
def archive_server(server_id: UUID) -> ResponseReturnValue:
    """Move its world into the archive."""
    archive.archive_server(current_actor(), server_id)
    flash(_("Die Welt zieht ins Archiv um. Starten geht jederzeit."), "ok")
    return htmx.go(_page_of(server_id))


@hosting.post("/servers/<uuid:server_id>/results-seen")
@allows(P.server_power)
def see_results(server_id: UUID) -> ResponseReturnValue:
    """Somebody has seen how backups, restores and plugin changes ended: the page need not say it any more."""
    results.see_results(current_actor(), server_id)
    return htmx.go(_page_of(server_id))


@hosting.route("/servers/<uuid:server_id>/kill", methods=["GET", "POST"])
@allows(P.server_power)
def kill_server(server_id: UUID) -> ResponseReturnValue:
    """End it at once, after a question."""
    found = find_server(current_actor(), server_id)
    if request.method == "GET":
        return render_template("hosting/server/kill.html", server=found)
    power.kill_server(current_actor(), server_id)
    flash(_("Der Server wird sofort beendet."), "warn")
    return htmx.go(_page_of(server_id))


@hosting.route("/servers/<uuid:server_id>/delete", methods=["GET", "POST"])
@allows(P.server_delete)
def delete_server(server_id: UUID) -> ResponseReturnValue:
    """Delete it with its world, after typing its name."""
    found = find_server(current_actor(), server_id)
    typed = request.form.get("name", "")
    if request.method == "GET" or typed.strip() != found.name:
        wrong = request.method == "POST"
        return render_template("hosting/server/delete.html", server=found, wrong=wrong), 422 if wrong else 200
    services.delete_server(current_actor(), server_id)
    flash(_("%(name)s wird gelöscht.", name=found.name), "ok")
    return htmx.go(url_for("hosting.servers"))


def _page_of(server_id: UUID) -> str:
    return url_for("hosting.server", server_id=server_id)
