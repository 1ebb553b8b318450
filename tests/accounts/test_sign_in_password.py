"""Signing in by password: the right one opens a new session, everything else says the same."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.gateways import password as hashes
from app.accounts.models import Person, Session
from app.accounts.services import sign_in as service
from app.accounts.services.session import Visitor
from app.accounts.views.gate import COOKIE
from app.core.models import Event
from app.kit.db import db
from tests.people import PASSWORD, People, sign_in

WRONG = "E-Mail-Adresse oder Passwort stimmt nicht."


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    return found.value if found else ""


def test_the_right_password_leads_on(client: FlaskClient, people: People) -> None:
    answer = client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/konto/profil").status_code == 200


def test_the_address_is_taken_in_any_case_and_with_blanks(client: FlaskClient, people: People) -> None:
    assert (
        client.post("/anmelden", data={"email": " Alice@Example.ORG ", "password": PASSWORD}).status_code
        == 303
    )


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.org", "falsch"),
        ("alice@example.org", PASSWORD + " "),
        ("alice@example.org", PASSWORD.upper()),
        ("alice@example.org", "x" * 5000),
        ("nobody@example.org", PASSWORD),
        ("keine adresse", PASSWORD),
        ("a" * 250 + "@x.y", PASSWORD),
    ],
)
def test_everything_else_gets_one_answer(
    client: FlaskClient, people: People, email: str, password: str
) -> None:
    answer = client.post("/anmelden", data={"email": email[:254], "password": password})
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert cookie_of(client) == ""


def test_what_was_typed_stays_but_the_password_does_not(client: FlaskClient, people: People) -> None:
    answer = client.post("/anmelden", data={"email": "alice@example.org", "password": "geheim-geheim"})
    assert 'value="alice@example.org"' in answer.text
    assert "geheim-geheim" not in answer.text


def test_empty_fields_are_named(client: FlaskClient, people: People) -> None:
    answer = client.post("/anmelden", data={})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "<title>Fehler:" in answer.text


def test_a_person_without_a_password_cannot_sign_in_by_one(client: FlaskClient, people: People) -> None:
    from app.kit.db import transaction

    with transaction() as session:
        session.get_one(Person, people.bob.id).password_hash = None
    assert client.post("/anmelden", data={"email": "bob@example.org", "password": ""}).status_code == 422
    answer = client.post(
        "/anmelden", data={"email": "bob@example.org", "password": "nobody has this password"}
    )
    assert answer.status_code == 422


def test_the_cookie_a_browser_brought_is_never_taken_over(client: FlaskClient, people: People) -> None:
    """Session fixation: a value planted before the sign-in opens nothing after it."""
    client.set_cookie(COOKIE, "planted-by-somebody-else")
    client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD})
    assert cookie_of(client) not in ("", "planted-by-somebody-else")
    other = client.application.test_client()
    other.set_cookie(COOKIE, "planted-by-somebody-else")
    assert other.get("/konto/profil").status_code == 302


def test_signing_in_again_ends_the_session_before(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    before = cookie_of(client)
    client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD})
    assert cookie_of(client) != before
    thief = client.application.test_client()
    thief.set_cookie(COOKIE, before)
    assert thief.get("/konto/profil").status_code == 302


def test_the_csrf_token_changes_with_the_sign_in(client: FlaskClient, people: People) -> None:
    with client.session_transaction() as held:
        held["csrf_token"] = "planted"
    client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD})
    with client.session_transaction() as held:
        assert held.get("csrf_token") != "planted"


def test_staying_signed_in_is_a_choice(client: FlaskClient, people: People) -> None:
    client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD})
    brief = client.get_cookie(COOKIE)
    assert brief is not None
    assert brief.max_age is None
    client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD, "lasting": "y"})
    lasting = client.get_cookie(COOKIE)
    assert lasting is not None
    assert lasting.max_age == 90 * 86_400


@pytest.mark.parametrize(
    ("wish", "goes"),
    [
        ("/konto/profil", "/konto/profil"),
        ("https://böse.example/", "/"),
        ("//böse.example", "/"),
        ("/\\böse.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_it_leads_back_but_never_away(client: FlaskClient, people: People, wish: str, goes: str) -> None:
    answer = client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD, "next": wish})
    assert answer.location == goes


def test_who_is_signed_in_is_led_on(client: FlaskClient, people: People) -> None:
    assert sign_in(client, people.alice).get("/anmelden?next=/konto/profil").location == "/konto/profil"


def test_a_sign_in_is_recorded_with_ids_only(client: FlaskClient, people: People) -> None:
    client.post("/anmelden", data={"email": "alice@example.org", "password": PASSWORD})
    db.session.rollback()
    row = db.session.scalars(select(Event).where(Event.name == "accounts.person.signed_in")).one()
    assert (row.actor_id, row.organisation_id) == (people.alice.id, people.organisation_id)
    assert "alice" not in str(row.data)


def test_a_costlier_hash_replaces_the_old_one(app: Flask, people: People) -> None:
    before = db.session.scalar(select(Person.password_hash).where(Person.id == people.alice.id))
    app.config["PASSWORD_COST"] = (2, 16, 1)
    service.with_password("alice@example.org", PASSWORD, visitor=Visitor())
    after = db.session.scalar(select(Person.password_hash).where(Person.id == people.alice.id))
    assert before != after
    assert after is not None
    assert not hashes.is_outdated(after)
    assert service.with_password("alice@example.org", PASSWORD, visitor=Visitor()).token


def test_signing_out_ends_the_session_and_twice_is_fine(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    token = cookie_of(client)
    assert client.get("/abmelden").status_code == 405
    assert client.post("/abmelden").location == "/anmelden"
    assert client.post("/abmelden").status_code == 302
    client.set_cookie(COOKIE, token)
    assert client.get("/konto/profil").status_code == 302
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_signed_in_pages_are_not_kept_by_the_browser(client: FlaskClient, people: People) -> None:
    assert sign_in(client, people.alice).get("/konto/profil").headers["Cache-Control"] == "no-store"
