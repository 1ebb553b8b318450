"""Finding plugins and saying yes: suggestions, Modrinth's search, one project with its versions, the list before a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.catalog.plugins import suggestions_for
from app.hosting.gateways.modrinth import Answered, Hits
from app.hosting.policies import P
from app.hosting.queries.plugin import plugins_view
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.plugin import choose
from app.hosting.rules.plugin_step import Kind
from app.hosting.services import plugin as services
from app.hosting.services.plugin_plan import Offer
from app.hosting.services.plugin_source import ModrinthAway, Taken, modrinth, polite, telling
from app.hosting.views import hosting
from app.hosting.views.plugin import frame, taken_of
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, KontorError, NotFound, Unavailable
from app.kit.paging import Page

SHOWN = 20
LONGEST = 100
_NAME = re.compile(r"[A-Za-z0-9_!@$()`.+,\"'-]{2,64}")


def _named(form: bool = False) -> str:
    """The project an address is about; "" for what no project is called."""
    text = (request.form if form else request.args).get("project", "")
    return text if _NAME.fullmatch(text) else ""


def _none(server: ServerDetail) -> str:
    return render_template("hosting/plugin/none.html", **frame(server, None))


@hosting.get("/servers/<uuid:server_id>/plugins/find")
@allows(P.plugin_read)
def find_plugins(server_id: UUID) -> ResponseReturnValue:
    """Suggestions, and what Modrinth's search finds for this game."""
    server = find_server(current_actor(), server_id)
    taken = taken_of(server)
    if taken is None:
        return _none(server)
    text = " ".join(request.args.get("q", "").split())[:LONGEST]
    first = min(max(0, request.args.get("cursor", 0, type=int)), 10_000)
    polite(current_actor())
    view = plugins_view(server_id)
    db.session.rollback()  # Modrinth may take seconds
    found, problem = _search(text, taken, first)
    last = first + SHOWN
    more = found is not None and last < found.value.total_hits
    return render_template(
        "hosting/plugin/find.html",
        **frame(
            server, taken, text=text, found=found, problem=problem,
            suggestions=suggestions_for(taken.target.loaders) if not text and not first else [],
            there={one.project_id for one in view.plugins} | {one.slug for one in view.plugins},
            page=Page(list(found.value.hits) if found else [], str(last) if more else None),
        ),
    )  # fmt: skip


def _search(text: str, taken: Taken, first: int) -> tuple[Answered[Hits] | None, str]:
    """What was found, or why nobody could look."""
    try:
        with telling():
            return modrinth().search(text, taken.target, offset=first, limit=SHOWN), ""
    except (ModrinthAway, Conflict) as error:
        return None, error.message


@hosting.get("/servers/<uuid:server_id>/plugins/project")
@allows(P.plugin_read)
def show_plugin(server_id: UUID) -> ResponseReturnValue:
    """One project with the versions that fit."""
    server = find_server(current_actor(), server_id)
    taken, name = taken_of(server), _named()
    if taken is None:
        return _none(server)
    if not name:
        return htmx.go(url_for("hosting.find_plugins", server_id=server_id))
    polite(current_actor())
    view = plugins_view(server_id)
    db.session.rollback()
    try:
        with telling():
            project = modrinth().project(name)
            releases = modrinth().releases(project.value.id, taken.target)
    except (ModrinthAway, Conflict, NotFound) as error:
        return _problem(server, taken, error)
    return render_template(
        "hosting/plugin/show.html",
        **frame(
            server, taken, project=project.value, old_since=project.old_since, releases=releases.value[:30],
            best=choose(releases.value, taken.target),
            plugin=next((one for one in view.plugins if one.project_id == project.value.id), None),
        ),
    )  # fmt: skip


def _problem(server: ServerDetail, taken: Taken, error: KontorError) -> ResponseReturnValue:
    message = error.message or _("Das gibt es bei Modrinth nicht mehr.")
    status = 409 if isinstance(error, NotFound) else error.status
    return render_template("hosting/plugin/problem.html", **frame(server, taken, message=message)), status


@hosting.get("/servers/<uuid:server_id>/plugins/install")
@allows(P.plugin_write)
def confirm_install_plugin(server_id: UUID) -> ResponseReturnValue:
    """Everything that would be installed, before anything is."""
    name, version = _named(), request.args.get("version", "")[:20]
    return _offered(
        server_id, Kind.INSTALL, lambda: services.offer_install(current_actor(), server_id, name, version),
        {"project": name, "version": version},
    )  # fmt: skip


@hosting.post("/servers/<uuid:server_id>/plugins/install")
@allows(P.plugin_write)
def install_plugin(server_id: UUID) -> ResponseReturnValue:
    """Install what was listed."""
    name, version = _named(form=True), request.form.get("version", "")[:20]
    return _ordered(
        server_id, Kind.INSTALL, lambda: services.offer_install(current_actor(), server_id, name, version),
        {"project": name, "version": version},
    )  # fmt: skip


def _plugin(form: bool = False) -> UUID | None:
    text = (request.form if form else request.args).get("plugin", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(_("Das ist keine Adresse eines Plugins.")) from None


@hosting.get("/servers/<uuid:server_id>/plugins/update")
@allows(P.plugin_write)
def confirm_update_plugins(server_id: UUID) -> ResponseReturnValue:
    """Everything an update would change."""
    one = _plugin()
    return _offered(
        server_id, Kind.UPDATE, lambda: services.offer_update(current_actor(), server_id, one),
        {"plugin": str(one or "")},
    )  # fmt: skip


@hosting.post("/servers/<uuid:server_id>/plugins/update")
@allows(P.plugin_write)
def update_plugins(server_id: UUID) -> ResponseReturnValue:
    """Update what was listed, after a backup."""
    one = _plugin(form=True)
    return _ordered(
        server_id, Kind.UPDATE, lambda: services.offer_update(current_actor(), server_id, one),
        {"plugin": str(one or "")},
    )  # fmt: skip


def _offered(
    server_id: UUID, kind: Kind, ask: Callable[[], Offer], values: dict[str, str], said: str = ""
) -> ResponseReturnValue:
    server = find_server(current_actor(), server_id)
    taken = taken_of(server)
    if taken is None:
        return _none(server)
    try:
        offer = ask()
    except (Conflict, Unavailable, NotFound) as error:
        return _problem(server, taken, error)
    html = render_template(
        "hosting/plugin/confirm.html",
        **frame(
            server, taken, offer=offer, update=offer.replaces, kind=kind.value, said=said,
            values=values | {"mark": offer.mark},
        ),
    )  # fmt: skip
    return html, 409 if said else 200


def _ordered(
    server_id: UUID, kind: Kind, ask: Callable[[], Offer], values: dict[str, str]
) -> ResponseReturnValue:
    """Do what was offered; an offer that is another one by now is shown again."""
    actor = current_actor()
    server = find_server(actor, server_id)
    taken = taken_of(server)
    if taken is None:
        return _none(server)
    try:
        offer = ask()
        services.order(
            actor, server_id, kind, offer, request.form.get("mark", ""), once=request.form.get("once")
        )
    except Conflict as error:
        return _offered(server_id, kind, ask, values, error.message)
    except (Unavailable, NotFound) as error:
        return _problem(server, taken, error)
    flash(_("Wird erledigt."), "ok")
    return htmx.go(url_for("hosting.server_plugins", server_id=server_id))
