"""Uploads in pieces: each says where it begins, and only the one that continues is taken."""

from __future__ import annotations

PIECE_BYTES = 4 * 1024 * 1024
"""What a browser sends at once: below what a form may hold, small enough to be sent again."""


class Misplaced(Exception):
    """The piece does not begin where the upload ends. `offset` says where it does."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class TooMuch(Exception):
    """More bytes than were announced, or none at all."""


def take_piece(received: int, size: int, offset: int, length: int) -> int:
    """Bytes there are with the piece. Raises Misplaced, TooMuch."""
    if offset != received:
        raise Misplaced(received)
    if length < 1 or length > PIECE_BYTES or received + length > size:
        raise TooMuch
    return received + length
