"""The index on SQLite and PostgreSQL: what is found, by whom, in which order, and that writing belongs to its transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from app.core.api import (
    PUBLIC,
    Document,
    Found,
    How,
    Question,
    Sort,
    find,
    forget_documents,
    index_all_anew,
    index_documents,
    search_source,
)
from app.core.models import SearchDocument, SearchFacet, SearchPosting, SearchTypo, SearchWord
from app.core.queries.find import SEARCH_EMPTY, visible_to
from app.core.services import search as service
from app.core.services.search import index_anew, tidy_search
from app.kit.authz import ANONYMOUS
from app.kit.db import db, transaction

KIND = "test.unit"


def unit(n: int, title: str, *, kind: str = KIND, **rest: object) -> Document:
    return Document(kind, UUID(int=n), title, **rest)  # type: ignore[arg-type]


def keep(*documents: Document) -> int:
    with transaction():
        return index_documents(documents)


def ask(text: str, **rest: object) -> Found:
    return find(Question(text, (KIND,), **rest))  # type: ignore[arg-type]


def numbers(found: Found) -> list[int]:
    return [hit.key.int for hit in found.hits]


def rows(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_adding_changing_and_removing(db_app: Flask) -> None:
    assert keep(unit(1, "Leitern prüfen"), unit(2, "Stapler fahren")) == 2
    assert numbers(ask("leiter")) == [1]
    assert keep(unit(1, "Leitern prüfen"), unit(2, "Gabeln heben")) == 1, "what says the same is not written"
    assert numbers(ask("stapler")) == []
    assert numbers(ask("gabel")) == [2]
    with transaction():
        forget_documents(KIND, [UUID(int=1), UUID(int=99)])
    assert numbers(ask("leiter")) == []
    assert numbers(ask("")) == [2]


def test_it_belongs_to_the_callers_transaction(db_app: Flask) -> None:
    with pytest.raises(RuntimeError):
        index_documents([unit(1, "Leiter")])
    with pytest.raises(ZeroDivisionError), transaction():
        index_documents([unit(1, "Leiter")])
        raise ZeroDivisionError
    assert numbers(ask("leiter")) == []
    assert rows(SearchDocument) == rows(SearchWord) == rows(SearchPosting) == 0


def test_a_document_of_an_organisation_is_found_by_it_alone(db_app: Flask) -> None:
    own, other = str(UUID(int=7)), str(UUID(int=8))
    keep(
        unit(1, "Leiter für alle"), unit(2, "Leiter nur für uns", visibility=own, facets={"level": "geheim"})
    )
    assert numbers(ask("leiter")) == [1]
    assert numbers(ask("leiter", visible=(PUBLIC, other))) == [1]
    assert sorted(numbers(ask("leiter", visible=(PUBLIC, own)))) == [1, 2]
    assert ask("", facets=("level",)).facets["level"] == ()
    assert ask("leiter", facets=("level",)).facets["level"] == ()
    assert ask("leiter", visible=()).total == 0
    keep(unit(2, "Leiter nur für uns", visibility=other))
    assert numbers(ask("leiter", visible=(PUBLIC, own))) == [1], "what moved to others is gone at once"
    assert visible_to(ANONYMOUS) == (PUBLIC,)


def test_kinds_are_apart(db_app: Flask) -> None:
    keep(unit(1, "Leiter"), unit(1, "Leiter", kind="test.other"))
    assert [hit.kind for hit in ask("leiter").hits] == [KIND]
    assert find(Question("leiter", (KIND, "test.other"))).total == 2


def test_the_better_reason_and_the_better_field_come_first(db_app: Flask) -> None:
    keep(
        unit(1, "Etwas", text="Leiter"), unit(2, "Etwas", description="Leiter"), unit(3, "Etwas", keywords=("Leiter",)),
        unit(4, "Steigleiter"), unit(5, "Leitern"), unit(6, "Leiter"),
    )  # fmt: skip
    assert numbers(ask("Leiter")) == [6, 5, 4, 3, 2, 1]


def test_a_hit_says_why(db_app: Flask) -> None:
    keep(unit(1, "Leitern prüfen", description="Die Leiterprüfung der Feuerwehr", keywords=("Lern-App",)))
    hit = ask("Leiter Lernapp").hits[0]
    assert [(m.text, m.how) for m in hit.title if m.how] == [("Leitern", How.STEM)]
    assert ("Leiterprüfung", How.PART) in [(m.text, m.how) for m in hit.excerpt]
    assert ("Lern-App", How.EXACT, "lernapp") in [(m.text, m.how, m.asked) for m in hit.reasons]
    found = ask("Feuerweer")
    assert found.corrected == {"feuerweer": "feuerwehr"}
    assert [m.how for m in found.hits[0].reasons] == [How.TYPO]


@pytest.mark.parametrize(
    "typed",
    [
        "Brandschutzübung",
        "brandschutzuebung",
        "Übung Brandschutz",
        "Brandschuzübung",
        "Brandschützübungen",
        "Übung zum Brandschutz",
    ],
)
def test_a_compound_is_found_by_its_parts_and_the_parts_by_the_compound(db_app: Flask, typed: str) -> None:
    keep(
        unit(1, "Übung"),
        unit(2, "Brandschutz"),
        unit(3, "Die Übung zum Brandschutz"),
        unit(4, "Brandschutzübung"),
        unit(5, "Erste Hilfe"),
    )
    found = numbers(ask(typed))
    assert found[0] in (3, 4)
    assert set(found[:2]) == {3, 4} if len(found) > 1 else found == [4]


def test_a_part_learnt_later_opens_older_compounds(db_app: Flask) -> None:
    keep(unit(1, "Kranführerschein"))
    keep(unit(2, "Kran"), unit(3, "Führerschein"))
    assert 1 in numbers(ask("Führerscheine"))
    assert 1 in numbers(ask("Kran"))


def test_filters_counts_and_ranges(db_app: Flask) -> None:
    keep(
        unit(1, "Leiter", facets={"level": "neu", "tags": ("a", "b"), "minutes": 5.0}),
        unit(2, "Leiter", facets={"level": "neu", "tags": ("b",), "minutes": 12.0}),
        unit(3, "Leiter", facets={"level": "alt", "minutes": 20.0}),
    )  # fmt: skip
    found = ask("leiter", facets=("level", "tags"))
    assert found.facets == {"level": (("neu", 2), ("alt", 1)), "tags": (("b", 2), ("a", 1))}
    found = ask("leiter", filters={"level": ("alt",)}, facets=("level", "tags"))
    assert numbers(found) == [3]
    assert found.facets == {"level": (("neu", 2), ("alt", 1)), "tags": ()}, "the own filter does not count"
    assert set(numbers(ask("leiter", filters={"level": ("alt", "neu"), "tags": ("a",)}))) == {1}
    assert set(numbers(ask("leiter", ranges={"minutes": (5, 12)}))) == {1, 2}
    assert set(numbers(ask("", ranges={"minutes": (None, 19.5)}, filters={"tags": ("b",)}))) == {1, 2}
    assert ask("leiter", filters={"level": ("x' OR 1=1 --",)}).total == 0


def test_orders_and_pages(db_app: Flask) -> None:
    keep(*[unit(n, "Leiter", at=datetime(2026, 1, n, tzinfo=UTC), rating=float(n % 3)) for n in range(1, 8)])
    assert numbers(ask("leiter", sort=Sort.NEWEST)) == [7, 6, 5, 4, 3, 2, 1]
    assert [n % 3 for n in numbers(ask("leiter", sort=Sort.RATING))] == [2, 2, 1, 1, 1, 0, 0]
    pages = [ask("leiter", page=n, size=3) for n in (1, 2, 3, 4)]
    assert [page.total for page in pages] == [7, 7, 7, 7]
    assert [len(page.hits) for page in pages] == [3, 3, 1, 1]
    assert len({key for page in pages for key in numbers(page)}) == 7
    assert [page.page for page in pages] == [1, 2, 3, 3], "behind the last page there is the last page"
    assert numbers(ask("", size=2, page=0)) == [7, 6]


@pytest.mark.parametrize(
    "text",
    [
        "der die das",
        "%",
        "_",
        "' OR '1'='1",
        "\0",
        "a" * 5000,
        "😀",
        "-",
        "🙂-x",
        "ﷺ",
        "\ud800",
        "Leiter\0",
        "100 %",
    ],
)
def test_whatever_is_typed_or_said_is_answered(db_app: Flask, text: str) -> None:
    keep(unit(1, "Leiter"), unit(2, text, description=text, facets={"level": text[:30]}))
    assert ask(text).total <= 2
    assert ask("leiter", filters={"level": (text,)}).total <= 1
    assert ask("", facets=("level",)).total == 2


def test_nothing_found_is_counted(app: Flask) -> None:
    before = SEARCH_EMPTY.labels(KIND)._value.get()
    ask("gibtesnicht")
    assert SEARCH_EMPTY.labels(KIND)._value.get() == before + 1


def test_a_question_takes_few_statements(db_app: Flask) -> None:
    keep(unit(1, "Brandschutzübung", facets={"level": "neu"}), unit(2, "Leiter"))
    counted: list[str] = []
    from sqlalchemy import event

    def note(*said: object) -> None:
        counted.append(str(said[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask("Leiter Brandschuzübung", facets=("level",), filters={"level": ("neu",)})
        assert len([one for one in counted if one != "BEGIN"]) <= 6
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """The documents a module holds."""
    held: list[Document] = []

    def give(after: UUID | None, limit: int) -> Sequence[Document]:
        late = sorted(
            (one for one in held if after is None or str(one.key) > str(after)), key=lambda one: str(one.key)
        )
        return late[:limit]

    monkeypatch.setattr(service, "_sources", {})
    monkeypatch.setattr(service, "BATCH", 3)
    search_source(KIND, give)
    return held


def test_indexing_anew_brings_the_index_to_what_the_module_holds(
    db_app: Flask, source: list[Document]
) -> None:
    keep(*[unit(n, f"Alt {n}") for n in (1, 2, 3, 9, 20, 21, 22, 23)])
    source += [unit(n, f"Leiter {n}" if n % 2 else f"Alt {n}") for n in range(1, 9)]
    assert index_anew(KIND) == (7, 5)
    assert sorted(numbers(ask(""))) == list(range(1, 9))
    assert index_anew(KIND) == (0, 0)
    source.clear()
    assert index_anew(KIND) == (0, 8)


def test_indexing_anew_is_a_job(
    app: Flask, source: list[Document], run_jobs: Callable[..., list[str]]
) -> None:
    source.append(unit(1, "Leiter"))
    with transaction():
        index_all_anew()
        index_all_anew()
    assert run_jobs() == ["jobs.core.search.index_anew: done"]
    assert numbers(ask("leiter")) == [1]


def test_tidying_forgets_words_nobody_has_and_splits_in_the_middle(db_app: Flask) -> None:
    keep(unit(1, "Geheimnisvoll Müller"), unit(2, "Brandschutzhelferkurs"))
    keep(unit(3, "Brand Schutz Kurs"), unit(4, "Helfer"))
    with transaction():
        forget_documents(KIND, [UUID(int=1)])
    tidy_search()
    held = set(db.session.scalars(select(SearchWord.word)))
    assert "muller" not in held
    assert "helfer" in held
    assert not db.session.scalar(select(func.count()).where(SearchTypo.form == "mull"))
    assert 2 in numbers(ask("Helfer"))


def test_removing_leaves_no_rows(db_app: Flask) -> None:
    keep(unit(1, "Leiter", facets={"level": "neu"}))
    with transaction():
        forget_documents(KIND, [UUID(int=1)])
    tidy_search()
    assert [rows(m) for m in (SearchDocument, SearchPosting, SearchFacet, SearchWord, SearchTypo)] == [0] * 5


@pytest.mark.postgres
def test_many_write_the_same_words_and_documents_at_once(pg_app: Flask) -> None:
    failures: list[Exception] = []

    def write(number: int) -> None:
        with pg_app.app_context():
            try:
                for turn in range(8):
                    order = range(6) if number % 2 else reversed(range(6))
                    keep(*[unit(n, f"Leiter Stapler Wort{turn} von{number} n{n}") for n in order])
                    if turn == 4:
                        tidy_search()
            except Exception as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sorted(numbers(ask("leiter stapler"))) == list(range(6))
    held = db.session.execute(
        select(SearchPosting.document_id, func.count()).group_by(SearchPosting.document_id)
    ).all()
    assert {count for _, count in held} == {5}, "no posting of an earlier text is left"
    words = set(db.session.scalars(select(SearchWord.id)))
    assert set(db.session.scalars(select(SearchPosting.word_id))) <= words, "tidying took no word in use"


def test_what_is_indexed_while_the_source_is_read_stays(
    db_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source had been read when somebody published: that it does not have it yet is no reason to take it out."""
    monkeypatch.setattr(service, "_sources", {})
    keep(unit(1, "Leiter"), unit(2, "Stapler"))

    def source(after: UUID | None, limit: int) -> list[Document]:
        index_documents([unit(3, "Kran")])
        return [unit(1, "Leiter")]

    search_source(KIND, source)
    assert index_anew(KIND) == (0, 1)
    assert (numbers(ask("kran")), numbers(ask("stapler"))) == ([3], [])


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_anew_meets_in_the_middle_whatever_the_batch(
    db_app: Flask, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(service, "_sources", {})
    monkeypatch.setattr(service, "BATCH", batch)
    keep(*[unit(n, f"Alt {n}") for n in (1, 2, 3, 5, 8, 9)])
    there = [unit(n, f"Neu {n}") for n in (2, 3, 4, 6, 7, 8)]
    search_source(
        KIND, lambda after, limit: [one for one in there if after is None or one.key > after][:limit]
    )
    assert index_anew(KIND) == (6, 3)
    assert sorted(numbers(ask(""))) == [2, 3, 4, 6, 7, 8]
    assert index_anew(KIND) == (0, 0)


def test_behind_the_last_page_there_is_the_last_page(db_app: Flask) -> None:
    keep(*[unit(n, f"Leiter {n}") for n in range(1, 6)])
    last = ask("leiter", page=3, size=2)
    far = ask("leiter", page=400, size=2, facets=("level",))
    assert (far.hits, far.page, far.total) == (last.hits, 3, 5)
    assert len(far.hits) == 1
    assert ask("", page=9, size=5).page == 1
    assert (ask("kran", page=9).page, ask("kran", page=9).total) == (1, 0)


@pytest.mark.parametrize(
    ("typed", "most"), [("Leiter", 2), ("Brandschutzübung", 3), ("Feuerweer Leitre Übnug", 4)]
)
def test_few_statements_however_misspelt(db_app: Flask, typed: str, most: int) -> None:
    keep(unit(1, "Leiter und Feuerwehr"), unit(2, "Übung"), unit(3, "Brandschutz"))
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    found = ask(typed, facets=("level",))
    assert found.total
    assert len([one for one in seen if not one.startswith("BEGIN")]) <= most


def test_few_with_everything_are_followed_by_those_with_the_rarest_word(db_app: Flask) -> None:
    keep(
        unit(1, "Verbandkasten und sein Inhalt"), unit(2, "Der Verbandkasten"),
        *[unit(n, "Kasten Inhalt") for n in range(3, 12)],
    )  # fmt: skip
    assert numbers(ask("Verbandkasten Inhalt")) == [1, 2]


def test_in_a_tiny_index_another_word_is_not_a_misspelt_one(db_app: Flask) -> None:
    keep(unit(1, "Tassen bemalen"), unit(2, "Rechnung schreiben"), unit(3, "Narben pflegen"))
    assert ask("Kasse").total == ask("Farbe").total == 0
    assert ask("Rechnugn").corrected == {"rechnugn": "rechnung"}
