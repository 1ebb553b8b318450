"""Every writing page wants its own site's form, and a page survives what sign-in depends on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.accounts.services import session as sessions
from app.accounts.views import gate
from app.kit import clock
from tests.people import PASSWORD, People, sign_in


@pytest.fixture
def strict(app: Flask) -> Iterator[Flask]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def test_no_page_takes_a_post_from_another_site(strict: Flask, people: People) -> None:
    client = sign_in(strict.test_client(), people.alice)
    rules = [
        rule
        for rule in strict.url_map.iter_rules()
        if rule.endpoint.startswith("accounts.") and "POST" in (rule.methods or ())
    ]
    assert len(rules) > 25
    for rule in rules:
        values = {name: str(people.bob.id) for name in rule.arguments}
        path = strict.url_map.bind("localhost").build(rule.endpoint, values)
        answer = client.post(path, data={"name": "x"})
        assert answer.status_code == 400, path
    assert client.get("/konto/profil").status_code == 200


def test_a_form_of_our_own_is_taken(strict: Flask, people: People) -> None:
    import re

    client = strict.test_client()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/anmelden").text)
    assert found is not None
    data = {"email": "alice@example.org", "password": PASSWORD, "csrf_token": found[1]}
    assert client.post("/anmelden", data=data).status_code == 303


def _down(*_args: object, **_more: object) -> None:
    raise OperationalError("SELECT", {}, Exception("database is locked"))


def test_with_the_database_gone_people_get_a_page_that_says_so(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, people.alice)
    monkeypatch.setattr(gate, "find_by_session", _down)
    answer = client.get("/konto/profil")
    assert answer.status_code == 503
    assert "Gerade nicht erreichbar" in answer.text


def test_with_the_database_gone_in_the_middle_too(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.accounts.views import members
    from app.kit.nav import nav

    sign_in(client, people.alice)
    monkeypatch.setattr(members, "people_of", _down)
    monkeypatch.setitem(nav._shell, "organisations", _down)
    monkeypatch.setitem(nav._shell, "unread", _down)
    answer = client.get("/organisation/mitglieder")
    assert answer.status_code == 503
    assert "Gerade nicht erreichbar" in answer.text
    toast = client.get("/organisation/mitglieder", headers={"HX-Request": "true"})
    assert 'hx-target="#toasts"' in toast.text


def test_a_visit_that_cannot_be_noted_does_not_spoil_the_page(
    client: FlaskClient, people: People, frozen: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, people.alice)
    clock.advance(minutes=2)
    monkeypatch.setattr(sessions, "touch", _down)
    assert client.get("/konto/profil").status_code == 200
