"""What is planned for a server happens once at its time, is noted, and follows one rule after an outage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.models import Event, Job
from app.hosting import tasks
from app.hosting.models import Schedule, ScheduleRun, Server
from app.hosting.rules.schedule_action import Action, Verdict, verdict
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.services import schedule_run
from app.hosting.services.ending import order_end
from app.hosting.services.personal import export_servers
from app.hosting.services.schedule import (
    MOST,
    change_schedule,
    create_schedule,
    delete_schedule,
    switch_schedule,
)
from app.hosting.services.schedule_run import run_due
from app.hosting.services.server import delete_server, start_server, stop_server
from app.hosting.wording import ACTIONS
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.secrets import unseal
from jobs.clock import tick
from jobs.schedule import Every, Periodic
from tests.hosting.conftest import Host
from tests.threads import at_once

pytestmark = pytest.mark.slow


@pytest.fixture
def four(frozen: datetime) -> datetime:
    """4:00 in Berlin, three minutes from now."""
    return frozen + timedelta(minutes=3) - timedelta(seconds=frozen.second, microseconds=frozen.microsecond)


def plan(host: Host, server_id: UUID, at: datetime, action: Action = Action.RESTART, **values: Any) -> UUID:
    """Every day at this moment's time, in UTC."""
    given = {"cron": f"{at.minute} {at.hour} * * *", "zone": "UTC", **values}
    return create_schedule(host.owner, server_id, action=action, **given)


def wait_until(at: datetime, seconds: float = 2) -> None:
    clock.advance((at - clock.now()).total_seconds() + seconds)


def row(schedule_id: UUID) -> Schedule:
    db.session.rollback()
    return db.session.get_one(Schedule, schedule_id, populate_existing=True)


def history(schedule_id: UUID) -> list[tuple[str, str | None, datetime, int]]:
    db.session.rollback()
    rows = db.session.scalars(
        select(ScheduleRun).where(ScheduleRun.schedule_id == schedule_id).order_by(ScheduleRun.due_at)
    )
    return [(one.outcome, one.reason, one.due_at, one.count) for one in rows]


def outcomes(schedule_id: UUID) -> list[tuple[str, str | None]]:
    return [(outcome, reason) for outcome, reason, _, _ in history(schedule_id)]


def test_a_restart_happens_at_its_time_by_the_platform(db_host: Host, four: datetime) -> None:
    host, server_id = db_host, db_host.running()
    schedule_id = plan(host, server_id, four)
    assert row(schedule_id).next_at == four
    clock.advance(60)
    assert run_due() == 0, "not before its time"
    wait_until(four)
    assert run_due() == 1
    host.settle()
    assert len(host.runs(server_id)) == 2
    assert host.row(server_id).state == "running"
    assert history(schedule_id) == [("done", None, four, 1)]
    assert row(schedule_id).next_at == four + timedelta(days=1)
    assert run_due() == 0
    assert host.runs(server_id)[1].requested_by is None
    db.session.rollback()
    event = db.session.scalars(select(Event).where(Event.name == "hosting.schedule.ran")).one()
    assert (event.subject_id, event.organisation_id, event.actor_id) == (
        server_id,
        host.organisation_id,
        None,
    )
    assert event.data["outcome"] == "done"


def test_a_clock_that_is_put_back_repeats_nothing(host: Host, four: datetime) -> None:
    server_id = host.running()
    schedule_id = plan(host, server_id, four)
    wait_until(four)
    run_due()
    host.settle()
    clock.advance(-120)
    switch_schedule(host.owner, server_id, schedule_id, on=False)
    switch_schedule(host.owner, server_id, schedule_id, on=True)
    assert row(schedule_id).next_at == four, "its time comes a second time"
    wait_until(four)
    run_due()
    host.settle()
    assert history(schedule_id) == [("done", None, four, 1)]
    assert len(host.runs(server_id)) == 2
    assert row(schedule_id).next_at == four + timedelta(days=1)


