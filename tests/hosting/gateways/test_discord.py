"""The client against a strict Discord: every answer it can give, and none."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from app.hosting.gateways.discord import Discord
from app.hosting.rules.webhook import Answer, Outcome, parse_address
from tests.services.discord import TOKEN, FakeDiscord, running_discord, self_signed
from tests.services.discord import discord as discord

pytestmark = pytest.mark.slow

HELLO: dict[str, Any] = {"content": "Grüß dich 🎮", "allowed_mentions": {"parse": []}}


def client(discord: FakeDiscord, **times: float) -> Discord:
    return Discord(discord.url, sender="https://kontor.example", **times)


def post(discord: FakeDiscord, **times: float) -> Answer:
    return client(discord, **times).post(parse_address(discord.webhook()), HELLO)


def test_a_message_is_posted_and_kept(discord: FakeDiscord) -> None:
    answer = post(discord)
    assert (answer.outcome, answer.status, answer.everywhere) == (Outcome.SENT, 200, False)
    assert discord.messages() == [HELLO]
    assert discord.agents == ["DiscordBot (https://kontor.example, 1)"]


def test_a_message_that_discord_does_not_take(discord: FakeDiscord) -> None:
    answer = client(discord).post(parse_address(discord.webhook()), {"content": "x" * 2001})
    assert (answer.outcome, answer.code) == (Outcome.REJECTED, 50035)
    assert discord.refused == [["allowed_mentions is not empty", "content too long"]]


def test_its_own_count_of_requests(discord: FakeDiscord) -> None:
    """After the fifth in two seconds the pause is known before the sixth is refused."""
    answers = [post(discord) for _ in range(6)]
    assert [one.outcome for one in answers] == [Outcome.SENT] * 5 + [Outcome.LIMITED]
    assert [one.pause > 0 for one in answers] == [False] * 4 + [True] * 2
    assert not answers[5].everywhere
    assert len(discord.messages()) == 5


@pytest.mark.parametrize(
    ("plan", "outcome", "pause", "everywhere"),
    [
        ("limited", Outcome.LIMITED, 8, False),
        ("limited everywhere", Outcome.LIMITED, 5, True),
        ("limited by the filter", Outcome.LIMITED, 600, True),
        ("last one", Outcome.SENT, 1.75, False),
        ("forum", Outcome.FORUM, 0, False),
        ("channel gone", Outcome.GONE, 0, False),
        ("somebody's 404", Outcome.TROUBLE, 0, False),
        ("redirect", Outcome.TROUBLE, 0, False),
        ("no JSON", Outcome.SENT, 0, False),
        ("500", Outcome.TROUBLE, 0, False),
        ("502", Outcome.TROUBLE, 0, False),
        ("418", Outcome.TROUBLE, 0, False),
    ],
)
def test_each_answer(
    discord: FakeDiscord, plan: str, outcome: Outcome, pause: float, everywhere: bool
) -> None:
    discord.fail(plan)
    answer = post(discord)
    assert (answer.outcome, answer.pause, answer.everywhere) == (outcome, pause, everywhere)
    assert discord.requests == 1, "no redirect is followed and nothing is repeated here"


def test_deleted_and_wrong_token(discord: FakeDiscord) -> None:
    address = parse_address(discord.webhook())
    discord.webhook(token="x" * 68)
    assert client(discord).post(address, HELLO).outcome is Outcome.REFUSED
    discord.remove()
    gone = client(discord).post(address, HELLO)
    assert (gone.outcome, gone.status, gone.code) == (Outcome.GONE, 404, 10015)


def test_a_silent_discord_holds_nobody_up(discord: FakeDiscord) -> None:
    began = time.monotonic()
    discord.fail("hang")
    assert post(discord, read=0.3).outcome is Outcome.SILENT
    discord.fail("drip")
    assert post(discord, read=1.0, total=0.8).outcome is Outcome.SILENT
    discord.fail("kept, then silent")
    assert post(discord).outcome is Outcome.SILENT
    assert time.monotonic() - began < 4


def test_nobody_there(discord: FakeDiscord) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Discord(f"http://127.0.0.1:{free.getsockname()[1]}", connect=0.5)
        told: list[str] = []
        answer = nobody.post(
            parse_address(discord.webhook()), HELLO, before=lambda: told.append("about to send")
        )
    assert answer.outcome is Outcome.UNREACHABLE
    assert told == [], "not a byte was sent, so it may be tried again"


def test_a_name_without_an_address_and_a_server_without_a_certificate(discord: FakeDiscord) -> None:
    address = parse_address(discord.webhook())
    assert Discord("https://nobody.invalid", connect=0.5).post(address, HELLO).outcome is Outcome.UNREACHABLE
    plain = discord.url.replace("http:", "https:")
    assert Discord(plain, connect=0.5).post(address, HELLO).outcome is Outcome.UNREACHABLE
    assert discord.requests == 0


def test_behind_tls_as_the_real_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate nobody vouches for gets not a byte; with a known one every answer and every silence is told apart."""
    certificate = self_signed(tmp_path)
    with running_discord(certificate) as discord:
        assert post(discord).outcome is Outcome.UNREACHABLE
        assert discord.requests == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert post(discord).outcome is Outcome.SENT
        discord.fail("hang", "drip", "kept, then silent", "404")
        assert post(discord, read=0.3).outcome is Outcome.SILENT
        assert post(discord, read=1.0, total=0.8).outcome is Outcome.SILENT
        assert post(discord).outcome is Outcome.SILENT
        assert post(discord).outcome is Outcome.TROUBLE
        other = Discord(discord.url.replace("localhost", "127.0.0.1"))
        assert other.post(parse_address(discord.webhook()), HELLO).outcome is Outcome.UNREACHABLE, (
            "another name"
        )


