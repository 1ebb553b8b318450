"""Doors: the router reads in Redis what each server is doing, and players who join wake what sleeps."""

from __future__ import annotations

import json
import threading
import time
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.api import put_setting
from app.hosting.queries.doors import play_address
from app.hosting.queries.server import server_detail
from app.hosting.rules.route import CHANGED, ROUTES, VERSION, WAKES, Doing, Route, read_route
from app.hosting.rules.server import Reason
from app.hosting.services import doors
from app.hosting.services.bell import BELL
from app.hosting.services.power import stop_all, stop_one
from app.hosting.services.server import (
    change_server,
    delete_server,
    deploy,
    restart_server,
    start_server,
    stop_server,
)
from app.kit import clock
from app.kit.db import transaction
from app.kit.errors import Invalid
from jobs.watch import Watch
from tests.hosting.conftest import Host
from tests.people import People, sign_in

pytestmark = pytest.mark.slow

NAMED = "bauwelt.play.localhost"


def look(watch: Watch) -> None:
    """A second of the watch."""
    clock.advance(1)
    watch._inspected = watch._renewed = 0.0
    watch.fast()
    watch.wishes(0.0)
    watch.door()


def routes(redis: Any) -> dict[str, Route]:
    """As the router reads them."""
    return {host.decode(): read_route(raw) for host, raw in redis.hgetall(ROUTES).items()}


def wish(redis: Any, server_id: UUID, player: str = "Notch", at: float | None = None) -> None:
    """As the router asks."""
    at = clock.now().timestamp() if at is None else at
    redis.rpush(WAKES, json.dumps({"server": str(server_id), "player": player, "address": "::1", "at": at}))


def asleep(host: Host, **values: Any) -> UUID:
    server_id = host.running(**values)
    stop_server(host.owner, server_id)
    host.settle()
    return server_id


def test_a_door_shows_the_whole_life_of_a_server(watch: Watch, host: Host, redis: Any) -> None:
    server_id = host.create()
    look(watch)
    assert routes(redis) == {}, "a draft has no door"
    deploy(host.owner, server_id)
    look(watch)
    assert {route.doing for route in routes(redis).values()} == {Doing.STARTING}
    host.settle()
    look(watch)
    found = routes(redis)
    assert set(found) == {NAMED, f"{server_id.hex}.play.localhost"}
    route = found[NAMED]
    assert (route.doing, route.host, route.port) == (Doing.RUNNING, "127.0.0.1", 25600)
    assert (route.server, route.name, route.version) == (str(server_id), "Bauwelt", "1.21.4")
    stop_server(host.owner, server_id)
    look(watch)
    assert routes(redis)[NAMED].doing is Doing.ASLEEP
    host.settle()
    look(watch)
    assert (routes(redis)[NAMED].doing, routes(redis)[NAMED].wakes) == (Doing.ASLEEP, True)
    delete_server(host.owner, server_id)
    look(watch)
    assert routes(redis) == {}


def test_people_see_the_address_that_wakes(
    watch: Watch, host: Host, redis: Any, client: FlaskClient, people: People
) -> None:
    host.organisation_id, host.owner = people.alice.actor.organisation_id, people.alice.actor
    host.fund()
    server_id = asleep(host)
    there = f"/hosting/servers/{server_id}"
    assert "play.localhost" not in sign_in(client, people.alice).get(there).text, "not published yet"
    look(watch)
    assert NAMED in client.get(there).text
    assert "Adresse, die ihn auch aufweckt" in client.get(there).text
    twin = Host(host.node, host.run_jobs)
    twin.fund()
    twin_id = twin.create(deploy=True)
    look(watch)
    detail = server_detail(twin_id)
    assert detail is not None
    assert play_address(detail) == f"{twin_id.hex}.play.localhost", "the name is taken"
    change_server(host.owner, server_id, wake_by_join=False)
    assert "Adresse mit Namen" in client.get(there).text
    redis.flushdb()
    assert NAMED not in client.get(there).text