def test_stop_and_start_at_their_times(host: Host, four: datetime) -> None:
    server_id = host.running()
    stop, start = (
        plan(host, server_id, four, Action.STOP),
        plan(host, server_id, four + timedelta(hours=4), Action.START),
    )
    wait_until(four)
    run_due()
    host.settle()
    assert host.row(server_id).state == "stopped"
    wait_until(four + timedelta(hours=4))
    run_due()
    host.settle()
    assert host.row(server_id).state == "running"
    assert outcomes(stop) == outcomes(start) == [("done", None)]


def test_a_command_is_typed_and_its_text_is_nowhere_in_the_clear(host: Host, four: datetime) -> None:
    server_id = host.running()
    schedule_id = plan(host, server_id, four, Action.COMMAND, command=" say Gute Nacht, Steve ")
    wait_until(four)
    run_due()
    host.run_jobs()
    assert any("Gute Nacht, Steve" in line for line in host.game(server_id).lines)
    kept = row(schedule_id).command
    assert kept is not None and "Steve" not in kept
    assert unseal(kept) == "say Gute Nacht, Steve"
    for model in (Event, Job):
        for one in db.session.scalars(select(model)):
            assert "Steve" not in str({**vars(one)})


@pytest.mark.parametrize(
    ("action", "stopped"), [(Action.START, False), (Action.STOP, True), (Action.RESTART, True), (Action.COMMAND, True)]
)  # fmt: skip
def test_where_there_is_nothing_to_do_that_is_noted(
    host: Host, four: datetime, action: Action, stopped: bool
) -> None:
    server_id = host.running()
    if stopped:
        stop_server(host.owner, server_id)
        host.settle()
    schedule_id = plan(host, server_id, four, action, command="list")
    before = len(host.runs(server_id))
    wait_until(four)
    run_due()
    host.settle()
    assert outcomes(schedule_id) == [("nothing", None)]
    assert len(host.runs(server_id)) == before


def test_a_start_that_the_wallet_does_not_cover_is_noted_as_failed(host: Host, four: datetime) -> None:
    poor = Host(host.node, host.run_jobs)
    server_id = poor.create()
    with transaction():
        server = lock(Server, server_id)
        server.state, server.installed_at = "stopped", clock.now()
    schedule_id = plan(poor, server_id, four, Action.START)
    wait_until(four)
    run_due()
    assert outcomes(schedule_id) == [("failed", "no-credit")]
    assert poor.row(server_id).state == "stopped"
    assert row(schedule_id).next_at == four + timedelta(days=1), "tried again at its next time, not before"


def test_each_action_has_a_sense_in_every_state_a_deed_and_words() -> None:
    for action in Action:
        for state in State:
            for desired in Desired:
                assert verdict(action, state, desired) in Verdict
        assert verdict(action, State.DRAFT, Desired.STOPPED) is Verdict.IMPOSSIBLE
    assert set(schedule_run.ACTS) == set(ACTIONS) == set(Action)


@pytest.mark.parametrize(
    ("action", "state", "wanted", "sense"),
    [
        (Action.START, State.STOPPED, False, Verdict.ACT), (Action.START, State.ARCHIVED, False, Verdict.ACT),
        (Action.START, State.ARCHIVING, False, Verdict.ACT), (Action.START, State.CRASHED, True, Verdict.ACT),
        (Action.START, State.STOPPING, False, Verdict.WAIT), (Action.START, State.STOPPING, True, Verdict.NOTHING),
        (Action.START, State.WAKING, True, Verdict.NOTHING), (Action.START, State.WAKING, False, Verdict.WAIT),
        (Action.STOP, State.STARTING, True, Verdict.ACT), (Action.STOP, State.STOPPING, True, Verdict.ACT),
        (Action.STOP, State.CRASHED, True, Verdict.ACT), (Action.STOP, State.CRASHED, False, Verdict.NOTHING),
        (Action.STOP, State.INSTALLING, True, Verdict.WAIT), (Action.STOP, State.ARCHIVED, False, Verdict.NOTHING),
        (Action.STOP, State.WAKING, True, Verdict.ACT), (Action.RESTART, State.STARTING, True, Verdict.NOTHING),
        (Action.RESTART, State.CRASHED, True, Verdict.NOTHING), (Action.COMMAND, State.STARTING, True, Verdict.WAIT),
        (Action.COMMAND, State.WAKING, True, Verdict.WAIT), (Action.COMMAND, State.STOPPING, False, Verdict.NOTHING),
    ],
)  # fmt: skip
def test_what_a_due_run_meets(action: Action, state: State, wanted: bool, sense: Verdict) -> None:
    assert verdict(action, state, Desired.RUNNING if wanted else Desired.STOPPED) is sense


