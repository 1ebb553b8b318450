"""API tokens: shown once, kept as a digest, limited by scopes and by the role of their person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Token
from app.accounts.policies import P
from app.accounts.queries.actor import find_by_token
from app.accounts.rules import scope
from app.accounts.services import organisation as organisations
from app.accounts.services import token as services
from app.core.models import Event
from app.kit import clock
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import Invalid, NotAllowed, NotFound
from tests.people import People, Someone, sign_in

NEW = "/organisation/token/neu"


def make(person: Someone, *scopes: str, days: int = 30) -> tuple[object, str]:
    return services.create_token(person.actor, name="Bot", scopes=scopes or ["members:read"], days=days)


def actor_of(secret: str) -> Actor | None:
    found = find_by_token(secret)
    return found.actor if found else None


@pytest.fixture
def invite_scope() -> Iterator[None]:
    """A scope whose permission a member's role does not have."""
    scope.add_scope("test:invite", label="Einladen", permissions=[P.MEMBER_INVITE])
    yield
    scope._scopes.pop("test:invite")


@pytest.mark.parametrize("who", ["alice", "dora", "bob"])
def test_making_one_in_the_browser_shows_it_once(client: FlaskClient, people: People, who: str) -> None:
    sign_in(client, getattr(people, who))
    once = re.search(r'name="once"[^>]*value="([^"]+)"', client.get(NEW).text)
    assert once is not None
    data = {"name": "Bot", "scopes": ["members:read"], "days": "30", "once": once[1]}
    answer = client.post(NEW, data=data)
    secret = re.search(r"kt_[A-Za-z0-9_-]{43}", answer.text)
    assert secret is not None
    assert secret[0] not in client.get("/organisation/token").text
    assert actor_of(secret[0]) is not None
    assert client.post(NEW, data=data).status_code == 409
    assert db.session.scalar(select(func.count()).select_from(Token)) == 1


def test_the_database_does_not_hold_it(app: Flask, people: People) -> None:
    _id, secret = make(people.alice)
    row = db.session.scalars(select(Token)).one()
    assert secret not in (row.fingerprint, row.prefix, row.name)
    assert secret.startswith(row.prefix)
    assert len(row.prefix) == 9


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "", "scopes": ["members:read"], "days": "30"}, "name"),
        ({"name": "x" * 81, "scopes": ["members:read"], "days": "30"}, "name"),
        ({"name": "Bot", "days": "30"}, "scopes"),
        ({"name": "Bot", "scopes": ["everything"], "days": "30"}, "scopes"),
        ({"name": "Bot", "scopes": ["members:read"], "days": "31"}, "days"),
    ],
)
def test_a_mistake_is_said_at_its_field(
    client: FlaskClient, people: People, data: dict[str, object], field: str
) -> None:
    answer = sign_in(client, people.alice).post(NEW, data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Token)) == 0


def test_a_token_may_what_its_scopes_say(app: Flask, people: People) -> None:
    actor = actor_of(make(people.alice, "members:read")[1])
    assert actor is not None
    assert may(actor, P.MEMBER_SEE)
    assert not may(actor, P.MEMBER_INVITE)
    assert not may(actor, P.TOKEN_SEE)


def test_a_token_never_may_more_than_its_person(app: Flask, people: People, invite_scope: None) -> None:
    secret = make(people.dora, "test:invite")[1]
    actor = actor_of(secret)
    assert actor is not None
    assert may(actor, P.MEMBER_INVITE)
    organisations.change_role(people.alice.actor, people.dora.id, role="member")
    actor = actor_of(secret)
    assert actor is not None
    assert not may(actor, P.MEMBER_INVITE)


def test_an_operators_token_does_not_operate(app: Flask, people: People) -> None:
    organisations.join(people.organisation_id, people.olga.id, "member")
    olga = Someone(people.olga.id, "Olga", people.olga.email, people.organisation_id)
    actor = actor_of(make(olga, "members:read")[1])
    assert actor is not None
    assert actor.is_operator
    assert not may(actor, P.PEOPLE_GOVERN)


def test_a_scope_nobody_knows_any_more_gives_nothing(app: Flask, people: People, invite_scope: None) -> None:
    secret = make(people.alice, "test:invite", "members:read")[1]
    scope._scopes.pop("test:invite")
    actor = actor_of(secret)
    scope.add_scope("test:invite", label="", permissions=[])
    assert actor is not None
    assert actor.token_scopes == {P.MEMBER_SEE.value}


