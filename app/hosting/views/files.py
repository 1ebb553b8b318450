"""A game's files: folders, downloads, uploads. Nothing of a game is ever shown inside our pages: it is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.hosting.gateways.files import Entry
from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.file_text import EDIT_BYTES
from app.hosting.rules.files import Parts, disposition, extension, is_archive, join_path, shown
from app.hosting.rules.server import ALIVE
from app.hosting.services import file_changes, file_many, files
from app.hosting.services.file_faults import FilesAway
from app.hosting.views import hosting
from app.kit import htmx
from app.kit.authz import allows, current_actor, may
from app.kit.errors import Conflict, Invalid, TooMany, Unavailable
from app.kit.formats import filesize, number
from app.kit.forms import csrf
from app.kit.paging import Page
from app.kit.upload import TooLarge, Upload

NO_TEXT = (
    {"mca", "mcr", "dat", "nbt", "jar", "class", "zip", "gz", "tgz", "zst", "xz", "7z", "rar", "png", "jpg", "jpeg"}
    | {"gif", "webp", "ogg", "mp3", "db", "sqlite", "lock"}
)  # fmt: skip
"""Endings that are not worth the try to edit."""
ICONS = {"folder": "folder", "file": "file", "link": "link", "other": "file-question-mark"}


@dataclass(frozen=True)
class Line:
    """A row of the list."""

    name: str
    opens: str | None
    """What a click on the name does: a key of `starts`."""
    icon: str
    what: str
    size: str
    entry: Entry
    asked: str
    """Its path as a query."""
    packed: bool


def path_given() -> str:
    """The file or folder an address is about."""
    return request.args.get("p", "")


def address(endpoint: str, server_id: UUID, parts: Parts | str = ()) -> str:
    """The address of a page about a file or folder."""
    path = parts if isinstance(parts, str) else join_path(parts)
    return url_for(f"hosting.{endpoint}", server_id=server_id, p=path or None)


def trail(server: ServerDetail, parts: Parts) -> list[tuple[str, str]]:
    """Crumbs from the list of servers to a folder."""
    folders = [
        (shown(name), address("server_files", server.id, parts[: n + 1])) for n, name in enumerate(parts)
    ]
    return [
        (_("Server"), url_for("hosting.servers")),
        (server.name, url_for("hosting.server", server_id=server.id)),
        (_("Dateien"), address("server_files", server.id)),
        *folders,
    ]


def changeable(server: ServerDetail) -> bool:
    """Whether the viewer may change files now."""
    return (
        may(current_actor(), P.file_write) and files.away(server.state, server.world, changing=True) is None
    )


def context(server: ServerDetail, parts: Parts, **more: Any) -> dict[str, Any]:
    """What all pages about files need."""
    return {
        "server": server, "crumbs": trail(server, parts), "path": join_path(parts), "running": server.state in ALIVE,
        "changeable": changeable(server), "limit_mb": number(file_changes.upload_limit() // 1024**2),
        "limit_mb_plain": file_changes.upload_limit() // 1024**2, **more,
    }  # fmt: skip


@hosting.get("/servers/<uuid:server_id>/files")
@allows(P.file_read)
def server_files(server_id: UUID) -> ResponseReturnValue:
    """A folder, folders first, a page at a time."""
    return folder_page(server_id)


def folder_page(server_id: UUID, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """The folder an address is about, with what went wrong above it."""
    first = max(0, request.args.get("cursor", 0, type=int))
    try:
        server, parts, listing = files.list_folder(current_actor(), server_id, path_given(), first)
    except FilesAway as error:
        found = find_server(current_actor(), server_id)
        return away_page(found, error), status
    last = first + files.SHOWN
    page = Page([_line(parts, one) for one in listing.entries], str(last) if last < listing.count else None)
    counted = _(
        "%(first)s–%(last)s von %(all)s",
        first=number(first + 1),
        last=number(min(last, listing.count)),
        all=number(listing.count),
    )
    html = render_template(
        "hosting/files/list.html",
        **context(
            server,
            parts,
            page=page,
            counted=counted,
            cut=listing.cut,
            problem=problem,
            starts=_starts(server_id),
            most=file_many.MOST,
        ),
    )
    return html, status


def away_page(server: ServerDetail, error: FilesAway) -> str:
    """Says why there is nothing to see, and what to do."""
    return render_template("hosting/files/away.html", **context(server, ()), error=error)


def _starts(server_id: UUID) -> dict[str, str]:
    """Addresses without their query: building each of a thousand takes longer than reading the folder."""
    named = {
        "open": "server_files",
        "edit": "edit_file",
        "download": "download_file",
        "unpack": "unpack_file",
    }
    named |= {"rename": "rename_file", "move": "move_file", "delete": "delete_file"}
    return {key: address(endpoint, server_id) for key, endpoint in named.items()}


def _line(parts: Parts, entry: Entry) -> Line:
    ending = extension(entry.name)
    if entry.kind == "folder":
        opens, what = "open", _("Ordner")
    elif entry.kind == "file":
        editable = entry.size <= EDIT_BYTES and ending not in NO_TEXT
        opens, what = "edit" if editable else "download", ""
    else:
        opens, what = None, _("Verknüpfung") if entry.kind == "link" else _("Gerät oder Leitung")
    size = filesize(entry.size) if entry.kind == "file" else "–"
    packed = entry.kind == "file" and is_archive(entry.name)
    asked = f"?p={quote(join_path((*parts, entry.name)))}"
    return Line(shown(entry.name), opens, ICONS[entry.kind], what, size, entry, asked, packed)


@hosting.get("/servers/<uuid:server_id>/files/download")
@allows(P.file_read)
def download_file(server_id: UUID) -> ResponseReturnValue:
    """A file, or a folder as a zip archive."""
    return attachment(files.download(current_actor(), server_id, path_given()))


def attachment(download: files.Download) -> Response:
    """Sent as it is read; a connection that breaks closes what is open."""
    response = Response(download.pieces, mimetype="application/octet-stream")
    response.call_on_close(download.close)
    if download.size is not None:
        response.content_length = download.size
    response.headers["Content-Disposition"] = disposition(download.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


@hosting.post("/servers/<uuid:server_id>/files/upload")
@csrf.exempt
@allows(P.file_write)
def upload_files(server_id: UUID) -> ResponseReturnValue:
    """Take files as they arrive. `Upload` checks the form's token before the first of them."""
    actor, path = current_actor(), path_given()
    find_server(actor, server_id)
    upload = Upload(file_changes.upload_limit())
    sent = (
        file_changes.Sent(one.name, one.pieces, upload.fields.get("replace") == "y")
        for one in upload.files()
        if one.name
    )
    try:
        done = file_changes.upload(actor, server_id, path, sent)
    except TooLarge as error:
        return folder_page(server_id, error.message or file_changes.too_large_words(), 413)
    except (Invalid, Conflict, Unavailable, TooMany) as error:
        return folder_page(server_id, error.message, error.status)
    finally:
        upload.drain()
    flash(ngettext("%(num)d Datei hochgeladen.", "%(num)d Dateien hochgeladen.", len(done)), "ok")
    return htmx.go(address("server_files", server_id, path))
