"""The search finds what people mean: a judged set, by class of query, the same on both databases."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from app.core.api import Question, find, index_documents
from app.kit.db import transaction
from benchmarks import judged

OTHERS = 600
GOAL, GOAL_OF_A_CLASS = 0.95, 0.85


def answers(queries: list[judged.Query]) -> list[list[UUID]]:
    documents = [*judged.judged(), *judged.others(OTHERS)]
    for start in range(0, len(documents), 250):
        with transaction():
            index_documents(documents[start : start + 250])
    return [
        [hit.key for hit in find(Question(query.text, (judged.KIND,), size=10)).hits] for query in queries
    ]


def test_the_judged_set_is_sound() -> None:
    known = {one.key for one in judged.judged()}
    queries = judged.queries()
    assert len(known) == len(judged.judged())
    assert all(query.wanted <= known for query in queries)
    assert {query.kind for query in queries} == set(judged.CLASSES)
    assert sum(query.half == "unseen" for query in queries) >= 150


def test_what_people_mean_is_among_the_first_five(db_app: Flask) -> None:
    queries = judged.queries()
    found = answers(queries)
    for half in ("", "unseen"):
        chosen = [
            (keys, query) for keys, query in zip(found, queries, strict=True) if query.half.startswith(half)
        ]
        reached = judged.scores([keys for keys, _ in chosen], [query for _, query in chosen])
        too_low = {
            name: (recall, mrr)
            for name, (_, recall, mrr) in reached.items()
            if min(recall, mrr) < (GOAL if name == "all" else GOAL_OF_A_CLASS)
        }
        assert too_low == {}, half


@pytest.mark.slow
@pytest.mark.postgres
def test_both_databases_answer_alike(
    sqlite_app: Flask, postgres_app: Flask, request: pytest.FixtureRequest
) -> None:
    from tests.conftest import wipe

    queries = judged.queries()
    found = []
    for one in (sqlite_app, postgres_app):
        with one.app_context():
            found.append(answers(queries))
        wipe(one)
    assert found[0] == found[1]
