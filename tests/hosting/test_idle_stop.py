"""Games that nobody plays are warned and stopped by the watch; those that somebody plays never are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.models import Event
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Server
from app.hosting.queries.server import server_detail
from app.hosting.rules.server import Desired, Reason
from app.hosting.services import idle, lease
from app.hosting.services.ending import order_end
from app.hosting.services.server import change_server, start_server
from app.hosting.services.watching import ask
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, transaction
from app.kit.errors import Invalid
from app.messaging.models import Notice
from app.messaging.rules.kind import Choice
from app.messaging.services.preference import save_choices
from jobs.watch import Watch
from tests.hosting.conftest import Host
from tests.people import People

pytestmark = pytest.mark.slow


def spend(watch: Watch, minutes: float, host: Host | None = None) -> None:
    """Minutes of the watch, a slow look every half minute; with `host` workers do their jobs too."""
    for _ in range(round(minutes * 2)):
        clock.advance(30)
        watch._inspected = watch._renewed = 0.0
        watch.fast()
        watch.slow()
        if host is not None:
            host.run_jobs()


def said(host: Host, server_id: UUID) -> list[str]:
    return [line for line in host.game(server_id).lines if "[Server]" in line]


def test_an_empty_game_is_warned_and_stops_with_save(watch: Watch, host: Host) -> None:
    server_id = host.running()
    spend(watch, 13.5, host)
    assert host.row(server_id).state == "running"
    assert said(host, server_id) == []
    spend(watch, 1, host)
    assert host.row(server_id).state == "running"
    assert len(said(host, server_id)) == 1
    assert "Der Server stoppt in 60 Sekunden." in said(host, server_id)[0]
    spend(watch, 1, host)
    row = host.row(server_id)
    assert (row.state, row.desired, row.reason, row.exit_code) == ("stopped", "stopped", "idle", 0)
    assert host.node.data[server_id] == ["saved"]
    assert host.event("stop_requested")["reason"] == host.event("stopped")["reason"] == "idle"
    assert host.runs(server_id)[0].reason == "idle"
    meters = host.intervals(server_id)
    assert [meter for meter, *_ in meters] == ["hosting.active", "hosting.sleep"]
    assert meters[0][3] == meters[1][2], "charged without a gap"
    spend(watch, 20, host)
    assert host.row(server_id).state == "stopped", "nothing starts it again"
    assert (row.empty_since, row.idle_warned_at) == (None, None)


def test_somebody_who_plays_is_never_stopped_and_leaving_begins_anew(watch: Watch, host: Host) -> None:
    server_id = host.running()
    host.node.join(server_id, "Notch")
    spend(watch, 20, host)
    assert host.row(server_id).state == "running"
    assert host.row(server_id).empty_since is None
    host.node.leave(server_id, "Notch")
    spend(watch, 14.5, host)
    assert len(said(host, server_id)) == 1
    host.node.join(server_id, "Notch")  # because of the warning
    spend(watch, 5, host)
    host.node.leave(server_id, "Notch")
    spend(watch, 13.5, host)
    assert host.row(server_id).state == "running"
    assert len(said(host, server_id)) == 1
    spend(watch, 3, host)
    assert len(said(host, server_id)) == 2
    assert host.row(server_id).reason == "idle"


def test_who_joins_at_the_last_moment_keeps_the_game(
    watch: Watch, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = host.running()
    asked = []

    def joins_now(games: Any, seconds: float) -> Any:
        if not asked:
            host.node.join(server_id, "Notch")
        asked.append(list(games))
        return ask(games, seconds)

    monkeypatch.setattr(idle, "ask", joins_now)
    spend(watch, 17, host)
    assert asked == [[server_id]]
    row = host.row(server_id)
    assert (row.state, row.players_online) == ("running", 1)


def test_a_game_that_does_not_tell_is_left_alone(watch: Watch, host: Host) -> None:
    server_id = host.running()
    spend(watch, 14.5, host)
    assert host.row(server_id).idle_warned_at is not None
    host.node.down = True  # the engine is away: nobody can ask
    spend(watch, 5)
    host.node.down = False
    assert host.row(server_id).state == "running"
    spend(watch, 0.5, host)
    row = host.row(server_id)
    assert row.state == "running"
    assert row.empty_since is not None
    assert clock.now() - row.empty_since < timedelta(minutes=1), "somebody may have played meanwhile"
    assert row.idle_warned_at is None


def test_time_without_a_watch_does_not_count_as_empty(app: Flask, watch: Watch, host: Host) -> None:
    server_id = host.running()
    spend(watch, 10, host)
    lease.release(watch.holder)
    clock.advance(3600)
    second = Watch(app)
    spend(second, 10, host)
    assert host.row(server_id).state == "running"
    spend(second, 6, host)
    assert host.row(server_id).reason == "idle"


def test_one_answer_that_is_missing_begins_nothing_anew(watch: Watch, host: Host) -> None:
    server_id = host.running()
    spend(watch, 10, host)
    since = host.row(server_id).empty_since
    host.node.hang(server_id)
    spend(watch, 0.2)
    host.game(server_id).hanging = False
    spend(watch, 0.5, host)
    assert host.row(server_id).empty_since == since


@pytest.mark.parametrize(("minutes", "stops_after"), [(0, None), (1, 1), (20, 20)])
def test_its_owner_decides(watch: Watch, host: Host, minutes: int, stops_after: int | None) -> None:
    server_id = host.running()
    change_server(host.owner, server_id, idle_minutes=minutes)
    assert host.row(server_id).config_version == 1, "no restart is needed"
    if stops_after is None:
        spend(watch, 20)
        assert host.row(server_id).state == "running"
        return
    spend(watch, stops_after - 0.5, host)
    assert host.row(server_id).state == "running"
    spend(watch, 1, host)
    assert host.row(server_id).reason == "idle"
    start_server(host.owner, server_id)
    host.settle()
    spend(watch, stops_after - 0.5, host)
    assert host.row(server_id).state == "running", "a fresh start has its whole time"


def test_the_choice_is_kept_told_and_bounded(host: Host) -> None:
    server_id = host.create()
    for given in (-1, 1441):
        with pytest.raises(Invalid) as caught:
            change_server(host.owner, server_id, idle_minutes=given)
        assert set(caught.value.fields) == {"idle_minutes"}
    change_server(host.owner, server_id, idle_minutes=30)
    change_server(host.owner, server_id, name="Anders")
    assert host.row(server_id).idle_minutes == 30
    change_server(host.owner, server_id, idle_minutes=None)
    assert host.row(server_id).idle_minutes is None
    changes = db.session.execute(
        select(Event.before, Event.after).where(
            Event.name == "hosting.server.changed", Event.after.is_not(None)
        )
    ).all()
    assert ({"idle_minutes": None}, {"idle_minutes": 30}) in [tuple(row) for row in changes]


def test_a_warning_that_cannot_be_said_stops_nothing_from_stopping(
    watch: Watch, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = host.running()
    monkeypatch.setattr(FakeRuntime, "send_command", lambda *_: None)
    spend(watch, 16, host)
    assert host.row(server_id).reason == "idle"


def test_many_wait_one_is_due(watch: Watch, host: Host) -> None:
    due, played, never = host.running("Eins"), host.running("Zwei"), host.running("Drei")
    host.node.join(played, "Notch")
    change_server(host.owner, never, idle_minutes=0)
    spend(watch, 17, host)
    assert [host.row(one).state for one in (due, played, never)] == ["stopped", "running", "running"]
    detail = server_detail(never)
    assert detail is not None
    assert detail.idle_minutes == 0


def test_only_those_are_told_who_want_to_hear_it(host: Host, people: People, frozen: datetime) -> None:
    host.organisation_id, host.owner = people.alice.actor.organisation_id, people.alice.actor
    host.fund()
    server_id = host.running()
    save_choices(people.dora.actor, {"hosting.idle": Choice(in_app=True, by_mail=False)})
    with transaction():
        order_end(lock(Server, server_id), SYSTEM, Reason.IDLE, Desired.STOPPED)
    host.settle()
    told = db.session.scalars(select(Notice.person_id).where(Notice.kind == "hosting.idle")).all()
    assert told == [people.dora.id]
