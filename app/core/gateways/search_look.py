"""Looking words up: what exists, what it is a form or a part of, what was meant. Each method is one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.core.gateways.search_sql import pairs
from app.core.gateways.search_write import LONG_PART, Writing
from app.core.rules.asking import Way
from app.core.rules.german import stem
from app.core.rules.spelling import Near, apart, keys, nearest, sound, tolerance

# Letters of a stem that longer words may end or begin with, although they do not come out even.
ENDING, FRONT = 4, 5
BEGINNING = 4  # letters of a word that is still being typed
MOST_BEGUN = 400  # words of the index that begin with typed ones


class Looking(Writing):
    """The look-ups of a plan."""

    def first(
        self, candidates: Iterable[str], stems: set[str], edges: set[str]
    ) -> tuple[set[str], list[Way]]:
        """Which of the candidates exist as stems, and the words with one of these stems, as one or as a part."""
        given = self.lines("candidates", stem="text")
        rows = self.run(
            # Two statements in one, not an OR: that would have PostgreSQL read all words there are.
            "SELECT 'stem' AS what, 0 AS id, '' AS word, g.stem AS stem, '' AS part, 0 AS head"
            f" FROM {given} g WHERE EXISTS (SELECT 1 FROM core_search_word w WHERE w.stem = g.stem)"
            f" UNION ALL SELECT 'stem', 0, '', g.stem, '', 0 FROM {given} g WHERE LENGTH(g.stem) >= {LONG_PART}"
            " AND EXISTS (SELECT 1 FROM core_search_part p WHERE p.part = g.stem)"
            f" UNION ALL {self._ways()}",
            candidates=pairs(sorted(candidates)), **_asked(stems, edges),
        )  # fmt: skip
        return {row.stem for row in rows if row.what == "stem"}, _sorted(rows)

    def second(
        self, stems: set[str], edges: set[str], pieces: set[str], begun: list[str]
    ) -> tuple[list[Way], dict[str, list[Near]], dict[str, list[Way]]]:
        """The words with these stems; the stems and parts nearest to each misspelt piece; words that begin so."""
        fronts = pairs(word for word in begun if len(word) >= BEGINNING and word.isascii())
        rows = self.run(
            f"{self._ways()} UNION ALL SELECT DISTINCT 'near', 0, g.piece, t.form, '', 0"
            f" FROM {self.lines('keys', piece='text', key='text', low='int', high='int')} g"
            " JOIN core_search_typo t ON t.key = g.key WHERE LENGTH(t.form) BETWEEN g.low AND g.high"
            " UNION ALL SELECT * FROM (SELECT 'begun', w.id, w.word, w.stem, g.front, 0"
            f" FROM {self.lines('fronts', front='text')} g JOIN core_search_word w"
            " ON w.word > g.front AND w.word < g.front || '~' ORDER BY LENGTH(w.word), w.word LIMIT :most) b",
            keys=_keys(pieces), fronts=fronts, most=MOST_BEGUN, **_asked(stems, edges),
        )  # fmt: skip
        near: dict[str, list[Near]] = {}
        going: dict[str, list[Way]] = {}
        for row in rows:
            if row.what == "near":
                # The mistake may have made or spoilt an ending (Feuerwer), so the word is tried with and without it.
                for form in {row.word, stem(row.word)}:
                    found = apart(form, row.stem, tolerance(row.word))
                    if found is not None:
                        near.setdefault(row.word, []).append(Near(row.stem, *found))
            elif row.what == "begun":
                going.setdefault(row.part, []).append(Way(row.id, row.word, row.stem))
        for ways in going.values():
            ways.sort(key=lambda way: (len(way.word), way.word))
        return _sorted(rows), {piece: nearest(several) for piece, several in near.items()}, going

    def third(self, stems: set[str], edges: set[str]) -> list[Way]:
        """The words with one of these stems, as one or as a part, or that end or begin with one of `edges`."""
        return _sorted(self.run(self._ways(), **_asked(stems, edges)))

    def _ways(self) -> str:
        """Words by a stem, by a part, by their end, by their beginning (of the last two the rest is unknown)."""
        given = self.lines("stems", stem="text")
        ends = self.lines("ends", stem="text", back="text")
        return (
            "SELECT 'way' AS what, w.id, w.word, w.stem, '' AS part, 0 AS head"
            f" FROM {given} g JOIN core_search_word w ON w.stem = g.stem"
            f" UNION ALL SELECT 'way', w.id, w.word, w.stem, p.part, p.head FROM {given} g JOIN core_search_part p"
            " ON p.part = g.stem JOIN core_search_word w ON w.id = p.word_id"
            f" UNION ALL SELECT 'way', w.id, w.word, w.stem, g.stem, 1 FROM {ends} g"
            " JOIN core_search_word w ON w.backwards > g.back AND w.backwards < g.back || '~'"
            " AND LENGTH(w.stem) >= LENGTH(g.back) + 3"
            f" UNION ALL SELECT 'way', w.id, w.word, w.stem, g.stem, 0 FROM {ends} g"
            f" JOIN core_search_word w ON w.word > g.stem AND w.word < g.stem || '~' AND LENGTH(g.stem) >= {FRONT}"
            " AND LENGTH(w.word) >= LENGTH(g.stem) + 4"
        )


def _asked(stems: set[str], edges: set[str]) -> dict[str, Any]:
    long = sorted(one for one in edges if len(one) >= ENDING and one.isalpha() and one.isascii())
    return {"stems": pairs(sorted(stems)), "ends": [[one, one[::-1]] for one in long]}


def _keys(pieces: set[str]) -> list[list[Any]]:
    """Rows (piece, key, least and most letters of what may be meant)."""
    return [
        [piece, key, min(len(stem(piece)), len(piece) - 3) - tolerance(piece), len(piece) + tolerance(piece) + 1]
        for piece in sorted(pieces) if tolerance(piece)
        for key in sorted({key for form in {piece, stem(piece)} for key in keys(sound(form), tolerance(piece))})
    ]  # fmt: skip


def _sorted(rows: Iterable[Any]) -> list[Way]:
    return sorted(
        (Way(row.id, row.word, row.stem, row.part, bool(row.head)) for row in rows if row.what == "way"),
        key=lambda way: (bool(way.part), len(way.word), way.word),
    )
