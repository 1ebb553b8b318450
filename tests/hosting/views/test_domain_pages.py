"""The page of addresses: what to set, what was found, enter, look, remove; members look, strangers find nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.hosting.gateways.dns import Dns
from app.hosting.models import Domain
from app.hosting.queries.domain import may_see_domain
from app.hosting.services import domain as services
from app.hosting.services import server as servers
from app.kit import live
from app.kit.db import db
from app.kit.dom import dom_id
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.money import give_credit
from tests.people import People, sign_in
from tests.services.dns import FakeDns
from tests.services.dns import fake_dns as fake_dns

RunJobs = Callable[..., list[str]]
NAME = "mc.example.org"


@pytest.fixture(autouse=True)
def _dns(app: Flask, fake_dns: FakeDns, frozen: object) -> Iterator[None]:
    services.use_resolver(app, Dns(fake_dns.servers, timeout=0.3, lifetime=0.7))
    yield
    services.use_resolver(app, None)


@pytest.fixture
def server_id(people: People) -> UUID:
    give_credit(people)
    return servers.create_server(people.alice.actor, name="Bauwelt Nord", template="flying-squid")


@pytest.fixture
def base(server_id: UUID) -> str:
    return f"/hosting/servers/{server_id}/domains"


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


def kept() -> list[Domain]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Domain).order_by(Domain.id).execution_options(populate_existing=True))
    )


def test_from_the_empty_page_to_an_address(
    alice: FlaskClient, base: str, server_id: UUID, fake_dns: FakeDns, run_jobs: RunJobs
) -> None:
    assert f'href="{base}"' in alice.get(f"/hosting/servers/{server_id}/settings").text
    assert "Noch keine eigene Domain." in alice.get(base).text
    answer = alice.post(base, data={"name": "MC.Example.org."})
    assert (answer.status_code, answer.location) == (303, base)
    page = alice.get(base).text
    assert "wird geprüft" in page
    assert f'data-copy="{server_id.hex}.play.localhost"' in page, "to copy"
    assert 'data-copy="_kontor.mc.example.org"' in page
    assert f'data-copy="kontor={kept()[0].token}"' in page
    assert 'data-copy="_minecraft._tcp.mc.example.org"' in page
    run_jobs()
    page = alice.get(base).text
    assert "wartet auf DNS-Einträge" in page
    assert "Noch kein Eintrag gefunden" in page
    assert "fehlt" in page
    fake_dns.put(NAME, "CNAME", "other.example.")
    alice.post(f"{base}/{kept()[0].id}/look")
    run_jobs()
    page = alice.get(base).text
    assert "führen woanders hin" in page
    assert re.search(r"dort steht: *<code>other\.example</code>", page)
    fake_dns.put(NAME, "CNAME", f"{server_id.hex}.play.localhost.")
    alice.post(f"{base}/{kept()[0].id}/look")
    run_jobs()
    page = alice.get(base).text
    assert "führt hierher" in page
    assert "gefunden" in page


def test_what_is_no_domain_is_said_at_the_field(alice: FlaskClient, base: str) -> None:
    for text, said in (
        ("", "Gib die Domain ein"), ("192.0.2.1", "IP-Adresse"), ("example", "fehlt die Endung"),
        ("*.example.org", "Platzhalter"), ("https://example.org", "Ohne https://"),
        ("a" * 70 + ".example.org", "zu lang"),
        ("x.play.localhost", "gehört zur Plattform"),
        ("mc.local", "gibt es im öffentlichen Internet nicht"), ("<b>.example.org", "kein Name im Internet"),
    ):  # fmt: skip
        answer = alice.post(base, data={"name": text})
        assert answer.status_code == 422, text
        assert 'id="name-error"' in answer.text
        assert said in answer.text, text
        assert "<b>.example" not in answer.text
    assert kept() == []
    alice.post(base, data={"name": NAME})
    assert "schon eingetragen" in alice.post(base, data={"name": NAME.upper()}).text
    for number in range(4):
        alice.post(base, data={"name": f"n{number}.example.org"})
    assert alice.post(base, data={"name": "n9.example.org"}).status_code == 409
    assert "Mehr als 5 eigene Domains" in alice.get(base).text


def test_umlauts_are_shown_as_they_are_written(alice: FlaskClient, base: str) -> None:
    alice.post(base, data={"name": "mc.bücher.example"})
    page = alice.get(base).text
    assert "mc.bücher.example</h2>" in page
    assert 'data-copy="mc.xn--bcher-kva.example"' in page


def test_too_many_looks_are_refused_in_words(alice: FlaskClient, base: str) -> None:
    alice.post(base, data={"name": NAME})
    path = f"{base}/{kept()[0].id}/look"
    answers = [alice.post(path, headers={"HX-Request": "true"}) for _ in range(services.LOOKS + 1)]
    assert [one.status_code for one in answers] == [200] * services.LOOKS + [429]
    assert dom_id("hosting-domain", kept()[0].id, "records") in answers[0].text
    assert alice.post(path).status_code == 303
    assert "Gerade erst geprüft" in alice.get(base).text


def test_removing_asks_first(alice: FlaskClient, base: str) -> None:
    alice.post(base, data={"name": NAME})
    path = f"{base}/{kept()[0].id}/delete"
    assert "mc.example.org entfernen?" in alice.get(path).text
    assert len(kept()) == 1
    assert alice.post(path).location == base
    assert kept() == []
    assert alice.get(path).status_code == alice.post(path).status_code == 404


def test_members_look_and_strangers_find_nothing(client: FlaskClient, people: People, base: str) -> None:
    sign_in(client, people.alice).post(base, data={"name": NAME})
    domain_id = kept()[0].id
    page = sign_in(client, people.bob).get(base).text
    assert "mc.example.org" in page
    assert "Jetzt prüfen" not in page
    assert "Eigene Domain eintragen" not in page
    for person, wanted in ((people.bob, 403), (people.cleo, 404)):
        sign_in(client, person)
        for path in (base, f"{base}/{domain_id}/look", f"{base}/{domain_id}/delete"):
            assert client.post(path, data={"name": "x.example.org"}).status_code == wanted, path
    assert client.get(base).status_code == 404
    other = base.replace(base.split("/")[3], str(uuid4()))
    assert sign_in(client, people.alice).post(f"{other}/{domain_id}/delete").status_code == 404
    assert len(kept()) == 1
    assert may_see_domain(people.bob.actor, domain_id)
    assert not may_see_domain(people.cleo.actor, domain_id)


def test_the_open_page_follows(alice: FlaskClient, base: str, run_jobs: RunJobs) -> None:
    alice.post(base, data={"name": NAME})
    topic = dom_id("hosting-domain", kept()[0].id, "records")
    found = live.find(topic)
    assert found is not None
    assert f'id="{topic}"' in alice.get(base).text
    run_jobs()
    assert "wartet auf DNS-Einträge" in found[0].render(found[1])


def test_five_domains_are_few_statements(alice: FlaskClient, base: str, run_jobs: RunJobs) -> None:
    for number in range(5):
        alice.post(base, data={"name": f"n{number}.example.org"})
    run_jobs()
    alice.get(base)
    with counted() as seen:
        assert alice.get(base).status_code == 200
    assert len(seen) <= MOST, "\n".join(seen)
