"""Members: seen by all of them, changed by owners and admins, never without an owner."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.errors import LastOwner
from app.accounts.models import Membership, Token
from app.accounts.services import organisation as services
from app.accounts.services.personal import erase_account, erasure_blockers, sole_organisations
from app.accounts.services.token import create_token
from app.core.models import Event
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import KontorError, NotAllowed, NotFound
from tests.accounts.mailbox import last
from tests.people import People, make_people, sign_in


def role_of(people: People, who: str) -> str | None:
    db.session.rollback()
    person = getattr(people, who)
    return db.session.scalar(
        select(Membership.role).where(
            Membership.person_id == person.id, Membership.organisation_id == people.organisation_id
        )
    )


@pytest.mark.parametrize("who", ["alice", "dora", "bob"])
def test_members_see_each_other(client: FlaskClient, people: People, who: str) -> None:
    page = sign_in(client, getattr(people, who)).get("/organisation/mitglieder").text
    assert all(name in page for name in ("Alice", "Dora", "Bob"))
    assert "Cleo" not in page
    assert ("/organisation/einladungen/neu" in page) == (who != "bob")


def test_strangers_see_their_own(client: FlaskClient, people: People) -> None:
    assert "Alice" not in sign_in(client, people.cleo).get("/organisation/mitglieder").text
    assert sign_in(client, None).get("/organisation/mitglieder").status_code == 302


CASES = [
    # who changes whom into what: allowed?
    ("alice", "bob", "admin", 303),
    ("alice", "dora", "owner", 303),
    ("alice", "dora", "member", 303),
    ("dora", "bob", "admin", 303),
    ("dora", "bob", "owner", 422),
    ("dora", "alice", "member", 403),
    ("bob", "dora", "member", 403),
    ("bob", "bob", "owner", 403),
    ("cleo", "bob", "member", 404),
]


@pytest.mark.parametrize(("who", "whom", "role", "status"), CASES)
def test_changing_a_role(
    client: FlaskClient, people: People, who: str, whom: str, role: str, status: int
) -> None:
    before = role_of(people, whom)
    sign_in(client, getattr(people, who))
    url = f"/organisation/mitglieder/{getattr(people, whom).id}"
    assert client.post(url, data={"role": role}).status_code == status
    assert role_of(people, whom) == (role if status == 303 else before)


def test_the_service_refuses_what_the_form_does_not_offer(app: Flask, people: People) -> None:
    with pytest.raises(NotAllowed):
        services.change_role(people.dora.actor, people.bob.id, role="owner")
    with pytest.raises(NotAllowed):
        services.change_role(people.bob.actor, people.bob.id, role="admin")
    with pytest.raises(NotFound):
        services.change_role(people.cleo.actor, people.bob.id, role="member")


def test_a_role_taken_away_meanwhile_does_not_count(app: Flask, people: People) -> None:
    """Dora's page was loaded while she was admin."""
    stale = people.dora.actor
    services.change_role(people.alice.actor, people.dora.id, role="member")
    with pytest.raises(NotAllowed):
        services.change_role(stale, people.bob.id, role="admin")


def test_twice_is_one_change(app: Flask, people: People) -> None:
    for _ in range(2):
        services.change_role(people.alice.actor, people.bob.id, role="admin")
    rows = db.session.scalars(select(Event).where(Event.name == "accounts.membership.role_changed")).all()
    assert [(row.before, row.after) for row in rows] == [({"role": "member"}, {"role": "admin"})]


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [
        ("alice", "bob", 303),
        ("alice", "dora", 303),
        ("dora", "bob", 303),
        ("dora", "alice", 403),
        ("bob", "dora", 403),
        ("cleo", "bob", 404),
        ("alice", "cleo", 404),
    ],
)
def test_removing(client: FlaskClient, people: People, who: str, whom: str, status: int) -> None:
    sign_in(client, getattr(people, who))
    url = f"/organisation/mitglieder/{getattr(people, whom).id}/ende"
    assert client.post(url).status_code == status
    gone = status == 303 or whom == "cleo"
    assert (role_of(people, whom) is None) == gone
    if status == 303:
        assert client.post(url).status_code == 404


def test_asking_does_not_remove(client: FlaskClient, people: People) -> None:
    page = sign_in(client, people.alice).get(f"/organisation/mitglieder/{people.bob.id}/ende")
    assert 'id="confirm"' in page.text
    assert role_of(people, "bob") == "member"


