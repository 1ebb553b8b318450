"""Short names for addresses, made from the names people choose."""

from __future__ import annotations

import re
import unicodedata

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug_of(name: str) -> str:
    """ "Größte Möbel GmbH" -> "groesste-moebel-gmbh"; never empty, at most 40 signs."""
    text = (
        unicodedata.normalize("NFKD", name.casefold().translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    )
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:40].strip("-") or "organisation"
