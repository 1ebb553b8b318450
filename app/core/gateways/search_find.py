"""Answering a question from the index: find the words, let the database count and order, show why."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from app.core.gateways.search_plan import Planning
from app.core.gateways.search_score import LISTED, scored
from app.core.gateways.search_sql import pairs, storable
from app.core.rules.asking import Plan
from app.core.rules.finding import Found, Hit, Question, Sort, asked, shelf
from app.core.rules.highlight import excerpt, marks, reasons

_ANSWER = """
kept AS MATERIALIZED (
  SELECT s.document_id, s.covered, s.score{flags} FROM scored s JOIN enough e
    ON s.covered >= CASE WHEN s.rare = 1 THEN e.rare ELSE e.least END),
found AS (SELECT COUNT(*) AS total FROM kept k WHERE {all}),
best AS (
  SELECT k.document_id, k.covered, k.score{dated} FROM kept k {dates} WHERE {all} ORDER BY {order} LIMIT :size
  OFFSET (SELECT CASE WHEN total > :skip THEN :skip WHEN total = 0 THEN 0 ELSE (total - 1) / :size * :size END FROM found)),
page AS (SELECT document_id, score, ROW_NUMBER() OVER (ORDER BY {order}) AS place FROM best)
SELECT CAST('total' AS VARCHAR) AS what, CAST(NULL AS VARCHAR) AS field, CAST(NULL AS VARCHAR) AS value,
  total AS number, 0 AS score, CAST(0 AS BIGINT) AS place, CAST(NULL AS VARCHAR) AS title,
  CAST(NULL AS VARCHAR) AS keywords, CAST(NULL AS VARCHAR) AS description, CAST(NULL AS VARCHAR) AS body
FROM found
UNION ALL
SELECT 'hit', d.kind, d.key, page.document_id, page.score, page.place, d.title, CAST(d.keywords AS VARCHAR),
  d.description, d.text
