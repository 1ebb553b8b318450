"""Uploads in pieces, for the script on the content page. Answers are JSON; a form without script goes another way.

Begin: name and size. Each piece says where it begins; one that does not fit is answered 409 with the place to go on from.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, KontorError, Malformed, TooMany, Unavailable
from app.nanos.policies import P
from app.nanos.queries.file import UploadView, upload_of
from app.nanos.rules.upload import PIECE_BYTES, Misplaced
from app.nanos.services import upload as uploads
from app.nanos.views import nanos

_TOLD = (Invalid, Conflict, TooMany, Unavailable)


def _state(upload: UploadView, status: int = 200) -> Response:
    response = jsonify(
        id=str(upload.id), offset=upload.received, size=upload.size, state=upload.state, piece=PIECE_BYTES
    )
    response.status_code = status
    return response


def _fault(error: KontorError) -> Response:
    words = next(iter(getattr(error, "fields", {}).values()), error.message)
    response = jsonify(message=words)
    response.status_code = error.status
    return response


def _misplaced(error: Misplaced) -> Response:
    response = jsonify(offset=error.offset)
    response.status_code = 409
    return response


@nanos.post("/<uuid:nano_id>/uploads")
@allows(P.nano_write)
def begin_upload(nano_id: UUID) -> ResponseReturnValue:
    """201 with the upload's id."""
    given: Any = request.get_json(silent=True)
    name = given.get("name") if isinstance(given, dict) else None
    size = given.get("size") if isinstance(given, dict) else None
    if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool) or abs(size) >= 2**62:
        raise Malformed
    try:
        made = uploads.begin_upload(current_actor(), nano_id, name=name, size=size)
    except _TOLD as error:
        return _fault(error)
    return _state(upload_of(current_actor(), nano_id, made), 201)


@nanos.get("/<uuid:nano_id>/uploads/<uuid:upload_id>")
@allows(P.nano_write)
def upload_state(nano_id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """Where to go on after the connection broke."""
    return _state(upload_of(current_actor(), nano_id, upload_id))


@nanos.post("/<uuid:nano_id>/uploads/<uuid:upload_id>")
@allows(P.nano_write)
def upload_piece(nano_id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """The body is the piece, ?offset= where it begins."""
    offset = request.args.get("offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 19):
        raise Malformed
    if request.content_length is None or request.content_length > PIECE_BYTES:
        raise Malformed
    try:
        return _state(
            uploads.add_piece(current_actor(), nano_id, upload_id, int(offset), request.get_data(cache=False))
        )
    except Misplaced as error:
        return _misplaced(error)
    except _TOLD as error:
        return _fault(error)


@nanos.post("/<uuid:nano_id>/uploads/<uuid:upload_id>/finish")
@allows(P.nano_write)
def finish_upload(nano_id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """Everything is there: it is looked at and kept, or refused with the reason."""
    try:
        made = uploads.finish_upload(current_actor(), nano_id, upload_id)
    except Misplaced as error:
        return _misplaced(error)
    except _TOLD as error:
        return _fault(error)
    return jsonify(file=str(made))


@nanos.post("/<uuid:nano_id>/uploads/<uuid:upload_id>/stop")
@allows(P.nano_write)
def stop_upload(nano_id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """Given up."""
    uploads.stop_upload(current_actor(), nano_id, upload_id)
    return "", 204