def test_a_draft_is_not_started(host: Host, four: datetime) -> None:
    server_id = host.create()
    schedule_id = plan(host, server_id, four, Action.START)
    wait_until(four)
    run_due()
    assert outcomes(schedule_id) == [("failed", "draft")]


def test_a_start_waits_until_the_server_has_stopped(host: Host, four: datetime) -> None:
    server_id = host.running()
    schedule_id = plan(host, server_id, four, Action.START)
    wait_until(four)
    stop_server(host.owner, server_id)
    assert run_due() == 0
    assert outcomes(schedule_id) == []
    host.settle()
    clock.advance(15)
    assert run_due() == 1
    host.settle()
    assert host.row(server_id).state == "running"
    assert history(schedule_id) == [("done", None, four, 1)]


def test_what_waits_for_more_than_an_hour_is_missed(host: Host, four: datetime) -> None:
    server_id = host.running()
    schedule_id = plan(host, server_id, four, Action.COMMAND, command="list")
    with transaction():
        order_end(lock(Server, server_id), SYSTEM, Reason.RESTART, Desired.RUNNING)
    for minutes in (0, 30, 59):
        wait_until(four + timedelta(minutes=minutes))
        assert run_due() == 0
    wait_until(four + timedelta(minutes=61))
    assert run_due() == 1
    assert history(schedule_id) == [("missed", None, four, 1)]


def test_after_an_outage_of_a_day_the_latest_run_is_made_up_for_and_the_rest_is_noted(
    db_host: Host, four: datetime
) -> None:
    host, server_id = db_host, db_host.running()
    hourly = plan(host, server_id, four, cron=f"{four.minute} * * * *")
    daily = plan(host, server_id, four + timedelta(hours=2), Action.STOP)
    wait_until(four + timedelta(hours=24, minutes=20), 0)
    assert run_due() == 2
    assert [(outcome, due_at, count) for outcome, _, due_at, count in history(hourly)] == [
        ("missed", four, 24),
        ("done", four + timedelta(hours=24), 1),
    ]
    assert history(daily) == [("missed", None, four + timedelta(hours=2), 1)]
    host.settle()
    assert len(host.runs(server_id)) == 2, "one restart, not twenty-four"
    assert host.row(server_id).state == "running"
    db.session.rollback()
    missed = db.session.scalars(select(Event).where(Event.name == "hosting.schedule.missed")).all()
    assert sorted(one.data["count"] for one in missed) == [1, 24]


def test_plans_of_one_server_that_are_late_happen_in_their_order(host: Host, four: datetime) -> None:
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    plan(host, server_id, four + timedelta(minutes=20), Action.STOP)
    plan(host, server_id, four, Action.START)
    wait_until(four + timedelta(minutes=40))
    assert run_due() == 2
    host.settle()
    assert host.row(server_id).state == "stopped"
    assert len(host.runs(server_id)) == 2


def test_the_latest_wish_wins_after_an_outage_however_many_runs_were_missed(
    host: Host, four: datetime
) -> None:
    """Every hour it is to start; once, half an hour before the last of those, it is to stop."""
    server_id = host.running()
    plan(host, server_id, four, Action.START, cron=f"{four.minute} * * * *")
    plan(host, server_id, four + timedelta(hours=9, minutes=30), Action.STOP)
    wait_until(four + timedelta(hours=10, minutes=10))
    run_due()
    host.settle()
    clock.advance(15)
    run_due()
    host.settle()
    assert host.row(server_id).state == "running"


