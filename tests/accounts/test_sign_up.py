"""Signing up: person and organisation come to be when the mailbox's owner confirms, and only for them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Membership, Organisation, Person
from app.core.models import Event
from app.kit import clock
from app.kit.db import db
from tests.accounts.mailbox import last, letters
from tests.people import CHEAP, People

EVA = {
    "name": "Eva",
    "email": "eva@example.org",
    "password": "ein langes Passwort",
    "organisation": "Evas Haus",
}


@pytest.fixture(autouse=True)
def cheap(client: FlaskClient) -> None:
    client.application.config["PASSWORD_COST"] = CHEAP


def ask(client: FlaskClient, **changes: str) -> str:
    data = {**EVA, **changes}
    assert client.post("/registrieren", data=data).location == "/anmelden/verschickt"
    return last(data["email"]).path


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_confirmed_sign_up_is_signed_in_as_the_owner(client: FlaskClient) -> None:
    path = ask(client)
    assert client.get(path).status_code == 200
    assert client.post(path).location == "/"
    assert "Willkommen" in client.get("/konto/profil").text
    page = client.get("/organisation/mitglieder").text
    assert "Eva" in page
    assert "Evas Haus" in page
    assert db.session.scalar(select(Membership.role)) == "owner"
    assert db.session.scalar(select(Person.email_verified_at)) is not None


def test_nothing_exists_before_the_confirmation(client: FlaskClient) -> None:
    path = ask(client)
    client.get(path)
    assert (count(Person), count(Organisation)) == (0, 0)


def test_another_browser_must_know_the_password(client: FlaskClient) -> None:
    """Who reads a mail they did not ask for must not bring an account to life whose password another chose."""
    path = ask(client)
    other = client.application.test_client()
    assert "anderen Browser" in other.get(path).text
    assert other.post(path).status_code == 422
    assert other.post(path, data={"password": "geraten-geraten"}).status_code == 422
    assert count(Person) == 0
    assert other.post(path, data={"password": EVA["password"]}).status_code == 303
    assert count(Person) == 1


def test_guessing_that_password_is_slowed_down(client: FlaskClient) -> None:
    path = ask(client)
    other = client.application.test_client()
    codes = [other.post(path, data={"password": f"geraten{n}"}).status_code for n in range(11)]
    assert codes == [422] * 10 + [429]


def test_twice_makes_one_person(client: FlaskClient) -> None:
    path = ask(client)
    client.post(path)
    assert client.post(path).status_code == 410
    assert (count(Person), count(Organisation)) == (1, 1)


def test_of_two_wishes_for_one_address_the_confirmed_one_counts(client: FlaskClient) -> None:
    first = ask(client, password="das erste Passwort")
    other = client.application.test_client()
    second = ask(other, password="das zweite Passwort")
    assert other.post(second).status_code == 303
    assert client.post(first, data={"password": "das erste Passwort"}).status_code == 409
    assert count(Person) == 1
    fresh = client.application.test_client()
    assert (
        fresh.post("/anmelden", data={"email": EVA["email"], "password": "das zweite Passwort"}).status_code
        == 303
    )


def test_the_wish_runs_out_after_a_day(client: FlaskClient, frozen: object) -> None:
    path = ask(client)
    clock.advance(hours=24)
    assert client.get(path).status_code == 410


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "keine-adresse", "keine vollständige E-Mail-Adresse"),
        ("email", "a@b", "keine vollständige E-Mail-Adresse"),
        ("password", "kurz", "mindestens 10 Zeichen"),
        ("password", "x" * 201, "Höchstens 200"),
        ("password", "aaaaaaaaaaaa", "zu wenige verschiedene"),
        ("password", "eva@example.org", "etwas anderes als deine"),
        ("name", " ", "Trag einen Namen ein"),
        ("name", "Gewinn auf https://evil.example", "ohne Internetadresse"),
        ("organisation", "\u200b", "Trag einen Namen ein"),
    ],
)
def test_a_wrong_entry_is_said_at_its_field(client: FlaskClient, field: str, value: str, says: str) -> None:
    answer = client.post("/registrieren", data={**EVA, field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'id="{field}-error"' in answer.text
    assert letters(EVA["email"]) == []


def test_all_wrong_entries_are_said_at_once(client: FlaskClient) -> None:
    answer = client.post(
        "/registrieren", data={"name": "x", "email": "x", "password": "x", "organisation": "x"}
    )
    assert answer.text.count("field-error") == 2


def test_the_mail_does_not_repeat_what_a_stranger_typed(client: FlaskClient) -> None:
    """Else the form would be a way to send texts to anybody."""
    ask(client, name="Kauf jetzt bei Franz", organisation="Franz Gewinnspiel")
    letter = last(EVA["email"])
    assert "Franz" not in letter.subject + letter.text + letter.html


def test_the_language_of_the_visitor_is_kept(client: FlaskClient) -> None:
    client.post("/registrieren?lang=en", data=EVA)
    client.post(last(EVA["email"]).path)
    assert db.session.scalar(select(Person.locale)) == "en"


def test_two_organisations_may_have_one_name(client: FlaskClient, people: People) -> None:
    client.post(ask(client, organisation="Nordlicht"))
    slugs = set(db.session.scalars(select(Organisation.slug)))
    assert len(slugs) == 3
    assert any(slug.startswith("nordlicht-") for slug in slugs)


def test_it_is_recorded(client: FlaskClient) -> None:
    client.post(ask(client))
    names = list(db.session.scalars(select(Event.name).order_by(Event.seq)))
    assert names == [
        "accounts.person.registered",
        "accounts.organisation.created",
        "accounts.membership.joined",
        "accounts.person.signed_in",
    ]
