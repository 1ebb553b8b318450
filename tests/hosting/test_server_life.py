"""A server's life through the services, with the node in memory: what people do, what happens, what it costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.hosting.errors import NoCredit
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.gateways.runtime import Observed
from app.hosting.rules.server import HANG_AFTER, Look, Reason, Seen
from app.hosting.services import ending, life, work
from app.hosting.services.power import stop_all
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import (
    change_server,
    create_server,
    delete_server,
    deploy,
    kill_server,
    restart_server,
    send_command,
    start_server,
    stop_server,
)
from app.kit import clock
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id
from tests.hosting.conftest import GAME, Host

pytestmark = pytest.mark.slow


def test_from_template_to_running_and_back(db_host: Host, frozen: datetime) -> None:
    host = db_host
    server_id = host.create(deploy=True, once="one")
    assert host.row(server_id).state == "installing"
    assert host.intervals(server_id) == [], "installing is free"
    clock.advance(30)
    host.settle()

    row = host.row(server_id)
    assert (row.state, row.desired, row.port) == ("running", "running", 25600)
    began = frozen + timedelta(seconds=30)
    assert host.intervals(server_id) == [("hosting.active", 512, began, None)]
    clock.advance(3600)
    stop_server(host.owner, server_id)
    host.settle()

    row = host.row(server_id)
    assert (row.state, row.reason, row.exit_code) == ("stopped", "requested", 0)
    ended = began + timedelta(hours=1)
    assert host.intervals(server_id) == [
        ("hosting.active", 512, began, ended),
        ("hosting.sleep", 1, ended, None),
    ]
    assert host.balance() == 100 * 10**9 - 10**7, "half a GB for an hour at 0.02 € a GB-hour is one cent"
    assert host.node.data[server_id] == ["saved"]
    assert host.events(server_id) == [
        "created", "deployed", "installed", "start_requested", "started", "ready", "stop_requested", "stopped",
    ]  # fmt: skip


def test_a_double_click_creates_one_server(db_host: Host) -> None:
    first = db_host.create(once="form-1")
    assert db_host.create(once="form-1") == first
    assert db_host.create("Zweite Welt", once="form-2") != first


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "un\u0007sichtbar"}, "name"),
        ({"memory_mb": 500}, "memory_mb"),
        ({"memory_mb": 1_000_000}, "memory_mb"),
        ({"template": "windows-95"}, "template"),
        ({"settings": {"slots": 0}}, "settings.slots"),
        ({"settings": {"slots": "viele"}}, "settings.slots"),
        ({"settings": {"gamemode": "godmode"}}, "settings.gamemode"),
        ({"settings": {"motd": "x" * 61}}, "settings.motd"),
        ({"settings": {"unbekannt": 1}}, "settings.unbekannt"),
    ],
)
def test_bad_input_is_named_by_field_and_changes_nothing(host: Host, values: dict, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        create_server(host.owner, **{"name": "Bauwelt", "template": GAME, **values})
    assert set(caught.value.fields) == {field}
    assert caught.value.fields[field]
    assert host.events() == []


def test_a_name_is_used_once_in_an_organisation(host: Host) -> None:
    host.create("Bauwelt")
    with pytest.raises(Invalid) as caught:
        host.create("bauwelt ")
    assert "name" in caught.value.fields


def test_who_may_do_what(host: Host) -> None:
    server_id = host.create()
    with pytest.raises(NotAllowed):
        create_server(host.member, name="Meins", template=GAME)
    with pytest.raises(NotAllowed):
        delete_server(host.member, server_id)
    with pytest.raises(NotAllowed):
        change_server(host.member, server_id, name="Neu")
    deploy(host.admin, server_id)
    host.settle()
    for act in (start_server, stop_server, restart_server, kill_server):
        with pytest.raises(NotAllowed):
            act(host.member, server_id)
    stop_server(host.admin, server_id)
    for act in (start_server, stop_server, restart_server, kill_server, delete_server, deploy):
        with pytest.raises(NotFound):
            act(host.stranger, server_id)
    with pytest.raises(NotFound):
        send_command(host.stranger, server_id, "list")
    with pytest.raises(NotFound):
        start_server(host.owner, new_id())


def test_without_money_nothing_starts_and_nothing_is_lost(host: Host) -> None:
    poor = Host(host.node, host.run_jobs)
    with pytest.raises(NoCredit):
        poor.create(deploy=True)
    server_id = poor.create()
    with pytest.raises(NoCredit):
        deploy(poor.owner, server_id)
    assert poor.row(server_id).state == "draft"


def test_a_second_click_on_start_or_stop_is_told_so(host: Host) -> None:
    server_id = host.running()
    with pytest.raises(Conflict):
        start_server(host.owner, server_id)
    stop_server(host.owner, server_id)
    with pytest.raises(Conflict):
        stop_server(host.owner, server_id)
    host.settle()
    start_server(host.owner, server_id)
    with pytest.raises(Conflict):
        start_server(host.admin, server_id)
    host.settle()
    assert len(host.node.started) == 2


def test_restart_takes_over_changed_settings_and_memory(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    change_server(host.owner, server_id, memory_mb=1024, settings={"slots": 5}, name="Neue Welt")
    assert host.game(server_id).spec.memory_mb == 512
    clock.advance(60)
    restart_server(host.owner, server_id)
    host.settle()
    game = host.game(server_id)
    assert (game.spec.memory_mb, dict(game.spec.settings)) == (1024, {"slots": 5})
    assert [(meter, mb) for meter, mb, _, _ in host.intervals(server_id)][-1] == ("hosting.active", 1024)
    assert host.row(server_id).name == "Neue Welt"
    assert [run.reason for run in host.runs(server_id)] == ["restart", None]


def test_kill_ends_at_once_without_a_restart(host: Host) -> None:
    server_id = host.running()
    kill_server(host.owner, server_id)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.reason, row.exit_code, row.desired) == ("stopped", "killed", 137, "stopped")
    assert host.node.data[server_id] == []


def test_a_crash_is_restarted_with_growing_pauses_and_at_last_given_up(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    starts = [1]
    for pause in (5, 15, 60, 180, 600):
        clock.advance(1)
        host.node.crash(server_id, 1)
        host.settle()
        row = host.row(server_id)
        assert (row.state, row.reason, row.exit_code) == ("crashed", "exit-code", 1)
        clock.advance(pause - 1)
        host.settle()
        assert host.row(server_id).state == "crashed"
        clock.advance(1)
        host.settle()
        assert host.row(server_id).state == "running"
        starts.append(len(host.node.started))
    host.node.crash(server_id, 1)
    host.settle()
    clock.advance(7200)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.desired, len(host.node.started)) == ("crashed", "stopped", 6)
    start_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).crash_count == 0


def test_out_of_memory_has_its_name(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    host.node.out_of_memory(server_id)
    host.settle()
    assert host.row(server_id).reason == "out-of-memory"
    assert host.event("crashed")["reason"] == "out-of-memory"


def test_a_game_that_ends_in_peace_stays_stopped(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    send_command(host.member, server_id, "exit 0")
    host.settle()
    clock.advance(3600)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.reason, row.desired) == ("stopped", "game-stopped", "stopped")


def test_a_hang_is_ended_and_restarted(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    run_id = host.row(server_id).run_id
    assert run_id is not None
    host.node.hang(server_id)
    from app.hosting.services.vitals import note_answers

    note_answers({server_id: None}, {server_id: run_id})
    clock.advance(HANG_AFTER.total_seconds() + 1)
    host.settle(2)
    assert host.runs(server_id)[0].reason == "hang"
    clock.advance(10)
    host.settle()
    assert host.row(server_id).state == "running"


def test_a_start_without_readiness_is_ended(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    start_server(host.owner, server_id)
    host.node.fail_next("console_tail")
    host.run_jobs()
    host.game(server_id).announced = True  # it never says that it is ready
    host.game(server_id).lines.clear()
    clock.advance(61)
    host.settle(2)
    row = host.row(server_id)
    assert (row.state, row.reason) == ("crashed", "start-timeout")


def test_exit_seen_late_is_charged_to_the_moment_it_happened(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    clock.advance(600)
    host.node.crash(server_id, 1)
    died = clock.now()
    clock.advance(3600)
    host.settle(1)
    assert host.intervals(server_id)[0][3] == died


def test_a_run_that_vanished_is_charged_until_it_was_last_seen(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    clock.advance(100)
    reconcile()
    seen = clock.now()
    clock.advance(500)
    host.node.runs.clear()
    host.settle(1)
    assert host.runs(server_id)[0].reason == "vanished"
    assert host.intervals(server_id)[0][3] == seen


def test_while_the_node_is_silent_nothing_is_decided(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    host.node.down = True
    clock.advance(3600)
    host.settle()
    assert host.row(server_id).state == "running"
    stop_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "stopping"
    host.node.down = False
    clock.advance(10)
    host.settle()
    assert host.row(server_id).state == "stopped"


def test_a_port_that_is_taken_is_changed(host: Host, frozen: datetime) -> None:
    host.node.foreign_ports.add(25600)
    server_id = host.create(deploy=True)
    host.settle()
    clock.advance(5)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.port) == ("running", 25601)
    assert host.event("port_changed") == {"old_port": 25600, "new_port": 25601}
    assert host.row(host.create("Zweite Welt")).port == 25602, "the blocked port is not given away"


def test_a_broken_installation_is_tried_again_and_free(host: Host, frozen: datetime) -> None:
    host.node.broken_installs.add(GAME)
    server_id = host.create(deploy=True)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.reason) == ("crashed", "install-failed")
    host.node.broken_installs.clear()
    clock.advance(6)
    host.settle()
    assert host.row(server_id).state == "running"
    assert len(host.intervals(server_id)) == 1


def test_a_lost_installation_is_made_again(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    host.node.prepared.clear()
    start_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "running"


def test_deleting_a_running_server_saves_charges_the_run_and_frees_the_port(
    db_host: Host, frozen: datetime
) -> None:
    host = db_host
    server_id = host.running()
    clock.advance(600)
    delete_server(host.owner, server_id)
    with pytest.raises(Conflict):
        delete_server(host.owner, server_id)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.port) == ("deleted", None)
    assert server_id not in host.node.data
    intervals = host.intervals(server_id)
    assert [(meter, end) for meter, _, _, end in intervals] == [("hosting.active", clock.now())]
    assert host.row(host.create("Nachfolger")).port == 25600
    assert host.events(server_id)[-2:] == ["stopped", "deleted"]
    with pytest.raises(NotFound):
        start_server(host.owner, server_id)


def test_deleting_a_sleeping_server_ends_its_charge_with_the_order(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    clock.advance(3600)
    host.node.down = True
    delete_server(host.owner, server_id)
    ordered = clock.now()
    host.run_jobs()
    clock.advance(3600)
    host.node.down = False
    host.settle()
    assert host.intervals(server_id)[-1][3] == ordered
    assert host.row(server_id).state == "deleted"


def test_an_empty_wallet_stops_everything_with_save_and_loses_no_world(host: Host, frozen: datetime) -> None:
    first, second = host.running("Eins"), host.running("Zwei")
    host.node.crash(second, 1)
    host.settle(1)
    assert stop_all(host.organisation_id, Reason.NO_CREDIT) == 2
    host.settle()
    for server_id in (first, second):
        row = host.row(server_id)
        assert (row.desired, row.reason) == ("stopped", "no-credit")
    assert host.node.data[first] == ["saved"]
    clock.advance(86400)
    host.settle()
    assert len(host.node.started) == 2, "the planned restart is taken back"
    assert stop_all(host.organisation_id, Reason.NO_CREDIT) == 0


def test_a_due_restart_without_money_is_held(host: Host, frozen: datetime) -> None:
    poor = Host(host.node, host.run_jobs)
    poor.fund(1)
    server_id = poor.running(memory_mb=2048)
    clock.advance(24 * 3600 + 55 * 60)
    host.node.crash(server_id, 1)
    poor.settle(1)
    clock.advance(60)
    poor.settle()
    row = poor.row(server_id)
    assert (row.state, row.desired, row.reason) == ("crashed", "stopped", "no-credit")
    assert "held" in poor.events(server_id)
    assert poor.balance() >= 0


def test_a_command_reaches_the_game_and_its_text_is_kept_nowhere(host: Host) -> None:
    from app.core.models import Event, Job
    from app.kit.db import db

    server_id = host.running()
    send_command(host.member, server_id, "write geheimer Ort")
    host.run_jobs()
    assert host.node.data[server_id] == ["geheimer Ort"]
    kept = [str(job.args) for job in db.session.query(Job)] + [
        str(event.data) for event in db.session.query(Event)
    ]
    assert not [text for text in kept if "geheim" in text]
    for line in ("", "  ", "x" * 201, "a\nb"):
        with pytest.raises(Invalid):
            send_command(host.member, server_id, line)
    stop_server(host.owner, server_id)
    with pytest.raises(Conflict):
        send_command(host.member, server_id, "list")


def test_a_stop_that_overtakes_the_start_leaves_nothing_running_and_nothing_charged(host: Host) -> None:
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    spent = len(host.intervals(server_id))
    start_server(host.owner, server_id)
    run_id = host.row(server_id).run_id
    assert run_id is not None
    stop_server(host.owner, server_id)
    work.stop(server_id, run_id)
    assert host.row(server_id).state == "stopped"
    work.start(server_id, run_id)  # a late worker
    host.settle()
    assert host.runs(server_id)[-1].reason == "cancelled"
    assert len(host.intervals(server_id)) == spent
    assert not host.game(server_id).alive or host.game(server_id).spec.run_id != run_id


def stray(host: Host, server_id: UUID) -> None:
    """Something starts a process behind the platform's back."""
    from dataclasses import replace

    runtime = FakeRuntime(host.node)
    spec = replace(host.game(server_id).spec, run_id=new_id(), server_id=server_id)
    runtime.start(spec)


