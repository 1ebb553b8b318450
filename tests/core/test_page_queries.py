"""Pages of the ground ask the database a handful of questions, however long their lists are."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as sa_event

from app.accounts.events import MemberRoleChanged
from app.core.api import record
from app.kit.db import db, transaction
from app.messaging.api import notify
from tests.people import People, sign_in

MOST = 8


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("alice", "/organisation/protokoll"), ("alice", "/mitteilungen"), ("alice", "/mitteilungen/einstellungen"),
        ("alice", "/konto/daten"), ("alice", "/hosting/reports"), ("olga", "/betrieb/postausgang"),
        ("olga", "/betrieb/datenschutz"),
    ],
)  # fmt: skip
def test_at_most_eight(app: Flask, client: FlaskClient, people: People, who: str, url: str) -> None:
    with transaction():
        for n in range(30):
            record(
                MemberRoleChanged(uuid4(), "member"),
                actor=people.alice.actor,
                subject=("accounts.person", people.bob.id),
            )
            notify("accounts.member_joined", dedupe=str(n), person_ids=[people.alice.id],
                   data={"person_id": str(people.bob.id), "role": "member"})  # fmt: skip
    sign_in(client, getattr(people, who))
    client.get(url)
    asked: list[str] = []

    def note(*args: object) -> None:
        if str(args[2]).lstrip().startswith("SELECT"):
            asked.append(" ".join(str(args[2]).split())[:160])

    sa_event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(url).status_code == 200
    finally:
        sa_event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= MOST, asked
