"""What a password must be. Length is what counts; rules about signs only make people write them down."""

from __future__ import annotations

from enum import StrEnum

SHORTEST = 10
LONGEST = 200  # bytes of work an anonymous visitor may ask the hash for


class Weakness(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    ADDRESS = "address"
    MONOTONE = "monotone"


def weakness(password: str, email: str) -> Weakness | None:
    """The first thing wrong with it, or None."""
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    if password.casefold() in (email.casefold(), email.partition("@")[0].casefold()):
        return Weakness.ADDRESS
    if len(set(password)) < 4:
        return Weakness.MONOTONE
    return None
