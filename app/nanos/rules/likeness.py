"""How alike two texts are, from signatures of a few hundred bytes (MinHash), and which are worth comparing (bands).

A text is the set of pairs of neighbouring words: those of three letters and more, by their first seven, so that most endings
do not matter. Two signatures agree in
about as many places as the sets share of all their pairs (Broder 1997). Texts that agree in one whole band are compared, all
others never: with 24 bands of 4, four fifths of the texts that share half, and hardly any that share a fifth.
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from itertools import pairwise

from app.nanos.rules.outcome import words_of

BANDS, ROWS = 24, 4
PLACES = BANDS * ROWS
LEAST_PAIRS = 12
"""Of a shorter text nothing is said: a title alone is alike to many."""
MOST_PAIRS = 1_500
"""Of a longer one the pairs with the smallest hashes stand for all."""
ALIKE = 50
"""Hundredths from which on people are told."""
RULES = 1
"""A higher number makes every signature different, so that all are made anew."""

_MASK = (1 << 61) - 1


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


_TURNS = tuple((_hash(f"a{n}") % _MASK | 1, _hash(f"b{n}") % _MASK) for n in range(PLACES))


def pairs_of(text: str) -> frozenset[int]:
    """The pairs of neighbouring words, as hashes."""
    words = [word[:7] for word in words_of(text) if len(word) > 2]
    found = {_hash(f"{one} {other}") for one, other in pairwise(words)}
    return frozenset(sorted(found)[:MOST_PAIRS])


def signature(text: str) -> bytes:
    """The smallest of the pairs in each of 96 orders, four bytes each; empty for a text too short to tell."""
    pairs = pairs_of(text)
    if len(pairs) < LEAST_PAIRS:
        return b""
    return struct.pack(f">{PLACES}I", *(min((a * one + b) % _MASK for one in pairs) >> 29 for a, b in _TURNS))


def bands(sign: bytes) -> list[int]:
    """A number for each band: equal ones make two texts worth comparing. Nothing for an empty signature."""
    size = 4 * ROWS
    return [
        int.from_bytes(blake2b(bytes([n]) + sign[start : start + size], digest_size=8).digest(), "big") >> 1
        for n, start in enumerate(range(0, len(sign), size))
    ]


def alike(one: bytes, other: bytes) -> int:
    """About how many hundredths of their pairs two texts share; 0 where one is too short to tell."""
    if not one or not other:
        return 0
    mine, theirs = struct.unpack(f">{PLACES}I", one), struct.unpack(f">{PLACES}I", other)
    same: int = sum(a == b for a, b in zip(mine, theirs, strict=True))
    return 100 * same // PLACES