def test_a_game_that_is_ready_is_told_at_once(watch: Watch, host: Host, redis: Any) -> None:
    server_id = asleep(host)
    look(watch)
    start_server(host.owner, server_id)
    host.run_jobs()
    look(watch)
    assert watch.moved.is_set() or routes(redis)[NAMED].doing is Doing.RUNNING
    watch.door()
    assert routes(redis)[NAMED].doing is Doing.RUNNING


def test_a_restart_is_told_at_once_and_called_one(watch: Watch, host: Host, redis: Any) -> None:
    """Not at the next full second: the game may be down by then."""
    server_id = host.running()
    look(watch)
    redis.delete(BELL)
    watch.moved.clear()
    watch.listen(0.1)
    assert not watch.moved.is_set()
    restart_server(host.owner, server_id)
    watch.listen(5)
    assert watch.moved.is_set()
    watch.door()
    assert routes(redis)[NAMED].doing is Doing.RESTARTING
    host.run_jobs()
    assert host.row(server_id).state == "starting"
    watch.door()
    assert routes(redis)[NAMED].doing is Doing.RESTARTING
    host.settle()
    watch.door()
    assert routes(redis)[NAMED].doing is Doing.RUNNING
    host.node.crash(server_id, 1)
    host.settle(1)
    watch.door()
    assert (host.row(server_id).state, routes(redis)[NAMED].doing) == ("crashed", Doing.RESTARTING)


