"""The command line: the first operator, and the way back in when no mail goes out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

from app.accounts.queries.people import find_person_by_email
from tests.people import CHEAP, People


def test_the_first_operator_of_an_installation(app: Flask) -> None:
    app.config["PASSWORD_COST"] = CHEAP
    told = app.test_cli_runner().invoke(args=["person", "create", "op@example.org", "Otto", "--operator"])
    assert told.exit_code == 0, told.output
    client = app.test_client()
    path = urlsplit(told.output.strip().splitlines()[-1]).path
    assert client.post(path, data={"new": "ein langes Passwort"}).status_code == 303
    assert client.get("/betrieb/personen").status_code == 200


def test_a_link_for_who_is_locked_out(app: Flask, people: People) -> None:
    told = app.test_cli_runner().invoke(args=["person", "link", "Bob@example.org"])
    path = urlsplit(told.output.strip().splitlines()[-1]).path
    assert "bob@example.org" in app.test_client().get(path).text


def test_giving_and_taking_the_operators_mark(app: Flask, people: People) -> None:
    runner = app.test_cli_runner()
    for arguments, operator in ((["bob@example.org"], True), (["bob@example.org", "--take"], False)):
        assert runner.invoke(args=["person", "operator", *arguments]).exit_code == 0
        found = find_person_by_email("bob@example.org")
        assert found is not None
        assert found.is_operator == operator


def test_an_unknown_address_is_said(app: Flask, people: People) -> None:
    for name in ("link", "operator"):
        told = app.test_cli_runner().invoke(args=["person", name, "niemand@example.org"])
        assert told.exit_code == 1
        assert "kein Konto" in told.output
    told = app.test_cli_runner().invoke(args=["person", "create", "bob@example.org", "Bob"])
    assert "schon ein Konto" in told.output
