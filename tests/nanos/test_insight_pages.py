"""The provider's numbers: theirs alone, honest when empty, the same on the page and in the file."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.models import Daily, Word, WordNano
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos import rig
from tests.people import People, sign_in


def given(nano_id: UUID) -> None:
    """Four weeks of numbers, and words."""
    today = clock.now().date()
    month = today.replace(day=1)
    with transaction() as session:
        for number in range(28):
            for kind, count in (
                ("found", 40),
                ("viewed", 10),
                ("viewers", 7),
                ("played", 4),
                ("completed", 2),
                ("own", 1),
            ):
                session.add(
                    Daily(
                        id=new_id(),
                        nano_id=nano_id,
                        day=today - timedelta(days=number),
                        kind=kind,
                        count=count,
                    )
                )
        for text, missed, organisations in (
            ("feuer", False, 3),
            ("geheim", False, 2),
            ("kran", True, 5),
            ("intern", True, 1),
        ):
            session.add(
                Word(
                    id=new_id(),
                    month=month,
                    subject="",
                    text=text,
                    missed=missed,
                    count=9,
                    organisations=organisations,
                )
            )
            if not missed:
                session.add(WordNano(id=new_id(), month=month, nano_id=nano_id, text=text, count=9))


def test_an_empty_page_teaches(client: FlaskClient, people: People) -> None:
    page = sign_in(client, people.alice).get("/nanos/insight")
    assert page.status_code == 200 and "Noch nichts zu zählen" in page.text and "Als CSV" not in page.text


def test_numbers_words_and_file(client: FlaskClient, people: People, frozen: object) -> None:
    nano_id = rig.published(people)
    given(nano_id)
    sign_in(client, people.bob)
    for path in ("/nanos/insight", f"/nanos/{nano_id}/insight"):
        page = client.get(path).text
        assert "280" in page and "56" in page and "<svg" in page, path
        assert "feuer" in page and "kran" in page
        assert "geheim" not in page and "intern" not in page, "too few asked"
    answer = client.get("/nanos/insight.csv?days=30")
    lines = answer.text.strip().splitlines()
    assert len(lines) == 29 and lines[1].startswith("2026-10-25;")
    assert sum(int(line.split(";")[3]) for line in lines[1:]) == 280
    assert client.get("/nanos/insight?days=365&lang=en").status_code == 200


@pytest.mark.parametrize("days", ["", "0", "31", "-1", "1e3", "９０", "30 "])
def test_only_what_is_on_offer(client: FlaskClient, people: People, days: str) -> None:
    sign_in(client, people.alice)
    assert client.get("/nanos/insight", query_string={"days": days}).status_code == 400


def test_others_learn_nothing(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    draft = rig.drafted(people.alice.actor)
    assert client.get("/nanos/insight").status_code in (302, 303, 401)
    sign_in(client, people.cleo)
    assert client.get(f"/nanos/{nano_id}/insight").status_code == 404
    assert rig.DETAILS.title not in client.get("/nanos/insight").text
    sign_in(client, people.alice)
    assert client.get(f"/nanos/{draft}/insight").status_code == 404, "nobody can have seen it"


def test_few_statements(db_app: Flask, db_people: People, frozen: object) -> None:
    given(rig.published(db_people))
    client = sign_in(db_app.test_client(), db_people.alice)
    client.get("/nanos/insight")
    with counted() as seen:
        assert client.get("/nanos/insight").status_code == 200
    assert len(seen) <= MOST, "\n".join(seen)
    assert db.session.query(Daily).count() == 28 * 6
