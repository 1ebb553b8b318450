"""One file or folder: edit, make, rename, delete, unpack."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.files import shown
from app.hosting.services import file_changes, files
from app.hosting.services.file_faults import EditConflict, FilesAway
from app.hosting.views import hosting
from app.hosting.views.files import address, away_page, context, path_given
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, KontorError, NotFound, TooMany, Unavailable
from app.kit.forms import csrf
from app.kit.upload import allow_form_bytes

FORM_BYTES = 8 * 1024 * 1024
"""A megabyte of text as a form: each line end may take six bytes."""
TOLD = (Conflict, Invalid, NotFound, TooMany, Unavailable)


@hosting.get("/servers/<uuid:server_id>/files/edit")
@allows(P.file_read)
def edit_file(server_id: UUID) -> ResponseReturnValue:
    """A text file in an editor; what is no text is offered for download."""
    found = find_server(current_actor(), server_id)
    try:
        text = files.read_text(current_actor(), server_id, path_given())
    except FilesAway as error:
        return away_page(found, error), error.status
    except Conflict as error:
        return _editor(found, problem=error.message, text=None), error.status
    return _editor(found, text=text.text, base=text.base, size=text.size)


@hosting.post("/servers/<uuid:server_id>/files/edit")
@csrf.exempt
@allows(P.file_write)
def save_file(server_id: UUID) -> ResponseReturnValue:
    """Save. Whatever goes wrong, the page comes back with the text that was typed."""
    actor, path = current_actor(), path_given()
    found = find_server(actor, server_id)
    allow_form_bytes(FORM_BYTES)
    folder, _name = files.one_name(path)
    text, base = request.form.get("text", ""), request.form.get("base", "")
    try:
        file_changes.save_text(actor, server_id, path, text, base)
    except EditConflict as error:
        page = _editor(
            found, problem=error.message, text=text, base=error.base, theirs=error.current, conflict=True
        )
        return page, error.status
    except TOLD as error:
        return _editor(found, problem=error.message, text=text, base=base), error.status
    flash(_("Gespeichert."), "ok")
    return htmx.go(address("server_files", server_id, folder))


def _editor(
    server: ServerDetail, *, text: str | None, base: str = "", size: int | None = None, problem: str = "",
    theirs: str | None = None, conflict: bool = False,
) -> str:  # fmt: skip
    folder, name = files.one_name(path_given())
    more = {
        "text": text,
        "base": base,
        "problem": problem,
        "theirs": theirs,
        "conflict": conflict,
        "size": size,
    }
    return render_template(
        "hosting/files/edit.html",
        **context(server, folder, file=path_given(), name=shown(name), **more),
    )


@hosting.route("/servers/<uuid:server_id>/files/new", methods=["GET", "POST"])
@allows(P.file_write)
def new_file(server_id: UUID) -> ResponseReturnValue:
    """A new folder, or an empty text file that opens in the editor."""
    kind = "file" if request.args.get("kind") == "file" else "folder"

    def act() -> str:
        made = file_changes.make(
            current_actor(), server_id, path_given(), request.form.get("name", ""), kind=kind
        )
        return address("edit_file" if kind == "file" else "server_files", server_id, made)

    return _ask(server_id, "new", act, files.path_of(path_given()), kind=kind)


@hosting.route("/servers/<uuid:server_id>/files/rename", methods=["GET", "POST"])
@allows(P.file_write)
def rename_file(server_id: UUID) -> ResponseReturnValue:
    """Another name in the same folder."""
    folder, name = _one(server_id)

    def act() -> str:
        file_changes.rename_file(current_actor(), server_id, path_given(), request.form.get("name", ""))
        flash(_("Umbenannt."), "ok")
        return address("server_files", server_id, folder)

    return _ask(server_id, "rename", act, folder, name=shown(name))


@hosting.route("/servers/<uuid:server_id>/files/delete", methods=["GET", "POST"])
@allows(P.file_write)
def delete_file(server_id: UUID) -> ResponseReturnValue:
    """Ask first, naming what goes."""
    folder, name = _one(server_id)

    def act() -> str:
        file_changes.delete(current_actor(), server_id, path_given())
        flash(_("%(name)s gelöscht.", name=shown(name)), "ok")
        return address("server_files", server_id, folder)

    about = files.weigh(current_actor(), server_id, path_given()) if request.method == "GET" else None
    return _ask(server_id, "delete", act, folder, name=shown(name), about=about)


@hosting.route("/servers/<uuid:server_id>/files/unpack", methods=["GET", "POST"])
@allows(P.file_write)
def unpack_file(server_id: UUID) -> ResponseReturnValue:
    """Unpack a zip archive into a folder beside it."""
    folder, name = _one(server_id)

    def act() -> str:
        made = file_changes.unpack_archive(current_actor(), server_id, path_given())
        flash(_("Entpackt."), "ok")
        return address("server_files", server_id, made)

    return _ask(server_id, "unpack", act, folder, name=shown(name))


def _one(server_id: UUID) -> tuple[tuple[bytes, ...], bytes]:
    find_server(
        current_actor(), server_id
    )  # a stranger learns nothing, not even what is missing in the address
    return files.one_name(path_given())


def _ask(
    server_id: UUID, page: str, act: Callable[[], str], folder: tuple[bytes, ...], **more: object
) -> ResponseReturnValue:
    """A page that asks, and the act. What goes wrong is told on the page, as a form that was filled in wrong."""
    found = find_server(current_actor(), server_id)
    problem = ""
    if request.method == "POST":
        try:
            return htmx.go(act())
        except TOLD as error:
            problem = _first(error)
    html = render_template(
        f"hosting/files/{page}.html",
        **context(found, folder, problem=problem, typed=request.form.get("name"), given=path_given(), **more),
    )
    return html, 422 if problem else 200


def _first(error: KontorError) -> str:
    return error.message or _("Das ging nicht. Lade die Seite neu und sieh nach.")
