"""Demo people, the operator's mark, and what is swept away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import demo
from app.accounts.models import Invitation, Link, Membership, Organisation, Person, Session
from app.accounts.services import invitation
from app.accounts.services.person import make_operator
from app.accounts.services.session import Visitor
from app.accounts.services.sign_in import mail_link
from app.accounts.tasks import tidy
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Invalid
from tests.conftest import make_app
from tests.people import CHEAP, People, sign_in


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Flask]:
    """An installation that is not a demo."""
    app = make_app(tmp_path, demo=False)
    with app.app_context():
        yield app


def test_the_demo_can_be_put_in_again_and_again(client: FlaskClient) -> None:
    client.application.config["PASSWORD_COST"] = CHEAP
    told = [demo.seed() for _ in range(2)][1]
    assert told[0] == {"email": "demo@kontor.example", "password": "spielen-macht-schule", "role": "owner"}
    counts = [
        db.session.scalar(select(func.count()).select_from(t)) for t in (Person, Organisation, Membership)
    ]
    assert counts == [4, 1, 4]
    for one in told:
        answer = client.post("/anmelden", data={"email": one["email"], "password": one["password"]})
        assert answer.location == "/"


def test_the_sign_in_offers_the_demo_only_in_a_demo(app: Flask, plain: Flask) -> None:
    assert "spielen-macht-schule" in app.test_client().get("/anmelden").text
    assert "spielen-macht-schule" not in plain.test_client().get("/anmelden").text


def test_without_the_demo_nobody_has_a_known_password(plain: Flask) -> None:
    with pytest.raises(RuntimeError):
        demo.seed()


def test_the_operators_mark_comes_from_the_command_line_only(client: FlaskClient, people: People) -> None:
    sign_in(client, people.bob)
    assert client.get("/betrieb/personen").status_code == 403
    make_operator("Bob@example.org")
    assert client.get("/betrieb/personen").status_code == 200
    make_operator("bob@example.org", operator=False)
    assert client.get("/betrieb/personen").status_code == 403
    with pytest.raises(Invalid):
        make_operator("niemand@example.org")


def test_what_has_run_out_is_swept_away(app: Flask, people: People, frozen: object, run_jobs: object) -> None:
    sign_in(app.test_client(), people.alice)
    mail_link("alice@example.org", kind="magic", visitor=Visitor(), locale="de")
    invitation.invite(people.alice.actor, email="eva@example.org", role="member")
    for days, left in ((1, [0, 1, 1]), (8, [0, 0, 1]), (40, [0, 0, 0])):
        clock.advance(days=days)
        with transaction():
            tidy.later()
        assert "jobs.accounts.access.tidy: done" in run_jobs()  # type: ignore[operator]
        assert [
            db.session.scalar(select(func.count()).select_from(t)) for t in (Session, Link, Invitation)
        ] == left
