"""Every address × everybody: the answer is the one its mark declares, and never a crash.

The walk reads the whole map of routes, so a new page is in it from its first day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.services.token import create_token
from app.hosting.models import Archive, Backup, Server
from app.hosting.policies import permissions_in
from app.hosting.rules.schedule_action import Action
from app.hosting.rules.seat import PRESETS, SeatRole
from app.hosting.services.domain import add_domain
from app.hosting.services.schedule import create_schedule
from app.hosting.services.setup import create_server
from app.kit import clock
from app.kit.authz import Actor, access_of, granted_permissions, may
from app.kit.db import db, transaction
from app.kit.rest import PREFIX
from tests.conftest import wipe
from tests.hosting import team
from tests.people import People, Someone, make_people, sign_in

NAMES = ("nobody", "olga", "cleo", "bob", "dora", "alice")  # those who may destroy most come last
SEATED = {"guest without a seat": None, "guest who plays": "member", "guest who manages": "admin"}
OF_A_SERVER = {"webhook_id", "plugin_id", "change_id"}
"""Parts of a server whose addresses do not name it: an invented one is not there for a guest."""
ENDS_THE_SESSION = {"accounts.sign_out"}
MAY_BE_UNREADY = {"health.ready", "hosting.download_backup"}  # there is no Redis here, and no archive
FORM_NAMES_A_THING = {
    "accounts.switch",
    "hosting.power_from_list",
    "hosting.ask_bulk",
    "hosting.order_bulk",
}
STRICTER_INSIDE = {"accounts.organisation"}  # all members see the page, few may change what stands there


@dataclass(frozen=True)
class Route:
    """One rule with one method."""

    rule: Rule
    method: str
    access: object

    @property
    def name(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @property
    def api(self) -> bool:
        return self.rule.rule.startswith(PREFIX)

    @property
    def of_ours(self) -> bool:
        """Whether its address names a server of Nordlicht."""
        return "server_id" in self.rule.arguments


def routes(app: Flask) -> Iterator[Route]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule, method, access_of(app.view_functions[rule.endpoint]))


def test_every_route_is_marked_and_says_why_it_is_open(app: Flask) -> None:
    known = granted_permissions()
    for route in routes(app):
        view = app.view_functions[route.rule.endpoint]
        assert route.access is not None, f"{route.name} has no mark: nobody can reach it"
        if route.access in ("open", "signed-in"):
            assert len(getattr(view, "why", "")) > 10, f"{route.name} does not say why"
        else:
            assert str(getattr(route.access, "value", route.access)) in known, (
                f"{route.name}: unknown permission"
            )


def test_reading_never_writes_by_its_method(app: Flask) -> None:
    verbs = re.compile(r"/(create|delete|start|stop|restart|kill|remove|send)$")
    for route in routes(app):
        if route.method == "GET" and verbs.search(route.rule.rule):
            methods = {other.method for other in routes(app) if other.rule.rule == route.rule.rule}
            assert "POST" in methods, f"{route.name} looks like an act by GET"


class Answer(StrEnum):
    """Kinds of answers."""

    SIGN_IN = "asked to sign in"
    REFUSED = "refused (403)"
    NOT_THERE = "not there (404)"
    DONE = "answered"


def kind(answer: TestResponse) -> Answer:
    if answer.status_code == 401 or "/anmelden" in answer.headers.get("Location", ""):
        return Answer.SIGN_IN
    return {403: Answer.REFUSED, 404: Answer.NOT_THERE}.get(answer.status_code, Answer.DONE)


def expected(app: Flask, route: Route, person: Someone | None, seated: str | None = None) -> set[Answer]:
    """What the mark declares for this person."""
    if route.access == "open":
        return (
            set(Answer) - {Answer.REFUSED}
            if route.rule.arguments
            else {Answer.DONE, Answer.SIGN_IN, Answer.NOT_THERE}
        )
    if person is None or (route.api and route.method != "GET"):
        return {Answer.SIGN_IN}
    actor = replace(person.actor, token_scopes=None)
    if person.name == "Olga" and (route.of_ours or route.rule.arguments & OF_A_SERVER):
        return {Answer.NOT_THERE}  # who belongs to nothing does not learn which servers there are
    if person.name == "Gina":
        found = about_a_server(route, actor, seated)
        if found is None:
            return {Answer.NOT_THERE}
        actor = found
    if route.access != "signed-in" and not may(actor, str(getattr(route.access, "value", route.access))):
        return {Answer.REFUSED}
    if route.api:
        return {Answer.SIGN_IN}  # a browser's session does not count there
    if route.of_ours and person.name == "Cleo":
        return {Answer.NOT_THERE}
    # An invented id is not there; a form may ask for the password again, an act may end the session.
    found = {Answer.DONE}
    if route.method == "POST" and route.rule.endpoint in STRICTER_INSIDE:
        found.add(Answer.REFUSED)
    if route.of_ours:
        return found
    if route.rule.arguments or route.rule.endpoint in FORM_NAMES_A_THING:
        found.add(Answer.NOT_THERE)
    if route.rule.endpoint in ENDS_THE_SESSION or "ende" in route.rule.rule or "austritt" in route.rule.rule:
        found.add(Answer.SIGN_IN)
    return found | NO_ORGANISATION.get(person.name, set())


def about_a_server(route: Route, actor: Actor, seated: str | None) -> Actor | None:
    """A guest in a request about a server: with what the seat gives, or None where there is no server for them."""
    if route.of_ours and seated is not None:
        return replace(actor, granted=permissions_in(PRESETS[SeatRole(seated)]))
    return None if route.of_ours or route.rule.arguments & OF_A_SERVER else actor


NO_ORGANISATION = {"Olga": {Answer.NOT_THERE}}  # pages about an organisation are not there for who has none


def address(
    app: Flask, route: Route, people: People, holder: Someone | None = None, role: str | None = None
) -> str:
    """The rule's address; a server in it is real and new, and so are a plan, a domain and a backup of it; all
    else is invented."""
    values: dict[str, object] = {}
    if route.of_ours:
        values["server_id"] = server_id = server_of(people)
        if holder is not None:
            team.let_in(people, holder, server_id, role or "")
    for name in route.rule.arguments - {"server_id"}:
        if name == "schedule_id":
            values[name] = schedule_of(people, values["server_id"])
        elif name == "backup_id":
            values[name] = backup_of(people, values["server_id"])
        elif name == "domain_id":
            values[name] = domain_of(people, values["server_id"])
        elif name == "seat_id":
            server_id = values["server_id"]
            assert isinstance(server_id, UUID)
            values[name] = team.let_in(people, team.guest(people, f"G{uuid4().hex[:12]}"), server_id)
        elif "uuid" in str(route.rule._converters[name].__class__).lower():
            values[name] = uuid4()
        else:
            values[name] = "invented"
    with app.test_request_context():
        return route.rule.build(values, append_unknown=False)[1]  # type: ignore[index]


def server_of(people: People) -> UUID:
    """A server that has run before: a draft may only be started by who may create."""
    server_id = create_server(people.alice.actor, name=f"S{uuid4().hex[:12]}", template="flying-squid")
    with transaction():
        db.session.execute(update(Server).where(Server.id == server_id).values(state="stopped"))
    return server_id


def schedule_of(people: People, server_id: object) -> UUID:
    assert isinstance(server_id, UUID)
    return create_schedule(
        people.alice.actor, server_id, action=Action.START, cron="0 4 * * *", zone="Europe/Berlin"
    )


def domain_of(people: People, server_id: object) -> UUID:
    assert isinstance(server_id, UUID)
    return add_domain(people.alice.actor, server_id, name="mc.example.org")


def backup_of(people: People, server_id: object) -> UUID:
    """A backup that is there, as its rows say; what it would hold is nowhere."""
    assert isinstance(server_id, UUID)
    made, now = uuid4(), clock.now()
    with transaction() as session:
        session.add(
            Archive(
                id=made,
                server_id=server_id,
                organisation_id=people.organisation_id,
                purpose="backup",
                state="verified",
                key=f"{uuid4().hex}/{server_id.hex}/{made.hex}.tar.zst",
                sha256="0" * 64,
                size_bytes=1,
                raw_bytes=1,
                files=1,
                game_version="1",
                created_at=now,
                finished_at=now,
            )
        )
        session.flush()
        session.add(Backup(archive_id=made, server_id=server_id, origin="manual"))
    return made


def still_there(people: People, person: Someone | None) -> bool:
    """Whether the walk has not destroyed what it walks in: memberships, accounts."""
    roles = [people.alice.actor.role, people.dora.actor.role, people.bob.actor.role, people.cleo.actor.role]
    return roles == ["owner", "admin", "member", "owner"] and (person is None or person.actor.signed_in)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_everybody_gets_what_the_mark_declares(app: Flask, name: str) -> None:
    people = make_people(app)
    wrong = []
    for route in routes(app):
        person: Someone | None = None if name == "nobody" else getattr(people, name)
        if not still_there(people, person):
            db.session.remove()
            wipe(app)
            people = make_people(app)
            person = None if name == "nobody" else getattr(people, name)
        path = address(app, route, people)
        client = sign_in(app.test_client(), person)
        declared = expected(app, route, person)
        answer = client.open(path, method=route.method, json={} if route.api else None)
        db.session.rollback()
        crashed = answer.status_code >= 500 and route.rule.endpoint not in MAY_BE_UNREADY
        if crashed or kind(answer) not in declared:
            wrong.append(f"{route.name}: {answer.status_code} {kind(answer)}, declared {route.access}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("kind_of_guest", SEATED)
def test_a_guest_gets_what_the_seat_gives_and_finds_nothing_else(app: Flask, kind_of_guest: str) -> None:
    """Every address again, with a new server each: without a seat on it, it is not there; with one, what the mark wants
    is what the seat must give. Pages of the organisation are refused, whatever the seat."""
    people, seated = make_people(app), SEATED[kind_of_guest]
    gina, wrong = team.guest(people), []
    for route in routes(app):
        if not still_there(people, None) or gina.actor.role != "guest":
            db.session.remove()
            wipe(app)
            people = make_people(app)
            gina = team.guest(people)
        path = address(app, route, people, gina if seated else None, seated)
        client = sign_in(app.test_client(), gina)
        declared = expected(app, route, gina, seated)
        answer = client.open(path, method=route.method, json={} if route.api else None)
        db.session.rollback()
        crashed = answer.status_code >= 500 and route.rule.endpoint not in MAY_BE_UNREADY
        if crashed or kind(answer) not in declared:
            wrong.append(f"{route.name}: {answer.status_code} {kind(answer)}, declared {declared}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("who", ["guest", "member", "owner"])
def test_a_part_of_one_server_is_not_there_under_another(app: Flask, who: str) -> None:
    """Each address that names a server and a part of it, with another server's part. The guest and the member manage both."""
    people, wrong, seen = make_people(app), [], 0
    person = {"guest": team.guest(people), "member": people.bob, "owner": people.alice}[who]
    holder = None if who == "owner" else person
    for route in routes(app):
        parts = route.rule.arguments - {"server_id"}
        if not route.of_ours or not parts or route.api:
            continue
        here = server_of(people)
        if holder is not None:
            team.let_in(people, holder, here, "admin")
        theirs = address(app, route, people, holder, "admin")
        path = re.sub(r"/servers/[0-9a-f-]{36}", f"/servers/{here}", theirs)
        answer = sign_in(app.test_client(), person).open(path, method=route.method)
        db.session.rollback()
        seen += 1
        refused = who != "owner" and "seat_id" in parts and answer.status_code == 403
        if answer.status_code != 404 and not refused:
            wrong.append(f"{route.name}: {answer.status_code}")
    assert wrong == []
    assert seen > 10


