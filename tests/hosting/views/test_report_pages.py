"""Report pages: ask, watch, fetch, switch on, delete; for owners and admins of the organisation only."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.hosting.gateways.fake import FakeRuntime
from app.hosting.queries.report import plan_of, reports_of
from app.hosting.services import server as services
from app.hosting.services.place import use_runtimes
from tests.hosting.money import give_credit
from tests.people import People, sign_in

pytestmark = pytest.mark.slow

RunJobs = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _runtime(app: Flask, frozen: object) -> None:
    use_runtimes(app, {"process": FakeRuntime, "docker": FakeRuntime})


@pytest.fixture
def server_id(people: People) -> UUID:
    give_credit(people)
    return services.create_server(people.alice.actor, name="Bauwelt Nord", template="flying-squid")


def ask(client: FlaskClient, **more: str) -> object:
    return client.post("/hosting/reports", data={"period": "2026-11", "server": "", "once": "a", **more})


def test_from_the_form_to_the_file(
    client: FlaskClient, people: People, server_id: UUID, run_jobs: RunJobs
) -> None:
    sign_in(client, people.alice)
    page = client.get("/hosting/reports").text
    assert "Noch kein Bericht." in page
    assert "Bauwelt Nord" in page
    answers = [
        client.post("/hosting/reports", data={"period": "2026-11", "server": str(server_id), "once": "a"})
        for _ in "ab"
    ]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].location == answers[1].location, "a double click makes one report"
    assert "Verbrauchsbericht erstellen" in client.get(answers[0].location).text
    report = reports_of(people.alice.actor).rows[0]
    assert "wird gerade erstellt" in client.get(f"/hosting/reports/{report.id}").text
    run_jobs()
    assert f'href="/hosting/reports/{report.id}"' in client.get(answers[0].location).text, "the job leads on"
    report = reports_of(people.alice.actor).rows[0]
    page = client.get(f"/hosting/reports/{report.id}").text
    assert f'href="/dateien/{report.file_id}"' in page
    answer = client.get(f"/dateien/{report.file_id}")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert "verbrauchsbericht-2026-11-nordlicht-bauwelt-nord.pdf" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "change", [{"period": "2026-99"}, {"period": "1066-01"}, {"server": "no-id"}, {"period": ""}]
)
def test_what_is_not_on_offer_is_told_at_the_form(
    client: FlaskClient, people: People, change: dict[str, str]
) -> None:
    answer = sign_in(client, people.alice).post(
        "/hosting/reports", data={"period": "2026-11", "server": "", **change}
    )
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.text
    assert reports_of(people.alice.actor).rows == []


def test_who_may(client: FlaskClient, people: People, run_jobs: RunJobs) -> None:
    ask(sign_in(client, people.dora))
    run_jobs()
    report = reports_of(people.dora.actor).rows[0]
    reads = ("/hosting/reports", f"/hosting/reports/{report.id}", f"/dateien/{report.file_id}")
    expected = {
        "alice": [200, 200, 200],
        "dora": [200, 200, 200],
        "bob": [403, 403, 403],
        "cleo": [200, 404, 404],
    }
    for name, codes in expected.items():
        sign_in(client, getattr(people, name))
        assert [client.get(url).status_code for url in reads] == codes, name
    assert ask(sign_in(client, people.bob)).status_code == 403  # type: ignore[attr-defined]
    assert sign_in(client, people.cleo).post(f"/hosting/reports/{report.id}/delete").status_code == 404


def test_a_strangers_server_cannot_be_reported(client: FlaskClient, people: People, server_id: UUID) -> None:
    assert ask(sign_in(client, people.cleo), server=str(server_id)).status_code == 422  # type: ignore[attr-defined]


def test_deleting_asks_first(client: FlaskClient, people: People, run_jobs: RunJobs) -> None:
    ask(sign_in(client, people.alice))
    run_jobs()
    report = reports_of(people.alice.actor).rows[0]
    assert "Nur die Datei geht verloren" in client.get(f"/hosting/reports/{report.id}/delete").text
    assert client.post(f"/hosting/reports/{report.id}/delete").status_code == 303
    assert client.get(f"/dateien/{report.file_id}").status_code == 404
    assert reports_of(people.alice.actor).rows == []


def test_the_schedule_is_kept_and_stands_in_the_log(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice).post("/hosting/reports/schedule", data={"weekly": "y"})
    plan = plan_of(people.organisation_id)
    assert (plan.weekly, plan.monthly) == (True, False)
    assert 'id="weekly" name="weekly" type="checkbox" value="y" checked' in client.get(
        "/hosting/reports"
    ).text.replace(
        'checked id="weekly" name="weekly" type="checkbox" value="y"',
        'id="weekly" name="weekly" type="checkbox" value="y" checked',
    )
    assert "Regelmäßige Berichte umgestellt" in client.get("/organisation/protokoll?kind=hosting.").text
    assert sign_in(client, people.bob).post("/hosting/reports/schedule", data={}).status_code == 403
