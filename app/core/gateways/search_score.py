"""The part of the statement that says how well documents fit. It is written for the number of slots a question has.

Whole numbers only: both databases have to come to the same order, and PostgreSQL adds larger ones than INTEGER as decimals, five
times slower. A rare word counts up to four times a common one.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.core.rules.asking import Plan

FEW = 5  # documents with all that was asked for: below that, those that lack a word and have the rarest one come after them

_ONE = """
WITH wanted AS MATERIALIZED (SELECT word_id, quality FROM {wanted} g),
scored AS MATERIALIZED (
  SELECT p.document_id, {share} AS covered, MAX(w.quality * p.weight) * {share} / 6 AS score, 1 AS rare
  FROM wanted w JOIN core_search_posting p ON p.word_id = w.word_id AND p.shelf IN ({shelves})
  GROUP BY p.document_id),
enough AS (SELECT 0 AS least, 0 AS rare),
"""
_SEVERAL = """
WITH wanted AS MATERIALIZED (SELECT word_id, slot, quality FROM {wanted} g),
hit AS MATERIALIZED (
  SELECT p.document_id, w.slot, MAX(w.quality * p.weight) AS points
  FROM wanted w JOIN core_search_posting p ON p.word_id = w.word_id AND p.shelf IN ({shelves})
  GROUP BY p.document_id, w.slot),
held AS MATERIALIZED (SELECT slot, COUNT(*) AS documents FROM hit GROUP BY slot),
size AS MATERIALIZED (
  SELECT slot, CAST(400 - 300 * documents / (SELECT MAX(documents) FROM held) AS INTEGER) AS factor,
    CASE WHEN documents < {few} OR documents = (SELECT MIN(documents) FROM held) THEN 1 ELSE 0 END AS rare
  FROM held),
{summed}most AS MATERIALIZED (
  SELECT CASE WHEN MAX(covered) < {required} THEN MAX(covered) ELSE {required} END AS least FROM scored),
enough AS MATERIALIZED (
  SELECT m.least, CASE WHEN m.least = {required}
    AND (SELECT COUNT(*) FROM (SELECT 1 FROM scored WHERE covered >= {required} LIMIT {few}) s) < {few}
    THEN {loose} ELSE m.least END AS rare
  FROM most m),
"""
_SUM = """
  SELECT document_id, SUM(CASE slot {shares} END) AS covered, SUM(points * CASE slot {factors} END) / 600 AS score,
    MAX(CASE slot {rares} END) AS rare
  FROM hit WHERE {which} GROUP BY document_id"""
_ALL = "scored AS MATERIALIZED ({all}),\n"
# Whoever has to have everything has the rarest word: the others are looked at only where nobody has everything.
_RAREST = """
rarest AS MATERIALIZED ({rarest}),
scored AS MATERIALIZED (
  SELECT * FROM rarest WHERE (SELECT MAX(covered) FROM rarest) = {required} UNION ALL {all}),
"""
_OF_RARE = (
    "(SELECT 8 * MIN(documents) < SUM(documents) FROM held)"  # else it is not worth it
    " AND document_id IN (SELECT document_id FROM hit WHERE slot IN (SELECT slot FROM size WHERE rare = 1))"
)
_ELSE = "COALESCE((SELECT MAX(covered) FROM rarest), 0) < {required}"
LISTED = """
WITH scored AS (
  SELECT id AS document_id, 0 AS covered, 0 AS score, 0 AS rare FROM core_search_document WHERE shelf IN ({shelves})),
enough AS (SELECT 0 AS least, 0 AS rare),
"""


def scored(plan: Plan, wanted: str, shelves: str) -> str:
    """`scored` (document, covered, score, rare) and `enough` for these slots, with a comma at the end. `wanted` is the
    subquery of the words; everything written into the text is a number of ours."""
    shares = [slot.share for slot in plan.slots]
    if len(shares) == 1:
        return _ONE.format(wanted=wanted, shelves=shelves, share=shares[0])
    return _SEVERAL.format(
        wanted=wanted, shelves=shelves, few=FEW, required=plan.required(), loose=plan.loose(), summed=_summed(plan)
    )  # fmt: skip


def _summed(plan: Plan) -> str:
    """`scored` out of `hit` and `size`."""
    shares, required = [slot.share for slot in plan.slots], plan.required()

    def sums(which: str) -> str:
        return _SUM.format(
            which=which,
            shares=_each(str(share) for share in shares),
            factors=_each(
                f"{share} * (SELECT factor FROM size WHERE slot = {n})" for n, share in enumerate(shares)
            ),
            rares=_each(f"(SELECT rare FROM size WHERE slot = {n})" for n in range(len(shares))),
        )

    if required < sum(shares):
        return _ALL.format(all=sums("true"))
    return _RAREST.format(rarest=sums(_OF_RARE), all=sums(_ELSE.format(required=required)), required=required)


def _each(values: Iterable[str]) -> str:
    return " ".join(f"WHEN {n} THEN {value}" for n, value in enumerate(values))
