"""Voucher codes: made from 80 random bits, so guessing is hopeless; kept only as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that a code survives being read aloud or copied by hand."""

LENGTH = 16
_CONFUSED = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_code() -> str:
    """A fresh code, grouped for people: XXXX-XXXX-XXXX-XXXX."""
    plain = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(plain[at : at + 4] for at in range(0, LENGTH, 4))


def normalise(text: str) -> str | None:
    """The 16 signs of what a person typed, whatever the case, gaps or look-alikes; None if it cannot be a code."""
    plain = re.sub(r"[\s\-–—_.]", "", text).upper().translate(_CONFUSED)
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else None


def code_hash(normalised: str) -> str:
    """What is stored. Without salt: the code has 80 random bits, there is no dictionary to try."""
    return hashlib.sha256(b"kontor voucher " + normalised.encode()).hexdigest()
