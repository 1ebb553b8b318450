"""Discord hears of a server: gathered, in words, once; whatever Discord answers and whenever a worker dies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app.billing.events import WalletLow
from app.core.api import Fact, NotNow, record
from app.core.models import Event, Job
from app.core.queries.event import find_event
from app.core.services.keys import sealed_columns
from app.hosting import notices
from app.hosting.events import PlayerJoined, PlayerLeft, ServerCrashed, ServerReady, ServerStopped
from app.hosting.gateways.discord import Discord
from app.hosting.models import Server, Webhook, WebhookMessage
from app.hosting.rules.webhook import TOPIC_OF, Answer, Outcome, Told, Topic
from app.hosting.services import webhook as services
from app.hosting.services import webhook_gather, webhook_send
from app.hosting.services.server import delete_server
from app.hosting.services.webhook_pace import pause_left
from app.hosting.services.webhook_text import LABELS, About, message
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id
from app.messaging.queries.notice import notices_of
from app.messaging.rules.kind import Choice
from app.messaging.services.preference import save_choices
from jobs.runtime import run
from tests.hosting.conftest import Host
from tests.people import People
from tests.services.discord import TOKEN, FakeDiscord, faults
from tests.services.discord import discord as discord
from tests.threads import at_once

pytestmark = pytest.mark.slow

ALL = [topic.value for topic in Topic]


class Killed(BaseException):
    """The worker is gone at this line."""


class Channel:
    """A server with a webhook whose channel the tests read."""

    def __init__(self, host: Host, discord: FakeDiscord) -> None:
        self.host, self.discord = host, discord
        self.server_id = host.create()
        self.id = self.add()

    def add(self, number: int = 1, server_id: UUID | None = None, **values: Any) -> UUID:
        values = {"topics": ALL, "label": "status", **values}
        return services.create_webhook(
            self.host.owner, server_id or self.server_id, address=self.discord.webhook(number), **values
        )

    def happen(self, *facts: Fact, server_id: UUID | None = None) -> None:
        for fact in facts:
            with transaction():
                record(
                    fact,
                    organisation_id=self.host.organisation_id,
                    subject=("hosting.server", server_id or self.server_id),
                )
        self.host.run_jobs()

    def later(self, seconds: float) -> None:
        """Time goes by, and all that is due is done."""
        clock.advance(seconds)
        self.host.run_jobs()

    def embeds(self, number: int = 1) -> list[dict[str, Any]]:
        """What the channel shows."""
        assert self.discord.refused == []
        return [one["embeds"][0] for one in self.discord.messages(number)]

    def rows(self) -> list[WebhookMessage]:
        db.session.rollback()
        rows = db.session.scalars(select(WebhookMessage).order_by(WebhookMessage.id))
        return list(rows.unique())

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def row(self) -> Webhook:
        db.session.rollback()
        return db.session.get_one(Webhook, self.id, populate_existing=True)


@pytest.fixture
def plugged(discord: FakeDiscord) -> Iterator[FakeDiscord]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    services.use_discord(app, Discord(discord.url, read=0.5, total=2.0))
    yield discord
    services.use_discord(app, None)


@pytest.fixture
def channel(db_host: Host, plugged: FakeDiscord, frozen: object) -> Channel:
    return Channel(db_host, plugged)


def crash(**values: Any) -> ServerCrashed:
    return ServerCrashed(new_id(), **{"reason": "out-of-memory", "restart_in": 5, **values})


# --- what a channel reads ------------------------------------------------------------------------------------


def test_a_start_is_told_in_words(channel: Channel) -> None:
    channel.happen(ServerReady(new_id(), 3.2))
    assert channel.embeds() == [], "a moment for what belongs to it"
    channel.later(3)
    [embed] = channel.embeds()
    assert embed["title"] == "Bauwelt läuft"
    assert embed["description"] == "Gestartet und bereit zum Mitspielen."
    assert embed["timestamp"] == "2026-11-21T12:00:00+00:00"
    assert channel.states() == ["sent"]
    assert channel.discord.messages()[0]["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize(
    ("fact", "title", "description", "reason"),
    [
        (ServerStopped(None, "idle"), "Bauwelt ist gestoppt", "Gestoppt.", "Niemand hat gespielt"),
        (ServerStopped(None, "requested"), "Bauwelt ist gestoppt", "Gestoppt.", "Vom Team gestoppt."),
        (ServerStopped(None, "of-tomorrow"), "Bauwelt ist gestoppt", "Gestoppt.", None),
        (crash(), "Bauwelt ist abgestürzt", "Neuer Versuch in 5 s", "Arbeitsspeicher war voll"),
        (crash(restart_in=None), "Bauwelt ist abgestürzt", "bleibt aus", "Arbeitsspeicher"),
        (crash(reason="exit-code", exit_code=3), "Bauwelt ist abgestürzt", "Neuer Versuch", "Code 3"),
        (PlayerJoined(1, 1), "Auf Bauwelt", "1 Spieler beigetreten (1 online)", None),
        (WalletLow(1, 1, 130), "Das Guthaben geht zur Neige", "2 h 10 min", None),
    ],
)
def test_each_event(channel: Channel, fact: Fact, title: str, description: str, reason: str | None) -> None:
    channel.happen(fact)
    channel.later(30)
    [embed] = channel.embeds()
    assert embed["title"] == title
    assert description in embed["description"].replace("\xa0", " ")
    fields = {one["name"]: one["value"] for one in embed.get("fields", [])}
    assert (reason in fields["Grund"]) if reason else ("Grund" not in fields)


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_its_words(app: Flask, topic: Topic) -> None:
    for locale in ("de", "en"):
        said = message(
            [Told(topic, 1, 1, "2026-11-21T12:00:00+00:00", joined=1)], About("Welt", True, 1, None), locale
        )
        assert faults(said) == []
        assert "%(" not in str(said)
    assert topic in TOPIC_OF.values()
    assert str(LABELS[topic])


def test_in_the_language_of_the_webhook_and_with_who_is_online(channel: Channel) -> None:
    channel.add(2, locale="en")
    with transaction():
        row = db.session.get_one(Server, channel.server_id)
        row.state, row.players_online, row.players_max = "running", 2, 20
    channel.happen(ServerReady(new_id(), 3.2))
    channel.later(3)
    [german], [english] = channel.embeds(1), channel.embeds(2)
    assert german["fields"] == [{"name": "Spieler", "value": "2 von 20", "inline": True}]
    assert english["color"] == german["color"]


def test_a_name_cannot_do_anything(channel: Channel) -> None:
    server_id = channel.host.create("@everyone [x](https://evil.example)")
    channel.add(2, server_id)
    channel.happen(ServerReady(new_id(), 1.0), server_id=server_id)
    channel.later(3)
    title = channel.embeds(2)[0]["title"]
    assert title == "@\u200beveryone \\[x\\]\\(https\\://evil.example\\) läuft"


def test_only_what_was_chosen(channel: Channel) -> None:
    services.change_webhook(channel.host.owner, channel.id, topics=["crashed"], label="", locale="de")
    channel.happen(ServerReady(new_id(), 1.0), PlayerJoined(1, 1), ServerStopped(None, "idle"))
    channel.later(60)
    assert channel.rows() == []
    channel.happen(crash())
    channel.later(3)
    assert len(channel.embeds()) == 1


def test_money_is_told_once_a_channel(channel: Channel) -> None:
    other = channel.host.create("Zweite")
    channel.add(1, other)
    channel.add(2, other)
    channel.happen(WalletLow(1, 1, 130))
    channel.later(3)
    assert (len(channel.embeds(1)), len(channel.embeds(2))) == (1, 1)


def test_old_news_is_no_news(channel: Channel) -> None:
    with transaction():
        record(
            crash(),
            subject=("hosting.server", channel.server_id),
            organisation_id=channel.host.organisation_id,
        )
    clock.advance(hours=2)
    channel.host.run_jobs()
    assert channel.rows() == []


# --- gathering and pace --------------------------------------------------------------------------------------


def test_an_evening_of_arrivals_is_one_message(channel: Channel) -> None:
    for online in range(1, 11):
        channel.happen(PlayerJoined(1, online))
        channel.later(2)
    channel.happen(PlayerLeft(3, 7))
    channel.later(10)
    [embed] = channel.embeds()
    assert embed["description"] == "10 Spieler beigetreten, 3 Spieler gegangen (7 online)"
    channel.happen(PlayerLeft(7, 0))
    channel.later(29)
    assert len(channel.embeds()) == 1
    channel.later(1)
    assert channel.embeds()[1]["description"] == "7 Spieler gegangen (0 online)"


def test_news_takes_the_players_along(channel: Channel) -> None:
    channel.happen(PlayerJoined(2, 2))
    channel.later(10)
    channel.happen(crash())
    channel.later(3)
    [embed] = channel.embeds()
    assert embed["title"] == "Bauwelt ist abgestürzt"
    assert embed["description"].splitlines()[0] == "2 Spieler beigetreten (2 online)"
    channel.later(60)
    assert len(channel.embeds()) == 1, "the job of the half minute finds nothing to do"


def test_a_flapping_server_does_not_flood(channel: Channel) -> None:
    channel.discord.most = 1000
    for _ in range(60):
        channel.happen(crash(), ServerReady(new_id(), 1.0))
        channel.later(10)
    channel.later(120)
    embeds = channel.embeds()
    assert 20 <= len(embeds) <= 5 + (60 * 10 + 120) / 30
    counted = [int(n) for one in embeds for n in re.findall(r"\((\d+)-mal", one["description"])]
    single = sum(
        line.count(".") > 0 and "-mal" not in line
        for one in embeds
        for line in one["description"].splitlines()
    )
    assert sum(counted) + single == 120, "nothing is left out, only put together"


def test_the_same_event_twice_is_told_once(channel: Channel) -> None:
    channel.happen(PlayerJoined(1, 1))
    event = db.session.scalars(select(Event).where(Event.name == PlayerJoined.name)).one()
    db.session.rollback()
    found = find_event(event.id)
    assert found is not None
    webhook_gather.collect(found)
    channel.later(30)
    webhook_gather.collect(found)
    channel.later(30)
    assert [one["description"] for one in channel.embeds()] == ["1 Spieler beigetreten (1 online)"]


# --- what Discord answers ------------------------------------------------------------------------------------


def test_a_pause_is_kept_and_costs_no_attempt(channel: Channel) -> None:
    channel.discord.fail("limited", "limited")
    channel.happen(crash())
    channel.later(3)
    channel.later(7)
    assert channel.discord.requests == 1, "8 s were asked for"
    channel.later(1)
    assert channel.discord.requests == 2
    channel.later(8)
    assert len(channel.embeds()) == 1
    assert [(row.state, row.failures) for row in channel.rows()] == [("sent", 0)]


def test_a_pause_for_all_holds_all(channel: Channel) -> None:
    other = channel.host.create("Zweite")
    channel.add(2, other)
    channel.discord.fail("limited everywhere")
    channel.happen(crash())
    channel.later(3)
    channel.happen(crash(), server_id=other)
    channel.later(4)
    assert channel.discord.requests == 1
    channel.later(2)
    assert (len(channel.embeds(1)), len(channel.embeds(2))) == (1, 1)


def test_the_last_request_of_a_span_is_followed_by_its_pause(channel: Channel) -> None:
    channel.discord.fail("last one")
    channel.happen(crash())
    channel.later(3)
    channel.happen(ServerReady(new_id(), 1.0))
    assert pause_left(channel.row()) == pytest.approx(1.75)
    channel.later(3)
    assert channel.discord.requests == 2


@pytest.mark.parametrize(
    ("how", "reason"),
    [("deleted", "gone"), ("channel gone", "gone"), ("forum", "forum"), ("token", "refused")],
)
def test_what_is_gone_is_switched_off_and_people_hear_of_it(
    db_people: People, db_host: Host, plugged: FakeDiscord, frozen: object, how: str, reason: str
) -> None:
    db_host.owner, db_host.organisation_id = db_people.alice.actor, db_people.organisation_id
    db_host.fund()
    channel = Channel(db_host, plugged)
    other = channel.add(1, db_host.create("Zweite"))
    if how == "deleted":
        plugged.remove()
    elif how == "token":
        plugged.webhook(token="x" * 68)
    else:
        plugged.fail(how)
    channel.happen(crash())
    channel.later(3)
    row = channel.row()
    assert (row.state, row.off_reason) == ("off", reason)
    assert db.session.get_one(Webhook, other).state == "off", "the same address is gone everywhere"
    assert channel.states() == ["failed"]
    for person, number in ((db_people.alice, 2), (db_people.dora, 2), (db_people.bob, 0)):
        told = [one.text for one in notices_of(person.actor).rows if "Discord nimmt" in one.text]
        assert len(told) == number, person.name
    requests = plugged.requests
    channel.happen(crash())
    channel.later(60)
    assert plugged.requests == requests, "Discord locks out who goes on asking"
    services.change_webhook(
        db_host.owner, channel.id, address=plugged.webhook(3), topics=ALL, label="neu", locale="de"
    )
    channel.happen(crash())
    channel.later(3)
    assert len(channel.embeds(3)) == 1, "a new address brings it back"


@pytest.mark.parametrize("trouble", ["500", "502", "hang", "somebody's 404", "redirect"])
def test_trouble_is_waited_out(channel: Channel, trouble: str) -> None:
    channel.discord.fail(trouble, trouble)
    channel.happen(crash())
    for seconds in (3, 15, 30):
        channel.later(seconds)
    assert len(channel.embeds()) == 1
    assert [(row.state, row.failures, row.attempts) for row in channel.rows()] == [("sent", 2, 3)]
    assert channel.row().state == "on"


def test_a_silent_discord_costs_one_worker_a_moment_now_and_then(channel: Channel) -> None:
    """However many messages wait, only one knocks, and more and more rarely; the test button always does."""
    for number in range(2, 9):
        channel.add(number)
    channel.discord.fail(*["kept, then silent"] * 40)
    channel.happen(crash())
    channel.later(3)
    for _ in range(60):
        channel.later(10)
    assert channel.discord.requests == 6, "after 0, 15, 45, 105, 225 and 465 s"
    answer = services.try_webhook(channel.host.owner, channel.id)
    assert answer is not None
    assert answer.outcome is Outcome.SILENT
    channel.discord._plan.clear()
    channel.later(600)
    channel.later(60)
    assert all(state == "sent" for state in channel.states() if state != "failed")
    assert {len(channel.embeds(number)) >= 1 for number in range(1, 9)} == {True}


def test_and_given_up_in_the_end(channel: Channel) -> None:
    channel.discord.fail(*["503"] * 6)
    channel.happen(crash())
    channel.later(3)
    channel.happen(ServerReady(new_id(), 1.0))
    for seconds in (5, 30, 120, 600, 1800):
        channel.later(seconds)
    first, second = channel.rows()
    assert (first.state, first.outcome, first.status, first.failures) == ("failed", "trouble", 503, 6)
    channel.later(60)
    assert [row.state for row in channel.rows()] == ["failed", "sent"], "what came after is not lost with it"
    assert channel.row().state == "on"
    assert second.id == channel.rows()[1].id


def test_a_message_discord_does_not_take_is_not_tried_again(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_send, "message", lambda *_: {"content": "x" * 2001})
    channel.happen(crash())
    channel.later(3)
    channel.later(60)
    assert channel.discord.requests == 1
    assert [(row.state, row.outcome) for row in channel.rows()] == [("failed", "rejected")]


# --- workers that die, two of everything ---------------------------------------------------------------------


def lost_again(channel: Channel) -> list[str]:
    """A minute later other workers take over what died."""
    clock.advance(61)
    db.session.rollback()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    lost = db.session.scalars(select(Job.id).where(Job.state == "running")).all()
    db.session.rollback()
    return [run(app, job_id) for job_id in lost] + channel.host.run_jobs()


class Dying(Discord):
    """A way to Discord on which the worker dies: at the door, before the first byte, or after Discord has it."""

    where = ""

    def post(self, address: Any, message: Any, *, before: Callable[[], object] | None = None) -> Answer:
        def at_the_first_byte() -> None:
            assert before is not None
            if self.where == "connected":
                raise Killed
            before()
            if self.where == "marked":
                raise Killed

        if self.where == "door":
            raise Killed
        answer = super().post(address, message, before=at_the_first_byte)
        if self.where == "posted":
            raise Killed
        return answer


@pytest.mark.parametrize(
    ("where", "posts", "state"),
    [("door", 1, "sent"), ("connected", 1, "sent"), ("marked", 0, "unclear"), ("posted", 1, "unclear")],
)
def test_a_killed_worker_never_makes_two(channel: Channel, where: str, posts: int, state: str) -> None:
    """Before the first byte it is made good; after it nobody can know, and the channel rather misses one than reads two."""
    dying = Dying(channel.discord.url, read=0.5)
    dying.where = where
    services.use_discord(current_app._get_current_object(), dying)  # type: ignore[attr-defined]
    channel.happen(crash())
    with pytest.raises(Killed):
        channel.later(3)
    dying.where = ""
    channel.happen(ServerReady(new_id(), 1.0))
    for _ in range(3):
        lost_again(channel)
    titles = [one["title"] for one in channel.embeds()]
    assert titles.count("Bauwelt ist abgestürzt") == posts
    assert titles.count("Bauwelt läuft") == 1, "what came later is brought in any case"
    assert [row.state for row in channel.rows()] == [state, "sent"]


def test_a_frozen_worker_that_wakes_up_posts_nothing(channel: Channel) -> None:
    """It stood still before the first byte, somebody else brought the message: the mark is not given a second time."""
    channel.happen(crash())
    clock.advance(3)
    message_id = channel.rows()[0].id
    db.session.rollback()
    turn = webhook_send._take(message_id)
    assert isinstance(turn, webhook_send.Turn)
    clock.advance(60)
    channel.host.run_jobs()
    assert len(channel.embeds()) == 1
    with pytest.raises(Conflict):
        webhook_send._mark(turn)
    assert webhook_send._settle(turn, Answer(Outcome.TROUBLE, 500)) is None
    assert channel.states() == ["sent"], "its late word changes nothing"


def test_a_late_answer_puts_an_unclear_message_right(channel: Channel) -> None:
    channel.happen(crash())
    clock.advance(3)
    message_id = channel.rows()[0].id
    db.session.rollback()
    turn = webhook_send._take(message_id)
    assert isinstance(turn, webhook_send.Turn)
    webhook_send._mark(turn)
    clock.advance(60)
    assert webhook_send._take(message_id) is None
    assert channel.states() == ["unclear"]
    webhook_send._settle(turn, Answer(Outcome.SENT, 200))
    assert channel.states() == ["sent"]


def test_the_same_job_twice_posts_once(channel: Channel) -> None:
    channel.happen(crash())
    clock.advance(3)
    message_id = channel.rows()[0].id
    db.session.rollback()
    webhook_send.send(message_id)
    webhook_send.send(message_id)
    webhook_send.send(new_id())
    assert len(channel.embeds()) == 1


def test_a_message_whose_job_is_gone_is_found(channel: Channel) -> None:
    channel.happen(crash())
    with transaction() as session:
        session.query(Job).delete()
    clock.advance(minutes=1)
    assert webhook_send.send_lost() == 0
    clock.advance(minutes=2)
    assert webhook_send.send_lost() == 1
    assert webhook_send.send_lost() == 1, "asked again, one job"
    channel.host.run_jobs()
    assert len(channel.embeds()) == 1


@pytest.mark.postgres
def test_eight_workers_on_one_webhook(pg_app: Flask, pg_host: Host, plugged: FakeDiscord) -> None:
    channel = Channel(pg_host, plugged)
    other = channel.add(1, pg_host.create("Zweite"))
    channel.happen(crash())
    with transaction() as session:
        session.query(WebhookMessage).update({"due_at": clock.now()})
    [message_id] = [one.id for one in channel.rows()]
    db.session.rollback()
    results = at_once(pg_app, 8, lambda _: webhook_send.send(message_id))
    assert {type(one) for one in results} <= {type(None), NotNow}, results
    assert len(channel.embeds()) == 1
    plugged.remove()
    for server_id in (channel.server_id, db.session.get_one(Webhook, other).server_id):
        channel.happen(crash(), server_id=server_id)
    with transaction() as session:
        session.query(WebhookMessage).update({"due_at": clock.now()})
    waiting = [one.id for one in channel.rows() if one.state == "open"]
    db.session.rollback()
    assert len(waiting) == 2
    results = at_once(pg_app, 8, lambda index: webhook_send.send(waiting[index % 2]))
    assert {type(one) for one in results} <= {type(None), NotNow}, results
    assert [one.state for one in channel.rows() if one.state in ("open", "closed")] == []
    db.session.rollback()
    assert {one.state for one in db.session.scalars(select(Webhook))} == {"off"}


@pytest.mark.postgres
def test_many_events_at_once_gather_in_one_message(
    pg_app: Flask, pg_host: Host, plugged: FakeDiscord
) -> None:
    channel = Channel(pg_host, plugged)
    with transaction():
        ids = [
            record(
                PlayerJoined(1, n),
                subject=("hosting.server", channel.server_id),
                organisation_id=pg_host.organisation_id,
            )
            for n in range(1, 13)
        ]
    events = [find_event(one) for one in ids]
    db.session.rollback()
    results = at_once(pg_app, 12, lambda index: webhook_gather.collect(events[index]))  # type: ignore[arg-type]
    assert results == [None] * 12
    [row] = channel.rows()
    assert row.content["players"]["joined"] == 12
    assert row.content["players"]["facts"] == {"online": 12}


@pytest.mark.postgres
def test_workers_that_hear_of_a_pause_for_all_at_once(
    pg_app: Flask, pg_host: Host, plugged: FakeDiscord
) -> None:
    channel = Channel(pg_host, plugged)
    servers = [channel.server_id, *(pg_host.create(f"Welt {n}") for n in range(5))]
    for number, server_id in enumerate(servers[1:], 2):
        channel.add(number, server_id)
    for server_id in servers:
        channel.happen(crash(), server_id=server_id)
    with transaction() as session:
        session.query(WebhookMessage).update({"due_at": clock.now()})
    waiting = [one.id for one in channel.rows()]
    db.session.rollback()
    plugged.fail(*["limited everywhere"] * 6)
    results = at_once(pg_app, 6, lambda index: webhook_send.send(waiting[index]))
    assert {type(one) for one in results} == {NotNow}, results
    assert {(one.state, one.posting) for one in channel.rows()} <= {("closed", False), ("open", False)}


@pytest.mark.postgres
def test_removing_while_messages_are_brought(pg_app: Flask, pg_host: Host, plugged: FakeDiscord) -> None:
    """The server goes, another worker has just its message: both come to their end, whoever is first."""
    channel = Channel(pg_host, plugged)
    for number in range(5):
        server_id = pg_host.create(f"Welt {number}")
        channel.add(1, server_id)
        channel.happen(crash(), server_id=server_id)
        with transaction() as session:
            session.query(WebhookMessage).update({"due_at": clock.now()})
        [message_id] = [one.id for one in channel.rows()]
        db.session.rollback()
        results = at_once(
            pg_app,
            2,
            lambda i, s=server_id, m=message_id: services.forget_webhooks(s) if i else webhook_send.send(m),
        )
        assert results == [None, None]
        assert channel.rows() == []


# --- people --------------------------------------------------------------------------------------------------


def test_the_test_button_posts_and_says_what_came_of_it(channel: Channel) -> None:
    answer = services.try_webhook(channel.host.admin, channel.id, once="a")
    assert answer is not None
    assert answer.outcome is Outcome.SENT
    assert channel.embeds()[0]["title"] == "Testnachricht von Bauwelt"
    assert services.try_webhook(channel.host.admin, channel.id, once="a") is None, (
        "a double click is one message"
    )
    channel.discord.fail("limited")
    limited = services.try_webhook(channel.host.admin, channel.id, once="b")
    assert limited == Answer(Outcome.LIMITED, 429, None, 8.0)
    again = services.try_webhook(channel.host.admin, channel.id, once="c")
    assert again is not None
    assert (again.outcome, again.pause) == (Outcome.LIMITED, 8.0)
    assert channel.discord.requests == 2, "the pause is kept by people, too"
    clock.advance(8)
    channel.discord.remove()
    gone = services.try_webhook(channel.host.admin, channel.id)
    assert gone is not None
    assert gone.outcome is Outcome.GONE
    assert channel.row().state == "off"
    assert [row.outcome for row in channel.rows()] == ["sent", "limited", "gone"]


def test_switched_off_nothing_is_gathered_and_nothing_made_up_for(channel: Channel) -> None:
    channel.happen(crash())
    services.switch_webhook(channel.host.owner, channel.id, on=False)
    channel.happen(ServerReady(new_id(), 1.0))
    channel.later(60)
    services.switch_webhook(channel.host.owner, channel.id, on=True)
    channel.later(60)
    assert channel.discord.requests == 0
    assert channel.states() == ["dropped"]


def test_removed_nothing_more_is_posted_and_nothing_is_left(channel: Channel) -> None:
    channel.happen(crash())
    assert services.delete_webhook(channel.host.owner, channel.id) == channel.server_id
    channel.later(60)
    assert channel.discord.requests == 0
    assert channel.rows() == []
    with pytest.raises(NotFound):
        services.switch_webhook(channel.host.owner, channel.id, on=True)


def test_a_deleted_server_leaves_no_address(channel: Channel) -> None:
    channel.happen(crash())
    delete_server(channel.host.owner, channel.server_id)
    channel.host.run_jobs()
    db.session.rollback()
    assert db.session.scalars(select(Webhook)).all() == []
    assert channel.rows() == []


def test_who_may(channel: Channel) -> None:
    host, values = channel.host, {"topics": ALL, "label": "", "locale": "de"}
    address = channel.discord.webhook(5)
    with pytest.raises(NotAllowed):
        services.create_webhook(host.member, channel.server_id, address=address, topics=ALL)
    with pytest.raises(NotFound):
        services.create_webhook(host.stranger, channel.server_id, address=address, topics=ALL)
    for actor, error in ((host.member, NotAllowed), (host.stranger, NotFound)):
        with pytest.raises(error):
            services.change_webhook(actor, channel.id, **values)
        with pytest.raises(error):
            services.switch_webhook(actor, channel.id, on=False)
        with pytest.raises(error):
            services.try_webhook(actor, channel.id)
        with pytest.raises(error):
            services.delete_webhook(actor, channel.id)
    services.create_webhook(host.admin, channel.server_id, address=address, topics=ALL)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "https://evil.example/api/webhooks/1/2"}, "address"),
        ({"address": "again"}, "address"),
        ({"topics": []}, "topics"),
        ({"topics": ["weather"]}, "topics"),
        ({"label": "x" * 61}, "label"),
        ({"label": "a\0b"}, "label"),
        ({"locale": "fr"}, "locale"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(channel: Channel, values: dict[str, Any], field: str) -> None:
    given = {"address": channel.discord.webhook(7), "topics": ALL, **values}
    if given["address"] == "again":
        given["address"] = channel.discord.webhook(1)
    with pytest.raises(Invalid) as raised:
        services.create_webhook(channel.host.owner, channel.server_id, **given)
    assert list(raised.value.fields) == [field]


def test_every_fault_is_told_at_once(channel: Channel) -> None:
    with pytest.raises(Invalid) as raised:
        services.create_webhook(
            channel.host.owner, channel.server_id, address="https://evil.example", topics=[], label="x" * 61
        )
    assert set(raised.value.fields) == {"address", "topics", "label"}


def test_not_more_than_ten(channel: Channel) -> None:
    for number in range(2, services.MOST + 1):
        channel.add(number)
    with pytest.raises(Conflict):
        channel.add(99)


def test_the_address_is_a_secret(channel: Channel, caplog: pytest.LogCaptureFixture) -> None:
    """Sealed in its row, renewed with the keys, in no event, job or log."""
    row = channel.row()
    sealed = row.address
    assert TOKEN not in sealed
    assert services.address_of(row).token == TOKEN
    assert Webhook.__table__.c.address in sealed_columns()
    for plan in ("", "500", "hang", "channel gone"):
        channel.discord.fail(*([plan] if plan else []))
        services.switch_webhook(channel.host.owner, channel.id, on=True)
        channel.happen(crash())
        channel.later(10)
        channel.later(60)
    written = [repr([getattr(one, c.key) for c in one.__table__.columns]) for kind in (Event, Job, WebhookMessage)
               for one in db.session.scalars(select(kind))]  # fmt: skip
    assert not [one for one in written if TOKEN in one or sealed in one]
    assert TOKEN not in caplog.text


def test_a_lost_key_is_told_and_stops_nobody(channel: Channel) -> None:
    with transaction():
        db.session.get_one(Webhook, channel.id).address = "sealed with another key"
    channel.happen(crash())
    channel.later(3)
    assert channel.states() == ["failed"]
    assert (channel.row().state, channel.row().off_reason) == ("off", "refused")
    answer = services.try_webhook(channel.host.owner, channel.id)
    assert answer is not None
    assert answer.outcome is Outcome.REFUSED
    assert channel.discord.requests == 0


def test_notices_for_who_wants_them(app: Flask, people: People, host: Host, frozen: object) -> None:
    """Starts, healing crashes and "somebody plays" are off; who switches them on hears of each evening once."""
    host.owner, host.organisation_id = people.alice.actor, people.organisation_id
    server_id = host.create()
    kinds = (notices.STARTED, notices.RESTARTING, notices.PLAYED)
    save_choices(people.dora.actor, {kind: Choice(in_app=True, by_mail=False) for kind in kinds})
    for fact in (
        ServerReady(new_id(), 1.0), crash(), PlayerJoined(2, 2), PlayerJoined(1, 3), PlayerLeft(3, 0), PlayerJoined(1, 1),
    ):  # fmt: skip
        with transaction():
            record(fact, organisation_id=host.organisation_id, subject=("hosting.server", server_id))
        host.run_jobs()
    told = [one.text for one in notices_of(people.dora.actor).rows]
    assert sorted(told) == [
        "Auf Bauwelt wird gespielt.",
        "Bauwelt ist abgestürzt und startet von selbst neu.",
        "Bauwelt läuft: Alle können mitspielen.",
    ]
    assert notices_of(people.alice.actor).rows == []


def test_only_the_latest_messages_are_remembered(channel: Channel) -> None:
    channel.discord.fail(*["500"] * 30)
    for number in range(30):
        services.try_webhook(channel.host.owner, channel.id, once=str(number))
    assert len(channel.rows()) == 20