def test_a_worker_killed_between_claim_and_order_has_done_nothing_and_another_does_it(
    db_host: Host, four: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, server_id = db_host, db_host.running()
    schedule_id = plan(host, server_id, four)
    wait_until(four)
    for place in ("_note", "_do", "_write"):
        with monkeypatch.context() as patch:
            patch.setattr(schedule_run, place, killed)
            with pytest.raises(KeyboardInterrupt):
                run_due()
        assert (history(schedule_id), row(schedule_id).next_at) == ([], four)
        assert host.row(server_id).state == "running"
    clock.advance(15)
    assert run_due() == 1
    assert run_due() == 0
    host.settle()
    assert len(host.runs(server_id)) == 2
    assert outcomes(schedule_id) == [("done", None)]


def killed(*_args: object) -> None:
    raise KeyboardInterrupt


def test_a_plan_that_cannot_be_read_holds_up_no_other(host: Host, four: datetime) -> None:
    server_id = host.running()
    broken = plan(host, server_id, four, Action.COMMAND, command="list")
    gone = plan(host, server_id, four)
    fine = plan(host, server_id, four)
    with transaction():
        lock(Schedule, broken).command = "not sealed"
        lock(Schedule, gone).zone = "Mars/Olympus"
    wait_until(four)
    assert run_due() == 3
    assert outcomes(broken) == [("failed", "unreadable")]
    assert outcomes(gone) == [("failed", "broken")]
    assert row(gone).next_at is None, "switched off, until somebody says when it is meant"
    assert outcomes(fine) == [("done", None)]


@pytest.mark.postgres
def test_eight_workers_at_once_do_a_due_run_once(pg_app: Flask, pg_host: Host) -> None:
    host, server_id = pg_host, pg_host.running()
    now = datetime.now(UTC)
    ids = [plan(host, server_id, now, Action.COMMAND, command="list") for _ in range(3)]
    due_at = (now - timedelta(minutes=5)).replace(second=0, microsecond=0)
    with transaction():
        for schedule_id in ids:
            one = lock(Schedule, schedule_id)
            one.cron, one.next_at = f"{due_at.minute} {due_at.hour} * * *", due_at
    results = at_once(pg_app, 8, lambda _: run_due())
    assert sum(results) == 3
    for schedule_id in ids:
        assert history(schedule_id) == [("done", None, due_at, 1)]
    db.session.rollback()
    assert db.session.query(Job).filter_by(path="jobs.hosting.server.command").count() == 3


def test_the_clock_wakes_it_on_the_minute(host: Host, app: Flask, four: datetime) -> None:
    periodic = [
        Periodic(name, ref, Every(when)) for name, ref, when in tasks.SCHEDULE if name == "hosting.schedules"
    ]
    assert periodic
    server_id = host.running()
    schedule_id = plan(host, server_id, four)
    tick(app, periodic)
    wait_until(four, 0)
    tick(app, periodic)
    host.run_jobs()
    assert history(schedule_id) == [("done", None, four, 1)]


def test_switched_off_nothing_happens_and_nothing_is_missed(host: Host, four: datetime) -> None:
    server_id = host.running()
    schedule_id = plan(host, server_id, four)
    switch_schedule(host.owner, server_id, schedule_id, on=False)
    wait_until(four + timedelta(hours=30))
    assert run_due() == 0
    switch_schedule(host.owner, server_id, schedule_id, on=True)
    assert row(schedule_id).next_at == four + timedelta(days=2)
    assert run_due() == 0
    assert history(schedule_id) == []


def test_a_changed_plan_follows_its_new_times_and_zone(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    given = {"action": Action.RESTART, "cron": "0 4 * * *"}
    schedule_id = create_schedule(host.owner, server_id, zone="Europe/Berlin", **given)  # type: ignore[arg-type]
    first = row(schedule_id).next_at
    change_schedule(host.owner, server_id, schedule_id, zone="America/New_York", **given)  # type: ignore[arg-type]
    second = row(schedule_id).next_at
    assert first is not None and second is not None
    assert (second - first) % timedelta(days=1) == timedelta(hours=6)
    switch_schedule(host.owner, server_id, schedule_id, on=False)
    change_schedule(host.owner, server_id, schedule_id, zone="UTC", **given)  # type: ignore[arg-type]
    assert row(schedule_id).next_at is None, "stays off"


def test_a_run_that_is_due_is_not_lost_when_the_command_is_changed(host: Host, four: datetime) -> None:
    server_id = host.running()
    schedule_id = plan(host, server_id, four, Action.COMMAND, command="say eins")
    wait_until(four)
    same = {"cron": row(schedule_id).cron, "zone": "UTC"}
    change_schedule(
        host.owner, server_id, schedule_id, action=Action.COMMAND, command="say zwei", **same  # type: ignore[arg-type]
    )  # fmt: skip
    run_due()
    host.run_jobs()
    said = [line for line in host.game(server_id).lines if "eins" in line or "zwei" in line]
    assert len(said) == 1 and "zwei" in said[0]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cron": "0 25 * * *"}, "cron"), ({"cron": "jeden Tag"}, "cron"), ({"cron": "* * * * *"}, "cron"),
        ({"zone": "Europe/Entenhausen"}, "zone"), ({"zone": "../../etc/passwd"}, "zone"),
        ({"action": Action.COMMAND, "command": "  "}, "command"),
        ({"action": Action.COMMAND, "command": "x" * 201}, "command"),
        ({"action": Action.COMMAND, "command": "say\nstop"}, "command"),
    ],
)  # fmt: skip
def test_bad_input_is_told_at_its_field(host: Host, values: dict[str, Any], field: str) -> None:
    server_id = host.create()
    given = {"action": Action.START, "cron": "0 4 * * *", "zone": "UTC", **values}
    with pytest.raises(Invalid) as fault:
        create_schedule(host.owner, server_id, **given)
    assert list(fault.value.fields) == [field]


