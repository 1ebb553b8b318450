"""Fetching a stored file."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, send_file
from flask.typing import ResponseReturnValue

from app.core.queries.file import file_for
from app.core.services.file import open_file
from app.kit.authz import current_actor, signed_in

files = Blueprint("files", __name__)


@files.get("/dateien/<uuid:file_id>")
@signed_in("Every file names its person or organisation; the query decides by that.")
def download(file_id: UUID) -> ResponseReturnValue:
    """The file as an attachment: it is never shown inside our pages, whatever its type says."""
    found = file_for(current_actor(), file_id)
    response: Response = send_file(
        open_file(found.id),
        mimetype=found.mime,
        as_attachment=True,
        download_name=found.name,
        etag=found.sha256,
    )
    response.content_length = found.size
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
