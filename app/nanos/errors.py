"""What may go wrong with content; the services find the words."""

from __future__ import annotations


class ContentFault(Exception):
    """A file that is not taken. Codes: empty, unknown (no kind we take), broken, bomb, unsafe (leads out of its archive,
    holds links), too-many (members), macros, virus.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unreadable(Exception):
    """A file into which the background work could not look."""
