"""The profile: name, language, time zone, theme; and the pages of accounts at a glance."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.accounts.models import Person
from app.kit.db import db
from tests.people import People, sign_in

GOOD = {"name": "Bob B.", "locale": "en", "timezone": "America/New_York", "theme": "dark"}
OWN = ["/konto/profil", "/konto/sicherheit", "/konto/sitzungen", "/konto/passwort", "/konto/adresse",
       "/konto/zweiter-faktor", "/konto/zweiter-faktor/aus", "/konto/ersatzcodes", "/organisation/neu"]  # fmt: skip
SHARED = ["/organisation/mitglieder", "/organisation/einstellungen", "/organisation/token",
          "/organisation/token/neu", "/organisation/austritt"]  # fmt: skip
GOVERNED = ["/organisation/einladungen/neu"]
OPERATED = ["/betrieb/personen", "/betrieb/organisationen"]
OPEN = ["/anmelden", "/registrieren", "/anmelden/link", "/passwort-vergessen", "/anmelden/verschickt"]


def row_of(people: People) -> Person:
    db.session.rollback()
    return db.session.get_one(Person, people.bob.id, populate_existing=True)


def test_changing_it_changes_the_pages(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    client.set_cookie("theme", "light")
    assert client.post("/konto/profil", data=GOOD).status_code == 303
    page = client.get("/konto/profil").text
    assert '<html lang="en" data-theme="dark">' in page
    row = row_of(people)
    assert (row.name, row.locale, row.timezone, row.theme) == tuple(GOOD.values())


def test_theme_and_language_of_the_profile_hold_in_every_browser(app: Flask, people: People) -> None:
    laptop, phone = (sign_in(app.test_client(), people.bob) for _ in range(2))
    phone.set_cookie("theme", "light")
    phone.set_cookie("lang", "de")
    laptop.post("/konto/profil", data=GOOD)
    assert '<html lang="en" data-theme="dark">' in phone.get("/konto/profil").text


def test_the_theme_button_changes_the_profile_of_who_is_signed_in(app: Flask, people: People) -> None:
    laptop, phone = (sign_in(app.test_client(), people.bob) for _ in range(2))
    assert phone.post("/theme", data={"theme": "dark", "next": "/konto/profil"}).status_code == 303
    assert row_of(people).theme == "dark"
    assert 'data-theme="dark"' in laptop.get("/konto/profil").text
    assert phone.post("/theme", data={"theme": "pink"}).status_code == 303
    assert row_of(people).theme == "dark"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 121), ("locale", "fr"), ("timezone", "Mars/Base"), ("theme", "pink")],
)
def test_what_is_not_offered_is_refused(client: FlaskClient, people: People, field: str, value: str) -> None:
    answer = sign_in(client, people.bob).post("/konto/profil", data={**GOOD, field: value})
    assert answer.status_code == 422
    assert "invalid" in answer.text
    assert row_of(people).name == "Bob"


def test_html_in_a_name_stays_text(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    client.post("/konto/profil", data={**GOOD, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in client.get("/organisation/mitglieder").text


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        (None, OPEN),
        ("olga", OWN[:5] + OPERATED),
        ("bob", OWN[:5] + SHARED),
        ("dora", OWN[:5] + SHARED + GOVERNED),
        ("alice", OWN + SHARED + GOVERNED),
    ],
)
def test_pages_open_for_whom_they_are_meant(
    client: FlaskClient, people: People, who: str | None, paths: list[str]
) -> None:
    sign_in(client, getattr(people, who) if who else None)
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "<h1>" in answer.text, path
        assert answer.headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize(
    ("who", "paths", "status"),
    [
        (None, OWN + SHARED + GOVERNED + OPERATED, 302),
        ("bob", GOVERNED + OPERATED, 403),
        ("alice", OPERATED, 403),
    ],
)
def test_pages_stay_closed_for_others(
    client: FlaskClient, people: People, who: str | None, paths: list[str], status: int
) -> None:
    sign_in(client, getattr(people, who) if who else None)
    for path in paths:
        assert client.get(path).status_code == status, path


@pytest.mark.parametrize("path", OWN[:5] + SHARED + GOVERNED)
def test_no_page_asks_the_database_more_than_eight_times(app: Flask, people: People, path: str) -> None:
    client = sign_in(app.test_client(), people.alice)
    client.get(path)
    asked: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 8, asked


def test_the_first_address_leads_in_or_to_the_sign_in(client: FlaskClient, people: People) -> None:
    assert client.get("/").location == "/anmelden"
    first = sign_in(client, people.bob).get("/").location
    assert client.get(first).status_code == 200


def test_olga_starts_somewhere_she_may_be(client: FlaskClient, people: People) -> None:
    first = sign_in(client, people.olga).get("/").location
    assert client.get(first).status_code == 200


def test_names_are_found_by_the_operator(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    page = client.get("/betrieb/personen?q=CLE").text
    assert "cleo@example.org" in page
    assert "alice@example.org" not in page
    assert "Südwind" in client.get("/betrieb/organisationen?q=wind").text
    assert client.get("/betrieb/personen?cursor=unfug").status_code == 422
    assert db.session.scalar(select(Person.id).where(Person.email == "cleo@example.org")) == people.cleo.id
