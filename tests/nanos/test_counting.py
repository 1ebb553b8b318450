"""Counts of a large market are kept for a few seconds, and nothing of the list itself is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from redis import Redis

from app.kit import cache
from app.nanos.catalog import slugs
from app.nanos.queries import counting
from app.nanos.queries.find import Found, find_nanos
from app.nanos.rules.finding import PAGE, read_wish
from app.nanos.services.ending import retire
from tests.nanos import rig
from tests.people import People


def forget(store: Redis) -> None:
    for key in store.scan_iter("kontor:nanos:counts:*"):
        store.delete(key)


@pytest.fixture
def store(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    client = cache.make_client(redis_url)
    monkeypatch.setattr(cache, "client", lambda: client)
    forget(client)
    yield client
    forget(client)


@pytest.fixture
def large(db_app: Flask, store: Redis, monkeypatch: pytest.MonkeyPatch) -> Redis:
    monkeypatch.setattr(counting, "LARGE", 2)
    return store


def listed(page: str = "1", **chosen: tuple[str, ...]) -> Found:
    return find_nanos(read_wish("", chosen, "", page, slugs()))


def test_the_list_is_as_it_is_and_its_counts_as_they_were(large: Redis, db_people: People) -> None:
    first, _second = (rig.published(db_people) for _ in range(2))
    assert listed().total == 2 and listed().facets["subject"] == {rig.OPEN.subject: 2}
    rig.published(db_people, replace(rig.OPEN, subject="it"))
    found = listed()
    assert len(found.rows) == found.total == 3 and found.facets["subject"] == {rig.OPEN.subject: 2}
    retire(db_people.alice.actor, first)
    assert len(listed().rows) == listed().total == 2
    assert listed(subject=("it",)).total == 1, "counted for itself"
    forget(large)
    assert listed().facets["subject"] == {rig.OPEN.subject: 1, "it": 1}


def test_kept_counts_end_by_themselves(large: Redis, db_people: People) -> None:
    for _ in range(2):
        rig.published(db_people)
    listed()
    (key,) = large.scan_iter("kontor:nanos:counts:*")
    assert 0 < large.ttl(key) <= counting.KEPT


def test_a_page_that_is_no_longer_there_is_the_last_one(large: Redis, db_people: People) -> None:
    made = [rig.published(db_people) for _ in range(PAGE + 1)]
    assert listed("2").pages == 2
    retire(db_people.alice.actor, made[0])
    found = listed("2")
    assert (found.page, len(found.rows), found.total) == (1, PAGE, PAGE)


def test_a_small_market_is_counted_each_time(db_app: Flask, store: Redis, db_people: People) -> None:
    rig.published(db_people)
    assert listed().total == 1 and not list(store.scan_iter("kontor:nanos:counts:*"))


def test_without_redis_every_market_is(
    large: Redis, db_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = cache.make_client("redis://127.0.0.1:9/0")
    monkeypatch.setattr(cache, "client", lambda: away)
    for number in (1, 2, 3):
        rig.published(db_people)
        assert listed().total == listed().facets["subject"][rig.OPEN.subject] == number
