"""Bytes of nanos: shown on the page or taken along, always asked for through the nano they belong to.

Served as what their bytes are, never as what somebody called them; nothing that a browser would run in our name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, BinaryIO
from urllib.parse import quote
from uuid import UUID

from flask import Response, request
from flask.typing import ResponseReturnValue

from app.core.api import open_file
from app.kit.authz import allows, current_actor
from app.kit.errors import NotFound
from app.nanos.policies import P
from app.nanos.queries.file import Bytes, bytes_to_look, bytes_to_take, thumbnail
from app.nanos.rules.content import FORMS, SHOWN
from app.nanos.views import nanos

PIECE = 1 << 18
_ALONE = "default-src 'none'; sandbox"
_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""For what a browser shows by itself: its own viewer for PDFs does not start in a sandbox. No script runs either way."""


@nanos.get("/<uuid:nano_id>/files/<uuid:file_id>")
@allows(P.nano_read)
def take_bytes(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """The file, to keep."""
    return send_bytes(bytes_to_take(current_actor(), nano_id, file_id), inline=False)


@nanos.get("/<uuid:nano_id>/files/<uuid:file_id>/view")
@allows(P.nano_read)
def view_bytes(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """The content, to look at. Only of kinds that browsers show by themselves."""
    found = bytes_to_look(current_actor(), nano_id, file_id)
    if found.kind not in SHOWN:
        raise NotFound
    return send_bytes(found, inline=True)


@nanos.get("/<uuid:nano_id>/files/<uuid:file_id>/picture")
@allows(P.nano_read)
def picture(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """The first page as a picture we drew ourselves."""
    source = open_file(thumbnail(current_actor(), nano_id, file_id))
    response = Response(_pieces(source, None), mimetype="image/png")
    response.call_on_close(source.close)
    response.headers["Content-Security-Policy"] = _ALONE
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def send_bytes(found: Bytes, *, inline: bool) -> Response:
    """All of it, or the one range that was asked for: players jump about."""
    first, last = byte_range(found.size)
    source = open_file(found.file_id)
    skip(source, first)
    partial = (first, last) != (0, found.size - 1)
    response = Response(
        _pieces(source, last - first + 1), 206 if partial else 200, mimetype=FORMS[found.kind].mime
    )
    response.call_on_close(source.close)
    response.content_length = last - first + 1
    if partial:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Disposition"] = _disposition(found.name, inline=inline)
    response.headers["Content-Security-Policy"] = _VIEWER if inline else _ALONE
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def byte_range(size: int) -> tuple[int, int]:
    """First and last byte wanted. What cannot be, or is more than one range, is all of it."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size - 1
    wanted = asked.range_for_length(size)
    return (wanted[0], wanted[1] - 1) if wanted is not None else (0, size - 1)


def skip(source: IO[bytes], count: int) -> None:
    """Go on `count` bytes further."""
    if count and source.seekable():
        source.seek(count)
        return
    while count > 0:  # a store that only gives a stream
        count -= len(source.read(min(PIECE, count))) or count


def _pieces(source: BinaryIO, left: int | None) -> Iterator[bytes]:
    while left is None or left > 0:
        piece = source.read(PIECE if left is None else min(PIECE, left))
        if not piece:
            return
        left = None if left is None else left - len(piece)
        yield piece


def _disposition(name: str, *, inline: bool) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
