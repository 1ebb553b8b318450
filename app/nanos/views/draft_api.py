"""API v1: drafts of the organisation's nanos, their content, asking for publication, and their end."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from pydantic import Field

from app.kit.errors import Conflict, NotFound
from app.kit.rest import Call, Shape, operation
from app.nanos.catalog import slugs
from app.nanos.policies import P
from app.nanos.queries.file import files_of, upload_of
from app.nanos.queries.nano import get_open
from app.nanos.rules.details import Details, complete
from app.nanos.rules.upload import PIECE_BYTES, Misplaced
from app.nanos.services import ending, publishing, revision
from app.nanos.services import upload as uploads
from app.nanos.services.file import add_link, remove_file
from app.nanos.services.nano import create_nano, save_draft
from app.nanos.views.api import bp
from app.nanos.views.api_shapes import (
    AddedFile,
    ApiDraft,
    ApiNanoFile,
    ApiUpload,
    DraftPatch,
    NewLink,
    NewNano,
    NewUpload,
)

TAG = "Nanos: offering"


def _draft(call: Call, nano_id: UUID) -> ApiDraft:
    nano = get_open(call.actor, nano_id)
    if not nano.ours:
        raise NotFound
    files = files_of(nano.revision_id)
    return ApiDraft(
        **ApiDraft.said(nano.details), id=nano.id, state=nano.state.value, stage=nano.stage.value, revision=nano.number,
        version=nano.version, reason=nano.reason, files=[ApiNanoFile.of(one, nano) for one in files],
        missing=[*complete(nano.details, slugs()), *([] if files else ["files"])],
    )  # fmt: skip


def _here(nano_id: UUID) -> dict[str, str]:
    return {"Location": url_for("nanos_api.api_get_draft", nano_id=nano_id)}


@operation(
    bp, "POST", "/nanos", tag=TAG, summary="Begin a nano", permission=P.nano_write, body=NewNano, answer=ApiDraft,
    status=201,
)  # fmt: skip
def api_create_nano(call: Call) -> tuple[ApiDraft, dict[str, str]]:
    new: NewNano = call.body
    nano_id = create_nano(call.actor, Details(**new.given()), once=call.once)
    return _draft(call, nano_id), _here(nano_id)


@operation(
    bp, "GET", "/nanos/{nano_id}/draft", tag=TAG, summary="Show a draft", permission=P.nano_write, answer=ApiDraft
)  # fmt: skip
def api_get_draft(call: Call, nano_id: UUID) -> ApiDraft:
    return _draft(call, nano_id)


@operation(
    bp, "PATCH", "/nanos/{nano_id}/draft", tag=TAG, summary="Change a draft", permission=P.nano_write, body=DraftPatch,
    answer=ApiDraft,
)  # fmt: skip
def api_change_draft(call: Call, nano_id: UUID) -> ApiDraft:
    new: DraftPatch = call.body
    nano = get_open(call.actor, nano_id)
    if not nano.ours:
        raise NotFound
    save_draft(call.actor, nano_id, new.version, replace(nano.details, **new.given()))
    return _draft(call, nano_id)


@operation(
    bp, "DELETE", "/nanos/{nano_id}/draft", tag=TAG, summary="Throw a draft away", permission=P.nano_write,
    description="What is public stays; a nano that was never public goes with its draft.",
)  # fmt: skip
def api_discard_draft(call: Call, nano_id: UUID) -> None:
    revision.discard(call.actor, nano_id)


@operation(
    bp, "POST", "/nanos/{nano_id}/revision", tag=TAG, summary="Begin a new revision", permission=P.nano_write,
    answer=ApiDraft, status=201, description="A draft with all that is public; one that is there already is gone on with.",
)  # fmt: skip
def api_begin_revision(call: Call, nano_id: UUID) -> tuple[ApiDraft, dict[str, str]]:
    revision.begin_revision(call.actor, nano_id)
    return _draft(call, nano_id), _here(nano_id)


@operation(
    bp, "POST", "/nanos/{nano_id}/links", tag=TAG, summary="Add a link", permission=P.nano_write, body=NewLink,
    answer=AddedFile, status=201,
)  # fmt: skip
def api_add_nano_link(call: Call, nano_id: UUID) -> tuple[AddedFile, dict[str, str]]:
    new: NewLink = call.body
    return AddedFile(id=add_link(call.actor, nano_id, new.url)), _here(nano_id)


@operation(
    bp, "DELETE", "/nanos/{nano_id}/files/{file_id}", tag=TAG, summary="Take a file out of the draft",
    permission=P.nano_write,
)  # fmt: skip
def api_remove_nano_file(call: Call, nano_id: UUID, file_id: UUID) -> None:
    remove_file(call.actor, nano_id, file_id)


def _upload(call: Call, nano_id: UUID, upload_id: UUID) -> ApiUpload:
    return ApiUpload.of(upload_of(call.actor, nano_id, upload_id), PIECE_BYTES)


@operation(
    bp, "POST", "/nanos/{nano_id}/uploads", tag=TAG, summary="Begin an upload", permission=P.nano_write, body=NewUpload,
    answer=ApiUpload, status=201, description="Then send the pieces in their order, and finish it.",
)  # fmt: skip
def api_begin_upload(call: Call, nano_id: UUID) -> tuple[ApiUpload, dict[str, str]]:
    new: NewUpload = call.body
    made = uploads.begin_upload(call.actor, nano_id, name=new.name, size=new.size)
    here = url_for("nanos_api.api_get_upload", nano_id=nano_id, upload_id=made)
    return _upload(call, nano_id, made), {"Location": here}


@operation(
    bp, "GET", "/nanos/{nano_id}/uploads/{upload_id}", tag=TAG, summary="Ask where an upload goes on",
    permission=P.nano_write, answer=ApiUpload,
)  # fmt: skip
def api_get_upload(call: Call, nano_id: UUID, upload_id: UUID) -> ApiUpload:
    return _upload(call, nano_id, upload_id)


class PieceQuery(Shape):
    """Query of a piece."""

    offset: int = Field(ge=0, le=2**62, description="Where the piece begins.")


def _misplaced(error: Misplaced) -> Conflict:
    return Conflict(_("Dieses Hochladen geht bei Byte %(offset)d weiter.", offset=error.offset))


@operation(
    bp, "PUT", "/nanos/{nano_id}/uploads/{upload_id}", tag=TAG, summary="Send the next piece", permission=P.nano_write,
    query=PieceQuery, raw=PIECE_BYTES, answer=ApiUpload,
    description="A piece that does not begin where the last one ended is answered 409; ask the upload where to go on.",
)  # fmt: skip
def api_send_piece(call: Call, nano_id: UUID, upload_id: UUID) -> ApiUpload:
    try:
        return ApiUpload.of(
            uploads.add_piece(call.actor, nano_id, upload_id, call.query.offset, call.body), PIECE_BYTES
        )
    except Misplaced as error:
        raise _misplaced(error) from None


@operation(
    bp, "POST", "/nanos/{nano_id}/uploads/{upload_id}/finish", tag=TAG, summary="Finish an upload",
    permission=P.nano_write, answer=AddedFile, status=201,
    description="The file is examined and becomes part of the draft, or is refused with the reason.",
)  # fmt: skip
def api_finish_upload(call: Call, nano_id: UUID, upload_id: UUID) -> tuple[AddedFile, dict[str, str]]:
    try:
        return AddedFile(id=uploads.finish_upload(call.actor, nano_id, upload_id)), _here(nano_id)
    except Misplaced as error:
        raise _misplaced(error) from None


@operation(
    bp, "DELETE", "/nanos/{nano_id}/uploads/{upload_id}", tag=TAG, summary="Give an upload up", permission=P.nano_write
)  # fmt: skip
def api_stop_upload(call: Call, nano_id: UUID, upload_id: UUID) -> None:
    uploads.stop_upload(call.actor, nano_id, upload_id)


@operation(
    bp, "POST", "/nanos/{nano_id}/submit", tag=TAG, summary="Ask for publication", permission=P.nano_submit,
    description="422 names by field what is missing.",
)  # fmt: skip
def api_submit_nano(call: Call, nano_id: UUID) -> None:
    publishing.submit(call.actor, nano_id)


@operation(
    bp, "POST", "/nanos/{nano_id}/withdraw", tag=TAG, summary="Take the request back", permission=P.nano_submit
)  # fmt: skip
def api_withdraw_nano(call: Call, nano_id: UUID) -> None:
    publishing.withdraw(call.actor, nano_id)


@operation(
    bp, "POST", "/nanos/{nano_id}/retire", tag=TAG, summary="Retire a nano", permission=P.nano_end,
    description="It is found no more; licences that run go on.",
)  # fmt: skip
def api_retire_nano(call: Call, nano_id: UUID) -> None:
    ending.retire(call.actor, nano_id)


@operation(
    bp, "POST", "/nanos/{nano_id}/return", tag=TAG, summary="Bring a retired nano back", permission=P.nano_end
)  # fmt: skip
def api_return_nano(call: Call, nano_id: UUID) -> None:
    ending.bring_back(call.actor, nano_id)
