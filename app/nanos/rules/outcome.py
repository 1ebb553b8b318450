"""Is it still the same nano? Ratings speak about what one learns: with another learning outcome they would be wrong."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def words_of(text: str) -> tuple[str, ...]:
    """The words without case, accents, umlauts, punctuation: what two ways of writing the same have in common."""
    folded = unicodedata.normalize("NFC", text).casefold().translate(_SPELT)
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return tuple(_WORD.findall(plain))


def same_outcome(before: str, after: str) -> bool:
    """Whether a change of the learning outcome is one of spelling only. Any other word is another outcome."""
    return words_of(before) == words_of(after)
