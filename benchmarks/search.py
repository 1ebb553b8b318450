"""The search: what it finds of a judged set, by class, and how long it takes at growing sizes, on both databases.

Each database grows step by step; at each size the judged queries are asked in turns, with and without counts by field.
Times are of `find` alone: analysis, statements, highlighting; one client, no HTTP.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.core.api import Document, Question, find, index_documents
from app.core.services.search import refresh_search
from app.kit.db import db, transaction
from benchmarks import judged
from benchmarks.site import cpu_seconds
from benchmarks.table import percentile, table
from tests.conftest import make_app
from tests.services.postgres import running_postgres

SIZES, SMALL_SIZES = (2_000, 10_000, 100_000), (500, 2_000)
ROUNDS = 3
FACETS = ("subject", "level", "language", "type", "region")
# What thousands of documents have: at 100,000 a tenth of them and more for each word.
BROAD = (
    "Planung", "Sicherheit", "Prüfung", "Unterweisung", "Checkliste", "Lager Planung", "Kosten und Termine",
    "Sicherheitsplanung", "Werkzeug Wartung", "Qualität", "Plannung", "Schulungen für Kunden",
)  # fmt: skip
HALVES = {
    "tuned": "tuned",
    "held": "held back",
    "fresh": "fresh",
    "last": "last",
    "dev": "development",
    "unseen": "unseen",
}
Answers = list[list[UUID]]


def put(documents: Iterator[Document], count: int) -> float:
    """Index the next `count` documents, five hundred a transaction; returns the seconds it took."""
    began = time.perf_counter()
    while count > 0 and (batch := list(islice(documents, min(500, count)))):
        with transaction():
            index_documents(batch)
        count -= len(batch)
    refresh_search()
    return time.perf_counter() - began


def vacuum() -> None:
    """What PostgreSQL does by itself within minutes: without it, the index alone cannot answer."""
    if db.engine.dialect.name == "postgresql":
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def clock_of_the_database() -> Callable[[], float]:
    """Processor seconds of this process and, on PostgreSQL, of the process that serves it."""
    if db.engine.dialect.name != "postgresql":
        return time.process_time
    backend = db.session.scalar(text("SELECT pg_backend_pid()"))
    return lambda: time.process_time() + cpu_seconds([int(backend or 0)])


def ask(queries: Sequence[str], facets: tuple[str, ...]) -> tuple[Answers, list[float]]:
    """The keys found for each query, and the milliseconds each took."""
    answers, took = [], []
    for query in queries:
        began = time.perf_counter()
        found = find(Question(query, (judged.KIND,), facets=facets))
        took.append((time.perf_counter() - began) * 1000)
        answers.append([hit.key for hit in found.hits])
    return answers, took


def grow(
    app: Flask, name: str, sizes: tuple[int, ...], quality: list[list[object]], speed: list[list[object]]
) -> None:
    """Measure one database at every size."""
    queries = judged.queries()
    with app.app_context():
        documents = iter([*judged.judged(), *judged.others(sizes[-1])])
        there = 0
        for size in sizes:
            seconds = put(documents, size - there)
            each = 1000 * seconds / (size - there)
            there = size
            vacuum()
            answers, _ = ask([one.text for one in queries], ())  # warms up as well
            for half, title in HALVES.items():
                chosen = [(a, q) for a, q in zip(answers, queries, strict=True) if q.half == half]
                reached = judged.scores([a for a, _ in chosen], [q for _, q in chosen])
                cells = [
                    f"{reached[c][1]:.2f} / {reached[c][2]:.2f}" if c in reached else ""
                    for c in (*judged.CLASSES, "all")
                ]
                quality.append([name, size, title, len(chosen), *cells])
            for title, texts in (("judged", [one.text for one in queries]), ("broad", BROAD)):
                for facets in ((), FACETS):
                    spent = clock_of_the_database()
                    before = spent()
                    took = [ms for _ in range(ROUNDS) for ms in ask(texts, facets)[1]]
                    cpu = 1000 * (spent() - before) / len(took)
                    counts = f"{len(facets)} fields" if facets else "no"
                    times = (percentile(took, 0.5), percentile(took, 0.95), max(took))
                    speed.append([name, size, title, counts, *times, cpu, each, os.getloadavg()[0]])


def run(*, small: bool = False) -> None:
    sizes = SMALL_SIZES if small else SIZES
    with tempfile.TemporaryDirectory(prefix="kontor-search-") as base:
        with running_postgres({"shared_buffers": "512MB"}) as server:
            report(make_app(Path(base, "pg"), server.url(server.create())), "postgres", sizes)
        report(make_app(Path(base, "lite")), "sqlite", sizes)


def report(app: Flask, name: str, sizes: tuple[int, ...]) -> None:
    quality: list[list[object]] = []
    speed: list[list[object]] = []
    grow(app, name, sizes, quality, speed)
    columns = ["database", "documents", "queries", "number", *judged.CLASSES, "all"]
    sys.stdout.write(table("What is found: Recall@5 / MRR", columns, quality))
    columns = [
        "database",
        "documents",
        "queries",
        "counts",
        "p50 ms",
        "p95 ms",
        "max ms",
        "CPU ms",
        "indexing ms a document",
        "load average",
    ]
    sys.stdout.write(table("How long it takes", columns, speed))
    sys.stdout.flush()
