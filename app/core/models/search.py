"""The search's own index: documents, the words in them, and the ways from a typed word to those words.

Everything is found by a key, on SQLite and PostgreSQL alike; text is compared byte by byte (collation C), because a range
of words that begin with something must not depend on the language of the database.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db

Plain = String(64).with_variant(String(64, collation="C"), "postgresql")


class SearchDocument(db.Model):  # type: ignore[name-defined]
    """One thing that can be found. `shelf` stands for kind and visibility together; `words` are the ids in its postings."""

    __tablename__ = "core_search_document"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(36))
    visibility: Mapped[str] = mapped_column(String(64))
    shelf: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    keywords: Mapped[list[Any]]
    description: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger, comment="microseconds since 1970, UTC")
    rating: Mapped[float] = mapped_column(Float)
    digest: Mapped[str] = mapped_column(String(64))
    words: Mapped[list[Any]]

    __table_args__ = (
        Index("uq_core_search_document_kind_key", "kind", "key", unique=True),
        Index("ix_core_search_document_shelf_at", "shelf", "at"),
        Index("ix_core_search_document_shelf_rating", "shelf", "rating"),
    )


class SearchWord(db.Model):  # type: ignore[name-defined]
    """A folded word that occurs somewhere, its stem, and the stem from behind (for words that end alike)."""

    __tablename__ = "core_search_word"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    word: Mapped[str] = mapped_column(Plain, unique=True)
    stem: Mapped[str] = mapped_column(Plain, index=True)
    backwards: Mapped[str] = mapped_column(Plain, index=True)


class SearchPart(db.Model):  # type: ignore[name-defined]
    """A compound and one of its parts, by the part's stem."""

    __tablename__ = "core_search_part"

    part: Mapped[str] = mapped_column(Plain, primary_key=True)
    word_id: Mapped[int] = mapped_column(
        ForeignKey("core_search_word.id", ondelete="CASCADE"), primary_key=True
    )
    head: Mapped[int] = mapped_column(SmallInteger, comment="1 where the part is the last one")

    __table_args__ = (Index("ix_core_search_part_word", "word_id"),)


class SearchTypo(db.Model):  # type: ignore[name-defined]
    """A stem or part without some letters of its beginning: misspelt words share such a key with the right one."""

    __tablename__ = "core_search_typo"

    key: Mapped[str] = mapped_column(
        String(8).with_variant(String(8, collation="C"), "postgresql"), primary_key=True
    )
    form: Mapped[str] = mapped_column(Plain, primary_key=True)

    __table_args__ = (Index("ix_core_search_typo_form", "form"), {"sqlite_with_rowid": False})


class SearchPosting(db.Model):  # type: ignore[name-defined]
    """A word occurs in a document, and how much that counts. No foreign keys: millions of rows, written by one place."""

    __tablename__ = "core_search_posting"

    word_id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    shelf: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    document_id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    weight: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        # PostgreSQL answers from this index alone; in SQLite it is the table.
        PrimaryKeyConstraint("word_id", "shelf", "document_id", postgresql_include=["weight"]),
        {"sqlite_with_rowid": False},
    )


class SearchFacet(db.Model):  # type: ignore[name-defined]
    """A field of a document that filters and counts: a word, or a number."""

    __tablename__ = "core_search_facet"

    document_id: Mapped[int] = mapped_column(
        ForeignKey("core_search_document.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(120), primary_key=True)
    number: Mapped[float | None] = mapped_column(Float)

    __table_args__ = ({"sqlite_with_rowid": False},)
