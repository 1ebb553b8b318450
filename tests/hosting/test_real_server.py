"""The whole chain with a real game: Flying Squid in the process runtime, jobs and watch as they run in production."""

from __future__ import annotations

import io
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from app.billing.services.price import ensure_price_list
from app.hosting.gateways.runtime import State as Existing
from app.hosting.queries.console import console_lines
from app.hosting.queries.sample import latest
from app.hosting.queries.server import server_detail
from app.hosting.services import lease, work
from app.hosting.services.file_changes import Sent, make, upload
from app.hosting.services.files import download_dimension, list_folder, list_worlds
from app.hosting.services.place import runtime_named
from app.hosting.services.server import delete_server, send_command, start_server, stop_server
from app.kit.db import db, transaction
from jobs.watch import Watch
from tests.conftest import make_app
from tests.hosting.conftest import Host
from tests.services.processes import free_range

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def game_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The game is installed once for all tests here."""
    return tmp_path_factory.mktemp("games-cache")


@pytest.fixture
def real(
    tmp_path: Path, game_cache: Path, redis_url: str, run_jobs: Callable[..., list[str]]
) -> Iterator[tuple[Flask, Host, Watch]]:
    (tmp_path / "games-cache").symlink_to(game_cache)
    app = make_app(tmp_path, redis_url=redis_url, game_ports=free_range(20))
    with app.app_context():
        with transaction():
            ensure_price_list()
        host = Host(None, run_jobs)  # type: ignore[arg-type]
        host.fund()
        yield app, host, Watch(app)
        for owned in runtime_named("process").list_owned():
            runtime_named("process").remove(owned.server_id, keep_data=False)
        db.session.remove()


def until(watch: Watch, host: Host, server_id: UUID, state: str, seconds: float = 60.0) -> float:
    """Work and watch until the server is in a state; returns how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        host.run_jobs()
        watch.fast()
        watch.slow()
        if host.row(server_id).state == state:
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError(f"{host.row(server_id).state} ({host.row(server_id).reason}) instead of {state}")