@pytest.mark.slow
def test_a_fragment_sends_nobody_to_the_sign_in_page(app: Flask) -> None:
    people = make_people(app)
    for route in routes(app):
        if route.access == "open" or route.api:
            continue
        answer = app.test_client().open(
            address(app, route, people), method=route.method, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 401, route.name
        assert answer.headers["HX-Redirect"].startswith("/anmelden"), route.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alice", "dora", "bob", "cleo"])
def test_tokens_get_what_their_scopes_and_their_persons_role_give(app: Flask, name: str) -> None:
    """Over the API: without the scope 403, a stranger 404, never a crash on an empty body."""
    from app.accounts.api import all_scopes

    people = make_people(app)
    person: Someone = getattr(people, name)
    _, everything = create_token(person.actor, name="all", scopes=[one.name for one in all_scopes()], days=30)
    _, little = create_token(person.actor, name="little", scopes=["members:read"], days=30)
    wrong = []
    for route in routes(app):
        if not route.api or route.access == "open":
            continue
        path = address(app, route, people)
        statuses = {}
        for label, token in (("all", everything), ("little", little)):
            answer = app.test_client().open(
                path, method=route.method, json={"name": "x"}, headers={"Authorization": f"Bearer {token}"}
            )
            db.session.rollback()
            statuses[label] = answer.status_code
        allowed = may(person.actor, str(getattr(route.access, "value", route.access)))
        if statuses["little"] != 403 or statuses["all"] >= 500 or (statuses["all"] == 403) == allowed:
            wrong.append(f"{route.name}: {statuses}, allowed {allowed}")
        if allowed and name == "cleo" and route.of_ours and statuses["all"] not in (404, 422):
            wrong.append(f"{route.name}: a stranger got {statuses['all']}")
    assert wrong == []
