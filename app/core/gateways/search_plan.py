"""Finding the words of the index that a question means: one look-up, two with compounds, three with misspelt words."""

from __future__ import annotations

from app.core.gateways.search_look import Looking
from app.core.rules.asking import WHOLE, Plan, Slot, Way, fill
from app.core.rules.compound import candidates, remainders, split
from app.core.rules.finding import KIN, QUALITY, How
from app.core.rules.german import kin, stem
from app.core.rules.spelling import Near

MOST_WAYS = 400  # words of the index that can satisfy one slot
MOST_SPLIT = 150  # letters of a question whose words are taken apart


class Planning(Looking):
    """Looks words up; the rules decide what counts."""

    def plan(self, typed: list[str]) -> Plan:
        """What satisfies each typed word: itself and its forms, else its parts, else what it may have been meant to be."""
        plan = Plan()
        long = [word for n, word in enumerate(typed) if sum(map(len, typed[: n + 1])) <= MOST_SPLIT]
        stems = {stem(word) for word in typed}
        kind = {other for word in typed for other in kin(word)}
        candidate = {one for word in long for one in candidates(word)}
        known, ways = self.first(candidate, stems | kind, stems | kind)
        splits = {word: split(word, known) for word in typed}
        whole = {word: _whole(word, ways) for word in typed}
        unknown = [word for word in typed if not whole[word].ways and not splits[word]]
        rests = {word: list(remainders(word, known)) for word in unknown}
        parts = {part for found in splits.values() for part in found} - stems
        near: dict[str, list[Near]] = {}
        begun: dict[str, list[Way]] = {}
        if parts or unknown:
            pieces = set(unknown) | {rest for found in rests.values() for _, rest, _ in found}
            more, near, begun = self.second(parts, set(), pieces, unknown)
            ways = sorted({*ways, *more}, key=lambda way: (bool(way.part), len(way.word), way.word))
        for word in typed:
            plan.slots += [whole[word]] if word in unknown else _with_parts(whole[word], splits[word], ways)
        if unknown:
            self._guess(plan, rests, near, begun)
        return plan

    def typing(self, typed: list[str]) -> Plan:
        """The same by one look-up: words and their forms, compounds they are a part of, words that begin so."""
        kind = {other for word in typed for other in kin(word)}
        stems = {stem(word) for word in typed}
        ways, _, begun = self.second(stems | kind, stems, set(), typed)
        plan = Plan([_whole(word, ways) for word in typed])
        for slot in plan.slots:
            for way in begun.get(slot.asked, ()):
                slot.add(way, QUALITY[How.BEGINNING], How.BEGINNING)
            slot.keep(MOST_WAYS)
        return plan

    def _guess(
        self,
        plan: Plan,
        rests: dict[str, list[tuple[str, str, bool]]],
        near: dict[str, list[Near]],
        begun: dict[str, list[Way]],
    ) -> None:
        """Fill the slots of words that nobody has used: misspelt ones, compounds with a misspelt part, beginnings."""
        meant = {one.form for found in near.values() for one in found}
        fronts = {intact for found in rests.values() for intact, _, _ in found}
        backs = {stem(rest) for found in rests.values() for _, rest, _ in found}
        ways = self.third(meant | fronts | backs, meant | backs) if meant | fronts else []
        for number, slot in reversed(list(enumerate(plan.slots))):
            word = slot.asked
            if slot.ways or word not in rests:
                continue
            if near.get(word):
                _read_as(slot, near[word], ways)
                meant_words = [way.word for way in ways if way.stem == near[word][0].form and not way.part]
                if meant_words:
                    plan.corrected[word] = meant_words[0]
            elif begun.get(word):
                for way in begun[word][: MOST_WAYS // 4]:
                    slot.add(way, QUALITY[How.BEGINNING], How.BEGINNING)
            else:
                plan.slots[number : number + 1] = _halves(slot, rests[word], near, ways)


def _whole(word: str, ways: list[Way]) -> Slot:
    """The slot of a typed word with its forms, the compounds it is a part of, and the nouns and verbs of its kin."""
    slot = Slot(word)
    fill(slot, word, stem(word), ways)
    for other in kin(word):
        fill(slot, other, other, ways, share=KIN, how=How.STEM)
    return slot


def _with_parts(whole: Slot, parts: list[str], ways: list[Way]) -> list[Slot]:
    """One slot, or one for each part of a compound: each is satisfied by the whole word, or by the part alone."""
    if not parts:
        whole.keep(MOST_WAYS)
        return [whole]
    slots = []
    for part in parts:
        slot = Slot(whole.asked, WHOLE // len(parts))
        for way in ways:
            if way.stem == part and not way.part:
                slot.add(way, QUALITY[How.PART], How.PART)
            elif way.part == part and way.head and not whole.ways:
                slot.add(way, QUALITY[How.PART] // 2, How.PART)
        for number, reason in whole.ways.items():
            if number not in slot.ways or slot.ways[number][0] < reason[0]:
                slot.ways[number] = reason
        slot.keep(MOST_WAYS)
        slots.append(slot)
    return slots


def _halves(
    slot: Slot, rests: list[tuple[str, str, bool]], near: dict[str, list[Near]], ways: list[Way]
) -> list[Slot]:
    """Two slots for a compound with one misspelt part; the slot itself where no part tells anything."""
    for intact, rest, _ in rests:
        if near.get(rest) or any(stem(rest) in (way.stem, way.part) for way in ways):
            front, back = Slot(slot.asked, WHOLE // 2), Slot(slot.asked, WHOLE // 2)
            fill(front, intact, intact, ways, share=QUALITY[How.TYPO], how=How.TYPO)
            _read_as(back, near.get(rest, [Near(stem(rest), 0, 0)]), ways)
            return [front, back]
    return [slot]


def _read_as(slot: Slot, near: list[Near], ways: list[Way]) -> None:
    """Let the words near to a misspelt one, and theirs, satisfy the slot: one mistake counts more than two."""
    for one in near:
        share = QUALITY[How.TYPO] if one.mistakes < 2 else QUALITY[How.TYPO] * 2 // 3
        fill(slot, one.form, one.form, ways, share=share, how=How.TYPO)
    slot.keep(MOST_WAYS)
