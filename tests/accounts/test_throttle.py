"""Guessing is slowed down, with Redis and without it, by whoever guesses and against whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Throttle
from app.accounts.rules import limits
from app.accounts.rules.limits import Limit
from app.accounts.services import throttle
from app.kit import clock
from app.kit.db import db
from app.kit.errors import TooMany
from tests.conftest import make_app
from tests.people import PASSWORD, People

THREE = Limit("test.three", 3, 60)
TWO = Limit("test.two", 2, 600)


def try_often(times: int, tries: dict[Limit, str]) -> int:
    """How many of so many tries are let through."""
    passed = 0
    for _ in range(times):
        try:
            throttle.count(tries)
        except TooMany:
            continue
        passed += 1
    return passed


def test_so_many_and_no_more(db_app: Flask, frozen: object) -> None:
    assert try_often(5, {THREE: "a"}) == 3
    assert try_often(1, {THREE: "b"}) == 1


def test_the_window_ends(db_app: Flask, frozen: object) -> None:
    assert try_often(5, {THREE: "a"}) == 3
    clock.advance(59)
    assert try_often(1, {THREE: "a"}) == 0
    clock.advance(1)
    assert try_often(5, {THREE: "a"}) == 3


def test_the_answer_says_how_long_to_wait(app: Flask, frozen: object) -> None:
    try_often(2, {TWO: "a"})
    clock.advance(120)
    with pytest.raises(TooMany) as caught:
        throttle.count({TWO: "a"})
    assert caught.value.retry_after == 480
    assert "8 Minuten" in caught.value.message


def test_forgiving_begins_anew(db_app: Flask) -> None:
    assert try_often(5, {THREE: "a"}) == 3
    throttle.forgive({THREE: "a"})
    assert try_often(5, {THREE: "a"}) == 3


def test_no_address_is_kept(app: Flask) -> None:
    throttle.count({THREE: "alice@example.org", TWO: "192.0.2.7"})
    assert all(len(key) == 64 and "@" not in key for key in db.session.scalars(select(Throttle.key)))


def test_old_windows_are_swept(app: Flask, frozen: object) -> None:
    throttle.count({THREE: "a", TWO: "a"})
    clock.advance(61)
    throttle.tidy()
    assert db.session.scalar(select(func.count()).select_from(Throttle)) == 1


@pytest.mark.postgres
def test_tries_at_the_same_moment_are_all_counted(pg_app: Flask) -> None:
    def one(_number: int) -> int:
        with pg_app.app_context():
            return try_often(1, {THREE: "together", TWO: "together"})

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 2


def test_redis_counts_and_the_database_takes_over(redis_url: str, tmp_path: Path) -> None:
    app = make_app(tmp_path, redis_url=redis_url)
    with app.app_context():
        assert try_often(5, {THREE: "with-redis"}) == 3
        assert db.session.scalar(select(func.count()).select_from(Throttle)) == 0
        throttle.forgive({THREE: "with-redis"})
        assert try_often(1, {THREE: "with-redis"}) == 1
    gone = make_app(tmp_path / "gone", redis_url="redis://127.0.0.1:1")
    with gone.app_context():
        assert try_often(5, {THREE: "with-redis"}) == 3


def test_one_account_is_guarded_from_one_network(client: FlaskClient, people: People) -> None:
    data = {"email": "alice@example.org", "password": "falsch"}
    codes = [client.post("/anmelden", data=data).status_code for _ in range(12)]
    assert codes == [422] * 10 + [429, 429]
    answer = client.post("/anmelden", data={**data, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    elsewhere = client.post(
        "/anmelden", data={**data, "password": PASSWORD}, environ_overrides={"REMOTE_ADDR": "198.51.100.9"}
    )
    assert elsewhere.status_code == 303


def test_one_account_is_guarded_from_all_networks_together(client: FlaskClient, people: People) -> None:
    data = {"email": "alice@example.org", "password": "falsch"}
    most = limits.PASSWORD_ACCOUNT.most
    codes = [
        client.post("/anmelden", data=data, environ_overrides={"REMOTE_ADDR": f"198.51.{n}.9"}).status_code
        for n in range(most + 1)
    ]
    assert codes == [422] * most + [429]


@pytest.mark.slow
def test_one_network_cannot_try_all_accounts(client: FlaskClient, people: People) -> None:
    most = limits.PASSWORD_NETWORK.most
    codes = [
        client.post("/anmelden", data={"email": f"person{n}@example.org", "password": "falsch"}).status_code
        for n in range(most + 1)
    ]
    assert codes == [422] * most + [429]


def test_an_ipv6_customer_is_one_network(client: FlaskClient, people: People) -> None:
    data = {"email": "alice@example.org", "password": "falsch"}
    codes = [
        client.post(
            "/anmelden", data=data, environ_overrides={"REMOTE_ADDR": f"2001:db8:1:2::{n:x}"}
        ).status_code
        for n in range(1, 12)
    ]
    assert codes == [422] * 10 + [429]


def test_the_right_password_clears_the_count(client: FlaskClient, people: People) -> None:
    for _ in range(3):
        for _ in range(9):
            client.post("/anmelden", data={"email": "alice@example.org", "password": "falsch"})
        assert (
            client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD}).status_code
            == 303
        )


def test_a_mailbox_is_not_flooded(client: FlaskClient, people: People) -> None:
    codes = [client.post("/anmelden/link", data={"email": "alice@example.org"}).status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]


def test_htmx_gets_a_toast(client: FlaskClient, people: People) -> None:
    data = {"email": "alice@example.org", "password": "falsch"}
    for _ in range(10):
        client.post("/anmelden", data=data)
    answer = client.post("/anmelden", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 429
    assert 'hx-target="#toasts"' in answer.text
