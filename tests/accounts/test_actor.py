"""Who a request comes from: the cookie's row, the token's row, and nothing a browser could make up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Membership, Person, Session
from app.accounts.services import session as sessions
from app.accounts.services.organisation import create_organisation, join
from app.accounts.views.gate import COOKIE, actor_of_cookie
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import NotFound
from tests.people import People, Someone, sign_in


def token_of(person: Someone, *, lasting: bool = False) -> str:
    with transaction():
        return sessions.open_session(
            person.id, method="password", organisation_id=person.organisation_id, lasting=lasting
        )


def test_a_session_gives_person_role_and_organisation(db_app: Flask, db_people: People) -> None:
    actor = actor_of_cookie(token_of(db_people.bob))
    assert (actor.person_id, actor.role, actor.organisation_name) == (db_people.bob.id, "member", "Nordlicht")
    assert actor.session_id is not None
    assert actor.token_scopes is None


@pytest.mark.parametrize("cookie", ["", "x", "a" * 500, "\x00", "' OR 1=1"])
def test_an_invented_cookie_is_nobody(app: Flask, people: People, cookie: str) -> None:
    assert not actor_of_cookie(cookie).signed_in


def test_the_database_does_not_hold_the_cookie(app: Flask, people: People) -> None:
    token = token_of(people.alice)
    row = db.session.scalars(select(Session)).one()
    assert token not in (row.fingerprint, str(row.id))
    assert not actor_of_cookie(row.fingerprint).signed_in


def test_a_session_without_a_visit_ends(app: Flask, people: People, frozen: object) -> None:
    short, lasting = token_of(people.alice), token_of(people.alice, lasting=True)
    clock.advance(hours=12, seconds=1)
    assert not actor_of_cookie(short).signed_in
    assert actor_of_cookie(lasting).signed_in
    clock.advance(days=30)
    assert not actor_of_cookie(lasting).signed_in


def test_visits_renew_a_session_up_to_90_days(app: Flask, people: People, frozen: object) -> None:
    token = token_of(people.alice, lasting=True)
    row = db.session.scalars(select(Session)).one()
    for _ in range(4):
        clock.advance(days=20)
        assert actor_of_cookie(token).signed_in
        sessions.touch(row.id, people.organisation_id)
    clock.advance(days=11)
    assert not actor_of_cookie(token).signed_in


def test_a_visit_is_written_once_a_minute(app: Flask, people: People, frozen: object) -> None:
    client = sign_in(app.test_client(), people.alice)

    def seen() -> object:
        db.session.rollback()
        return db.session.scalar(select(Session.seen_at))

    first = seen()
    clock.advance(59)
    client.get("/konto/profil")
    assert seen() == first
    clock.advance(1)
    client.get("/konto/profil")
    assert seen() == clock.now()


def test_who_is_removed_loses_the_organisation_at_once(db_app: Flask, db_people: People) -> None:
    token = token_of(db_people.bob)
    with transaction() as session:
        session.delete(
            session.scalars(select(Membership).where(Membership.person_id == db_people.bob.id)).one()
        )
    actor = actor_of_cookie(token)
    assert actor.signed_in
    assert (actor.role, actor.organisation_id) == (None, None)


def test_who_is_removed_works_on_in_another_organisation(app: Flask, people: People) -> None:
    join(people.other_organisation_id, people.bob.id, "admin")
    token = token_of(people.bob)
    with transaction() as session:
        session.delete(
            session.scalars(
                select(Membership).where(
                    Membership.person_id == people.bob.id,
                    Membership.organisation_id == people.organisation_id,
                )
            ).one()
        )
    actor = actor_of_cookie(token)
    assert (actor.organisation_id, actor.role) == (people.other_organisation_id, "admin")
    assert actor.session_id is not None


def test_an_erased_person_is_nobody(app: Flask, people: People) -> None:
    token = token_of(people.bob)
    with transaction() as session:
        session.get_one(Person, people.bob.id).erased_at = clock.now() - timedelta(seconds=1)
    assert not actor_of_cookie(token).signed_in


def test_two_requests_in_one_context_have_their_own_actors(app: Flask, people: People) -> None:
    client = app.test_client()
    assert sign_in(client, people.alice).get("/konto/profil").status_code == 200
    assert "Bob" in sign_in(client, people.bob).get("/konto/profil").text
    assert sign_in(client, None).get("/konto/profil").status_code == 302


def test_switching_moves_the_session(db_app: Flask, db_people: People) -> None:
    alice = actor_of_cookie(token_of(db_people.alice))
    second = create_organisation(alice, name="Zweitwerk")
    token = token_of(db_people.alice)
    actor = actor_of_cookie(token)
    sessions.switch_organisation(actor, second)
    assert actor_of_cookie(token).organisation_id == second


def test_switching_to_a_strangers_organisation_is_not_found(app: Flask, people: People) -> None:
    actor = actor_of_cookie(token_of(people.alice))
    with pytest.raises(NotFound):
        sessions.switch_organisation(actor, people.other_organisation_id)


def test_the_next_sign_in_begins_where_the_last_one_worked(app: Flask, people: People) -> None:
    alice = actor_of_cookie(token_of(people.alice))
    second = create_organisation(alice, name="Zweitwerk")
    with transaction():
        token = sessions.open_session(people.alice.id, method="password")
    assert actor_of_cookie(token).organisation_id == second


def test_the_cookie_is_guarded(app: Flask, people: People) -> None:
    answer = app.test_client().post(
        "/anmelden", data={"email": people.alice.email, "password": "vier Katzen auf dem Dach"}
    )
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    secure = app.test_client().post(
        "/anmelden",
        data={"email": people.alice.email, "password": "vier Katzen auf dem Dach"},
        base_url="https://localhost",
    )
    assert any(
        "Secure" in line for line in secure.headers.getlist("Set-Cookie") if line.startswith(f"{COOKIE}=")
    )


def test_actor_queries(app: Flask, people: People) -> None:
    """One query finds person, role and organisation."""
    from sqlalchemy import event

    token, seen = token_of(people.alice), []

    def note(_c: object, _cur: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        actor_of_cookie(token)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in seen if one.startswith("SELECT")]) == 1