def test_a_process_nobody_wants_is_ended_after_two_sightings(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    stray(host, server_id)
    reconcile()
    assert host.game(server_id).alive
    clock.advance(10)
    reconcile()
    assert not host.game(server_id).alive
    assert host.row(server_id).state == "stopped"


def test_a_process_without_a_row_is_ended_and_its_data_kept(host: Host, frozen: datetime) -> None:
    from dataclasses import replace

    server_id = host.running()
    unknown = new_id()
    FakeRuntime(host.node).start(
        replace(host.game(server_id).spec, server_id=unknown, run_id=new_id(), port=25700)
    )
    for _ in range(3):
        reconcile()
        clock.advance(10)
    assert unknown not in host.node.runs or not host.game(unknown).alive
    assert unknown in host.node.data
    assert host.row(server_id).state == "running"


def test_a_game_that_starts_during_a_look_has_not_vanished(
    host: Host, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = host.create(deploy=True)
    work.install(server_id)
    run_id = host.row(server_id).run_id
    assert run_id is not None
    look = FakeRuntime.inspect_many

    def slow_look(runtime: FakeRuntime, ids: Collection[UUID]) -> Mapping[UUID, Observed]:
        answers = look(runtime, ids)
        work.start(server_id, run_id)
        return answers

    monkeypatch.setattr(FakeRuntime, "inspect_many", slow_look)
    reconcile()
    monkeypatch.undo()
    assert host.row(server_id).state == "starting"
    host.settle()
    assert host.row(server_id).run_id == run_id
    assert len(host.runs(server_id)) == 1


def test_a_template_that_is_gone_stops_nobody_from_stopping(
    host: Host, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id, other = host.running(), host.running("Andere")
    stop_server(host.owner, other)
    host.settle()
    for module in ("place", "check"):
        monkeypatch.setattr(f"app.hosting.services.{module}.templates", dict)
    start_server(host.owner, other)
    stop_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "stopped"
    row = host.row(other)
    assert (row.state, row.reason) == ("crashed", "not-started")
    delete_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "deleted"


def test_what_is_said_late_about_an_older_run_changes_nothing_of_the_new_one(
    host: Host, frozen: datetime
) -> None:
    """A worker that slept through a stop and a new start tells of the run it knows."""
    server_id = host.running()
    old = host.row(server_id).run_id
    assert old is not None
    stop_server(host.owner, server_id)
    host.settle()
    clock.advance(60)
    start_server(host.owner, server_id)
    row = host.row(server_id)
    assert (row.state, row.started_at) == ("starting", None)
    late = Seen(Look.EXITED, old, clock.now(), clock.now(), 0)
    assert not life.record_started(server_id, old, clock.now())
    assert not life.record_ready(server_id, old)
    assert not ending.record_end(server_id, old, late)
    life.record_failure(server_id, old, Reason.NOT_STARTED)
    ending.end_run(server_id, old, Reason.HANG)
    row = host.row(server_id)
    assert (row.state, row.started_at, row.ready_at, row.crash_count) == ("starting", None, None, 0)
    host.settle()
    assert host.row(server_id).state == "running"


def test_a_game_that_does_not_come_up_with_new_settings_goes_back_to_the_last_good_ones(
    host: Host, frozen: datetime
) -> None:
    server_id = host.running(memory_mb=1024, settings={"motd": "gut"})
    change_server(host.owner, server_id, memory_mb=512, settings={"motd": "schlecht"})
    restart_server(host.owner, server_id)
    host.run_jobs()
    assert host.row(server_id).state == "starting"
    host.node.crash(server_id, 1)
    reconcile()
    row = host.row(server_id)
    assert (row.memory_mb, row.settings["motd"], row.crash_count) == (1024, "gut", 1)
    clock.advance(10)
    host.settle()
    assert host.row(server_id).state == "running"
    assert host.game(server_id).spec.settings["motd"] == "gut"
    assert host.event("reverted")["good_version"] == 1
    host.node.crash(server_id, 1)
    reconcile()
    assert host.events(server_id).count("reverted") == 1, "what was good before is not to blame"


def test_what_was_changed_again_meanwhile_is_not_taken_back(host: Host, frozen: datetime) -> None:
    server_id = host.running(settings={"motd": "gut"})
    change_server(host.owner, server_id, settings={"motd": "schlecht"})
    restart_server(host.owner, server_id)
    host.run_jobs()
    assert host.row(server_id).state == "starting"
    change_server(host.owner, server_id, settings={"motd": "besser"})
    host.node.crash(server_id, 1)
    reconcile()
    assert host.row(server_id).settings["motd"] == "besser"
    assert "reverted" not in host.events(server_id)