def test_a_server_has_at_most_twenty_and_a_form_sent_twice_makes_one(host: Host) -> None:
    server_id = host.create()
    given = {"action": Action.START, "cron": "0 4 * * *", "zone": "UTC"}
    first = create_schedule(host.owner, server_id, once="form", **given)  # type: ignore[arg-type]
    assert create_schedule(host.owner, server_id, once="form", **given) == first  # type: ignore[arg-type]
    for _ in range(MOST - 1):
        create_schedule(host.owner, server_id, **given)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        create_schedule(host.owner, server_id, **given)  # type: ignore[arg-type]


def test_managers_plan_members_look_and_strangers_find_nothing(host: Host, four: datetime) -> None:
    server_id, other = host.create(), host.create("Andere")
    schedule_id = plan(host, server_id, four)
    given = {"action": Action.STOP, "cron": "0 4 * * *", "zone": "UTC"}
    change_schedule(host.admin, server_id, schedule_id, **given)  # type: ignore[arg-type]
    for actor, error in ((host.member, NotAllowed), (host.stranger, NotFound)):
        with pytest.raises(error):
            create_schedule(actor, server_id, **given)  # type: ignore[arg-type]
        with pytest.raises(error):
            change_schedule(actor, server_id, schedule_id, **given)  # type: ignore[arg-type]
        with pytest.raises(error):
            switch_schedule(actor, server_id, schedule_id, on=False)
        with pytest.raises(error):
            delete_schedule(actor, server_id, schedule_id)
    with pytest.raises(NotFound):
        delete_schedule(host.owner, other, schedule_id)
    delete_schedule(host.owner, server_id, schedule_id)
    assert db.session.get(Schedule, schedule_id) is None


def test_who_made_a_plan_gets_it_with_their_data_without_its_command(host: Host, four: datetime) -> None:
    server_id = host.create()
    plan(host, server_id, four, Action.COMMAND, command="say Steve")
    assert host.owner.person_id is not None
    found = export_servers(host.owner.person_id)["plans"]
    assert [(one["server"], one["action"], one["zone"]) for one in found] == [
        (str(server_id), "command", "UTC")
    ]
    assert "Steve" not in str(found)
    assert host.stranger.person_id is not None
    assert export_servers(host.stranger.person_id)["plans"] == []


def test_plans_go_with_their_server(host: Host, four: datetime) -> None:
    server_id = host.running()
    plan(host, server_id, four)
    wait_until(four)
    run_due()
    host.settle()
    plan(host, server_id, four)
    delete_server(host.owner, server_id)
    clock.advance(days=1)
    assert run_due() == 0, "nothing is done to a server that is being deleted"
    host.settle()
    db.session.rollback()
    assert db.session.query(Schedule).count() == db.session.query(ScheduleRun).count() == 0
    with pytest.raises(NotFound):
        start_server(host.owner, server_id)
    assert host.row(server_id).state == State.DELETED
