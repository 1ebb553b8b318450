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
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData
from wtforms.validators import ValidationError

from app.kit.errors import KontorError, Malformed, Unsupported
from app.kit.forms import csrf

PIECE = 1 << 16
FIELD_BYTES = 1 << 16
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

    def files(self) -> Iterator[Incoming]:
        """Raises TooLarge, Malformed, Unsupported, and CSRFError before the first byte of a file is given."""
        kind, options = parse_options_header(request.headers.get("Content-Type"))
        if kind != "multipart/form-data" or not options.get("boundary"):
            check_token(request.headers.get("X-CSRF-Token"))
            raise Unsupported
        decoder = MultipartDecoder(options["boundary"].encode("latin-1", "replace"), max_parts=MOST_PARTS)
        events = self._events(decoder)
        for event in events:
            if isinstance(event, Field):
                self.fields[event.name] = self._value(events)
            elif isinstance(event, File):
                self._check()
                incoming = Incoming(event.filename, self._pieces(events))
                yield incoming
                for _ in incoming.pieces:  # whatever was not read
                    pass
        self._check()

    def _events(self, decoder: MultipartDecoder) -> Iterator[Field | File | Data]:
        most = self.most_bytes + EXTRA_BYTES
        if (request.content_length or 0) > most:
            raise TooLarge
        request.max_content_length = most
        try:
            while True:
                event = decoder.next_event()
                if isinstance(event, NeedData):
                    data = request.stream.read(PIECE)
                    self._received += len(data)
                    if self._received > most or len(decoder.buffer) > 4 * PIECE:
                        raise TooLarge
                    decoder.receive_data(data or None)
                elif isinstance(event, Epilogue):
                    return
                elif isinstance(event, Field | File | Data):
                    yield event
        except RequestEntityTooLarge:
            raise TooLarge from None
        except (ValueError, LookupError) as error:
            raise Malformed from error

    @staticmethod
    def _pieces(events: Iterator[Field | File | Data]) -> Iterator[bytes]:
        for event in events:
            if not isinstance(event, Data):
                raise Malformed
            if event.data:
                yield event.data
            if not event.more_data:
                return

    def _value(self, events: Iterator[Field | File | Data]) -> str:
        made = bytearray()
        for piece in self._pieces(events):
            made += piece
            if len(made) > FIELD_BYTES:
                raise TooLarge
        return made.decode("utf-8", "replace")

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
