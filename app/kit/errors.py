"""What may go wrong, in the five ways a person can be told. One handler turns them into an answer."""

from __future__ import annotations


class KontorError(Exception):
    """Base of all errors that are meant for people. `message` is already in their language."""

    status = 500

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(KontorError):
    """It is not there, or the asker may not know that it is (404)."""

    status = 404


class NotAllowed(KontorError):
    """The asker may see it but not do this (403)."""

    status = 403


class Conflict(KontorError):
    """Someone was first, or the state does not allow it any more (409)."""

    status = 409


class Invalid(KontorError):
    """Input that cannot be taken; `fields` maps a field's name to what to do about it (422)."""

    status = 422

    def __init__(self, message: str = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class Malformed(KontorError):
    """The request cannot even be read (400)."""

    status = 400


class Unsupported(KontorError):
    """The body is in a format nobody here reads (415)."""

    status = 415


class TooMany(KontorError):
    """Too often in too short a time; `retry_after` in seconds (429)."""

    status = 429

    def __init__(self, message: str = "", retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(KontorError):
    """Something we depend on does not answer; nothing was changed, trying again may help (503)."""

    status = 503
