"""Webhook pages: enter, test, change, switch, remove; for owners and admins of the organisation only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.api import record
from app.hosting.events import ServerCrashed
from app.hosting.gateways.discord import Discord
from app.hosting.queries.webhook import webhooks_of
from app.hosting.rules.webhook import USUAL
from app.hosting.services import server as servers
from app.hosting.services import webhook as services
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.logs import _scrub_sentry, scrub
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.money import give_credit
from tests.hosting.views.test_report_pages import RunJobs
from tests.people import People, sign_in
from tests.services.discord import TOKEN, FakeDiscord
from tests.services.discord import discord as discord


@pytest.fixture(autouse=True)
def _discord(app: Flask, discord: FakeDiscord, frozen: object) -> Iterator[None]:
    services.use_discord(app, Discord(discord.url, read=0.5))
    yield
    services.use_discord(app, None)


@pytest.fixture
def server_id(people: People) -> UUID:
    give_credit(people)
    return servers.create_server(people.alice.actor, name="Bauwelt Nord", template="flying-squid")


@pytest.fixture
def webhook_id(people: People, server_id: UUID, discord: FakeDiscord) -> UUID:
    return services.create_webhook(
        people.alice.actor, server_id, address=discord.webhook(), topics=["crashed", "low"], label="#status"
    )


def test_from_the_empty_page_to_a_message_in_the_channel(
    client: FlaskClient, people: People, server_id: UUID, discord: FakeDiscord
) -> None:
    sign_in(client, people.dora)
    path = f"/hosting/servers/{server_id}/webhooks"
    assert f'href="{path}"' in client.get(f"/hosting/servers/{server_id}").text, "a tab leads there"
    page = client.get(path).text
    assert "Discord weiß noch nichts von diesem Server." in page
    assert "Webhook-URL kopieren" in page
    assert 'href="/mitteilungen/einstellungen"' in page
    ticked = re.findall(r'<input checked[^>]*value="(\w+)"', page)
    assert ticked == [topic.value for topic in USUAL]
    answer = client.post(
        path, data={"address": discord.webhook(), "label": "#status", "topics": ["crashed"], "locale": "de"}
    )
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Eingetragen. Schick eine Testnachricht." in page
    assert f"…{TOKEN[-4:]}" in page
    assert TOKEN not in page
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once is not None
    for _ in "ab":
        tested = client.post(
            answer.location + "/test", data={"once": once[1]}, headers={"HX-Request": "true"}
        )
        assert tested.status_code == 200
        assert tested.text.strip().startswith("<section id=")
    assert len(discord.messages()) == 1
    page = client.post(answer.location + "/test", data={"once": "c"}, headers={"HX-Request": "true"}).text
    assert "Angekommen. Schau in deinen Kanal." in page
    assert TOKEN not in client.get(path).text


def test_the_test_without_javascript_says_it_on_the_page(
    client: FlaskClient, people: People, webhook_id: UUID, discord: FakeDiscord
) -> None:
    sign_in(client, people.alice)
    discord.fail("hang")
    answer = client.post(f"/hosting/webhooks/{webhook_id}/test", data={"once": "a"})
    assert answer.status_code == 303
    assert "nicht rechtzeitig geantwortet" in client.get(answer.location).text


def test_a_webhook_that_was_deleted_in_discord(
    client: FlaskClient, people: People, server_id: UUID, webhook_id: UUID, discord: FakeDiscord
) -> None:
    """The test says so, the page keeps saying so, a new address brings it back."""
    sign_in(client, people.alice)
    discord.remove()
    path = f"/hosting/webhooks/{webhook_id}"
    answer = client.post(f"{path}/test", data={"once": "a"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == path, "the whole page is another one now"
    page = client.get(path).text
    assert "gibt es in Discord nicht mehr" in page
    assert "Ausgeschaltet seit" in page
    assert "Von Discord abgewiesen" in client.get(f"/hosting/servers/{server_id}/webhooks").text
    assert "Discord nimmt Nachrichten von Bauwelt Nord nicht mehr an" in client.get("/mitteilungen").text
    form = {"address": discord.webhook(2), "label": "#status", "topics": ["crashed"], "locale": "en"}
    assert client.post(path, data=form).status_code == 303
    assert "Ausgeschaltet seit" not in client.get(path).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": ""}, "Füge die Adresse des Webhooks ein."),
        ({"address": "https://evil.example/api/webhooks/1/2"}, "Das ist keine Adresse von Discord."),
        ({"address": "http://169.254.169.254/latest"}, "Das ist keine Adresse von Discord."),
        ({"address": "https://discord.com/api/webhooks/1"}, "Die Adresse ist nicht vollständig."),
        ({"topics": []}, "Wähle mindestens ein Ereignis."),
        ({"topics": ["weather"]}, "error-summary"),
        ({"locale": "fr"}, "error-summary"),
        ({"label": "x" * 61}, "error-summary"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    client: FlaskClient,
    people: People,
    server_id: UUID,
    discord: FakeDiscord,
    change: dict[str, object],
    words: str,
) -> None:
    form = {"address": discord.webhook(), "label": "", "topics": ["crashed"], "locale": "de", **change}
    answer = sign_in(client, people.alice).post(f"/hosting/servers/{server_id}/webhooks", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'class="error-summary"' in answer.text
    assert webhooks_of(people.alice.actor, server_id) == []
    assert discord.requests == 0


def test_the_same_address_twice_and_too_many(
    client: FlaskClient, people: People, server_id: UUID, webhook_id: UUID, discord: FakeDiscord
) -> None:
    sign_in(client, people.alice)
    path = f"/hosting/servers/{server_id}/webhooks"
    form = {"address": discord.webhook(), "topics": ["crashed"], "locale": "de"}
    again = client.post(path, data=form)
    assert again.status_code == 422
    assert "schon eingetragen" in again.text
    for number in range(2, services.MOST + 1):
        assert client.post(path, data={**form, "address": discord.webhook(number)}).status_code == 303
    full = client.post(path, data={**form, "address": discord.webhook(99)})
    assert full.status_code == 409
    assert "Mehr als 10 Webhooks je Server gehen nicht." in full.text


def test_change_switch_remove(client: FlaskClient, people: People, server_id: UUID, webhook_id: UUID) -> None:
    sign_in(client, people.alice)
    path = f"/hosting/webhooks/{webhook_id}"
    form = {"address": "", "label": "#alles", "topics": ["crashed", "players"], "locale": "en"}
    assert client.post(path, data=form).status_code == 303
    [found] = webhooks_of(people.alice.actor, server_id)
    assert (found.label, [*found.topics], found.locale, found.hint) == (
        "#alles", ["crashed", "players"], "en", TOKEN[-4:],
    )  # fmt: skip
    for on in ("0", "0", "1"):
        assert client.post(f"{path}/switch", data={"on": on}).status_code == 303
        db.session.rollback()
        assert webhooks_of(people.alice.actor, server_id)[0].on == (on == "1")
    asked = client.get(f"{path}/delete").text
    assert "Webhook #alles löschen?" in asked
    gone = client.post(f"{path}/delete")
    assert gone.location == f"/hosting/servers/{server_id}/webhooks"
    assert client.get(path).status_code == 404
    history = client.get(f"/hosting/servers/{server_id}/events").text
    for line in ("Discord-Webhook eingetragen", "Discord-Webhook geändert", "Discord-Webhook gelöscht"):
        assert line in history


def test_what_became_of_messages(
    client: FlaskClient,
    people: People,
    server_id: UUID,
    webhook_id: UUID,
    run_jobs: RunJobs,
    discord: FakeDiscord,
) -> None:
    discord.fail("", "502")
    for _ in range(2):
        for reason in ("hang", "disk-full"):
            with transaction():
                record(
                    ServerCrashed(uuid4(), reason), organisation_id=people.organisation_id,
                    subject=("hosting.server", server_id),
                )  # fmt: skip
        run_jobs()
        clock.advance(3)
        run_jobs()
    page = sign_in(client, people.alice).get(f"/hosting/webhooks/{webhook_id}").text
    assert page.count("Server abgestürzt (2×)") == 2
    assert "Angekommen" in page
    assert "Neuer Versuch um" in page
    assert "Discord hat gerade selbst Schwierigkeiten." in page


def test_who_may(client: FlaskClient, people: People, server_id: UUID, webhook_id: UUID) -> None:
    paths = [f"/hosting/servers/{server_id}/webhooks", f"/hosting/webhooks/{webhook_id}"]
    acts = [*paths, *(f"{paths[1]}/{act}" for act in ("test", "switch", "delete"))]
    for person, status in ((people.bob, 403), (people.cleo, 404)):
        sign_in(client, person)
        assert [client.get(path).status_code for path in (*paths, f"{paths[1]}/delete")] == [status] * 3
        data = {"address": "x", "topics": ["crashed"], "locale": "de"}
        assert [client.post(path, data=data).status_code for path in acts] == [status] * 5
    assert "Benachrichtigungen" not in sign_in(client, people.bob).get(f"/hosting/servers/{server_id}").text
    assert len(webhooks_of(people.alice.actor, server_id)) == 1


@pytest.mark.parametrize("path", ["/hosting/servers/{server}/webhooks", "/hosting/webhooks/{webhook}"])
def test_few_statements_however_many(
    client: FlaskClient,
    people: People,
    server_id: UUID,
    webhook_id: UUID,
    discord: FakeDiscord,
    path: str,
) -> None:
    for number in range(2, 8):
        made = services.create_webhook(
            people.alice.actor, server_id, address=discord.webhook(number), topics=["crashed"]
        )
        services.try_webhook(people.alice.actor, made)
        services.try_webhook(people.alice.actor, webhook_id)
    sign_in(client, people.alice)
    address = path.format(server=server_id, webhook=webhook_id)
    assert client.get(address).status_code == 200
    with counted() as seen:
        assert client.get(address).status_code == 200
    assert len(seen) <= MOST, "\n".join(seen)


def test_neither_log_nor_error_tracker_learns_an_address(discord: FakeDiscord) -> None:
    url = discord.webhook().replace("discord.com/api", "discord.com/api/v10") + "?wait=true"
    assert scrub(f"POST {url}") == "POST https://discord.com/api/v10/webhooks/<secret>?wait=true"
    crumbs = {"breadcrumbs": {"values": [{"type": "http", "data": {"url": url}}]}}
    frames = {"exception": {"values": [{"stacktrace": {"frames": [{"vars": {"path": repr(url)}}]}}]}}
    assert TOKEN not in str(_scrub_sentry({**crumbs, **frames}, None))