def test_who_is_out_loses_access_and_tokens_at_once(client: FlaskClient, people: People) -> None:
    create_token(people.bob.actor, name="Bot", scopes=["members:read"], days=30)
    sign_in(client, people.bob)
    services.remove_member(people.alice.actor, people.bob.id)
    assert client.get("/organisation/mitglieder").status_code == 403
    assert client.get("/konto/profil").status_code == 200
    db.session.rollback()
    assert db.session.scalar(select(Token.revoked_at)) is not None


@pytest.mark.parametrize(("who", "status"), [("bob", 303), ("dora", 303), ("alice", 409), ("cleo", 409)])
def test_leaving(client: FlaskClient, people: People, who: str, status: int) -> None:
    sign_in(client, getattr(people, who))
    assert client.get("/organisation/austritt").status_code == 200
    answer = client.post("/organisation/austritt")
    assert answer.status_code == status
    if status == 409:
        assert "braucht eine Inhaberin" in answer.text


@pytest.mark.parametrize(
    "act",
    [
        lambda actor, me: services.leave(actor),
        lambda actor, me: services.change_role(actor, me, role="member"),
        lambda actor, me: services.remove_member(actor, me),
    ],
)
def test_the_last_owner_stays(app: Flask, people: People, act: Callable[[Actor, UUID], None]) -> None:
    with pytest.raises(LastOwner):
        act(people.alice.actor, people.alice.id)
    assert role_of(people, "alice") == "owner"


def test_with_a_second_owner_the_first_may_go(app: Flask, people: People) -> None:
    services.change_role(people.alice.actor, people.dora.id, role="owner")
    services.leave(people.alice.actor)
    assert role_of(people, "dora") == "owner"


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["leave", "demote each other", "demote oneself"])
def test_two_owners_cannot_both_go_at_the_same_moment(pg_app: Flask, way: str) -> None:
    people = make_people(pg_app)
    services.change_role(people.alice.actor, people.dora.id, role="owner")
    pairs = [(people.alice, people.dora), (people.dora, people.alice)]
    actors = {person.id: person.actor for person, _other in pairs}

    def go(pair: int) -> bool:
        me, other = pairs[pair]
        with pg_app.app_context():
            try:
                if way == "leave":
                    services.leave(actors[me.id])
                else:
                    whom = other if way == "demote each other" else me
                    services.change_role(actors[me.id], whom.id, role="member")
            except KontorError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(go, (0, 1)))
    assert sorted(outcomes) == [False, True]
    assert [role_of(people, "alice"), role_of(people, "dora")].count("owner") == 1


class TestGuests:
    """They belong to the organisation and get nothing by the role."""

    def test_owners_and_admins_invite_and_appoint_guests(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        for who in (people.alice, people.dora):
            email = f"gast.{who.name.lower()}@example.org"
            sign_in(client, who)
            data = {"email": email, "role": "guest"}
            assert client.post("/organisation/einladungen/neu", data=data).status_code == 303
            assert "Gast" in last(email).text
        services.change_role(people.dora.actor, people.bob.id, role="guest")
        page = sign_in(client, people.alice).get("/organisation/mitglieder").text
        assert "Gast" in page and "Bob" in page

    def test_the_organisations_pages_are_closed_and_the_way_out_is_open(
        self, client: FlaskClient, people: People
    ) -> None:
        services.change_role(people.alice.actor, people.bob.id, role="guest")
        sign_in(client, people.bob)
        for path in ("mitglieder", "einstellungen", "token", "protokoll"):
            assert client.get(f"/organisation/{path}").status_code == 403, path
        assert client.get("/suche?q=alice").status_code == 200
        assert "Alice" not in client.get("/suche?q=alice").text
        assert client.post("/organisation/austritt").status_code == 303
        db.session.rollback()
        assert people.bob.actor.role is None

    def test_whoever_is_alone_but_for_guests_may_erase_the_account(self, app: Flask, people: People) -> None:
        for one in (people.dora, people.bob):
            services.change_role(people.alice.actor, one.id, role="guest")
        assert erasure_blockers(people.alice.id) == []
        assert sole_organisations(people.alice.id) == [people.organisation_id]
        with transaction():
            erase_account(people.alice.id)
        assert people.dora.actor.role is None and people.bob.actor.role is None
