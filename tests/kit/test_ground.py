"""Clock, ids, element ids, transactions and compare-and-set."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.models import Job, Setting
from app.kit import clock
from app.kit.db import after_commit, db, in_transaction, move, require_transaction, transaction
from app.kit.dom import dom_id, parse_dom_id
from app.kit.errors import Conflict
from app.kit.htmx import safe_next
from app.kit.ids import new_id, parse_id


def test_ids_sort_by_time_and_are_version_7() -> None:
    first = new_id()
    ids = [new_id() for _ in range(1000)]
    assert len({*ids, first}) == 1001
    assert all(i.version == 7 and i.variant == first.variant for i in ids)
    assert (first.int >> 80) <= (ids[-1].int >> 80)
    assert parse_id("nonsense") is None
    assert parse_id("١" * 32) is None


@given(st.uuids(), st.sampled_from(["status", "cost"]))
def test_element_ids_can_be_read_back(row: UUID, aspect: str) -> None:
    assert parse_dom_id(dom_id("hosting-server", row, aspect)) == ("hosting-server", row, aspect)


def test_a_topic_is_the_whole_text() -> None:
    assert parse_dom_id(dom_id("hosting-server", new_id(), "status") + "\n") is None


@given(st.text())
def test_any_text_is_either_a_topic_or_none(text: str) -> None:
    found = parse_dom_id(text)
    assert found is None or dom_id(*found) == text


@given(st.text())
def test_a_return_path_never_leaves_the_site(url: str) -> None:
    assert safe_next("//evil.example", "/") == "/"
    assert safe_next("https://evil.example", "/") == "/"
    result = safe_next(url, "/")
    assert result.startswith("/")
    assert not result.startswith(("//", "/\\"))


def test_the_clock_can_be_held_and_moved() -> None:
    at = datetime(2026, 3, 29, 1, 59, tzinfo=timezone(timedelta(hours=1)))
    with clock.freeze(at):
        assert clock.now() == at
        assert clock.advance(hours=1) == clock.now() == at + timedelta(hours=1)
    assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="aware"), clock.freeze(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


def _setting(key: str, at: datetime | None = None) -> Setting:
    return Setting(scope="operator", key=key, value=1, changed_at=at or clock.now())


def test_naive_times_are_refused_and_times_come_back_aware(db_app: Flask) -> None:
    moment = datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=UTC)
    with transaction() as session:
        session.add(_setting("a", moment.astimezone(timezone(timedelta(hours=5)))))
    db.session.expire_all()
    assert db.session.scalar(select(Setting.changed_at)) == moment
    with pytest.raises(Exception, match="naive"), transaction() as session:
        session.add(_setting("b", datetime(2026, 1, 1)))  # noqa: DTZ001


def test_hooks_run_after_the_commit_only(db_app: Flask) -> None:
    seen: list[str] = []
    with transaction() as session:
        session.add(_setting("a"))
        after_commit(lambda: seen.append("committed" if not in_transaction() else "too early"))
        after_commit(lambda: 1 / 0)  # a courtesy that fails undoes nothing
        after_commit(lambda: seen.append("next"))
    assert seen == ["committed", "next"]
    with pytest.raises(ValueError, match="no"), transaction():
        after_commit(lambda: seen.append("never"))
        raise ValueError("no")
    assert seen == ["committed", "next"]


def test_transactions_do_not_nest_and_writing_functions_need_one(app: Flask) -> None:
    with pytest.raises(RuntimeError):
        require_transaction()
    with pytest.raises(RuntimeError), transaction(), transaction():
        pass
    assert not in_transaction()


def test_changes_made_outside_a_transaction_are_caught(app: Flask) -> None:
    db.session.add(_setting("loose"))
    with pytest.raises(RuntimeError), transaction():
        pass
    db.session.rollback()


def _job() -> Job:
    return Job(id=new_id(), path="x.y", queue="default", args={}, run_at=clock.now(), created_at=clock.now())


def test_of_many_only_one_moves_the_state(db_app: Flask) -> None:
    with transaction() as session:
        row = _job()
        session.add(row)
    row_id, won, lost, start = row.id, [], [], threading.Barrier(12)

    def race(number: int) -> None:
        with db_app.app_context():
            start.wait()
            try:
                with transaction():
                    move(Job, row_id, from_="queued", to="running", worker=str(number))
                won.append(number)
            except Conflict:
                lost.append(number)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 11
    db.session.rollback()
    assert db.session.scalar(select(Job.worker).where(Job.id == row_id)) == str(won[0])
