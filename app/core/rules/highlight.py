"""Showing why something was found: the words of a text that were asked for, and the stretch where most of them stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from app.core.rules.finding import How, Mark
from app.core.rules.german import Word, words

Reasons = Mapping[str, tuple[How, str]]
EXCERPT = 200  # letters, about


@lru_cache(maxsize=8)  # the same few texts of one hit are looked at three times in a row
def _words(text: str) -> tuple[Word, ...]:
    return tuple(words(text))


def _asked_for(text: str, why: Reasons) -> list[Word]:
    """The words of the text that were asked for, without overlaps: of Lern-App as one and App the longer one stays."""
    found = sorted((w for w in _words(text) if w.folded in why), key=lambda w: (w.start, -w.end))
    apart: list[Word] = []
    for word in found:
        if not apart or word.start >= apart[-1].end:
            apart.append(word)
    return apart


def marks(text: str, why: Reasons) -> tuple[Mark, ...]:
    """The whole text in stretches; those that were asked for say why. Joined together they are the text again."""
    stretches: list[Mark] = []
    position = 0
    for word in _asked_for(text, why):
        if word.start > position:
            stretches.append(Mark(text[position : word.start]))
        stretches.append(Mark(text[word.start : word.end], *why[word.folded]))
        position = word.end
    if position < len(text):
        stretches.append(Mark(text[position:]))
    return tuple(stretches)


def excerpt(texts: Sequence[str], why: Reasons) -> tuple[Mark, ...]:
    """About two hundred letters of one of the texts (keywords, description, running text): where most reasons stand."""
    best, least, chosen = -1, 0, ("", 0, 0)
    for order, text in enumerate(texts):
        if not text:
            continue
        found = _asked_for(text, why)
        for word in found[:50] or [Word("", 0, 0)]:
            begin = _begin(text, word.start)
            reached = {w.folded for w in found if begin <= w.start and w.end <= begin + EXCERPT}
            # The description reads best: with as many reasons, it is taken before keywords and running text.
            rank = (len(reached), order == 1)
            if rank > (best, bool(least)):
                best, least, chosen = len(reached), int(order == 1), (text, begin, _end(text, begin))
    text, begin, end = chosen
    cut = ("… " if begin else "") + text[begin:end].strip() + (" …" if end < len(text) else "")
    return marks(cut, why)


def _begin(text: str, wanted: int) -> int:
    """Where the stretch begins: a little before the word, not inside of one."""
    if wanted < EXCERPT // 2:
        return 0
    begin = wanted - EXCERPT // 4
    space = text.rfind(" ", 0, begin)
    return space + 1 if space > begin - 40 else begin


def _end(text: str, begin: int) -> int:
    end = begin + EXCERPT
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", begin, end)
    return space if space > end - 40 else end


def reasons(texts: Iterable[str], why: Reasons) -> tuple[Mark, ...]:
    """Every word of the document that was asked for, each once, as it stands there; the best reasons first."""
    found: dict[str, Mark] = {}
    for text in texts:
        for word in _asked_for(text, why):
            found.setdefault(word.folded, Mark(text[word.start : word.end], *why[word.folded]))
    order = list(How)
    return tuple(sorted(found.values(), key=lambda mark: order.index(mark.how) if mark.how else 0))
