"""Changing password and address from inside: with proof, told by mail, other sessions ended."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Person
from app.kit import clock
from app.kit.db import db, transaction
from tests.accounts.mailbox import last, letters
from tests.people import PASSWORD, People, sign_in

NEW = "ein ganz neues Passwort"


def email_of(people: People) -> str | None:
    db.session.rollback()
    return db.session.scalar(select(Person.email).where(Person.id == people.bob.id))


def without_password(people: People) -> None:
    with transaction() as session:
        session.get_one(Person, people.bob.id).password_hash = None


def test_the_password_is_changed_with_the_old_one(client: FlaskClient, people: People) -> None:
    elsewhere = sign_in(client.application.test_client(), people.bob)
    sign_in(client, people.bob)
    assert client.get("/konto/passwort").status_code == 200
    assert client.post("/konto/passwort", data={"current": PASSWORD, "new": NEW}).status_code == 303
    assert client.get("/konto/profil").status_code == 200
    assert elsewhere.get("/konto/profil").status_code == 302
    assert last("bob@example.org").subject == "Dein Passwort wurde geändert"
    fresh = client.application.test_client()
    assert fresh.post("/anmelden", data={"email": "bob@example.org", "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"current": "falsch", "new": NEW}, "current"),
        ({"new": NEW}, "current"),
        ({"current": PASSWORD, "new": "kurz"}, "new"),
        ({"current": PASSWORD}, "new"),
    ],
)
def test_a_mistake_is_said_at_its_field(
    client: FlaskClient, people: People, data: dict[str, str], field: str
) -> None:
    answer = sign_in(client, people.bob).post("/konto/passwort", data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert letters("bob@example.org") == []


def test_guessing_the_password_inside_is_slowed_down(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    codes = [
        client.post("/konto/passwort", data={"current": f"x{n}", "new": NEW}).status_code for n in range(11)
    ]
    assert codes == [422] * 10 + [429]


def test_who_has_none_sets_the_first_one_soon_after_signing_in(
    client: FlaskClient, people: People, frozen: object
) -> None:
    without_password(people)
    sign_in(client, people.bob)
    assert 'name="current"' not in client.get("/konto/passwort").text
    assert client.post("/konto/passwort", data={"new": NEW}).status_code == 303


def test_a_session_left_open_cannot_set_the_first_password(
    client: FlaskClient, people: People, frozen: object
) -> None:
    without_password(people)
    sign_in(client, people.bob)
    clock.advance(minutes=16)
    answer = client.post("/konto/passwort", data={"new": NEW})
    assert answer.status_code == 422
    assert "zu lange her" in answer.text


def test_a_new_address_counts_once_its_mailbox_says_so(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    data = {"email": "Robert@Example.org", "current": PASSWORD}
    assert client.post("/konto/adresse", data=data).status_code == 303
    assert email_of(people) == "bob@example.org"
    path = last("robert@example.org").path
    assert client.get(path).status_code == 200
    assert email_of(people) == "bob@example.org"
    assert client.post(path).location == "/konto/sicherheit"
    assert email_of(people) == "robert@example.org"
    assert last("bob@example.org").subject == "Deine E-Mail-Adresse wurde geändert"
    assert client.post(path).status_code == 410


def test_only_the_last_asked_address_can_be_confirmed(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    for name in ("eins", "zwei"):
        client.post("/konto/adresse", data={"email": f"{name}@example.org", "current": PASSWORD})
    assert client.post(last("eins@example.org").path).status_code == 410
    assert client.post(last("zwei@example.org").path).status_code == 303


@pytest.mark.parametrize("way", ["inside", "by mail"])
def test_a_new_password_ends_the_wish_for_another_address(
    client: FlaskClient, people: People, way: str
) -> None:
    """Whoever knew the old password may have asked for an address of their own."""
    sign_in(client, people.bob)
    client.post("/konto/adresse", data={"email": "dieb@example.org", "current": PASSWORD})
    if way == "inside":
        client.post("/konto/passwort", data={"current": PASSWORD, "new": NEW})
    else:
        client.post("/passwort-vergessen", data={"email": people.bob.email})
        client.post(last(people.bob.email).path, data={"new": NEW})
    assert client.post(last("dieb@example.org").path).status_code == 410
    assert email_of(people) == "bob@example.org"


def test_a_taken_address_is_not_given_away(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    taken = client.post("/konto/adresse", data={"email": "cleo@example.org", "current": PASSWORD})
    free = client.post("/konto/adresse", data={"email": "frei@example.org", "current": PASSWORD})
    assert (taken.status_code, taken.location) == (free.status_code, free.location)
    assert last("cleo@example.org").template == "accounts/known"


def test_an_address_taken_meanwhile_is_a_conflict(client: FlaskClient, people: People) -> None:
    from app.accounts.api import create_person

    sign_in(client, people.bob)
    client.post("/konto/adresse", data={"email": "robert@example.org", "current": PASSWORD})
    create_person(email="robert@example.org", name="Robert")
    assert client.post(last("robert@example.org").path).status_code == 409
    assert email_of(people) == "bob@example.org"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "robert@example.org", "current": "falsch"}, "current"),
        ({"email": "unfug", "current": PASSWORD}, "email"),
        ({"email": "bob@example.org", "current": PASSWORD}, "email"),
    ],
)
def test_a_wrong_wish_mails_nobody(
    client: FlaskClient, people: People, data: dict[str, str], field: str
) -> None:
    answer = sign_in(client, people.bob).post("/konto/adresse", data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert letters("robert@example.org") == []


@pytest.mark.parametrize(
    "path", ["/konto/passwort", "/konto/adresse", "/konto/sicherheit", "/konto/ersatzcodes"]
)
def test_nobody_gets_in(client: FlaskClient, people: People, path: str) -> None:
    assert client.get(path).location == f"/anmelden?next={path}"