def look(watch: Watch, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        watch.fast()
        watch.slow()
        time.sleep(0.1)


def test_a_real_game_from_template_to_deletion(real: tuple[Flask, Host, Watch], node_tools: object) -> None:
    app, host, watch = real
    server_id = host.create(deploy=True)
    until(watch, host, server_id, "running", 240)
    detail = server_detail(server_id)
    assert detail is not None
    assert detail.address == f"127.0.0.1:{app.extensions['kontor-settings'].game_ports.partition('-')[0]}"
    assert any("Done (" in line for line in console_lines(detail))

    send_command(host.owner, server_id, "list")
    host.run_jobs()
    look(watch, 1)
    lines = console_lines(detail)
    assert "> list" in lines
    assert any("players online" in line for line in lines)

    look(watch, 21)
    point = latest([server_id])[server_id]
    assert point.memory_bytes is not None
    assert 20_000_000 < point.memory_bytes < 512 * 1024 * 1024
    assert point.players == 0
    assert point.tps is None, "nobody plays: no figure, not zero"

    stop_server(host.owner, server_id)
    until(watch, host, server_id, "stopped")
    run = host.runs(server_id)[0]
    assert (run.reason, run.exit_code) == ("requested", 0)
    assert run.started_at is not None
    assert run.ended_at is not None
    first = host.intervals(server_id)[0]
    assert first[2:] == (run.started_at, run.ended_at)

    start_server(host.owner, server_id)
    until(watch, host, server_id, "running")
    delete_server(host.owner, server_id)
    until(watch, host, server_id, "deleted")
    assert runtime_named("process").inspect(server_id).state is Existing.ABSENT
    assert runtime_named("process").disk_bytes(server_id) == 0


def test_a_killed_game_is_noticed_within_two_seconds_and_comes_back(real: tuple[Flask, Host, Watch]) -> None:
    _app, host, watch = real
    server_id = host.create(deploy=True)
    until(watch, host, server_id, "running", 240)
    pid = _game_pid(server_id)
    os.kill(pid, signal.SIGKILL)
    assert until(watch, host, server_id, "crashed", 10) < 3
    row = host.row(server_id)
    assert (row.reason, row.exit_code) == ("exit-code", 137)
    until(watch, host, server_id, "running", 30)
    runs = host.runs(server_id)
    assert len(runs) == 2
    active = [entry for entry in host.intervals(server_id) if entry[0] == "hosting.active"]
    assert [entry[2] for entry in active] == [run.started_at for run in runs]
    assert active[0][3] == runs[0].ended_at


def test_a_worker_lost_right_after_the_start_costs_nothing_twice(real: tuple[Flask, Host, Watch]) -> None:
    _app, host, watch = real
    server_id = host.create(deploy=True)
    work.install(server_id)
    row = host.row(server_id)
    assert row.state == "starting"
    runtime = runtime_named("process")
    run_id = row.run_id
    assert run_id is not None
    spec = work.spec_of(row, host.runs(server_id)[0], run_id)
    runtime.start(spec)  # what a worker did before it was killed
    look(watch, 3)
    assert host.row(server_id).started_at is not None
    until(watch, host, server_id, "running")
    assert runtime.inspect(server_id).run_id == run_id
    assert len([e for e in host.intervals(server_id) if e[0] == "hosting.active"]) == 1


def test_of_two_watches_one_works(real: tuple[Flask, Host, Watch]) -> None:
    app, _host, first = real
    second = Watch(app)
    first.fast()
    second.fast()
    assert (first.holding, second.holding) == (True, False)
    lease.release(first.holder)
    second._renewed = 0.0
    second.fast()
    assert second.holding


def _game_pid(server_id: UUID) -> int:
    runtime = runtime_named("process")
    run = runtime._folders.server(server_id).current()  # type: ignore[attr-defined]
    return int(run.identity("game").pid)


def test_files_of_a_real_game(real: tuple[Flask, Host, Watch], node_tools: object) -> None:
    """While it runs: what we put in belongs to the game; its world is found and can be had by dimension."""
    _app, host, watch = real
    server_id = host.create(deploy=True)
    until(watch, host, server_id, "running", 240)
    look(watch, 3)  # it saves every second
    game = runtime_named("process").world_folder(server_id, "")
    upload(host.owner, server_id, "", [Sent("plan.txt", [b"hallo"])])
    make(host.owner, server_id, "", "ordner", kind="folder")
    assert {(game / name).stat().st_uid for name in ("plan.txt", "ordner")} == {game.stat().st_uid}
    _server, found, told = list_worlds(host.owner, server_id)
    assert [(world.name, [part.dimension for part in world.dimensions]) for world in found] == [
        (b"world", ["overworld"])
    ]
    assert not told
    sent = download_dimension(host.owner, server_id, "world", "overworld")
    names = zipfile.ZipFile(io.BytesIO(b"".join(sent.pieces))).namelist()
    assert "world/level.dat" in names
    assert "world/region/" in names
    assert {b"plan.txt", b"ordner", b"world"} <= {
        one.name for one in list_folder(host.owner, server_id, "")[2].entries
    }


def test_what_people_upload_is_never_run(
    real: tuple[Flask, Host, Watch], node_tools: object, tmp_path: Path
) -> None:
    """Node falls back to modules below HOME and to NODE_PATH; packages of the game ask for some that are not installed."""
    _app, host, watch = real
    server_id = host.create(deploy=True)
    runtime_named("process").make_world(server_id, "")
    for folder in (".node_modules", ".node_libraries", "node_modules"):
        make(host.owner, server_id, "", folder, kind="folder")
        for module in ("supports-color", "encoding", "bufferutil", "utf-8-validate"):
            make(host.owner, server_id, folder, module, kind="folder")
            code = f"require('fs').writeFileSync({str(tmp_path / 'ran')!r}, '')".encode()
            upload(host.owner, server_id, f"{folder}/{module}", [Sent("index.js", [code])])
    until(watch, host, server_id, "running", 240)
    assert not (tmp_path / "ran").exists()
