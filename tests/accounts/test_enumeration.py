"""From the outside nobody learns which addresses have accounts: same answer, same work, same count."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.gateways.password import COST
from app.accounts.models import Person
from app.core.models import Mail
from app.kit.db import db
from tests.accounts.mailbox import last
from tests.people import People

KNOWN, UNKNOWN = "alice@example.org", "niemand@example.org"
SIGN_UP = {"name": "Eva", "password": "ein langes Passwort", "organisation": "Evas Haus"}


def plain(text: str) -> str:
    """A page without what differs by chance or by what was typed."""
    return re.sub(r"[a-z]+@example\.org|value=\"[^\"]*\"|content=\"[^\"]*\"|nonce=\S+", "", text)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/anmelden/link", {}),
        ("/passwort-vergessen", {}),
        ("/registrieren", SIGN_UP),
        ("/anmelden", {"password": "x" * 12}),
    ],
)
def test_known_and_unknown_addresses_get_the_same_answer(
    client: FlaskClient, people: People, path: str, data: dict[str, str]
) -> None:
    answers = [client.post(path, data={**data, "email": email}) for email in (KNOWN, UNKNOWN)]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].location == answers[1].location
    assert plain(answers[0].text) == plain(answers[1].text)


@pytest.mark.parametrize(
    ("path", "data"), [("/anmelden/link", {}), ("/passwort-vergessen", {}), ("/registrieren", SIGN_UP)]
)
def test_both_get_exactly_one_mail(
    client: FlaskClient, people: People, path: str, data: dict[str, str]
) -> None:
    for count, email in enumerate((KNOWN, UNKNOWN), start=1):
        client.post(path, data={**data, "email": email})
        assert db.session.scalar(select(func.count()).select_from(Mail)) == count


def test_the_mails_tell_the_owner_of_the_mailbox_the_truth(client: FlaskClient, people: People) -> None:
    client.post("/anmelden/link", data={"email": UNKNOWN})
    assert last(UNKNOWN).template == "accounts/unknown"
    client.post("/registrieren", data={**SIGN_UP, "email": KNOWN})
    assert last(KNOWN).template == "accounts/known"


def test_an_existing_account_is_not_touched_by_a_sign_up(client: FlaskClient, people: People) -> None:
    before = db.session.execute(
        select(Person.name, Person.password_hash).where(Person.id == people.alice.id)
    ).one()
    client.post("/registrieren", data={**SIGN_UP, "email": KNOWN})
    db.session.rollback()
    assert (
        db.session.execute(
            select(Person.name, Person.password_hash).where(Person.id == people.alice.id)
        ).one()
        == before
    )


def test_an_unknown_address_is_throttled_like_a_known_one(client: FlaskClient, people: People) -> None:
    for email in (KNOWN, UNKNOWN):
        codes = [
            client.post("/anmelden", data={"email": email, "password": "falsch"}).status_code
            for _ in range(11)
        ]
        assert codes == [422] * 10 + [429]


@pytest.mark.slow
def test_both_take_as_long(app: Flask, people: People) -> None:
    """With the real cost of a hash the medians differ by less than a third of it; without a decoy by all of it."""
    app.config["PASSWORD_COST"] = COST
    from app.accounts.gateways.password import hash_password
    from app.accounts.services import sign_in
    from app.accounts.services.session import Visitor
    from app.kit.db import transaction

    with transaction() as session:
        session.get_one(Person, people.alice.id).password_hash = hash_password("das richtige Passwort")

    def once(email: str, number: int) -> float:
        begin = time.perf_counter()
        with pytest.raises(Exception, match="stimmt nicht"):
            sign_in.with_password(email, "falsch", visitor=Visitor(f"10.0.{number}.1"))
        return time.perf_counter() - begin

    once(UNKNOWN, 250)
    times = [(once(KNOWN, number), once(UNKNOWN, number)) for number in range(15)]
    known, unknown = (statistics.median(column) for column in zip(*times, strict=True))
    assert abs(known - unknown) < known / 3
