"""The worlds in a game's folder: download them by dimension, choose the one the game loads."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.policies import P
from app.hosting.queries.server import find_server
from app.hosting.rules.files import join_path, shown
from app.hosting.rules.server import State
from app.hosting.services import file_changes, files
from app.hosting.services.file_faults import FilesAway
from app.hosting.views import hosting
from app.hosting.views.files import address, attachment, away_page, context, path_given
from app.kit import htmx
from app.kit.authz import allows, current_actor


def dimension_word(dimension: str) -> str:
    """A dimension as players call it."""
    return {"overworld": _("Oberwelt"), "nether": _("Nether"), "end": _("Ende")}[dimension]


@hosting.get("/servers/<uuid:server_id>/files/worlds")
@allows(P.file_read)
def server_worlds(server_id: UUID) -> ResponseReturnValue:
    """Each world with its dimensions and their sizes."""
    try:
        server, found, told = files.list_worlds(current_actor(), server_id)
    except FilesAway as error:
        return away_page(find_server(current_actor(), server_id), error)
    stopped = server.state in (State.STOPPED, State.CRASHED)
    return render_template(
        "hosting/files/worlds.html", worlds=found, told=told, stopped=stopped, shown=shown, join_path=join_path,
        dimension_word=dimension_word, **context(server, ()),
    )  # fmt: skip


@hosting.get("/servers/<uuid:server_id>/files/worlds/download")
@allows(P.file_read)
def download_world(server_id: UUID) -> ResponseReturnValue:
    """One dimension, or a whole world."""
    dimension = request.args.get("dimension", "")
    return attachment(files.download_dimension(current_actor(), server_id, path_given(), dimension))


@hosting.post("/servers/<uuid:server_id>/files/worlds/choose")
@allows(P.file_write)
def choose_world(server_id: UUID) -> ResponseReturnValue:
    """The game loads this world at its next start."""
    file_changes.choose_world(current_actor(), server_id, request.form.get("world", ""))
    flash(_("Beim nächsten Start lädt das Spiel diese Welt."), "ok")
    return htmx.go(address("server_worlds", server_id))
