"""Signing in by a mailed link: opening it does nothing, pressing the button does it once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.errors import LinkSpent
from app.accounts.models import Link, Session
from app.accounts.services import sign_in as service
from app.accounts.services.session import Visitor
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict
from tests.accounts.mailbox import last
from tests.people import People, make_people, sign_in

ALICE = "alice@example.org"


def ask(client: FlaskClient, email: str = ALICE, **more: str) -> str:
    assert client.post("/anmelden/link", data={"email": email, **more}).location == "/anmelden/verschickt"
    return last(email).path


def test_a_link_signs_in(client: FlaskClient, people: People) -> None:
    path = ask(client)
    assert ALICE in client.get(path).text
    assert client.post(path).status_code == 303
    assert client.get("/konto/profil").status_code == 200


def test_opening_the_link_does_not_use_it_up(client: FlaskClient, people: People) -> None:
    path = ask(client)
    scanner = client.application.test_client()
    for _ in range(3):
        assert scanner.get(path).status_code == 200
        assert scanner.head(path).status_code == 200
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0
    assert client.post(path).status_code == 303


def test_it_works_once(client: FlaskClient, people: People) -> None:
    path = ask(client)
    client.post(path)
    other = client.application.test_client()
    assert other.get(path).status_code == 410
    assert other.post(path).status_code == 410
    assert other.get("/konto/profil").status_code == 302


def test_it_runs_out_after_a_quarter_of_an_hour(client: FlaskClient, people: People, frozen: object) -> None:
    path = ask(client)
    clock.advance(minutes=15)
    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 410


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "..%2f"])
def test_an_invented_link_looks_like_a_spent_one(client: FlaskClient, people: People, token: str) -> None:
    assert client.get(f"/anmelden/link/{token}").status_code in (404, 410)


def test_a_link_for_something_else_does_not_sign_in(client: FlaskClient, people: People) -> None:
    client.post("/passwort-vergessen", data={"email": ALICE})
    token = last(ALICE).path.rpartition("/")[2]
    assert client.post(f"/anmelden/link/{token}").status_code == 410


def test_the_mail_carries_the_public_address_not_the_asked_one(client: FlaskClient, people: People) -> None:
    """Host header injection: a forged host must not turn up in somebody's mail."""
    client.post("/anmelden/link", data={"email": ALICE}, headers={"Host": "evil.example"})
    assert "evil.example" not in last(ALICE).text
    assert "http://localhost/anmelden/link/" in last(ALICE).text
    assert last(ALICE).path in last(ALICE).html


def test_it_leads_back_to_the_page_that_asked(client: FlaskClient, people: People) -> None:
    path = ask(client, next="/organisation/mitglieder")
    assert client.post(path).location == "/organisation/mitglieder"
    assert client.post(ask(client, next="//evil.example")).location == "/"


def test_a_changed_password_makes_open_links_useless(client: FlaskClient, people: People) -> None:
    from tests.people import PASSWORD

    path = ask(client)
    inside = sign_in(client.application.test_client(), people.alice)
    inside.post("/konto/passwort", data={"current": PASSWORD, "new": "ein ganz neues Passwort"})
    assert client.post(path).status_code == 410


def test_the_database_does_not_hold_the_link(client: FlaskClient, people: People) -> None:
    token = ask(client).rpartition("/")[2]
    row = db.session.scalars(select(Link)).one()
    assert token not in (row.fingerprint, str(row.data))


@pytest.mark.postgres
def test_of_many_at_the_same_moment_one_gets_in(pg_app: Flask) -> None:
    make_people(pg_app)
    token = ask(pg_app.test_client()).rpartition("/")[2]

    def one(_number: int) -> bool:
        with pg_app.app_context():
            try:
                service.with_link(token, visitor=Visitor())
            except (LinkSpent, Conflict):
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == 1
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Session)) == 1
