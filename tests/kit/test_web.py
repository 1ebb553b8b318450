"""What every answer promises, whoever made it: where it may lead, and who may keep it."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.hosting.services.setup import create_server
from app.kit.htmx import safe_next
from app.kit.paging import encode_cursor
from tests.people import PASSWORD, People, make_people, sign_in

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\t\\evil.example",
    "/\n\\evil.example",
    "/a\\..\\..\\evil.example",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nobody_is_led_to_another_site(url: str) -> None:
    assert safe_next(url, "/home") == "/home"


@pytest.mark.parametrize("url", ["/", "/hosting/servers?sort=-name", "/suche?q=gr%C3%BCn", "/größe und mehr"])
def test_paths_of_ours_are_kept(url: str) -> None:
    assert safe_next(url, "/home") == url


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("url", ["/\t\\evil.example", "/\n\\evil.example"])
def test_signing_in_leads_nowhere_else(client: FlaskClient, people: People, url: str, htmx: bool) -> None:
    answer = client.post(
        "/anmelden",
        data={"email": people.bob.email, "password": PASSWORD, "next": url},
        headers={"HX-Request": "true"} if htmx else {},
    )
    assert answer.headers["HX-Redirect" if htmx else "Location"] == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/konto/profil",
        "/organisation/protokoll",
        "/organisation/protokoll/csv",
        "/guthaben/verlauf/csv",
        "/hosting/servers/{server}",
        "/hosting/servers/{server}/console?as=text",
        "/hosting/servers/{server}/metrics.csv",
        "/hosting/costs.csv",
        "/_live/parts?topic=nothing",
        "/not-there",
    ],
)
def test_what_a_signed_in_person_sees_is_kept_by_nobody(
    client: FlaskClient, people: People, path: str
) -> None:
    server = create_server(people.alice.actor, name="Burg", template="flying-squid")
    answer = sign_in(client, people.alice).get(path.format(server=server))
    assert answer.headers["Cache-Control"] == "no-store"


def test_our_own_files_may_be_kept(client: FlaskClient) -> None:
    assert client.get("/static/css/tokens.css").headers["Cache-Control"] != "no-store"


@pytest.mark.parametrize("window", ["x\r\nSet-Cookie: a=b", 'x"; filename="run.bat'])
def test_what_stands_in_the_address_stays_out_of_the_headers(
    client: FlaskClient, people: People, window: str
) -> None:
    server = create_server(people.alice.actor, name="Burg", template="flying-squid")
    path = f"/hosting/servers/{server}/metrics.csv"
    answer = sign_in(client, people.bob).get(path, query_string={"window": window})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="server-{server}-1h.csv"'


@pytest.mark.parametrize(
    ("sort", "values"),
    [
        ("created", ["2026-11-21T12:00:00", str(UUID(int=1))]),
        ("memory", [str(2**70), str(UUID(int=1))]),
        ("name", ["a\0", str(UUID(int=1))]),
    ],
)
def test_a_page_reference_nobody_made_is_told(
    client: FlaskClient, people: People, sort: str, values: list[str]
) -> None:
    answer = sign_in(client, people.alice).get(
        "/hosting/servers", query_string={"sort": sort, "cursor": encode_cursor(values)}
    )
    assert answer.status_code == 422
    assert "Dieser Seitenverweis ist ungültig" in answer.text


@pytest.mark.postgres
def test_what_no_database_takes_is_the_askers_fault(pg_app: Flask) -> None:
    client = sign_in(pg_app.test_client(), make_people(pg_app).alice)
    assert client.get("/hosting/servers?q=%00").status_code == 400
    assert client.get("/hosting/servers?q=x").status_code == 200
