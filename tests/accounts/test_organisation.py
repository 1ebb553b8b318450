"""Organisations: founded by anybody, renamed by those who govern, switched between by those who belong."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Membership, Organisation
from app.accounts.services.organisation import join
from app.kit.db import db
from tests.people import People, sign_in


def name_of(people: People) -> str | None:
    db.session.rollback()
    return db.session.scalar(select(Organisation.name).where(Organisation.id == people.organisation_id))


@pytest.mark.parametrize("who", ["alice", "bob", "olga"])
def test_founding_one_moves_there_as_owner(client: FlaskClient, people: People, who: str) -> None:
    person = getattr(people, who)
    sign_in(client, person)
    assert client.post("/organisation/neu", data={"name": " Zweit\nwerk ", "once": "a"}).location == "/"
    assert "Zweit werk" in client.get("/organisation/einstellungen").text
    row = db.session.scalars(select(Organisation).where(Organisation.name == "Zweit werk")).one()
    roles = select(Membership.person_id, Membership.role).where(Membership.organisation_id == row.id)
    assert db.session.execute(roles).all() == [(person.id, "owner")]


def test_a_double_click_founds_one(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    codes = [
        client.post("/organisation/neu", data={"name": "Doppelt", "once": "same"}).status_code
        for _ in range(2)
    ]
    assert codes == [303, 409]
    assert db.session.scalar(select(func.count()).where(Organisation.name == "Doppelt")) == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_name_is_needed(client: FlaskClient, people: People, name: str) -> None:
    answer = sign_in(client, people.alice).post("/organisation/neu", data={"name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


@pytest.mark.parametrize(("who", "status"), [("alice", 303), ("dora", 303), ("bob", 403), ("olga", 403)])
def test_renaming(client: FlaskClient, people: People, who: str, status: int) -> None:
    sign_in(client, getattr(people, who))
    assert client.post("/organisation/einstellungen", data={"name": "Nordstern"}).status_code == status
    assert name_of(people) == ("Nordstern" if status == 303 else "Nordlicht")


def test_a_strangers_renaming_meets_their_own(client: FlaskClient, people: People) -> None:
    sign_in(client, people.cleo).post("/organisation/einstellungen", data={"name": "Gekapert"})
    assert name_of(people) == "Nordlicht"


def test_a_member_sees_the_name_without_a_form(client: FlaskClient, people: People) -> None:
    page = sign_in(client, people.bob).get("/organisation/einstellungen").text
    assert "Nordlicht" in page
    assert 'name="name"' not in page


def test_switching(client: FlaskClient, people: People) -> None:
    join(people.other_organisation_id, people.alice.id, "member")
    sign_in(client, people.alice)
    page = client.get("/konto/profil").text
    assert f'value="{people.other_organisation_id}"' in page
    for _ in range(2):
        answer = client.post(
            "/organisation/wechsel", data={"organisation": str(people.other_organisation_id)}
        )
        assert answer.location == "/"
    assert "Cleo" in client.get("/organisation/mitglieder").text


@pytest.mark.parametrize("wanted", ["", "unfug", "00000000-0000-7000-8000-000000000000", "other"])
def test_switching_to_what_is_not_ones_own(client: FlaskClient, people: People, wanted: str) -> None:
    sign_in(client, people.alice)
    value = str(people.other_organisation_id) if wanted == "other" else wanted
    assert client.post("/organisation/wechsel", data={"organisation": value}).status_code == 404
    assert "Cleo" not in client.get("/organisation/mitglieder").text


def test_the_wrong_verb_does_not_switch(client: FlaskClient, people: People) -> None:
    assert sign_in(client, people.alice).get("/organisation/wechsel").status_code == 405


def test_who_belongs_nowhere_can_still_found_one(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    assert client.get("/konto/profil").status_code == 200
    assert client.get("/organisation/neu").status_code == 200
    assert client.get("/organisation/mitglieder").status_code == 403
