"""Where archives are kept: one Protocol, three real stores (folder, SFTP, S3).

Rules that every store keeps (`tests/hosting/gateways/test_archive_stores.py`):

- `put` writes `<key>.part` and nothing else. Only `finish` makes `<key>` appear, whole and at once.
- Whatever is killed at whatever instant leaves the old `<key>` as it was, and at most a `<key>.part` that the next
  `put` overwrites. On S3, what a killed `put` had sent is not even seen.
- Every call has time limits and may be repeated. Memory does not grow with the size of an archive.
- Without an answer nothing is known: `StoreUnavailable`. `Missing` is only said by a store that looked.
- Nothing here knows servers, people or the database. Errors carry codes; the pages translate them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from app.kit.errors import KontorError, Unavailable

PART = ".part"
PIECE = 1 << 20
"""Largest chunk handed out or asked for, in bytes."""
_NAME = r"[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?"
KEY = re.compile(rf"(?:{_NAME}/){{2}}{_NAME}\.tar\.zst")


class StoreUnavailable(Unavailable):
    """No answer in time, or not now. Nothing is known and nothing was lost; try again later."""

    code = "unavailable"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, code=self.code)
        self.detail = detail


class StoreFault(KontorError):
    """The store answered and did not do it. `code` names why; `detail` is raw text for the operator."""

    code = "fault"

    def __init__(self, detail: str = "", code: str = "") -> None:
        self.code = code or type(self).code
        super().__init__(detail, code=self.code)
        self.detail = detail


class StoreFull(StoreFault):
    """No space or quota left there."""

    code = "full"


class StoreRefused(StoreFault):
    """The store does not let us. Somebody has to change something first; trying again does not help.

    Codes: `wrong-host-key` (another machine answers than the one that was pinned), `auth` (user, key or password not
    taken), `permission` (signed in, but may not read or write there), `no-bucket`, `no-folder`.
    """

    code = "permission"


class Missing(StoreFault):
    """The store looked and has no such object."""

    code = "missing"


class Corrupt(KontorError):
    """The archive is not what was written. `why` is a code, `member` the file it was found in where that is known."""

    code = "corrupt"

    def __init__(self, why: str, member: str = "") -> None:
        super().__init__(f"{why}: {member}" if member else why, code=self.code)
        self.why = why
        self.member = member


class Store(Protocol):
    """Keys have the form `<organisation>/<server>/<archive>.tar.zst`. Safe to use from many threads and processes;
    two that write the same key at the same time is the caller's mistake.
    """

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Writes `<key>.part` over an older one, durably, and returns the bytes written.

        What `chunks` raises passes through. Raises StoreUnavailable, StoreFull, StoreRefused.
        """

    def get_part(self, key: str) -> Iterator[bytes]:
        """Reads `<key>.part` back in pieces of at most 1 MiB. Raises Missing at once or with the first piece."""

    def finish(self, key: str) -> None:
        """`<key>.part` becomes `<key>` and replaces it; nothing happens when that was done before. Raises Missing."""

    def get(self, key: str) -> Iterator[bytes]:
        """Reads `<key>` in pieces of at most 1 MiB. Raises Missing at once or with the first piece."""

    def delete(self, key: str) -> None:
        """Neither `<key>` nor `<key>.part` is there afterwards; absent is no error."""

    def check(self) -> None:
        """Writes and removes a probe. Raises StoreUnavailable, StoreFull, StoreRefused. For readiness and doctor."""


def checked(key: str) -> str:
    """The key when it has our form. ValueError otherwise: no path of a stranger reaches a store."""
    if not KEY.fullmatch(key):
        raise ValueError(f"not a key of an archive: {key!r}")
    return key
