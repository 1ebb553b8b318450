"""A forgotten password: a new one by mail, with the second factor where there is one."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.accounts.services import totp
from app.kit import clock
from app.kit.errors import NotAllowed
from tests.accounts.mailbox import last
from tests.accounts.test_second_factor import code_of, enable
from tests.people import PASSWORD, People, sign_in

ALICE, NEW = "alice@example.org", "ein ganz neues Passwort"


def ask(client: FlaskClient) -> str:
    client.post("/passwort-vergessen", data={"email": ALICE})
    return last(ALICE).path


def test_a_new_password_by_mail(client: FlaskClient, people: People) -> None:
    path = ask(client)
    assert ALICE in client.get(path).text
    assert client.post(path, data={"new": NEW}).status_code == 303
    assert client.get("/konto/profil").status_code == 200
    other = client.application.test_client()
    assert other.post("/anmelden", data={"email": ALICE, "password": PASSWORD}).status_code == 422
    assert other.post("/anmelden", data={"email": ALICE, "password": NEW}).status_code == 303


def test_it_signs_out_everywhere_and_says_so(client: FlaskClient, people: People) -> None:
    elsewhere = sign_in(client.application.test_client(), people.alice)
    client.post(ask(client), data={"new": NEW})
    assert elsewhere.get("/konto/profil").status_code == 302
    assert last(ALICE).subject == "Dein Passwort wurde geändert"


def test_opening_and_mistakes_do_not_use_the_link_up(client: FlaskClient, people: People) -> None:
    path = ask(client)
    assert client.get(path).status_code == 200
    assert client.post(path, data={"new": "kurz"}).status_code == 422
    assert client.post(path, data={"new": NEW}).status_code == 303


def test_it_works_once_and_voids_other_links(client: FlaskClient, people: People) -> None:
    first, second = ask(client), ask(client)
    client.post(second, data={"new": NEW})
    assert client.post(second, data={"new": NEW}).status_code == 410
    assert client.post(first, data={"new": NEW}).status_code == 410


def test_it_runs_out_after_an_hour(client: FlaskClient, people: People, frozen: object) -> None:
    path = ask(client)
    clock.advance(hours=1)
    assert client.get(path).status_code == 410


def test_the_mailbox_alone_is_not_enough_with_a_second_factor(
    client: FlaskClient, people: People, frozen: object
) -> None:
    enable(people.alice)
    path = ask(client)
    assert 'name="code"' in client.get(path).text
    for code in ("", "123456", "abcd-efgh-jkmn"):
        assert client.post(path, data={"new": NEW, "code": code}).status_code == 422
    other = client.application.test_client()
    assert other.post("/anmelden", data={"email": ALICE, "password": NEW}).status_code == 422
    assert client.post(path, data={"new": NEW, "code": code_of(people.alice)}).status_code == 303


def test_a_backup_code_stands_in_for_a_lost_phone(
    client: FlaskClient, people: People, frozen: object
) -> None:
    codes = enable(people.alice)
    assert client.post(ask(client), data={"new": NEW, "code": codes[0]}).status_code == 303


def test_the_operator_helps_who_lost_everything(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    sign_in(client, people.olga)
    page = client.get("/betrieb/personen").text
    url = f"/betrieb/personen/{people.alice.id}/zweiter-faktor"
    assert url in page
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 303
    assert client.post(url).status_code == 303
    assert last(ALICE).subject == "Dein zweiter Faktor wurde zurückgesetzt"
    other = client.application.test_client()
    assert other.post("/anmelden", data={"email": ALICE, "password": PASSWORD}).location == "/"


@pytest.mark.parametrize("who", ["alice", "dora", "bob", "cleo"])
def test_nobody_else_resets_a_second_factor(
    client: FlaskClient, people: People, frozen: object, who: str
) -> None:
    enable(people.alice)
    sign_in(client, getattr(people, who))
    assert client.post(f"/betrieb/personen/{people.alice.id}/zweiter-faktor").status_code == 403
    with pytest.raises(NotAllowed):
        totp.reset_for(getattr(people, who).actor, people.alice.id)
