"""The watch with games in memory: consoles, players, readings, ends; without Redis, without a database, two of them."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.hosting.models import Sample
from app.hosting.queries.console import KEPT_LINES, console_lines
from app.hosting.queries.exposed import read
from app.hosting.queries.sample import latest, series
from app.hosting.queries.server import server_detail
from app.hosting.services import games as loading
from app.hosting.services import sample, watching
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import delete_server, send_command, start_server, stop_server
from app.kit import cache, clock
from app.kit.db import db
from app.kit.errors import Unavailable
from jobs.watch import Watch
from tests.hosting.conftest import Host

pytestmark = pytest.mark.slow


def look(watch: Watch, seconds: float = 1.0) -> None:
    """One second of the watch: quick looks, an inspection, and the slow look when ten are full."""
    clock.advance(seconds)
    watch._inspected = watch._renewed = 0.0
    watch.fast()
    watch.slow()
    watch.fast()


def lines_of(server_id: UUID) -> list[str]:
    detail = server_detail(server_id)
    assert detail is not None
    return console_lines(detail)


def test_a_start_becomes_ready_without_waiting_for_the_reconciler(watch: Watch, host: Host) -> None:
    server_id = host.create(deploy=True)
    host.run_jobs()
    assert host.row(server_id).state == "starting"
    look(watch)
    row = host.row(server_id)
    assert (row.state, row.players_online, row.players_max) == ("running", 0, 20)
    assert any("Done (0.100s)" in line for line in lines_of(server_id))


def test_players_are_counted_when_they_come_and_go_and_nobody_is_named(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch)
    host.node.join(server_id, "Notch")
    host.node.join(server_id, "Jeb_")
    look(watch)
    assert host.row(server_id).players_online == 2
    host.node.leave(server_id, "Notch")
    look(watch)
    assert host.row(server_id).players_online == 1
    assert host.event("player_joined") == {"count": 2, "online": 2}
    assert host.event("player_left") == {"count": 1, "online": 1}
    assert host.runs(server_id)[0].players_peak == 2
    exposed = "".join(str(family) for family in read())
    assert "Notch" not in exposed
    assert "Bauwelt" not in exposed


def test_an_end_is_noticed_in_the_next_second(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch)
    host.node.crash(server_id, 3)
    look(watch)
    row = host.row(server_id)
    assert (row.state, row.exit_code) == ("crashed", 3)


def test_no_line_is_lost_or_told_twice_when_the_watch_changes(app: Flask, watch: Watch, host: Host) -> None:
    server_id = host.running()
    host.node.say(server_id, "eins")
    look(watch)
    host.node.say(server_id, "zwei")
    from app.hosting.services import lease

    lease.release(watch.holder)
    second = Watch(app)
    look(second)
    host.node.say(server_id, "drei")
    look(second)
    told = [line.rsplit(": ", 1)[-1] for line in lines_of(server_id)]
    assert told[-3:] == ["eins", "zwei", "drei"]
    assert len(set(told)) == len(told)


def test_a_minute_without_redis_loses_no_line_and_no_state(
    app: Flask, watch: Watch, host: Host, redis: Any
) -> None:
    server_id = host.running()
    look(watch)
    app.extensions["kontor-redis"]["client"] = cache.make_client("unix:///nowhere/redis.sock")
    host.node.say(server_id, "im Dunkeln")
    for _ in range(6):
        look(watch, 10)
    host.node.crash(server_id, 1)
    look(watch)
    assert host.row(server_id).state == "crashed"
    with pytest.raises(Unavailable):
        lines_of(server_id)
    app.extensions["kontor-redis"]["client"] = redis
    clock.advance(10)
    host.settle()
    look(watch)
    assert any("im Dunkeln" in line for line in lines_of(server_id))


def test_a_flood_keeps_the_last_lines_and_starves_nobody(watch: Watch, host: Host) -> None:
    loud, quiet = host.running("Laut"), host.running("Leise")
    look(watch)
    send_command(host.owner, loud, "flood 30000")
    host.run_jobs()
    host.node.say(quiet, "still")
    look(watch)
    assert any("still" in line for line in lines_of(quiet))
    look(watch)
    kept = lines_of(loud)
    assert len(kept) <= KEPT_LINES
    assert kept[-1].startswith("flood 29999")


def test_readings_every_ten_seconds(watch: Watch, host: Host) -> None:
    server_id = host.running()
    host.node.join(server_id, "Notch")
    for _ in range(4):
        watching.ask_tps(dict(watch.games))
        look(watch, 10)
    rows = list(db.session.scalars(select(Sample).order_by(Sample.at)))
    assert {row.seconds for row in rows} == {10}
    assert [row.at % 10 for row in rows] == [0] * len(rows)
    last = rows[-1]
    assert last.memory_bytes == 20 * 1024 * 1024
    assert last.players_peak == 1
    assert last.tps == 20.0
    assert latest([server_id])[server_id].players == 1
    host.node.leave(server_id, "Notch")
    look(watch, 10)
    db.session.rollback()
    empty = db.session.scalars(select(Sample).order_by(Sample.at.desc())).first()
    assert empty is not None
    assert (empty.players_peak, empty.tps) == (0, None), "an empty game has no ticks per second, not zero"


def test_what_prometheus_reads_ends_with_the_server(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch, 10)
    found = {family.name: family for family in read()}
    memory = found["kontor_game_server_memory_bytes"].samples
    assert [(s.labels, s.value) for s in memory] == [
        ({"server": server_id.hex, "template": "flying-squid"}, 20 * 1024 * 1024)
    ]
    assert found["kontor_game_server_ticks_per_second"].samples == []
    delete_server(host.owner, server_id)
    host.settle()
    db.session.rollback()
    found = {family.name: family for family in read()}
    assert found["kontor_game_server_memory_bytes"].samples == []
    states = {s.labels["state"]: s.value for s in found["kontor_game_servers"].samples}
    assert states["deleted"] == 1


def test_a_game_that_does_not_answer_for_a_minute_is_restarted(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch, 10)
    host.node.hang(server_id)
    for _ in range(9):
        look(watch, 10)
        host.run_jobs()
    assert host.runs(server_id)[0].reason == "hang"
    for _ in range(3):
        look(watch, 10)
        host.run_jobs()
    assert host.row(server_id).state == "running"


def test_one_missed_answer_is_no_hang(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch, 10)
    host.game(server_id).hanging = True
    look(watch, 10)
    assert host.row(server_id).silent_since is not None
    host.game(server_id).hanging = False
    look(watch, 10)
    for _ in range(10):
        look(watch, 10)
    row = host.row(server_id)
    assert (row.state, row.silent_since) == ("running", None)
    assert len(host.runs(server_id)) == 1


def test_silence_while_the_engine_is_away_is_no_hang(watch: Watch, host: Host) -> None:
    """The way to a game may go through its engine: it lives on, and answers again when the engine is back."""
    server_id = host.running()
    look(watch, 10)
    host.game(server_id).hanging = True
    look(watch, 10)  # the last look before anybody notices that the engine is gone
    host.node.down = True
    for _ in range(9):
        look(watch, 10)
    host.node.down = False
    reconcile()  # a worker's look comes before the watch's
    assert host.row(server_id).state == "running"
    host.game(server_id).hanging = False
    look(watch, 10)
    row = host.row(server_id)
    assert (row.state, row.silent_since) == ("running", None)


def test_the_console_goes_on_with_the_next_run(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch)
    stop_server(host.owner, server_id)
    host.settle()
    look(watch)
    start_server(host.owner, server_id)
    host.run_jobs()
    look(watch)
    assert host.row(server_id).state == "running"
    done = [line for line in lines_of(server_id) if "Done (" in line]
    assert len(done) == 2


def test_the_reply_to_a_command_is_shown(watch: Watch, host: Host) -> None:
    server_id = host.running()
    look(watch)
    send_command(host.member, server_id, "list")
    host.run_jobs()
    assert lines_of(server_id)[-2:] == ["> list", "There are 0 of a max of 20 players online:"]


def test_deleting_takes_the_console_with_it(watch: Watch, host: Host, redis: Any) -> None:
    server_id = host.running()
    look(watch)
    assert redis.keys("kontor:console:*")
    delete_server(host.owner, server_id)
    host.settle()
    assert not redis.keys("kontor:console:*")


def test_loops_survive_a_database_that_is_gone(
    app: Flask, host: Host, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(app)
    looks: list[str] = []

    def broken(known: Any) -> Any:
        looks.append("failed" if len(looks) < 3 else "worked")
        if looks[-1] == "failed":
            raise OperationalError("select", {}, Exception("the database is away"))
        watch.stop.set()
        return loading.load_games(known)

    monkeypatch.setattr("jobs.watch.load_games", broken)
    monkeypatch.setattr("jobs.watch.INSPECT", 0.0)
    thread = threading.Thread(target=watch.loop, args=(watch.fast, 0.01))
    thread.start()
    thread.join(timeout=20)
    assert looks == ["failed", "failed", "failed", "worked"]


def test_the_second_watch_waits_and_takes_over_when_the_first_is_dead(
    app: Flask, watch: Watch, host: Host
) -> None:
    second = Watch(app)
    server_id = host.running()
    look(watch)
    look(second)
    assert (watch.holding, second.holding) == (True, False)
    assert second.games == {}
    clock.advance(16)  # the first was killed and no longer renews
    second._renewed = 0.0
    second.fast()
    assert second.holding
    assert server_id in second.games
    watch._renewed = 0.0
    watch.fast()
    assert not watch.holding
    assert watch.games == {}


def test_roll_up_and_pruning(db_host: Host, frozen: datetime) -> None:
    from app.hosting.rules.sampling import Reading

    server_id = db_host.create()
    start = int(frozen.timestamp()) // 3600 * 3600 - 3600
    for index in range(12):
        tps = None if index < 6 else 20.0 - index % 2
        made = Reading(10, 1000 + index, 1000 + index, 0.5, 7, 10.0 * (index % 2), index % 2, tps, 100, 50)
        sample.keep({server_id: made}, start + 10 * index)
    sample.roll_up()
    sample.roll_up()
    db.session.rollback()
    minutes = list(db.session.scalars(select(Sample).where(Sample.seconds == 60).order_by(Sample.at)))
    assert [(row.at - start, row.covered, row.memory_peak_bytes) for row in minutes] == [
        (0, 60, 1005),
        (60, 60, 1011),
    ]
    assert minutes[0].tps is None, "never measured stays unknown"
    assert minutes[1].tps == pytest.approx(19.5)
    hour = db.session.scalars(select(Sample).where(Sample.seconds == 3600)).one()
    assert (hour.at, hour.covered, hour.network_received_bytes, hour.players_peak) == (start, 120, 1200, 1)
    assert hour.cpu_seconds == pytest.approx(6.0)
    assert hour.player_seconds == pytest.approx(60.0)
    assert hour.memory_bytes == pytest.approx(1005, abs=1)

    points = series(server_id, "24h").points
    assert len(points) == 24 * 60
    assert sum(point.memory_bytes is not None for point in points) == 2

    clock.advance(86_400 + 7200)
    sample.prune()
    db.session.rollback()
    assert {row.seconds for row in db.session.scalars(select(Sample))} == {60, 3600}
    clock.advance(40 * 86_400)
    sample.prune()
    db.session.rollback()
    assert {row.seconds for row in db.session.scalars(select(Sample))} == {3600}
