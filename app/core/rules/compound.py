"""Compounds: Arbeitssicherheit is Arbeit and Sicherheit. What a part may be is learnt from the words of the index itself."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from app.core.rules.german import STOP, stem

LINKS = ("", "s", "es", "n", "en", "er", "e")
SHORTEST = 3
LONGEST = 40  # letters; what is longer is no word, and taking it apart would take long
# Endings and beginnings that also occur as words of their own: they never count as a part.
NO_PART = frozenset(
    " ".join(
        (
            "ung heit keit lich isch ische schaft bar sam los tum nis ion ier",
            "ver ent zer miss erst ing ant ern ens",
        )
    ).split()
)
# After these a linking s is certain to end a part.
_JOINT = re.compile(r"(ung|heit|keit|schaft|ion|tat|ling)s")
_ONSET = re.compile(
    r"(?:[bdfghjklmnprstvwz]|bl|br|chr|dr|fl|fr|gl|gn|gr|kl|kn|kr|pf|pfl|pfr|ph|pl|pr|ps|qu|rh|sch|schl|schm|schn|schr|schw"
    r"|sk|sp|spr|spl|st|str|th|tr|tsch|wr|zw|cl|cr|c)?[aeiouy]"
)


def candidates(word: str) -> set[str]:
    """Stems that could be parts of a folded word; whoever splits asks which of them exist."""
    size = len(word)
    found: set[str] = set()
    if not 2 * SHORTEST <= size <= LONGEST or not word.isalpha():
        return found
    for begin in range(size):
        if 0 < begin < SHORTEST:
            continue
        for end in range(begin + SHORTEST, size + 1):
            if end - begin < size and not 0 < size - end < SHORTEST:
                found.update(_stems(word[begin:end], last=end == size))
    return found


def _stems(piece: str, *, last: bool) -> list[str]:
    """The stems a piece of a compound can stand for: in front of another part, a link may follow it."""
    if piece in NO_PART or piece in STOP:
        return []
    own = stem(piece)
    found = [own] if len(own) >= SHORTEST and own not in NO_PART else []
    if not last:
        for link in LINKS[1:]:
            rest = piece.removesuffix(link)
            if rest != piece and len(rest) >= SHORTEST and rest not in NO_PART and rest not in STOP:
                found += [one for one in (stem(rest), rest) if one not in found]
    return found


def split(word: str, known: Container[str]) -> list[str]:
    """The stems of the parts, or an empty list when the word does not come out even. `known` are stems that exist.

    The fewest parts win, then the longest shortest one: short words are found in everything by accident.
    """
    size = len(word)
    if not 2 * SHORTEST <= size <= LONGEST or not word.isalpha():
        return []
    best: dict[int, tuple[float, list[str]]] = {0: (0.0, [])}
    for end in range(SHORTEST, size + 1):
        if 0 < size - end < SHORTEST:
            continue
        for begin in range(end - SHORTEST + 1):
            if begin not in best or end - begin == size:
                continue
            part = next((s for s in _stems(word[begin:end], last=end == size) if s in known), None)
            if part is None:
                continue
            cost = best[begin][0] + 1 + (0.8 if len(part) < 4 else 0.2 if len(part) == 4 else 0)
            if end not in best or cost < best[end][0]:
                best[end] = (cost, [*best[begin][1], part])
    return best[size][1] if size in best else []


def parts(word: str, known: Container[str]) -> list[tuple[str, bool]]:
    """Every part at every level as (stem, whether it is the head): Brandschutzhelfer has Brandschutz, Brand, Schutz, Helfer."""
    found: dict[str, bool] = {}
    top = split(word, known)
    for number, part in enumerate(top):
        head = number == len(top) - 1
        found[part] = found.get(part, False) or head
        for inner, inner_head in parts(part, known):
            found[inner] = found.get(inner, False) or (head and inner_head)
    return list(found.items())


def guessed(word: str, known: Container[str]) -> list[tuple[str, bool]]:
    """Parts of a word that does not come out even, in two: where its beginning is known, else at a joint that is one for
    sure (Ladungs-Sicherung). The rest may be a word nobody used alone."""
    if not word.isalpha() or len(word) > LONGEST:
        return []
    for cut in range(len(word) - 5, 3, -1):
        front = next((s for s in _stems(word[:cut], last=False) if s in known), None)
        if front and len(front) >= 4 and _begins(word[cut:]) and front != stem(word):
            return [(front, False), (stem(word[cut:]), True)]
    for found in _JOINT.finditer(word):
        front, rest = stem(word[: found.start()] + found[1]), word[found.end() :]
        if len(front) >= 5 and len(rest) >= 4 and _begins(rest):
            return [(front, False), (stem(rest), True)]
    return []


def _begins(rest: str) -> bool:
    """Whether a German word may begin so: not in the middle of a sound (Brand-schutz, never Brands-chutz)."""
    return bool(_ONSET.match(rest)) and rest not in NO_PART and rest not in STOP


def remainders(word: str, known: Container[str]) -> Iterable[tuple[str, str, bool]]:
    """For a compound with a mistake in one part: (stem of the sound part, the rest, whether the rest comes last)."""
    size = len(word)
    if size > LONGEST:
        return
    for cut in range(size - 4, 3, -1):
        front = next((s for s in _stems(word[:cut], last=False) if s in known), None)
        if front and len(front) >= SHORTEST:
            yield front, word[cut:], True
            break
    for cut in range(4, size - 3):
        back = next((s for s in _stems(word[cut:], last=True) if s in known), None)
        if back:
            yield back, word[:cut], False
            break
