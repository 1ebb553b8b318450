"""The team of a server: the matrix, letting people in, and what a guest's pages show and hide."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.models import Job
from app.core.queries.search import HIT
from app.hosting.describe import find_servers
from app.hosting.models import Server
from app.hosting.services.seat import change_seat, remove_seat
from app.hosting.services.setup import change_server
from app.kit.authz import on_subjects
from app.kit.db import db
from tests.accounts.mailbox import last, letters
from tests.hosting.team import guest, let_in, seats, server
from tests.people import People, Someone, sign_in

EVA = "eva@example.org"
SERVER_PAGES = (
    "", "/console", "/monitoring", "/backups", "/schedules", "/plugins", "/webhooks", "/events", "/settings",
    "/domains",
)  # fmt: skip
CLOSED = (
    "/hosting/costs", "/hosting/costs.csv", "/hosting/reports", "/hosting/bulk", "/hosting/servers/new", "/guthaben",
    "/organisation/mitglieder", "/organisation/token", "/organisation/protokoll",
)  # fmt: skip
"""What no seat opens: money, other people, other servers."""
SETTINGS = {
    "name": "Neu", "idle_minutes": "30", "setting_slots": "10", "setting_motd": "Hallo", "setting_version": "1.21.4",
    "setting_gamemode": "survival", "setting_difficulty": "hard", "setting_world": "superflat",
    "setting_view_distance": "4",
}  # fmt: skip


@pytest.fixture
def server_id(people: People) -> UUID:
    return server(people)


@pytest.fixture
def gina(people: People) -> Someone:
    return guest(people)


def base(server_id: UUID) -> str:
    return f"/hosting/servers/{server_id}"


def form(**values: object) -> dict[str, object]:
    return {"email": EVA, "role": "member", "once": "1", **values}


def test_an_owner_lets_somebody_in_and_sees_it(client: FlaskClient, people: People, server_id: UUID) -> None:
    sign_in(client, people.alice)
    page = client.get(f"{base(server_id)}/team").text
    for name in ("Alice", "Dora", "Bob"):
        assert name in page
    assert client.get(f"{base(server_id)}/team/new").status_code == 200
    answer = client.post(
        f"{base(server_id)}/team/new", data=form(role="custom", areas=["power", "files-write"])
    )
    assert answer.headers["Location"] == f"{base(server_id)}/team"
    page = client.get(f"{base(server_id)}/team").text
    assert EVA in page and "Dateien lesen" in page
    assert last(EVA).path.startswith("/einladung/")
    again = client.post(f"{base(server_id)}/team/new", data=form(once="2"))
    assert again.status_code == 422
    assert "hat hier schon Zugriff" in again.text
    one = seats(server_id)[0]
    assert client.post(f"{base(server_id)}/team/{one.id}/resend").status_code == 303
    assert len(letters(EVA)) == 2
    assert client.get(f"{base(server_id)}/team/{one.id}/remove").status_code == 200
    assert client.post(f"{base(server_id)}/team/{one.id}/remove").status_code == 303
    assert client.post(f"{base(server_id)}/team/{one.id}/remove").status_code == 404


def test_changing_what_somebody_may(
    client: FlaskClient, people: People, server_id: UUID, gina: Someone
) -> None:
    seat_id = let_in(people, gina, server_id, "custom", ["power"])
    sign_in(client, people.alice)
    page = client.get(f"{base(server_id)}/team/{seat_id}/change").text
    assert re.search(r'<input checked[^>]*value="power"', page)
    assert "Gina" in page
    answer = client.post(f"{base(server_id)}/team/{seat_id}/change", data={"role": "admin"})
    assert answer.status_code == 303
    assert seats(server_id)[0].role == "admin"
    wrong = client.post(f"{base(server_id)}/team/{seat_id}/change", data={"role": "emperor"})
    assert wrong.status_code == 422
    other = server_of_others = server(people, "Andere")
    assert client.get(f"{base(other)}/team/{seat_id}/change").status_code == 404
    assert client.post(f"{base(server_of_others)}/team/{seat_id}/remove").status_code == 404


def test_who_sees_and_who_changes_the_team(
    app: Flask, people: People, server_id: UUID, gina: Someone
) -> None:
    seat_id = let_in(people, gina, server_id, "admin")
    expected = {people.dora: (200, 200), people.bob: (200, 403), gina: (403, 403), people.cleo: (404, 404)}
    for person, (reads, writes) in expected.items():
        client = sign_in(app.test_client(), person)
        assert client.get(f"{base(server_id)}/team").status_code == reads, person.name
        for path in ("team/new", f"team/{seat_id}/change", f"team/{seat_id}/remove"):
            assert client.get(f"{base(server_id)}/{path}").status_code == writes, (person.name, path)
    page = sign_in(app.test_client(), people.bob).get(f"{base(server_id)}/team").text
    assert "Zugriff geben" not in page and f"{seat_id}" not in page


class TestGuest:
    """Somebody with a seat on one server of an organisation and nothing else."""

    def test_the_list_holds_what_is_theirs_without_money(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        server(people, "Geheimwelt")
        let_in(people, gina, server_id, "admin")
        sign_in(client, gina)
        assert client.get("/").headers["Location"].rstrip("/").endswith(("/hosting", "/hosting/servers"))
        for path in ("/hosting/servers", "/hosting/servers?q=welt", "/hosting/servers?state=stopped"):
            page = client.get(path).text
            assert "Bauwelt" in page and "Geheimwelt" not in page
            assert "€" not in page and "Guthaben" not in page and "Mitglieder" not in page
        assert "Neuer Server" not in page
        assert "Gast bei Nordlicht" in page

    def test_without_a_seat_there_is_an_empty_list(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        page = sign_in(client, gina).get("/hosting/servers")
        assert page.status_code == 200
        assert "Kein Server für dich freigegeben" in page.text
        for path in ("", "/console", "/events", "/files", "/team", "/settings"):
            assert client.get(base(server_id) + path).status_code == 404

    def test_their_pages_name_no_money(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        let_in(people, gina, server_id, "admin")
        sign_in(client, gina)
        for path in SERVER_PAGES:
            answer = client.get(base(server_id) + path)
            assert answer.status_code == 200, path
            assert "€" not in answer.text, path
        for path in CLOSED:
            assert client.get(path).status_code == 403, path

    def test_what_the_seat_does_not_give_is_neither_shown_nor_done(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        let_in(people, gina, server_id, "member")
        page = sign_in(client, gina).get(base(server_id)).text
        assert "Server starten" not in page
        for tab in ("Dateien", "Discord", "Einstellungen", "Team"):
            assert f">{tab}</a>" not in page, tab
        for path in ("run", "rest", "restart", "kill", "archive", "delete", "backups", "plugins/check"):
            assert client.post(f"{base(server_id)}/{path}").status_code == 403, path
        assert client.post("/hosting/servers/power", data={"start": str(server_id)}).status_code == 403
        assert client.get(f"{base(server_id)}/files").status_code == 403

    def test_the_lists_button_is_there_where_the_seat_allows_it(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        other = server(people, "Andere")
        let_in(people, gina, server_id, "custom", ["power"])
        let_in(people, gina, other, "member")
        page = sign_in(client, gina).get("/hosting/servers").text
        assert f'value="{server_id}"' in page and f'value="{other}"' not in page
        for one, status in ((other, 403), (server(people, "Fremd"), 404)):
            assert client.post("/hosting/servers/power", data={"start": str(one)}).status_code == status
        answer = client.post("/hosting/servers/power", data={"start": str(server_id)})
        assert answer.status_code in (303, 302)
        assert answer.headers["Location"] == "/hosting/servers", "not to the wallet, whatever is in it"

    def test_who_else_was_let_in_is_not_told(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        let_in(people, gina, server_id, "admin")
        let_in(people, people.bob, server_id, "admin")
        change_server(people.alice.actor, server_id, name="Neubau")
        for person, sees in ((people.alice, True), (people.bob, True), (gina, False)):
            for path in ("", "/events"):
                page = sign_in(client, person).get(base(server_id) + path).text
                assert ("Zugriff gegeben: Bob" in page) == sees, (person.name, path)
                assert "Name oder Einstellungen" in page or "geändert" in page

    def test_searching_finds_only_theirs(self, people: People, server_id: UUID, gina: Someone) -> None:
        server(people, "Bauwelt zwei")
        let_in(people, gina, server_id, "member")
        hits = find_servers(gina.actor, "bau", 10)
        assert [(hit.label, hit.group) for hit in hits] == [("Bauwelt", HIT)]
        change = seats(server_id)[0].id
        change_seat(people.alice.actor, server_id, change, role="custom", areas=["power"])
        assert [hit.label for hit in find_servers(gina.actor, "bau", 10)] == ["Bauwelt", "Bauwelt starten"]

    def test_taken_away_while_the_page_is_open(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        seat_id = let_in(people, gina, server_id, "admin")
        sign_in(client, gina)
        assert client.get(base(server_id)).status_code == 200
        remove_seat(people.alice.actor, server_id, seat_id)
        assert client.get(base(server_id)).status_code in (404, 403)
        assert client.post(f"{base(server_id)}/commands", data={"command": "list"}).status_code in (404, 403)

    def test_a_guest_may_go(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        let_in(people, gina, server_id, "member")
        sign_in(client, gina)
        assert client.get("/organisation/austritt").status_code == 200
        assert client.post("/organisation/austritt").status_code == 303
        assert seats(server_id) == []

    def test_work_of_the_organisation_is_not_theirs(
        self, client: FlaskClient, people: People, server_id: UUID, gina: Someone
    ) -> None:
        let_in(people, people.bob, server_id)  # he is told by mail
        job_id = db.session.scalars(
            select(Job.id).where(Job.organisation_id == people.organisation_id, Job.actor_id.is_(None))
        ).first()
        assert job_id is not None
        assert sign_in(client, people.bob).get(f"/auftrag/{job_id}").status_code == 200
        assert sign_in(client, gina).get(f"/auftrag/{job_id}").status_code == 404


def test_a_members_seat_adds_to_the_role(client: FlaskClient, people: People, server_id: UUID) -> None:
    sign_in(client, people.bob)
    assert client.get(f"{base(server_id)}/files").status_code == 403
    assert client.get(f"{base(server_id)}/settings").status_code == 403
    let_in(people, people.bob, server_id, "custom", ["settings"])
    page = client.get(f"{base(server_id)}/settings")
    assert page.status_code == 200
    assert 'name="memory_mb"' not in page.text, "memory is money"
    saved = client.post(f"{base(server_id)}/settings", data=SETTINGS | {"memory_mb": "2048"})
    assert saved.status_code == 303
    db.session.rollback()
    row = db.session.get_one(Server, server_id)
    assert (row.name, row.memory_mb, row.settings["slots"]) == ("Neu", 512, 10)
    assert client.get(f"{base(server(people, 'Andere'))}/settings").status_code == 403


def test_the_history_says_who_and_shows_one_person(
    client: FlaskClient, people: People, server_id: UUID, gina: Someone
) -> None:
    let_in(people, gina, server_id, "admin")
    change_server(on_subjects(gina.actor, {"server_id": server_id}), server_id, name="Ginas Welt")
    change_server(people.dora.actor, server_id, name="Doras Welt")
    sign_in(client, people.alice)
    page = client.get(f"{base(server_id)}/events").text
    for name in ("Alice", "Dora", "Gina"):
        assert f" · {name}</p>" in page
    only = client.get(f"{base(server_id)}/events?person={gina.id}").text
    assert " · Gina</p>" in only and " · Dora</p>" not in only
    log = client.get("/organisation/protokoll?kind=hosting.").text
    assert "Zugriff gegeben: Gina, Verwalten" in log
