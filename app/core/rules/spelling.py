"""Misspelt words: how far apart two words are, and the keys by which near ones are found without looking at all.

Two words at most two mistakes apart share at least one key: the beginning of the word with up to two letters left out
(the symmetric deletion of SymSpell). So neighbours come from an index, and only few are measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

BEGINNING = 7  # letters of a word that make its keys
SURE = 9  # from this length on two mistakes are forgiven, from
SHORT = 5  # this one on one


_SOUNDS = re.compile(r"[bdg]$|ph|th|rh|chs|cks|kz|x|ck|tz|dt|ai|ay|ey|ie|y|(?<=[aeiou])h(?![aeiou])|(.)\1+")
_SOUND = {
    "ph": "f", "th": "t", "rh": "r", "chs": "ks", "cks": "ks", "kz": "ks", "x": "ks", "ck": "k", "tz": "z", "dt": "t",
    "ai": "ei", "ay": "ei", "ey": "ei", "ie": "i", "y": "i", "h": "", "b": "p", "d": "t", "g": "k",
}  # fmt: skip
VOWELS = "aeiou"


class Near(NamedTuple):
    """A word of the index that may have been meant: its mistakes, and how unlikely they are (less is likelier)."""

    form: str
    mistakes: int
    strange: int


def sound(word: str) -> str:
    """A folded word roughly as it sounds: Prophylaxe and Profilaxe are the same, and a doubled letter is one."""
    return _SOUNDS.sub(lambda found: _SOUND.get(found[0], found[0][0]), word)


def apart(typed: str, form: str, most: int) -> tuple[int, int] | None:
    """How many mistakes a typed stem is away from one of the index, and how strange they are; None for too many.

    Written otherwise but of the same sound is one mistake. People hardly ever get the first letter wrong: in a short word
    another one is another word (Tasse, Kasse), unless the first two changed places.
    """
    found = distance(typed, form, most)
    if found > 1:
        found = min(found, 1 + distance(sound(typed), sound(form), most))
    if found > most:
        return None
    begins = sound(typed[:3])[:1] == sound(form[:3])[:1]
    if not begins and found and max(len(typed), len(form)) < SURE and sorted(typed[:2]) != sorted(form[:2]):
        return None
    skeleton = _consonants(typed) == _consonants(form)
    return found, 4 * found + (0 if begins else 2) - (1 if skeleton and found else 0)


def _consonants(word: str) -> str:
    return "".join(letter for letter in sound(word) if letter not in VOWELS)


def nearest(several: Iterable[Near]) -> list[Near]:
    """The likeliest of them, each once."""
    best: dict[str, Near] = {}
    for one in several:
        if one.form not in best or one.strange < best[one.form].strange:
            best[one.form] = one
    least = min((one.strange for one in best.values()), default=0)
    return sorted(one for one in best.values() if one.strange == least)


def tolerance(word: str) -> int:
    """How many mistakes are forgiven in a word: none below 5 letters, one from 5, two from 9. None in numbers."""
    if not word.isalpha() or len(word) < SHORT:
        return 0
    return 1 if len(word) < SURE else 2


def keys_of(word: str) -> set[str]:
    """The keys of a word in the index; empty for what is too short to be meant by a mistake."""
    if not word.isalpha() or len(word) < SHORT - 1:
        return set()
    return keys(sound(word), 2 if len(word) >= SURE - 2 else 1)


def keys(word: str, mistakes: int) -> set[str]:
    """The beginning of a word with up to `mistakes` letters left out."""
    beginning = word[:BEGINNING]
    places = range(len(beginning))
    return {
        "".join(beginning[n] for n in places if n not in left_out)
        for count in range(min(mistakes, len(beginning)) + 1)
        for left_out in combinations(places, count)
    }


def distance(one: str, other: str, most: int) -> int:
    """Mistakes between two words: a letter wrong, missing, too much, or two neighbours swapped (optimal string alignment).

    Anything above `most` is `most + 1`.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, facing in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != facing))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == facing:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(last) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
