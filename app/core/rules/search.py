"""What fits a search text, and how well."""

from __future__ import annotations

import unicodedata

LONGEST = 100  # letters of a search text that count


def clean(text: str) -> str:
    """What counts of a search text: no control characters, single spaces, 100 letters."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST])
    return " ".join(printable.split())[:LONGEST].strip()


def fold(text: str) -> str:
    """For comparing: without case and accents, ß as ss."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def rank(label: str, text: str) -> int | None:
    """How well a label fits: 0 begins with it, 1 a word begins with it, 2 all words occur; None not at all."""
    here, wanted = fold(label), fold(text)
    if here.startswith(wanted):
        return 0
    if f" {wanted}" in here:
        return 1
    return 2 if all(word in here for word in wanted.split()) else None


def like(text: str) -> str:
    """The pattern for `column.ilike(like(text), escape="\\\\")`: the text anywhere, its wildcards as plain letters."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
