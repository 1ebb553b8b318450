"""From typed words to the words of the index: which ones count, for which typed word, how much, and why.

A typed word is a slot, or several where it is a compound that the index knows by its parts only. A document covers a slot
when it has one of the slot's words. All slots together are worth `WHOLE` for each typed word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.core.rules.finding import HEAD, QUALITY, How

TOGETHER = 80  # hundredths of a word that answers several typed ones
WHOLE = 60  # divisible by two, three, four and five parts


@dataclass(frozen=True)
class Way:
    """A word of the index: its id, itself, its stem; `part` and `head` where it was found by one of its parts."""

    id: int
    word: str
    stem: str
    part: str = ""
    head: bool = False


@dataclass
class Slot:
    """What can satisfy a typed word, or one part of it: word id -> (hundredths, why)."""

    asked: str
    share: int = WHOLE
    ways: dict[int, tuple[int, How, str]] = field(default_factory=dict)

    def add(self, way: Way, quality: int, how: How) -> None:
        """Let this word satisfy the slot; the best reason stays."""
        if way.id not in self.ways or self.ways[way.id][0] < quality:
            self.ways[way.id] = (quality, how, way.word)

    def keep(self, most: int) -> None:
        """Keep the best words only: a word that is part of everything must not make everything slow."""
        if len(self.ways) > most:
            self.ways = dict(sorted(self.ways.items(), key=lambda one: -one[1][0])[:most])


@dataclass
class Plan:
    """The slots of a question and the misspelt words with what they were read as."""

    slots: list[Slot] = field(default_factory=list)
    corrected: dict[str, str] = field(default_factory=dict)

    def wanted(self) -> list[list[int]]:
        """Rows (word id, slot, hundredths) for the database.

        A word that answers several typed ones at once (Übung zum Brandschutz: Brandschutzübung) is nearly what was asked.
        """
        typed: dict[int, set[str]] = {}
        for slot in self.slots:
            for word in slot.ways:
                typed.setdefault(word, set()).add(slot.asked)
        return [
            [word, number, max(quality, TOGETHER) if len(typed[word]) > 1 else quality]
            for number, slot in enumerate(self.slots)
            for word, (quality, _, _) in slot.ways.items()
        ]

    def required(self) -> int:
        """What a document has to cover, if any does: everything, of three typed words and more all but one."""
        whole = sum(slot.share for slot in self.slots)
        typed = round(whole / WHOLE)
        return whole if typed <= 2 else whole - WHOLE

    def loose(self) -> int:
        """What is enough where hardly anything has all that is required: a typed word less, if it is not the last."""
        return min(self.required(), max(WHOLE, self.required() - WHOLE))

    def reasons(self) -> dict[str, tuple[How, str]]:
        """For highlighting: word of the index -> why, and the typed word."""
        found: dict[str, tuple[int, How, str]] = {}
        for slot in self.slots:
            for quality, how, word in slot.ways.values():
                if word not in found or found[word][0] < quality:
                    found[word] = (quality, how, slot.asked)
        return {word: (how, asked) for word, (_, how, asked) in found.items()}


def fill(
    slot: Slot, asked: str, stem: str, ways: Iterable[Way], *, share: int = 100, how: How | None = None
) -> None:
    """Let every word that is `asked`, has its stem or has it as a part satisfy the slot.

    `share` lowers all of it, in hundredths; `how` is the reason where it is another one than the way itself.
    """
    for way in ways:
        if way.part:
            if way.part != stem:
                continue
            quality, why = (HEAD if way.head else QUALITY[How.PART]), How.PART
        elif way.word == asked:
            quality, why = QUALITY[How.EXACT], How.EXACT
        elif way.stem == stem:
            quality, why = QUALITY[How.STEM], How.STEM
        else:
            continue
        slot.add(way, quality * share // 100, how or why)