def test_it_runs_out(app: Flask, people: People, frozen: object) -> None:
    limited, endless = make(people.alice, days=30)[1], make(people.alice, days=0)[1]
    clock.advance(days=30)
    assert actor_of(limited) is None
    assert actor_of(endless) is not None


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 303), ("dora", 303), ("bob", 303), ("cleo", 404), ("olga", 403)]
)
def test_revoking_bobs_token(client: FlaskClient, people: People, who: str, status: int) -> None:
    token_id, secret = make(people.bob)
    sign_in(client, getattr(people, who))
    url = f"/organisation/token/{token_id}/ende"
    assert client.post(url).status_code == status
    assert (actor_of(secret) is None) == (status == 303)
    if status == 303:
        assert client.post(url).status_code == 303


def test_a_member_neither_sees_nor_ends_another_ones(client: FlaskClient, people: People) -> None:
    token_id, secret = make(people.alice)
    sign_in(client, people.bob)
    assert str(token_id) not in client.get("/organisation/token").text
    assert client.post(f"/organisation/token/{token_id}/ende").status_code == 404
    with pytest.raises(NotFound):
        services.revoke_token(people.bob.actor, token_id)  # type: ignore[arg-type]
    assert actor_of(secret) is not None


def test_asking_does_not_revoke(client: FlaskClient, people: People) -> None:
    token_id, secret = make(people.alice)
    page = sign_in(client, people.alice).get(f"/organisation/token/{token_id}/ende")
    assert 'id="confirm"' in page.text
    assert actor_of(secret) is not None


def test_a_token_opens_the_api_only(client: FlaskClient, people: People) -> None:
    secret = make(people.alice)[1]
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/organisation/mitglieder", headers=headers).status_code == 302
    assert client.get("/konto/profil", headers=headers).status_code == 302


def test_a_cookie_reads_the_api_and_does_not_write_to_it(app: Flask, people: People) -> None:
    """The API takes no CSRF token, so a browser's session must not be able to write there."""
    from app.accounts.services.session import open_session
    from app.accounts.views.gate import COOKIE, find_signed_in
    from app.kit.db import transaction

    with transaction():
        cookie = open_session(people.alice.id, method="password")
    for method, known in (("GET", True), ("HEAD", True), ("POST", False), ("DELETE", False), ("PUT", False)):
        with app.test_request_context(
            "/api/v1/tokens", method=method, headers={"Cookie": f"{COOKIE}={cookie}"}
        ) as held:
            assert (find_signed_in(held.request) is not None) == known


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic {}", "bearer  ", "{}"])
def test_a_bad_header_is_nobody_even_with_a_cookie(app: Flask, people: People, header: str) -> None:
    from app.accounts.views.gate import find_signed_in

    secret = make(people.alice)[1]
    with app.test_request_context("/api/v1/tokens", headers={"Authorization": header.format(secret)}) as held:
        assert find_signed_in(held.request) is None


def test_its_use_is_noted_once_a_minute(app: Flask, people: People, frozen: object) -> None:
    token_id, _secret = make(people.alice)
    services.touch(token_id)  # type: ignore[arg-type]
    assert db.session.scalar(select(Token.last_used_at)) == clock.now()


def test_there_is_a_limit(app: Flask, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST", 2)
    make(people.alice)
    make(people.alice)
    with pytest.raises(Invalid):
        make(people.alice)
    make(people.bob)


def test_somebody_without_an_organisation_makes_none(app: Flask, people: People) -> None:
    with pytest.raises(NotAllowed):
        make(people.olga)


def test_it_is_recorded_without_the_secret(app: Flask, people: People) -> None:
    token_id, secret = make(people.alice)
    services.revoke_token(people.alice.actor, token_id)  # type: ignore[arg-type]
    rows = db.session.scalars(
        select(Event).where(Event.name.startswith("accounts.token.")).order_by(Event.seq)
    ).all()
    assert [row.name for row in rows] == ["accounts.token.created", "accounts.token.revoked"]
    assert all(secret[:9] not in str((row.data, row.after)) for row in rows)
