"""Writing the index: documents, new words with their parts and keys, postings, fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from app.core.gateways.search_sql import Sql, pairs, storable
from app.core.rules.compound import candidates, guessed, parts
from app.core.rules.finding import MOST_TEXT, Document, facet_rows, shelf, weights
from app.core.rules.german import stem
from app.core.rules.spelling import keys_of
from app.kit.db import require_transaction

RULES = 1  # of the analysis: a higher number makes every document different, so that indexing anew writes it
MANY = 300  # from so many new words on the list of all stems is read at once
BLOCK = 2_000
LONG_PART = (
    5  # letters from which a part of one word may be looked for in others, although nobody used it alone
)


def digest(document: Document) -> str:
    """What the document says, in 32 bytes; the same digest needs no writing."""
    said = [
        RULES, document.title, document.keywords, document.description, document.text[:MOST_TEXT], document.visibility,
        sorted(facet_rows(document), key=str), document.at.isoformat(), document.rating,
    ]  # fmt: skip
    return blake2b(json.dumps(said).encode(), digest_size=32).hexdigest()


class Writing(Sql):
    """The half of a back end that writes."""

    lock_rows: str

    def put(self, documents: Sequence[Document]) -> int:
        """Add or replace; see the Protocol. Rows are taken in the order of kind and key, words in the order of letters."""
        require_transaction()
        latest = {(one.kind, str(one.key)): one for one in documents}
        if not latest:
            return 0
        self.share()
        changed = self._claim([latest[name] for name in sorted(latest)])
        if changed:
            weighed = {row.id: weights(one) for row, one in changed}
            ids = self._words(sorted({word for found in weighed.values() for word in found}))
            self._clear([(row.id, row.shelf, row.words) for row, _ in changed])
            self._fill(changed, weighed, ids)
        return len(changed)

    def _claim(self, documents: list[Document]) -> list[tuple[Any, Document]]:
        """The rows of the documents, made where missing and locked; those that say the same already are left out."""
        names = [[one.kind, str(one.key)] for one in documents]
        given = self.lines("names", kind="text", key="text")
        self.run(
            "INSERT INTO core_search_document (kind, key, visibility, shelf, title, keywords, description, text, at, rating,"
            f" digest, words) SELECT kind, key, '', 0, '', '[]', '', '', 0, 0, '', '[]' FROM {given} given"
            " WHERE true ORDER BY kind, key ON CONFLICT (kind, key) DO NOTHING",
            names=names,
        )
        rows = self.run(
            "SELECT d.id, d.kind, d.key, d.shelf, d.digest, d.words FROM core_search_document d"
            f" JOIN {given} given ON d.kind = given.kind AND d.key = given.key"
            f" ORDER BY d.kind, d.key {self.lock_rows and 'FOR UPDATE OF d'}",
            names=names,
        )
        held = {(row.kind, row.key): row for row in rows}
        both = [(held[one.kind, str(one.key)], one) for one in documents]
        return [(row, one) for row, one in both if row.digest != digest(one)]

    def remove(self, kind: str, keys: Sequence[UUID]) -> None:
        """Take documents out; see the Protocol."""
        require_transaction()
        self.share()
        given = self.lines("names", key="text")
        rows = self.run(
            f"SELECT d.id, d.shelf, d.words FROM core_search_document d JOIN {given} given ON d.key = given.key"
            f" WHERE d.kind = :kind ORDER BY d.key {self.lock_rows and 'FOR UPDATE OF d'}",
            kind=kind, names=pairs(sorted(map(str, keys))),
        )  # fmt: skip
        self._clear([(row.id, row.shelf, row.words) for row in rows])
        self.run(
            f"DELETE FROM core_search_document WHERE id IN (SELECT id FROM {self.lines('ids', id='int')} given)",
            ids=pairs(row.id for row in rows),
        )

    def _clear(self, rows: list[tuple[int, int, Any]]) -> None:
        """Take postings and fields of documents away, by the words the documents hold."""
        held = [
            [word, place, number]
            for number, place, words in rows
            for word in (json.loads(words) if isinstance(words, str) else words)
        ]
        given = self.lines("held", word_id="int", shelf="int", document_id="int")
        for start in range(0, len(held), BLOCK):
            self.run(
                "DELETE FROM core_search_posting WHERE (word_id, shelf, document_id) IN"
                f" (SELECT word_id, shelf, document_id FROM {given} given)",
                held=held[start : start + BLOCK],
            )
        self.run(
            f"DELETE FROM core_search_facet WHERE document_id IN (SELECT id FROM {self.lines('ids', id='int')} given)",
            ids=pairs(row[0] for row in rows),
        )

    def _fill(
        self, changed: list[tuple[Any, Document]], weighed: dict[int, dict[str, int]], ids: dict[str, int]
    ) -> None:
        """Write what the documents say now."""
        rows, postings, fields = [], [], []
        for row, one in changed:
            place = shelf(one.kind, one.visibility)
            own = {ids[word]: weight for word, weight in weighed[row.id].items()}
            rows.append([
                row.id, one.visibility, place, one.title, json.dumps(one.keywords), one.description, one.text[:MOST_TEXT],
                int(one.at.timestamp() * 1_000_000), one.rating, digest(one), json.dumps(sorted(own)),
            ])  # fmt: skip
            postings += [[word, place, row.id, min(weight, 32_000)] for word, weight in own.items()]
            fields += [[row.id, *facet] for facet in facet_rows(one)]
        given = self.lines(
            "rows", id="int", visibility="text", shelf="int", title="text", keywords="text", description="text",
            body="text", at="int", rating="float", digest="text", words="text",
        )  # fmt: skip
        self.run(
            "UPDATE core_search_document SET visibility = g.visibility, shelf = g.shelf, title = g.title,"
            f" keywords = {self.json('g.keywords')}, description = g.description, text = g.body, at = g.at,"
            f" rating = g.rating, digest = g.digest, words = {self.json('g.words')} FROM {given} g"
            " WHERE core_search_document.id = g.id",
            rows=_storable(rows),
        )
        for start in range(0, len(postings), 10 * BLOCK):
            self.run(
                "INSERT INTO core_search_posting (word_id, shelf, document_id, weight) SELECT word_id, shelf, document_id,"
                f" weight FROM {self.lines('rows', word_id='int', shelf='int', document_id='int', weight='int')} g",
                rows=postings[start : start + 10 * BLOCK],
            )
        self.run(
            "INSERT INTO core_search_facet (document_id, field, value, number) SELECT document_id, field, value, number"
            f" FROM {self.lines('rows', document_id='int', field='text', value='text', number='float')} g"
            " WHERE true ON CONFLICT (document_id, field, value) DO NOTHING",
            rows=_storable(fields),
        )

    def json(self, value: str) -> str:
        """A text expression as the column type JSON."""
        return f"CAST({value} AS json)" if self.lock_rows else value

    def _words(self, several: list[str]) -> dict[str, int]:
        """The ids of words, in the order of letters; new ones get their stem, keys and parts."""
        given = self.lines("words", word="text")
        known = f"SELECT w.id, w.word FROM core_search_word w JOIN {given} g ON w.word = g.word"
        ids = {row.word: row.id for row in self.run(known, words=pairs(several))}
        if all(word in ids for word in several):
            return ids
        self.words_alone()
        ids |= {row.word: row.id for row in self.run(known, words=pairs(w for w in several if w not in ids))}
        new = self._add([[word, stem(word), stem(word)[::-1]] for word in several if word not in ids])
        self._describe(new)
        return ids | new

    def _add(self, rows: list[list[str]]) -> dict[str, int]:
        made = self.run(
            "INSERT INTO core_search_word (word, stem, backwards) SELECT word, stem, backwards"
            f" FROM {self.lines('rows', word='text', stem='text', backwards='text')} g WHERE true ORDER BY word"
            " RETURNING id, word",
            rows=rows,
        )
        return {row.word: row.id for row in made}

    def _describe(self, new: dict[str, int]) -> None:
        """Parts of new words and of older words that begin or end with a new one; keys of the stems."""
        self._keys({stem(word) for word in new})
        self.split(new | self._older({stem(word) for word in new}))

    def _keys(self, forms: set[str]) -> None:
        """Keys by which misspelt words find these stems and parts."""
        rows = [[key, form] for form in sorted(forms) for key in sorted(keys_of(form))]
        for start in range(0, len(rows), 10 * BLOCK):
            self.run(
                "INSERT INTO core_search_typo (key, form) SELECT key, form"
                f" FROM {self.lines('rows', key='text', form='text')} g WHERE true ON CONFLICT (key, form) DO NOTHING",
                rows=rows[start : start + 10 * BLOCK],
            )

    def _older(self, stems: set[str]) -> dict[str, int]:
        """Words that begin or end with one of these stems: with it they may come out even."""
        long = sorted(one for one in stems if len(one) >= 4 and one.isascii() and one.isalpha())
        rows = self.run(
            f"SELECT w.id, w.word FROM {self.lines('stems', front='text', back='text')} g JOIN core_search_word w"
            " ON w.word > g.front AND w.word < g.front || '~' UNION"
            f" SELECT w.id, w.word FROM {self.lines('stems', front='text', back='text')} g JOIN core_search_word w"
            " ON w.backwards > g.back AND w.backwards < g.back || '~'",
            stems=[[one, one[::-1]] for one in long],
        )
        return {row.word: row.id for row in rows}

    def split(self, several: dict[str, int]) -> None:
        """Write the parts of these words anew."""
        wanted = {one for word in several for one in candidates(word)} if len(several) <= MANY else set()
        found = self.stems(wanted if len(several) <= MANY else None)
        rows = [
            [part, number, int(head)]
            for word, number in several.items()
            for part, head in parts(word, found) or guessed(word, found)
        ]
        self._keys({str(row[0]) for row in rows} - found)
        ids = pairs(several.values())
        given = self.lines("ids", id="int")
        self.run(f"DELETE FROM core_search_part WHERE word_id IN (SELECT id FROM {given} g)", ids=ids)
        for start in range(0, len(rows), 10 * BLOCK):
            self.run(
                "INSERT INTO core_search_part (part, word_id, head) SELECT part, word_id, head"
                f" FROM {self.lines('rows', part='text', word_id='int', head='int')} g WHERE true"
                " ON CONFLICT (part, word_id) DO NOTHING",
                rows=rows[start : start + 10 * BLOCK],
            )

    def tidy(self, after: int) -> int | None:
        """House-keeping for the next words after this id; see the Protocol."""
        require_transaction()
        self.alone()
        rows = self.run(
            "SELECT w.id, w.word, EXISTS (SELECT 1 FROM core_search_posting p WHERE p.word_id = w.id) AS used"
            " FROM core_search_word w WHERE w.id > :after ORDER BY w.id LIMIT :most",
            after=after, most=BLOCK,
        )  # fmt: skip
        gone = pairs(row.id for row in rows if not row.used)
        self.run(
            f"DELETE FROM core_search_word WHERE id IN (SELECT id FROM {self.lines('ids', id='int')} g)",
            ids=gone,
        )
        used = {row.word: row.id for row in rows if row.used}
        self._keys({stem(word) for word in used})
        self.split(used)
        if len(rows) == BLOCK:
            return rows[-1].id  # type: ignore[no-any-return]
        self.run(
            "DELETE FROM core_search_typo WHERE NOT EXISTS (SELECT 1 FROM core_search_word w WHERE w.stem = form)"
            " AND NOT EXISTS (SELECT 1 FROM core_search_part p WHERE p.part = form)"
        )
        return None

    def stems(self, wanted: set[str] | None) -> set[str]:
        """Which of these stems exist as words or as long parts of some; all of them for None."""
        if wanted is None:
            return {
                row.stem
                for row in self.run(
                    "SELECT stem FROM core_search_word UNION"
                    f" SELECT part FROM core_search_part WHERE LENGTH(part) >= {LONG_PART}"
                )
            }
        given = self.lines("wanted", stem="text")
        rows = self.run(
            f"SELECT w.stem FROM core_search_word w JOIN {given} g ON w.stem = g.stem UNION"
            f" SELECT p.part FROM core_search_part p JOIN {given} g ON p.part = g.stem WHERE LENGTH(p.part) >= {LONG_PART}",
            wanted=pairs(sorted(wanted)),
        )
        return {row.stem for row in rows}


def _storable(rows: list[list[Any]]) -> list[list[Any]]:
    """Texts as both databases keep them."""
    return [[storable(v) if isinstance(v, str) else v for v in row] for row in rows]