FROM page JOIN core_search_document d ON d.id = page.document_id
JOIN {visible} v ON v.visibility = d.visibility
{facets}
"""
_ORDER = {
    Sort.RELEVANCE: "covered DESC, score DESC, document_id DESC",
    Sort.NEWEST: "at DESC, document_id DESC",
    Sort.RATING: "rating DESC, score DESC, document_id DESC",
}


class Finding(Planning):
    """The half of a back end that reads."""

    def find(self, question: Question) -> Found:
        """Answer a question; see the Protocol. Two statements, three with compounds, four with words nobody has used."""
        typed = asked(question.text)
        if question.text.strip() and not typed:
            return Found(0, (), {}, {})
        plan = (self.typing(typed) if question.typing else self.plan(typed)) if typed else Plan()
        if typed and not any(slot.ways for slot in plan.slots):
            return Found(0, (), {}, {})
        statement, values = self._statement(question, plan)
        total, rows = 0, []
        facets: dict[str, list[tuple[str, int]]] = {name: [] for name in question.facets}
        for row in self.run(statement, **values):
            if row.what == "total":
                total = row.number
            elif row.what == "hit":
                rows.append(row)
            else:
                facets[row.field].append((row.value, row.number))
        rows.sort(key=lambda row: row.place)
        why = plan.reasons()
        size, skip = question.window
        return Found(
            total, tuple(_hit(row, why) for row in rows),
            {name: tuple(sorted(found, key=lambda one: (-one[1], one[0]))) for name, found in facets.items()},
            plan.corrected, 1 + min(skip, max(0, total - 1)) // size,
        )  # fmt: skip

    def _statement(self, question: Question, plan: Plan) -> tuple[str, dict[str, Any]]:
        size, skip = question.window
        values: dict[str, Any] = {"size": size, "skip": skip, "visible": pairs(sorted(set(question.visible)))}
        places = [shelf(kind, seen) for kind in question.kinds for seen in question.visible]
        shelves = ", ".join(map(str, places)) or "NULL"
        if plan.slots:
            values["wanted"] = plan.wanted()
            begin = scored(plan, self.lines("wanted", word_id="int", slot="small", quality="small"), shelves)
        else:
            begin = LISTED.format(shelves=shelves)
        conditions = self._conditions(question, values)
        flags = "".join(f", {told} AS ok{n}" for n, told in enumerate(conditions.values()))
        every = " AND ".join(f"k.ok{n}" for n in range(len(conditions))) or "true"
        sort = question.sort
        if sort is Sort.RELEVANCE and not plan.slots:
            sort = Sort.NEWEST
        dates = "" if sort is Sort.RELEVANCE else "JOIN core_search_document d ON d.id = k.document_id"
        answer = _ANSWER.format(
            flags=flags, all=every, dates=dates, dated=dates and ", d.at, d.rating", order=_ORDER[sort],
            facets=self._counts(question, list(conditions), values),
            visible=self.lines("visible", visibility="text"),
        )  # fmt: skip
        return begin + answer, values

    def _conditions(self, question: Question, values: dict[str, Any]) -> dict[str, str]:
        """A condition on `s.document_id` for each filtered field."""
        found: dict[str, list[str]] = {}
        exists = "EXISTS (SELECT 1 FROM core_search_facet f WHERE f.document_id = s.document_id AND f.field = :{0} AND {1})"
        for name, allowed in question.filters.items():
            n = len(values)
            values |= {f"field{n}": name, f"values{n}": pairs(map(storable, allowed))}
            given = self.lines(f"values{n}", value="text")
            found.setdefault(name, []).append(
                exists.format(f"field{n}", f"f.value IN (SELECT value FROM {given} g)")
            )
        for name, (low, high) in question.ranges.items():
            n = len(values)
            values |= {f"field{n}": name}
            ends = ["f.number IS NOT NULL"]
            for sign, end, what in ((">=", low, "low"), ("<=", high, "high")):
                if end is not None:
                    values[f"{what}{n}"] = float(end)
                    ends.append(f"f.number {sign} :{what}{n}")
            found.setdefault(name, []).append(exists.format(f"field{n}", " AND ".join(ends)))
        return {name: " AND ".join(told) for name, told in found.items()}

    def _counts(self, question: Question, filtered: list[str], values: dict[str, Any]) -> str:
        """Counts of fields: a field that is filtered is counted as if it were not."""
        if not question.facets:
            return ""
        values |= {f"facet{n}": name for n, name in enumerate(question.facets)}
        given = [f":facet{n}" for n in range(len(question.facets))]
        joined = self.fields.format(
            names=", ".join(given), listed=" UNION ALL ".join(f"SELECT {one} AS field" for one in given)
        )
        cases = [f"(f.field = :own{n} OR k.ok{n})" for n in range(len(filtered))]
        values |= {f"own{n}": name for n, name in enumerate(filtered)}
        return (
            "UNION ALL SELECT 'facet', f.field, f.value, COUNT(*), 0, 0, NULL, NULL, NULL, NULL FROM kept k"
            f" {joined} WHERE true" + "".join(f" AND {one}" for one in cases) + " GROUP BY f.field, f.value"
        )

    def keys(self, kind: str, after: UUID | None, limit: int) -> list[UUID]:
        """What is indexed of a kind; see the Protocol."""
        rows = self.run(
            "SELECT key FROM core_search_document WHERE kind = :kind AND key > :after ORDER BY key LIMIT :most",
            kind=kind, after=str(after) if after else "", most=limit,
        )  # fmt: skip
        return [UUID(row.key) for row in rows]


def _hit(row: Any, why: dict[str, Any]) -> Hit:
    """A document of the page, with the reasons marked."""
    keywords = json.loads(row.keywords)
    texts = (row.title, " · ".join(keywords), row.description, row.body)
    return Hit(
        row.field,
        UUID(row.value),
        float(row.score),
        marks(row.title, why),
        excerpt(texts[1:], why),
        reasons(texts, why),
    )
