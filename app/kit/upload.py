"""Reading an upload as it arrives: never in memory, never more than allowed, and nothing before the form's token is right.

A view that takes uploads is `@csrf.exempt` (the usual check would first read the whole body) and calls `fields_and_files`,
which checks the token itself. The form puts its token and its other fields before its files.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import current_app, request
from flask_wtf.csrf import CSRFError, same_origin, validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from wtforms.validators import ValidationError

from app.kit.errors import KontorError, Malformed, Unsupported
from app.kit.forms import csrf

PIECE = 1 << 16
FIELD_BYTES = 1 << 16
HEAD_BYTES = 1 << 13
EXTRA_BYTES = 1 << 18
"""What the form itself may take beside its files."""
MOST_PARTS = 200
DRAIN_SECONDS = 20.0


class TooLarge(KontorError):
    """More was sent than may be (413)."""

    status = 413


@dataclass
class Incoming:
    """A file on its way: read `pieces` to the end before asking for the next one."""

    name: str
    """The file's name as the browser gave it: not to be trusted."""
    pieces: Iterator[bytes]


@dataclass
class Upload:
    """The form's fields as far as they have come, and its files one after the other."""

    most_bytes: int
    fields: dict[str, str] = field(default_factory=dict)
    _checked: bool = False
    _received: int = 0
    _buffer: bytearray = field(default_factory=bytearray)

    def files(self) -> Iterator[Incoming]:
        """Raises TooLarge, Malformed, Unsupported, and CSRFError before the first byte of a file is given."""
        kind, options = parse_options_header(request.headers.get("Content-Type"))
        if kind != "multipart/form-data" or not options.get("boundary"):
            check_token(request.headers.get("X-CSRF-Token"))
            raise Unsupported
        if (request.content_length or 0) > self.most_bytes + EXTRA_BYTES:
            raise TooLarge
        request.max_content_length = self.most_bytes + EXTRA_BYTES
        for name, file_name, pieces in self._parts(options["boundary"].encode("latin-1", "replace")):
            if file_name is None:
                self.fields[name] = _short(pieces, FIELD_BYTES).decode("utf-8", "replace")
            else:
                self._check()
                yield Incoming(file_name, pieces)
                for _ in pieces:  # whatever was not read
                    pass
        self._check()

    def _parts(self, boundary: bytes) -> Iterator[tuple[str, str | None, Iterator[bytes]]]:
        """Name, file name and content of each part. Werkzeug's decoder adds a byte to a file now and then: when what it
        is given ends inside of a boundary.
        """
        border = b"\r\n--" + boundary
        self._buffer += b"\r\n"
        _short(self._until(border), HEAD_BYTES)
        for _ in range(MOST_PARTS):
            while len(self._buffer) < 2:
                self._more()
            if self._buffer[:2] == b"--":
                return
            disposition = _disposition(_short(self._until(b"\r\n\r\n"), HEAD_BYTES))
            while len(self._buffer) < len(border) - 2:
                self._more()
            if self._buffer.startswith(border[2:]):
                self._buffer[:0] = b"\r\n"  # nothing at all, not even an empty line
            yield disposition["name"], disposition.get("filename"), self._until(border)
        raise TooLarge

    def _until(self, end: bytes) -> Iterator[bytes]:
        """What comes before `end`; takes `end`, too."""
        while (at := self._buffer.find(end)) < 0:
            if piece := bytes(self._buffer[: 1 - len(end)]):
                del self._buffer[: len(piece)]
                yield piece
            self._more()
        piece = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        if piece:
            yield piece

    def _more(self) -> None:
        try:
            data = request.stream.read(PIECE)
        except RequestEntityTooLarge:
            raise TooLarge from None
        if not data:
            raise Malformed
        self._buffer += data
        self._received += len(data)
        if self._received > self.most_bytes + EXTRA_BYTES:
            raise TooLarge

    def drain(self) -> None:
        """Reads what is still coming and drops it, for a while: a browser that is cut off while it sends shows no answer."""
        until = time.monotonic() + DRAIN_SECONDS
        stream, length = request.environ["wsgi.input"], request.content_length
        if length is None and not request.environ.get("wsgi.input_terminated"):
            return
        with contextlib.suppress(OSError, ValueError):
            while (length is None or self._received < length) and time.monotonic() < until:
                data = stream.read(PIECE if length is None else min(PIECE, length - self._received))
                if not data:
                    return
                self._received += len(data)

    def _check(self) -> None:
        if not self._checked:
            check_token(self.fields.get("csrf_token") or request.headers.get("X-CSRF-Token"))
            self._checked = True


def _short(pieces: Iterator[bytes], most: int) -> bytes:
    made = bytearray()
    for piece in pieces:
        made += piece
        if len(made) > most:
            raise TooLarge
    return bytes(made)


def _disposition(head: bytes) -> dict[str, str]:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            kind, options = parse_options_header(value)
            if kind == "form-data" and "name" in options:
                return options
    raise Malformed


def check_token(token: str | None) -> None:
    """The check of `CSRFProtect` for a token that was read by ourselves. Raises CSRFError."""
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return
    try:
        validate_csrf(token)
    except ValidationError as error:
        raise CSRFError(str(error)) from None
    if request.is_secure and not same_origin(request.referrer or "", f"https://{request.host}/"):
        raise CSRFError("The referrer does not match the host.")


def allow_form_bytes(most: int) -> None:
    """A form of up to so many bytes, for a `@csrf.exempt` view that knows who asks: then checks its token."""
    request.max_content_length = most
    request.max_form_memory_size = most
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