def test_only_changes_are_told_and_what_redis_lost_comes_back(
    watch: Watch, host: Host, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep(host)
    look(watch)
    version = redis.get(VERSION)
    listener = redis.pubsub()
    listener.subscribe(CHANGED)
    for _ in range(3):
        look(watch)
    assert redis.get(VERSION) == version
    before = routes(redis)
    redis.flushdb()
    look(watch)
    monkeypatch.setattr(doors, "COMPARE_SECONDS", 0.0)
    look(watch)
    assert routes(redis) == before
    messages = [listener.get_message(timeout=0.2) for _ in range(4)]
    assert sum(found is not None and found["type"] == "message" for found in messages) == 1


def test_a_second_watch_publishes_nothing(app: Flask, watch: Watch, host: Host, redis: Any) -> None:
    asleep(host)
    look(watch)
    version = redis.get(VERSION)
    look(Watch(app))
    assert redis.get(VERSION) == version


def test_who_joins_wakes_it(watch: Watch, host: Host, redis: Any) -> None:
    server_id = asleep(host)
    look(watch)
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "starting"
    assert routes(redis)[NAMED].doing is Doing.STARTING, "told in the same look"
    host.run_jobs()
    look(watch)
    watch.door()
    assert host.row(server_id).state == "running"
    assert routes(redis)[NAMED].doing is Doing.RUNNING
    assert len(host.node.started) == 2
    assert "woken" in host.events(server_id)
    assert "Notch" not in json.dumps([host.event("woken"), host.event("start_requested")])


def test_a_wish_is_waited_for_and_the_looks_are_quicker_until_the_game_is_ready(
    watch: Watch, host: Host, redis: Any
) -> None:
    server_id = asleep(host)
    look(watch)
    usual = watch.pace()
    joining = threading.Timer(0.2, wish, (redis, server_id, "Notch", clock.now().timestamp()))
    joining.start()
    began = time.monotonic()
    watch.wishes(20.0)
    assert time.monotonic() - began < 10, "not a moment longer than needed"
    assert host.row(server_id).state == "starting"
    assert watch.moved.is_set(), "the router is told at once"
    watch.fast()
    assert watch.pace() < usual
    host.run_jobs()
    look(watch)
    assert host.row(server_id).state == "running"
    assert watch.pace() == usual


def test_many_who_join_start_it_once(watch: Watch, host: Host, redis: Any) -> None:
    server_id = asleep(host)
    look(watch)
    for number in range(120):
        wish(redis, server_id, f"Spieler{number}")
    for _ in range(4):
        look(watch)
        host.run_jobs()
    assert redis.llen(WAKES) == 0
    assert len(host.node.started) == 2
    assert host.events(server_id).count("woken") == 1


def test_its_owner_says_who_may(watch: Watch, host: Host, redis: Any) -> None:
    server_id = asleep(host)
    change_server(host.owner, server_id, wake_names=["Jeb_"])
    look(watch)
    assert routes(redis)[NAMED].allow == frozenset({"jeb_"})
    wish(redis, server_id, "Notch")
    look(watch)
    assert host.row(server_id).state == "stopped"
    wish(redis, server_id, "JEB_")
    look(watch)
    assert host.row(server_id).state == "starting"
    stop_server(host.owner, server_id)
    host.settle()
    change_server(host.owner, server_id, wake_by_join=False)
    look(watch)
    assert routes(redis)[NAMED].wakes is False
    wish(redis, server_id, "Jeb_")
    look(watch)
    assert host.row(server_id).state == "stopped"
    for bad in (["<script>"], ["a b"], [""], ["x"] * 101):
        with pytest.raises(Invalid):
            change_server(host.owner, server_id, wake_names=bad)


def test_what_stays_down_after_crashes_is_not_woken(watch: Watch, host: Host, redis: Any) -> None:
    server_id = host.running()
    for pause in (5, 15, 60, 180, 600, 0):
        host.node.crash(server_id, 1)
        host.settle(1)
        clock.advance(pause)
        host.settle()
    look(watch)
    assert routes(redis)[NAMED].doing is Doing.OFF
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "crashed"


def test_without_credit_the_door_is_off_until_somebody_pays(
    watch: Watch, host: Host, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = asleep(host)
    look(watch)
    monkeypatch.setattr("app.hosting.services.charge.affordable", lambda *_: False)
    wish(redis, server_id)
    look(watch)
    row = host.row(server_id)
    assert (row.state, row.reason) == ("stopped", "no-credit")
    assert host.events(server_id).count("held") == 1
    assert routes(redis)[NAMED].doing is Doing.OFF
    monkeypatch.undo()
    monkeypatch.setattr(doors, "CREDIT_SECONDS", -1.0)
    look(watch)
    assert routes(redis)[NAMED].doing is Doing.ASLEEP
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "starting"


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", "7", "{}", '{"server": "x"}', '{"server": null, "player": 1}']
)
def test_a_wish_that_cannot_be_read_harms_nobody(watch: Watch, host: Host, redis: Any, raw: str) -> None:
    server_id = asleep(host)
    look(watch)
    redis.rpush(WAKES, raw)
    wish(redis, UUID(int=7))
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "starting"


def test_players_who_have_gone_wake_nothing(watch: Watch, host: Host, redis: Any) -> None:
    server_id = asleep(host)
    look(watch)
    wish(redis, server_id, at=clock.now().timestamp() - 60)
    look(watch)
    assert host.row(server_id).state == "stopped"


def test_a_wish_while_it_stops_is_granted_when_it_is_asked_again(
    watch: Watch, host: Host, redis: Any
) -> None:
    server_id = host.running()
    stop_one(server_id, Reason.IDLE)
    look(watch)
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "stopping"
    host.settle()
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "starting"


def test_more_memory_than_allowed_is_refused(watch: Watch, host: Host, redis: Any) -> None:
    server_id = asleep(host)
    host.running("Zweite Welt")
    with transaction():
        put_setting(host.organisation_id, "hosting.max_memory_mb", 600)
    look(watch)
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "stopped"
    stop_all(host.organisation_id, Reason.REQUESTED)
    host.settle()
    wish(redis, server_id)
    look(watch)
    assert host.row(server_id).state == "starting"
