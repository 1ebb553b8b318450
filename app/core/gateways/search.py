"""Where the search keeps its index. Behind the Protocol stand SQLite and PostgreSQL; a search server would fit in, too.

Both databases hold the same tables and do the same arithmetic in whole numbers, so both give the same answers in the
same order. What differs is in `SearchSqlite` and `SearchPostgres`: how lists of values travel, and who may write at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from app.core.gateways.search_find import Finding
from app.core.gateways.search_sql import PostgresSql, SqliteSql
from app.core.rules.finding import Document, Found, Question
from app.kit.db import db


class SearchBackend(Protocol):
    """An index of documents. Writing joins the caller's transaction."""

    def put(self, documents: Sequence[Document]) -> int:
        """Add documents, or replace those with the same kind and key. Returns how many were new or different."""

    def remove(self, kind: str, keys: Sequence[UUID]) -> None:
        """Take documents out; unknown ones are no matter."""

    def find(self, question: Question) -> Found:
        """Answer a question; one without words lists everything visible."""

    def keys(self, kind: str, after: UUID | None, limit: int) -> list[UUID]:
        """What is indexed of a kind, in the order of the keys as text."""

    def tidy(self, after: int) -> int | None:
        """House-keeping in small pieces: of the words after this id, drop those no document has, split the others anew.

        Returns where to go on, None at the end. Begin with 0.
        """

    def refresh(self) -> None:
        """Have the database look at its statistics after much was written."""


class SearchSqlite(SqliteSql, Finding):
    """The index in SQLite."""


class SearchPostgres(PostgresSql, Finding):
    """The index in PostgreSQL. No extension is needed: pg_trgm is not everywhere and takes a right to install."""


_BACKENDS: dict[str, SearchBackend] = {"sqlite": SearchSqlite(), "postgresql": SearchPostgres()}


def search_backend() -> SearchBackend:
    """The one of the database we run on."""
    return _BACKENDS[db.engine.dialect.name]
