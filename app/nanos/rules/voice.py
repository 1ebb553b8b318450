"""Texts that people write about nanos: cleaned, and fit to be kept."""

from __future__ import annotations

LONGEST_QUESTION, LONGEST_ANSWER = 1000, 2000
LONGEST_NAME, LONGEST_NOTE, LONGEST_ABOUT = 120, 500, 2000


def cleaned_text(text: str | None) -> str:
    """Line breaks alike, no blanks at the ends of lines, none around the whole."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def cleaned_line(text: str | None) -> str:
    """One line with single blanks."""
    return " ".join((text or "").split())


def unseen(text: str) -> bool:
    """Whether there are signs in it that nobody can see."""
    return any(ord(c) < 32 and c not in "\n\t" for c in text)
