"""Invitations: mailed, accepted once by the mailbox's owner, taken back, run out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.api import find_actor_for_job
from app.accounts.models import Invitation, Membership, Person
from app.accounts.rules import limits
from app.accounts.services import invitation as services
from app.accounts.services.organisation import change_role, found_organisation, remove_member
from app.accounts.services.session import Visitor
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict, KontorError, NotAllowed, NotFound, TooMany
from tests.accounts.mailbox import last, letters
from tests.people import People, make_people, sign_in
from tests.threads import at_once

EVA = "eva@example.org"
NEW = {"name": "Eva", "password": "ein langes Passwort"}


def ask(people: People, email: str = EVA, role: str = "member", who: str = "alice") -> str:
    services.invite(getattr(people, who).actor, email=email, role=role)
    return last(email).path


def open_one() -> Invitation:
    db.session.rollback()
    return db.session.scalars(select(Invitation).where(Invitation.state == "open")).one()


def open_ones() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Invitation.state == "open")) or 0


def members(people: People) -> int:
    db.session.rollback()
    statement = select(func.count()).where(Membership.organisation_id == people.organisation_id)
    return db.session.scalar(statement) or 0


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("alice", "owner", 303),
        ("alice", "member", 303),
        ("dora", "admin", 303),
        ("dora", "owner", 422),
        ("bob", "member", 403),
        ("olga", "member", 403),
    ],
)
def test_inviting(client: FlaskClient, people: People, who: str, role: str, status: int) -> None:
    sign_in(client, getattr(people, who))
    answer = client.post("/organisation/einladungen/neu", data={"email": EVA, "role": role})
    assert answer.status_code == status
    assert len(letters(EVA)) == (status == 303)


def test_an_admin_cannot_invite_an_owner_past_the_form(app: Flask, people: People) -> None:
    with pytest.raises(NotAllowed):
        services.invite(people.dora.actor, email=EVA, role="owner")


def test_who_lost_the_role_since_the_page_was_loaded_asks_nobody(app: Flask, people: People) -> None:
    loaded = people.dora.actor
    change_role(people.alice.actor, people.dora.id, role="member")
    with pytest.raises(NotAllowed):
        services.invite(loaded, email=EVA, role="member")
    assert open_ones() == 0
    assert letters(EVA) == []


def test_the_mail_names_who_and_where(client: FlaskClient, people: People) -> None:
    ask(people)
    letter = last(EVA)
    assert letter.subject == "Alice lädt dich zu Nordlicht ein"
    assert "Mitglied" in letter.text


@pytest.mark.parametrize("email", ["unfug", "bob@example.org", ""])
def test_nonsense_and_members_are_refused_at_the_field(
    client: FlaskClient, people: People, email: str
) -> None:
    sign_in(client, people.alice)
    answer = client.post("/organisation/einladungen/neu", data={"email": email, "role": "member"})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


def test_a_new_person_joins(client: FlaskClient, people: People) -> None:
    path = ask(people, role="admin")
    assert "Nordlicht" in client.get(path).text
    assert members(people) == 3
    assert client.post(path, data=NEW).status_code == 303
    page = client.get("/organisation/mitglieder").text
    assert "Eva" in page
    assert "/organisation/einladungen/neu" in page
    assert client.application.test_client().post(path, data=NEW).status_code == 410


def test_a_new_person_needs_a_good_password(client: FlaskClient, people: People) -> None:
    path = ask(people)
    assert client.post(path, data={"name": "Eva", "password": "kurz"}).status_code == 422
    assert client.post(path, data={"password": NEW["password"]}).status_code == 422
    assert members(people) == 3


def test_somebody_known_joins_with_their_account(client: FlaskClient, people: People) -> None:
    path = ask(people, "cleo@example.org")
    assert f"/anmelden?next={path}" in client.get(path).text
    sign_in(client, people.cleo)
    assert client.get(path).status_code == 200
    assert members(people) == 3
    assert client.post(path).status_code == 303
    assert members(people) == 4
    assert "Alice" in client.get("/organisation/mitglieder").text


def test_the_link_in_other_hands_gives_no_account(client: FlaskClient, people: People) -> None:
    """A forwarded invitation does not let a third person in, nor take over the known one."""
    path = ask(people, "cleo@example.org")
    assert client.post(path, data=NEW).status_code == 200
    assert "cleo@example.org" in sign_in(client, people.olga).get(path).text
    client.post(path, data=NEW)
    with pytest.raises(NotAllowed):
        services.accept(people.olga.actor, path.rpartition("/")[2])
    with pytest.raises(Conflict):
        services.accept_as_new(
            path.rpartition("/")[2],
            name="X",
            password="x" * 5 + "yzabc",
            visitor=Visitor(),
            locale="de",
            timezone="UTC",
        )
    assert members(people) == 3


def test_taking_it_back(client: FlaskClient, people: People) -> None:
    path = ask(people)
    url = f"/organisation/einladungen/{open_one().id}/ende"
    assert sign_in(client, people.bob).post(url).status_code == 403
    assert sign_in(client, people.cleo).post(url).status_code == 404
    sign_in(client, people.dora)
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 303
    assert client.post(url).status_code == 303
    assert client.application.test_client().get(path).status_code == 410


def test_an_accepted_one_cannot_be_taken_back(app: Flask, people: People) -> None:
    path = ask(people)
    invitation = open_one().id
    app.test_client().post(path, data=NEW)
    with pytest.raises(Conflict):
        services.revoke(people.alice.actor, invitation)


def test_it_runs_out_after_a_week(client: FlaskClient, people: People, frozen: object) -> None:
    path = ask(people)
    clock.advance(days=7)
    assert client.get(path).status_code == 410
    assert client.post(path, data=NEW).status_code == 410
    assert "Abgelaufen" in sign_in(client, people.alice).get("/organisation/mitglieder").text


def test_asking_again_replaces_the_link(client: FlaskClient, people: People) -> None:
    first, second = ask(people), ask(people, role="admin")
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    assert open_one().role == "admin"


def test_a_stranger_cannot_take_back(app: Flask, people: People) -> None:
    ask(people)
    with pytest.raises(NotFound):
        services.revoke(people.cleo.actor, open_one().id)


def test_the_database_does_not_hold_the_link(app: Flask, people: People) -> None:
    token = ask(people).rpartition("/")[2]
    assert token != open_one().fingerprint


def joins(app: Flask, token: str, name: str) -> bool:
    """Whether somebody new got in with this link; for threads."""
    with app.app_context():
        try:
            services.accept_as_new(
                token,
                name=name,
                password="ein langes Passwort",
                visitor=Visitor(),
                locale="de",
                timezone="UTC",
            )
        except KontorError:
            return False
        return True


@pytest.mark.postgres
def test_of_many_at_the_same_moment_one_joins(pg_app: Flask) -> None:
    people = make_people(pg_app)
    token = ask(people).rpartition("/")[2]

    def one(number: int) -> bool:
        return joins(pg_app, token, f"Eva {number}")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(12))) == 1
    assert members(people) == 4
    assert db.session.scalar(select(func.count()).where(Person.email == EVA)) == 1


@pytest.mark.postgres
def test_accepting_and_taking_back_at_the_same_moment(pg_app: Flask) -> None:
    people = make_people(pg_app)
    actor = people.alice.actor
    for number in range(6):
        token = ask(people, f"eva{number}@example.org").rpartition("/")[2]
        invitation = open_one().id
        before = members(people)

        def accept(_x: object, token: str = token) -> bool:
            return joins(pg_app, token, "Eva")

        def revoke(_x: object, invitation: object = invitation) -> bool:
            with pg_app.app_context():
                try:
                    services.revoke(actor, invitation)  # type: ignore[arg-type]
                except KontorError:
                    return False
                return True

        with ThreadPoolExecutor(2) as pool:
            joined, revoked = (future.result() for future in (pool.submit(accept, 0), pool.submit(revoke, 0)))
        assert joined != revoked
        assert members(people) == before + joined


@pytest.mark.postgres
def test_asking_and_losing_the_right_to_ask_at_the_same_moment(pg_app: Flask) -> None:
    people = make_people(pg_app)
    owner, admin = people.alice.actor, people.dora.actor
    for number in range(6):
        change_role(owner, people.dora.id, role="admin")
        address = f"eva{number}@example.org"
        at_once(
            pg_app,
            2,
            lambda index, to=address: (  # type: ignore[misc]
                services.invite(admin, email=to, role="admin")
                if index
                else change_role(owner, people.dora.id, role="member")
            ),
        )
        assert open_ones() == 0


@pytest.mark.parametrize("way", ["put out", "made a member"])
def test_what_somebody_asked_for_ends_with_their_right_to_ask(
    client: FlaskClient, people: People, way: str
) -> None:
    """Who is put out must not come back by an invitation to a second address."""
    theirs = ask(people, EVA, "admin", who="dora")
    ours = ask(people, "emil@example.org", "member", who="alice")
    if way == "put out":
        remove_member(people.alice.actor, people.dora.id)
    else:
        change_role(people.alice.actor, people.dora.id, role="member")
    assert client.get(theirs).status_code == 410
    assert client.post(theirs, data=NEW).status_code == 410
    assert client.get(ours).status_code == 200


def test_an_owner_who_becomes_an_admin_keeps_what_admins_may_ask(client: FlaskClient, people: People) -> None:
    change_role(people.alice.actor, people.dora.id, role="owner")
    owner = ask(people, EVA, "owner", who="dora")
    member = ask(people, "emil@example.org", "member", who="dora")
    change_role(people.alice.actor, people.dora.id, role="admin")
    assert client.get(owner).status_code == 410
    assert client.get(member).status_code == 200


def test_founding_organisations_gives_no_more_mails_to_strangers(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INVITE_PERSON", limits.Limit("invite.person", 3, limits.DAY))
    organisations = [found_organisation(name=f"Nummer {n}", owner_id=people.bob.id) for n in range(4)]
    for number, organisation_id in enumerate(organisations):
        actor = find_actor_for_job(people.bob.id, organisation_id)
        if number < 3:
            services.invite(actor, email=f"fremd{number}@example.org", role="member")
        else:
            with pytest.raises(TooMany):
                services.invite(actor, email="fremd3@example.org", role="member")
    assert letters("fremd2@example.org")
    assert not letters("fremd3@example.org")
