"""The plugins of a server: what is installed, what lies there by hand, what happened, and switching updates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.hosting.policies import P
from app.hosting.queries.plugin import PluginsView, plugins_view
from app.hosting.queries.server import ServerDetail, find_server, server_detail
from app.hosting.rules.server import ALIVE
from app.hosting.services import plugin as services
from app.hosting.services import plugin_adopt, plugin_check
from app.hosting.services.plugin_adopt import Known
from app.hosting.services.plugin_backup import backups
from app.hosting.services.plugin_source import Taken, takes
from app.hosting.views import hosting
from app.hosting.views.plugin_words import Words
from app.kit import clock, htmx
from app.kit.authz import allows, current_actor, may
from app.kit.errors import NotFound

FRESH = timedelta(minutes=10)
"""How long the end of a change is told at the top."""


def going_on(server: ServerDetail, view: PluginsView | None = None) -> dict[str, Any]:
    """What is being done or was just done; also for the live process."""
    view = view or plugins_view(server.id)
    change = view.changes[0] if view.changes else None
    fresh = bool(change and change.finished_at and clock.now() - change.finished_at < FRESH)
    return {"change": change, "fresh": fresh, "words": Words}


def render_going_on(server_id: UUID) -> str:
    """The same part of the page, for all who look."""
    server = server_detail(server_id)
    if server is None:
        raise NotFound
    return render_template("hosting/plugin/_going_on.html", server=server, **going_on(server))


def frame(server: ServerDetail, taken: Taken | None, **more: Any) -> dict[str, Any]:
    """What all pages about plugins need."""
    crumbs = [
        (_("Server"), url_for("hosting.servers")),
        (server.name, url_for("hosting.server", server_id=server.id)),
    ]
    return {"server": server, "taken": taken, "words": Words, "crumbs": crumbs, "once": uuid4(), **more}


def taken_of(server: ServerDetail) -> Taken | None:
    """What the server's game takes; None where it takes no plugins."""
    return takes(server.template, server.game_version)


@hosting.get("/servers/<uuid:server_id>/plugins")
@allows(P.plugin_read)
def server_plugins(server_id: UUID) -> ResponseReturnValue:
    """What is installed, what is going on, what happened."""
    return _list(server_id, None)


def _list(server_id: UUID, known: list[Known] | None) -> str:
    server = find_server(current_actor(), server_id)
    taken = taken_of(server)
    if taken is None:
        return render_template("hosting/plugin/none.html", **frame(server, None))
    view = plugins_view(server_id)
    folder = plugin_adopt.look_into(server, taken.folder)
    ours = {plugin.filename for plugin in view.plugins}
    now = going_on(server, view)
    part = known is not None and htmx.wants_fragment()
    return render_template(
        f"hosting/plugin/{'_by_hand' if part else 'list'}.html",
        **frame(
            server, taken, view=view, folder=folder, lying={jar.filename: jar for jar in folder.jars}, known=known,
            by_hand=[jar for jar in folder.jars if jar.filename not in ours],
            waiting=server.state in ALIVE and view.changed_since(server.started_at),
            backups=backups() is not None, change=now["change"], fresh=now["fresh"],
            writes=may(current_actor(), P.plugin_write), busy=view.going_on is not None,
        ),
    )  # fmt: skip


@hosting.post("/servers/<uuid:server_id>/plugins/check")
@allows(P.plugin_write)
def check_plugins(server_id: UUID) -> ResponseReturnValue:
    """Ask for updates now."""
    found = plugin_check.check_server(current_actor(), server_id)
    flash(
        ngettext("%(num)d Update gefunden.", "%(num)d Updates gefunden.", found) if found else _("Alles ist aktuell."),
        "ok",
    )  # fmt: skip
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))


@hosting.post("/servers/<uuid:server_id>/plugins/recognise")
@allows(P.plugin_write)
def recognise_plugins(server_id: UUID) -> ResponseReturnValue:
    """Ask Modrinth which of the jars by hand it knows."""
    return _list(server_id, plugin_adopt.recognise(current_actor(), server_id))


@hosting.post("/servers/<uuid:server_id>/plugins/adopt")
@allows(P.plugin_write)
def adopt_plugin(server_id: UUID) -> ResponseReturnValue:
    """Look after one of them from now on."""
    actor = current_actor()
    plugin_adopt.adopt(actor, server_id, request.form.get("filename", ""), once=request.form.get("once"))
    flash(_("Wird übernommen."), "ok")
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))


@hosting.post("/servers/<uuid:server_id>/plugins/automatic")
@allows(P.plugin_write)
def plugin_care(server_id: UUID) -> ResponseReturnValue:
    """Updates by themselves, or not."""
    on = request.form.get("on") == "1"
    services.set_automatic(current_actor(), server_id, on=on)
    flash(
        _("Updates kommen von selbst, jedes Mal nach einem Backup.")
        if on
        else _("Updates kommen nur noch, wenn du sie holst."),
        "ok",
    )
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))


@hosting.post("/plugins/<uuid:plugin_id>/pin")
@allows(P.plugin_write)
def pin_plugin(plugin_id: UUID) -> ResponseReturnValue:
    """Keep the version, or let it go."""
    pinned = request.form.get("on") == "1"
    server_id = services.pin(current_actor(), plugin_id, pinned=pinned)
    flash(
        _("Festgehalten: Diese Version bleibt.")
        if pinned
        else _("Freigegeben: Updates sind wieder erlaubt."),
        "ok",
    )
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))


@hosting.get("/plugins/<uuid:plugin_id>/remove")
@allows(P.plugin_write)
def confirm_remove_plugin(plugin_id: UUID) -> ResponseReturnValue:
    """Ask first."""
    actor = current_actor()
    row = services.own(actor, plugin_id)
    names = services.needed_by(services.rows_of(row.server_id), row.project_id)
    server = find_server(actor, row.server_id)
    return render_template(
        "hosting/plugin/remove.html", **frame(server, taken_of(server), plugin=row, needed_by=names)
    )


@hosting.post("/plugins/<uuid:plugin_id>/remove")
@allows(P.plugin_write)
def remove_plugin(plugin_id: UUID) -> ResponseReturnValue:
    """Take it out of the folder."""
    server_id = services.remove(current_actor(), plugin_id, once=request.form.get("once"))
    flash(_("Wird entfernt."), "ok")
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))


@hosting.get("/plugin-changes/<uuid:change_id>/undo")
@allows(P.plugin_write)
def confirm_undo_plugins(change_id: UUID) -> ResponseReturnValue:
    """Say what taking it back does."""
    actor = current_actor()
    change = services.find_change(actor, change_id, P.plugin_write)
    server = find_server(actor, change.server_id)
    back = [step.turned() for step in change.parts()]
    return render_template(
        "hosting/plugin/undo.html", **frame(server, taken_of(server), change=change, back=back)
    )


@hosting.post("/plugin-changes/<uuid:change_id>/undo")
@allows(P.plugin_write)
def undo_plugins(change_id: UUID) -> ResponseReturnValue:
    """Take it back."""
    server_id = services.undo(current_actor(), change_id, once=request.form.get("once"))
    flash(_("Wird zurückgenommen."), "ok")
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))
