"""Rate limits: told with every answer, refilled evenly, loose but alive without Redis."""

from __future__ import annotations

import time

import pytest
from flask import Flask

from app.kit import limits, rest
from tests.api.conftest import caller
from tests.people import People
from tests.services.redis import RedisServer


@pytest.fixture
def with_redis(app: Flask, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> RedisServer:
    settings = app.extensions["kontor-settings"].model_copy(update={"redis_url": redis_server.url})
    monkeypatch.setitem(app.extensions, "kontor-settings", settings)
    monkeypatch.setitem(app.extensions, "kontor-redis", {})
    monkeypatch.setattr(limits, "_redis_gone_until", 0.0)
    return redis_server


def test_the_limit_is_told_and_held(app: Flask, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "LIMIT", 5)
    alice = caller(app, people.alice)
    left = []
    for _ in range(5):
        answer = alice("GET", "/templates")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"token";q=5;w=60'
        left.append(int(answer.headers["RateLimit"].split(";")[1].removeprefix("r=")))
    assert left == [4, 3, 2, 1, 0]
    refused = alice("GET", "/templates")
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert caller(app, people.alice)("GET", "/templates").status_code == 200  # another token has its own


@pytest.mark.slow
@pytest.mark.parametrize("where", ["redis", "memory"])
def test_it_refills_evenly(app: Flask, where: str, request: pytest.FixtureRequest) -> None:
    if where == "redis":
        request.getfixturevalue("with_redis")
    key = f"test:{time.monotonic_ns()}"
    assert [limits.take(key, 4, 2).allowed for _ in range(6)] == [True] * 4 + [False] * 2
    assert not limits.take(key, 4, 2, use=False).allowed
    time.sleep(0.6)
    assert [limits.take(key, 4, 2, use=False).allowed for _ in range(3)] == [
        True
    ] * 3  # asking uses nothing up
    assert [limits.take(key, 4, 2).allowed for _ in range(2)] == [True, False]
    time.sleep(2.1)
    assert limits.take(key, 4, 2).remaining == 3


def test_without_redis_each_process_counts_for_itself(app: Flask, with_redis: RedisServer) -> None:
    key = f"test:{time.monotonic_ns()}"
    assert limits.take(key, 2, 60).allowed
    with_redis.stop(sig=9)
    try:
        began = time.monotonic()
        assert [limits.take(key, 2, 60).allowed for _ in range(3)] == [True, True, False]
        assert time.monotonic() - began < 1
    finally:
        with_redis.start()
