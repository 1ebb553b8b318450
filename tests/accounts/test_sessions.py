"""The list of sessions: one's own, ended one by one or all at once, without keeping too much."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Session
from app.kit.db import db
from tests.people import PASSWORD, People, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


def by_password(client: FlaskClient, email: str, **more: object) -> FlaskClient:
    client.post("/anmelden", data={"email": email, "password": PASSWORD}, **more)  # type: ignore[arg-type]
    return client


def ids_of(people: People, who: str) -> list[object]:
    db.session.rollback()
    person = getattr(people, who)
    return list(
        db.session.scalars(select(Session.id).where(Session.person_id == person.id).order_by(Session.id))
    )


def test_the_list_says_device_and_part_of_the_network(client: FlaskClient, people: People) -> None:
    by_password(
        client,
        "bob@example.org",
        headers={"User-Agent": FIREFOX},
        environ_overrides={"REMOTE_ADDR": "203.0.113.77"},
    )
    page = client.get("/konto/sitzungen").text
    assert "Firefox, Linux" in page
    assert "203.0.113.0" in page
    assert "203.0.113.77" not in page
    assert "Dieses hier" in page
    row = db.session.scalars(select(Session)).one()
    assert "203.0.113.77" not in f"{row.network}{row.device}"


def test_another_of_ones_sessions_is_ended(client: FlaskClient, people: People) -> None:
    elsewhere = by_password(client.application.test_client(), "bob@example.org")
    by_password(client, "bob@example.org")
    first = ids_of(people, "bob")[0]
    assert client.post(f"/konto/sitzungen/{first}/ende").location == "/konto/sitzungen"
    assert elsewhere.get("/konto/profil").status_code == 302
    assert client.get("/konto/profil").status_code == 200
    assert client.post(f"/konto/sitzungen/{first}/ende").status_code == 303


def test_ending_the_present_one_signs_out(client: FlaskClient, people: People) -> None:
    by_password(client, "bob@example.org")
    assert client.post(f"/konto/sitzungen/{ids_of(people, 'bob')[0]}/ende").location == "/anmelden"
    assert client.get("/konto/profil").status_code == 302


@pytest.mark.parametrize("who", ["alice", "cleo"])
def test_a_strangers_session_is_not_found(client: FlaskClient, people: People, who: str) -> None:
    by_password(client.application.test_client(), f"{who}@example.org")
    sign_in(client, people.bob)
    theirs = ids_of(people, who)[0]
    assert client.post(f"/konto/sitzungen/{theirs}/ende").status_code == 404
    assert ids_of(people, who) == [theirs]


def test_signing_out_everywhere_else(client: FlaskClient, people: People) -> None:
    others = [by_password(client.application.test_client(), "bob@example.org") for _ in range(3)]
    alice = by_password(client.application.test_client(), "alice@example.org")
    by_password(client, "bob@example.org")
    for _ in range(2):
        assert client.post("/konto/sitzungen/ende").status_code == 303
    assert [one.get("/konto/profil").status_code for one in (client, alice, *others)] == [
        200,
        200,
        302,
        302,
        302,
    ]


@pytest.mark.parametrize("path", ["/konto/sitzungen/ende", "/konto/sitzungen/{}/ende"])
def test_the_wrong_verb_ends_nothing(client: FlaskClient, people: People, path: str) -> None:
    sign_in(client, people.bob)
    assert client.get(path.format(people.bob.id)).status_code == 405
    assert len(ids_of(people, "bob")) == 1


def test_htmx_is_told_to_sign_in(client: FlaskClient, people: People) -> None:
    answer = client.get(
        "/konto/sitzungen",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/konto/profil?a=1"},
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/anmelden?next=/konto/profil"
