"""Console lines on their way to a game."""

from __future__ import annotations

from app.hosting.gateways.rcon import LARGEST_REQUEST
from app.hosting.gateways.runtime import CommandRefused


def checked_line(line: str) -> str:
    """One console line that every way to a game can carry. Raises CommandRefused."""
    text = line.strip()
    if not text:
        raise CommandRefused("empty")
    if any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text):
        raise CommandRefused("control characters")
    if len(text.encode("utf-8", "replace")) > LARGEST_REQUEST - 46:
        raise CommandRefused("too long")
    return text
