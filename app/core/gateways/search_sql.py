"""What SQLite and PostgreSQL say differently."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text

from app.kit.db import db

TYPES = {"text": "text", "int": "bigint", "small": "integer", "float": "double precision"}
NEW_WORDS = 7_310_002  # who adds words has it until the end of the transaction
TABLES = ("document", "word", "part", "typo", "posting", "facet")
WRITERS = 7_310_001  # key of the advisory lock: writers share it, tidying has it alone


class Sql:
    """Runs statements whose lists of values travel as one JSON parameter each."""

    fields: str
    """How the named fields `f` of the documents of `k` are joined. Left to themselves both databases guess that nearly all
    documents were found, and read all fields of all of them for a question that finds fifty."""

    def lines(self, name: str, **columns: str) -> str:
        """A subquery with these columns (text, int, float), one row for each entry of the JSON list `:name`."""
        raise NotImplementedError

    def run(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        """The rows of a statement; lists and tuples among the values become JSON."""
        bound = {n: json.dumps(v) if isinstance(v, list | tuple) else v for n, v in values.items()}
        result = db.session.execute(text(statement), bound)
        return result.all() if result.returns_rows else []  # type: ignore[attr-defined]

    def share(self) -> None:
        """Called before writing: tidying waits until the transaction ends."""

    def alone(self) -> None:
        """Called before tidying: writers wait until the transaction ends."""

    def words_alone(self) -> None:
        """Called before words are added: others who add some wait until the transaction ends."""

    def refresh(self) -> None:
        """Have the database look at its statistics after much was written."""
        for name in TABLES:
            db.session.execute(text(f"ANALYZE core_search_{name}"))


class SqliteSql(Sql):
    """SQLite: one writer at a time anyway."""

    lock_rows = ""
    # With a list in the condition it would make a Bloom filter of all fields there are, for each question.
    fields = "CROSS JOIN ({listed}) n CROSS JOIN core_search_facet f ON f.document_id = k.document_id AND f.field = n.field"

    def lines(self, name: str, **columns: str) -> str:
        parts = ", ".join(f"json_extract(value, '$[{n}]') AS {c}" for n, c in enumerate(columns))
        return f"(SELECT {parts} FROM json_each(:{name}))"


class PostgresSql(Sql):
    """PostgreSQL: many writers, who take rows in one order."""

    lock_rows = "FOR UPDATE"
    fields = (
        "CROSS JOIN LATERAL (SELECT field, value FROM core_search_facet"
        " WHERE document_id = k.document_id AND field IN ({names}) OFFSET 0) f"
    )

    def lines(self, name: str, **columns: str) -> str:
        parts = ", ".join(
            f"CAST(value ->> {n} AS {TYPES[kind]}) AS {column}"
            for n, (column, kind) in enumerate(columns.items())
        )
        return f"(SELECT {parts} FROM jsonb_array_elements(CAST(:{name} AS jsonb)) AS given(value))"

    def share(self) -> None:
        db.session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": WRITERS})

    def alone(self) -> None:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS})

    def words_alone(self) -> None:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": NEW_WORDS})


def pairs(values: Iterable[Any]) -> list[list[Any]]:
    """Values as rows of one column."""
    return [[value] for value in values]


def storable(said: str) -> str:
    """A text without what PostgreSQL cannot keep: the character zero, halves of characters."""
    return said.replace("\0", " ").encode("utf-8", "replace").decode()