def test_before_the_first_byte_somebody_may_still_say_no(discord: FakeDiscord) -> None:
    def no() -> None:
        assert discord.requests == 0
        raise LookupError("another worker has it")

    with pytest.raises(LookupError):
        client(discord).post(parse_address(discord.webhook()), HELLO, before=no)
    time.sleep(0.1)
    assert discord.requests == 0


def test_no_proxy_and_no_log(
    discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    caplog.set_level(logging.DEBUG)
    assert post(discord).outcome is Outcome.SENT
    discord.fail("500", "hang")
    post(discord)
    post(discord, read=0.2)
    assert TOKEN not in caplog.text


def test_two_at_once_do_not_meet(discord: FakeDiscord) -> None:
    found: list[Answer] = []
    addresses = [parse_address(discord.webhook(n)) for n in (1, 2, 3)]
    one = client(discord)
    threads = [threading.Thread(target=lambda a=a: found.append(one.post(a, HELLO))) for a in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.outcome for answer in found] == [Outcome.SENT] * 3
    assert [len(discord.messages(n)) for n in (1, 2, 3)] == [1, 1, 1]


def test_the_fake_is_strict(discord: FakeDiscord) -> None:
    """What it would let through, Discord would not, and nobody would notice here."""
    parts = parse_address(discord.webhook())
    embeds = {
        "title": {"title": "x" * 257},
        "description": {"description": "x" * 4097},
        "footer": {"title": "x", "footer": {"text": "x" * 2049}},
        "fields": {"title": "x", "fields": [{"name": "a", "value": "b"}] * 26},
        "empty field": {"title": "x", "fields": [{"name": "", "value": "b"}]},
        "colour": {"title": "x", "color": 0x1000000},
        "unknown": {"title": "x", "colour": 1},
        "nothing": {},
    }
    bad: list[Any] = [{"embeds": [one], "allowed_mentions": {"parse": []}} for one in embeds.values()]
    bad += [{**HELLO, "embeds": [{"title": "x"}] * 11}, {**HELLO, "content": ""}, {"content": "@everyone"}]
    bad += [{**HELLO, "embeds": [{"description": "x" * 3001}] * 2}, [], {**HELLO, "nonce": "1"}]
    for number, message in enumerate(bad):
        discord.webhook(number + 1)
        line = http.client.HTTPConnection(discord.url.removeprefix("http://"))
        line.request(
            "POST", f"/api/v10/webhooks/1100000000000000{number + 1:03d}/{parts.token}", json.dumps(message)
        )
        assert line.getresponse().status == 400, message
        line.close()
    assert discord.messages() == []
