"""The real game: installed from its lock file, started, joined by a real client, stopped with its world saved."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from rcon.exceptions import WrongPassword
from rcon.source import Client

from app.hosting.catalog import templates
from app.hosting.gateways.ping import ping
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime, node
from app.hosting.gateways.process import npm as npm_module
from app.hosting.gateways.runtime import InstallFailed, MapPort, NotPrepared, PortTaken, Quiet, Spec, State
from app.hosting.rules.console import Kind, happening, read_players, read_tps
from tests.hosting.gateways.rigs import eventually
from tests.services.nodejs import NodeTools
from tests.services.processes import game_port

pytestmark = pytest.mark.slow
SQUID = templates()["flying-squid"]


class Told:
    """Remembers the steps of an installation."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.lines: list[str] = []

    def step(self, step: str, percent: int) -> None:
        self.steps.append(step)

    def line(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module")
def config(squid_cache: Path) -> ProcessConfig:
    return ProcessConfig(
        root=squid_cache.parent / "games", cache=squid_cache, installation=f"squid{os.getpid()}"
    )


@pytest.fixture(scope="module")
def runtime(config: ProcessConfig) -> ProcessRuntime:
    return ProcessRuntime(config)


def make_squid(**settings: object) -> Spec:
    return Spec(
        server_id=uuid.uuid4(), run_id=uuid.uuid4(), template=SQUID, memory_mb=512, port=game_port(),
        settings=settings,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture
def squid(runtime: ProcessRuntime) -> Iterator[Spec]:
    spec = make_squid(motd="Testwelt", slots=2, operators="Alex")
    runtime.start(spec)
    eventually(lambda: said(runtime, spec, Kind.READY), 60)
    yield spec
    runtime.remove(spec.server_id, keep_data=False)


def said(runtime: ProcessRuntime, spec: Spec, kind: Kind) -> list[str | None]:
    lines = runtime.console_tail(spec.server_id, None).lines
    return [
        found.player or line
        for line in lines
        if (found := happening(SQUID.patterns, line)) and found.kind is kind
    ]


def test_the_lock_file_names_no_registry() -> None:
    text = (
        npm_module.ProcessConfig.__dataclass_fields__["catalog"].default / "flying-squid/package-lock.json"
    ).read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 100


KILLED = """
from pathlib import Path
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from tests.hosting.gateways.test_flying_squid import make_squid
class Told:
    def step(self, step, percent): print(step, percent, flush=True)
    def line(self, text): pass
ProcessRuntime(ProcessConfig(root=Path({root!r}), cache=Path({cache!r}))).prepare(make_squid(), Told())
"""


def test_installing_survives_a_kill_and_two_at_once(config: ProcessConfig) -> None:
    """Killed in the middle, nothing looks finished; then two go on at the same moment and make one installation."""
    cache = config.cache.parent / "again"
    script = KILLED.format(root=str(config.root), cache=str(cache))
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    for line in worker.stdout:
        if line.startswith("downloading") and int(line.split()[1]) >= 20:
            break
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    second = ProcessRuntime(dataclasses.replace(config, cache=cache))
    with pytest.raises(NotPrepared):
        second.start(make_squid())

    told = [Told(), Told()]
    threads = [threading.Thread(target=second.prepare, args=(make_squid(), mine)) for mine in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("downloading" in mine.steps for mine in told) == [False, True]
    assert all(mine.steps[-1] == "ready" for mine in told)
    assert not any("://" in line for mine in told for line in mine.lines)
    target = npm_module.folder(second.config, SQUID)
    assert (target / "node_modules" / "flying-squid" / "package.json").is_file()
    assert [path for path in cache.iterdir() if path.is_dir()] == [target]
    assert oct((target / "node_modules").stat().st_mode)[-3:] == "555"
    assert oct((target / "server.js").stat().st_mode)[-3:] == "444"


def test_a_registry_that_does_not_answer_is_a_fault_that_can_be_tried_again(
    config: ProcessConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(InstallFailed):
        ProcessRuntime(dataclasses.replace(config, cache=config.cache / "offline")).prepare(
            make_squid(), Quiet()
        )


def test_it_answers_list_tps_and_pings(runtime: ProcessRuntime, squid: Spec) -> None:
    seen = runtime.inspect(squid.server_id)
    assert seen.address is not None
    pong = ping(seen.address)
    assert pong is not None
    assert (pong.players_online, pong.players_max, pong.motd, pong.version) == (0, 2, "Testwelt", "1.21.4")
    players = read_players(runtime.send_command(squid.server_id, "list") or "")
    assert players is not None
    assert players.names == ()
    tps = read_tps(SQUID.tps, runtime.send_command(squid.server_id, "tps") or "", players=0)
    assert tps is not None
    assert 0 < tps <= 20


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_its_map_answers_browsers_while_it_runs(runtime: ProcessRuntime) -> None:
    door = MapPort(game_port(), 8123)
    spec = dataclasses.replace(make_squid(motd="<b>Testwelt"), web_map=door)
    runtime.start(spec)
    try:
        eventually(lambda: said(runtime, spec, Kind.READY), 60)
        eventually(lambda: answers(door.outside), 10)
        with urllib.request.urlopen(f"http://127.0.0.1:{door.outside}/", timeout=5) as answer:
            text = answer.read().decode()
        assert "&#60;b&#62;Testwelt" in text and "<svg" in text
        with urllib.request.urlopen(f"http://127.0.0.1:{door.outside}/players.json", timeout=5) as answer:
            assert json.load(answer) == []
        assert ping(runtime.inspect(spec.server_id).address) is not None  # type: ignore[arg-type]
        assert runtime.stop(spec.server_id, 20, "stop").exit_code == 0
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"http://127.0.0.1:{door.outside}/", timeout=5)
        with socket.socket() as foreign:
            foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            foreign.bind(("127.0.0.1", door.outside))
            foreign.listen()
            with pytest.raises(PortTaken) as refused:
                runtime.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
            assert refused.value.detail == str(door.outside)
    finally:
        runtime.remove(spec.server_id, keep_data=False)


def test_its_rcon_is_sound(runtime: ProcessRuntime, squid: Spec) -> None:
    server = runtime._folders.server(squid.server_id)
    run = server.current()
    assert run is not None
    with Client("127.0.0.1", run.record.rcon_port, passwd=server.secret.read_text(), timeout=5) as client:
        for _ in range(20):
            assert client.run("list").startswith("There are 0 of a max of 2")
        assert client.run("nonsense") == "Command not found"
    with (
        pytest.raises(WrongPassword),
        Client("127.0.0.1", run.record.rcon_port, passwd="no", timeout=5),
    ):
        pass
    assert ping(runtime.inspect(squid.server_id).address) is not None  # type: ignore[arg-type]


def test_a_player_joins_commands_and_leaves(
    runtime: ProcessRuntime, squid: Spec, node_tools: NodeTools
) -> None:
    bot = node_tools.bot(squid.port, "Alex", version="1.21.4")
    try:
        bot.wait_for("joined", 60)
        eventually(lambda: said(runtime, squid, Kind.JOIN) == ["Alex"])
        assert read_players(runtime.send_command(squid.server_id, "list") or "").names == ("Alex",)  # type: ignore[union-attr]
        assert ping(runtime.inspect(squid.server_id).address).players_online == 1  # type: ignore[arg-type, union-attr]
        bot.say("hello world")
        bot.say("/time set day")
        eventually(lambda: any("<Alex> hello world" in line for line in tail(runtime, squid)))
        eventually(
            lambda: any("Alex issued server command: /time set day" in line for line in tail(runtime, squid))
        )
    finally:
        bot.leave()
    eventually(lambda: said(runtime, squid, Kind.LEAVE) == ["Alex"])


def tail(runtime: ProcessRuntime, spec: Spec) -> tuple[str, ...]:
    return runtime.console_tail(spec.server_id, None).lines


def test_the_world_is_there_again_after_a_stop(runtime: ProcessRuntime, squid: Spec) -> None:
    runtime.send_command(squid.server_id, "setblock 1 60 1 gold_block")
    data = runtime._folders.server(squid.server_id).data()
    seed = re.search(r"World seed: (\d+)", "\n".join(tail(runtime, squid)))
    assert seed is not None
    stopped = runtime.stop(squid.server_id, SQUID.stop.grace_seconds, SQUID.stop.command)
    assert (stopped.state, stopped.exit_code) == (State.EXITED, 0)
    assert said(runtime, squid, Kind.SAVED)
    assert (data / "world" / "level.dat").is_file()
    again = dataclasses.replace(squid, run_id=uuid.uuid4())
    runtime.start(again)
    eventually(lambda: said(runtime, again, Kind.READY), 60)
    assert f"World seed: {seed[1]}" in "\n".join(tail(runtime, again))


def test_what_was_compiled_is_kept_for_the_next_start(
    runtime: ProcessRuntime, squid: Spec, node_tools: NodeTools
) -> None:
    """In the server's own folder; whatever happens to the file, the game starts and makes it anew."""
    server = runtime._folders.server(squid.server_id)
    kept = server.path / "cache" / "compiled"
    at_first = runtime.sample([squid.server_id])[squid.server_id].cpu_seconds_total
    bot = node_tools.bot(squid.port, "Alex", version="1.21.4")
    bot.wait_for("joined", 60)
    bot.leave()
    runtime.stop(squid.server_id, SQUID.stop.grace_seconds, SQUID.stop.command)
    good = kept.read_bytes()
    assert kept.stat().st_uid == (server.path / "cache").stat().st_uid
    for left in (good, good[:-1], b"", good[:200] + b"?" + good[201:], os.urandom(1000)):
        kept.write_bytes(left)
        again = dataclasses.replace(squid, run_id=uuid.uuid4())
        runtime.start(again)
        eventually(lambda: said(runtime, again, Kind.READY), 60)  # noqa: B023
        if left is good:
            spent = runtime.sample([squid.server_id])[squid.server_id].cpu_seconds_total
            assert spent < at_first, "this is what it is for"
        assert runtime.stop(squid.server_id, SQUID.stop.grace_seconds, SQUID.stop.command).exit_code == 0
        assert kept.stat().st_size > 500_000
        assert kept.read_bytes()[:64] == good[:64], "of the same game, version and Node"


SAME_LAND = """
const assert = require('assert')
const plain = require('flying-squid/src/lib/worldGenerations/superflat')
require('./quick')
const { Vec3 } = require('vec3')
for (const version of process.argv.slice(1)) {
  const registry = require('prismarine-registry')(version)
  const options = { registry, version, seed: 1 }
  const make = require('flying-squid').generations.superflat(options)
  const [first, second, wanted] = [make(), make(), plain(options)()]
  for (let at = 0; at < 200; at++) first.setBlockType(new Vec3(at % 16, 40 + at, 3), registry.blocksByName.stone.id)
  first.setSkyLight(new Vec3(1, 1, 1), 3)
  assert.deepEqual(second, wanted)
  assert.deepEqual(make(), wanted)
}
"""


def test_flat_land_is_the_same_everywhere_and_each_part_its_own(config: ProcessConfig) -> None:
    done = subprocess.run(
        [node.find_node().program, "-e", SAME_LAND, "1.8.8", "1.16.5", "1.18.2", "1.20.4", "1.21.4"],  # type: ignore[union-attr]
        cwd=npm_module.folder(config, SQUID), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


WHOLE_WORLD = """
const assert = require('assert')
const fs = require('fs')
const { Vec3 } = require('vec3')
const { keepWhole } = require('./world')
const folder = process.argv[1]
const registry = require('prismarine-registry')('1.21.4')
const World = require('prismarine-world')(registry)
const { Anvil } = require('prismarine-provider-anvil')
const make = require('flying-squid').generations.superflat({ registry, version: '1.21.4', seed: 1 })
const stone = registry.blocksByName.stone.defaultState
const [here, there] = [new Vec3(3, 20, 3), new Vec3(4, 20, 3)]
const opened = [] // Node wants files closed, or held

function disk (name) {
  opened.push(new (Anvil(registry))(`${folder}/${name}`))
  return opened.at(-1)
}
function open (name, isUsed) {
  fs.mkdirSync(`${folder}/${name}`)
  const world = new World(make, disk(name), 0)
  keepWhole(world, isUsed)
  return world
}
async function written (name, at) {
  return (await disk(name).load(0, 0)).getBlock(at).name
}
async function save (world) {
  while (world.savingQueue.size) await world.saveNow()
  await world.finishedSaving
}

const tests = {
  async left (name) { // the last player leaves while it is written for the first time; something looks at it afterwards
    const world = open(name)
    await world.setBlockStateId(here, stone)
    const saving = world.saveNow()
    world.unloadColumn(0, 0)
    assert.equal((await world.getBlock(here)).name, 'stone')
    await saving
    assert.equal(world.getLoadedColumn(0, 0), undefined, 'it is not needed any more')
    await save(world)
    assert.equal(await written(name, here), 'stone')
  },
  async changed (name) { // what is changed while it is written is written as well
    const world = open(name)
    await world.setBlockStateId(here, stone)
    const saving = world.saveNow()
    await world.setBlockStateId(there, stone)
    world.unloadColumn(0, 0)
    await saving
    await save(world)
    assert.deepEqual([await written(name, here), await written(name, there)], ['stone', 'stone'])
  },
  async together (name) { // asked for twice before it is there
    const world = open(name)
    await Promise.all([world.setBlockStateId(here, stone), world.setBlockStateId(there, stone), world.getColumn(0, 0)])
    await save(world)
    assert.deepEqual([await written(name, here), await written(name, there)], ['stone', 'stone'])
  },
  async back (name) { // somebody comes back before it is out of memory
    const world = open(name, () => true)
    await world.setBlockStateId(here, stone)
    world.unloadColumn(0, 0)
    await save(world)
    assert.ok(world.getLoadedColumn(0, 0))
    assert.equal(world.unloadQueue.size, 0)
  }
}
async function run () {
  for (const [name, test] of Object.entries(tests)) await test(name)
  for (const one of opened) await one.close()
}
run().catch(error => { console.error(error); process.exit(1) })
"""


def test_no_block_is_lost_whenever_its_chunk_is_written_or_left(
    config: ProcessConfig, tmp_path: Path
) -> None:
    done = subprocess.run(
        [node.find_node().program, "-e", WHOLE_WORLD, str(tmp_path)],  # type: ignore[union-attr]
        cwd=npm_module.folder(config, SQUID), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_it_stops_well_though_nothing_can_be_kept_for_the_next_start(
    runtime: ProcessRuntime, squid: Spec
) -> None:
    shutil.rmtree(runtime._folders.server(squid.server_id).path / "cache")
    assert runtime.stop(squid.server_id, SQUID.stop.grace_seconds, SQUID.stop.command).exit_code == 0
    assert said(runtime, squid, Kind.SAVED)


def test_garbage_on_the_game_port_does_not_end_the_game(runtime: ProcessRuntime, squid: Spec) -> None:
    for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\xfe\x01", os.urandom(4000), b"\xff" * 10, b""):
        with socket.create_connection(("127.0.0.1", squid.port)) as stranger:
            stranger.sendall(junk)
            time.sleep(0.05)
    time.sleep(0.5)
    assert runtime.inspect(squid.server_id).state is State.RUNNING
    assert ping(runtime.inspect(squid.server_id).address) is not None  # type: ignore[arg-type]


def test_it_runs_on_the_node_of_the_wheel_too(config: ProcessConfig, runtime: ProcessRuntime) -> None:
    wheel = node._wheel() / "bin" / "node"
    assert int(node._version(wheel).split(".")[0]) >= 24  # type: ignore[union-attr]
    other = ProcessRuntime(dataclasses.replace(config, node=wheel))
    spec = make_squid()
    other.start(spec)
    try:
        eventually(lambda: said(other, spec, Kind.READY), 150)
        assert other.stop(spec.server_id, 20, "stop").exit_code == 0
    finally:
        other.remove(spec.server_id, keep_data=False)


@pytest.mark.parametrize("version", ["1.8.8", "1.16.5", "1.18.2", "1.20.4"])
def test_every_version_on_offer_starts_is_joined_and_saves(
    runtime: ProcessRuntime, node_tools: NodeTools, version: str
) -> None:
    spec = make_squid(version=version)
    runtime.start(spec)
    try:
        eventually(lambda: said(runtime, spec, Kind.READY), 60)
        bot = node_tools.bot(spec.port, "Alex", version=version)
        bot.wait_for("joined", 60)
        bot.leave()
        assert runtime.stop(spec.server_id, 20).exit_code == 0
        assert said(runtime, spec, Kind.SAVED)
    finally:
        runtime.remove(spec.server_id, keep_data=False)
