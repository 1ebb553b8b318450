"""Moving files and folders, and what is done to several at once. Everything works as plain forms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.hosting.policies import P
from app.hosting.queries.server import find_server
from app.hosting.rules.files import join_path, shown
from app.hosting.services import file_many, files
from app.hosting.services.file_many import Chosen
from app.hosting.views import hosting
from app.hosting.views.file_edit import TOLD
from app.hosting.views.files import address, attachment, context, folder_page, path_given
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid, KontorError, NotFound

SHOWN = 20
"""Names a question lists; of the rest it says how many."""


def _chosen() -> Chosen:
    return file_many.chosen(path_given(), request.values.getlist("n"))


@hosting.route("/servers/<uuid:server_id>/files/chosen", methods=["GET", "POST"])
@allows(P.file_read)
def act_on_files(server_id: UUID) -> ResponseReturnValue:
    """What the buttons above the list ask for: a zip archive at once, else a page that asks. Nothing is changed here."""
    find_server(current_actor(), server_id)
    act = request.values.get("act", "")
    try:
        what = _chosen()
        if act == "zip":
            return attachment(file_many.download_files(current_actor(), server_id, what))
        if act == "delete":
            return _question(server_id, what)
        if act == "move":
            return _picker(server_id, what, path_given())
    except TOLD as error:
        return folder_page(server_id, _words(error), error.status)
    raise NotFound


def _words(error: KontorError) -> str:
    return error.message or _("Das ging nicht. Lade die Seite neu und sieh nach.")


def _page(server_id: UUID, name: str, what: Chosen, **more: Any) -> str:
    found = find_server(current_actor(), server_id)
    names = [shown(one) for one in what.names]
    return render_template(
        f"hosting/files/{name}.html",
        **context(
            found, what.folder, names=names, shown_names=names[:SHOWN], more=len(names[SHOWN:]), **more
        ),
    )


def _question(server_id: UUID, what: Chosen, problem: str = "") -> str:
    return _page(server_id, "delete_many", what, problem=problem)


@hosting.post("/servers/<uuid:server_id>/files/delete-chosen")
@allows(P.file_write)
def delete_chosen_files(server_id: UUID) -> ResponseReturnValue:
    """Delete what was ticked and listed."""
    find_server(current_actor(), server_id)
    what = _chosen()
    try:
        number = file_many.delete_files(current_actor(), server_id, what)
    except TOLD as error:
        return _question(server_id, what, _words(error)), error.status
    flash(
        ngettext("%(num)d Datei oder Ordner gelöscht.", "%(num)d Dateien und Ordner gelöscht.", number), "ok"
    )
    return htmx.go(address("server_files", server_id, what.folder))


@hosting.get("/servers/<uuid:server_id>/files/move")
@allows(P.file_write)
def move_file(server_id: UUID) -> ResponseReturnValue:
    """Choose a folder for one file or folder."""
    find_server(current_actor(), server_id)
    folder, name = files.one_name(path_given())
    what = Chosen(folder, (name,))
    return _picker(server_id, what, request.args.get("to", join_path(folder)))


@hosting.post("/servers/<uuid:server_id>/files/move")
@allows(P.file_write)
def move_files(server_id: UUID) -> ResponseReturnValue:
    """Look into another folder (a button with its address), or move into the one that is shown."""
    find_server(current_actor(), server_id)
    what, look = _chosen(), request.form.get("look")
    target = look if look is not None else request.form.get("to", "")
    if look is not None:
        return _picker(server_id, what, target)
    try:
        number = file_many.move_files(current_actor(), server_id, what, target)
    except TOLD as error:
        return _picker(server_id, what, target, _words(error)), error.status
    flash(
        ngettext("%(num)d Datei oder Ordner verschoben.", "%(num)d Dateien und Ordner verschoben.", number),
        "ok",
    )
    return htmx.go(address("server_files", server_id, target))


def _picker(server_id: UUID, what: Chosen, target: str, problem: str = "") -> str:
    try:
        picker = file_many.pick(current_actor(), server_id, what, target)
    except (NotFound, Invalid) as error:  # the folder went meanwhile: begin again where things lie
        if target == join_path(what.folder):
            raise
        return _picker(server_id, what, join_path(what.folder), _words(error))
    above = [("", _("Alle Dateien"))]
    above += [(join_path(picker.target[: n + 1]), shown(name)) for n, name in enumerate(picker.target)]
    below = [(join_path((*picker.target, name)), shown(name)) for name in picker.folders]
    return _page(
        server_id, "move", what, problem=problem, target=join_path(picker.target), above=above, below=below,
        fault=picker.fault,
    )  # fmt: skip
