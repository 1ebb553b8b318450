"""A real Minecraft client through the router: into a game that sleeps until it joins, and back after a restart."""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from app.hosting.gateways.runtime import Spec, State
from app.hosting.rules.console import Kind
from tests.hosting.gateways.rigs import eventually
from tests.hosting.gateways.test_flying_squid import make_squid, said
from tests.hosting.router.door import Board, Door, ask_status, open_door
from tests.services.nodejs import Bot, NodeTools
from tests.services.processes import wait_until

pytestmark = pytest.mark.slow
HOST, PLAIN = "world.play.localhost", "127.0.0.1"
VERSION = "1.21.4"


class Keeper:
    """Starts the game when somebody asks for it, and says so: what the platform does."""

    def __init__(self, runtime: ProcessRuntime, board: Board) -> None:
        self.runtime, self.board = runtime, board
        self.spec: Spec = make_squid(motd="Testwelt", operators="Alex")
        self.server = str(self.spec.server_id)
        self.wishes = 0
        self.tell("asleep")
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._keep, daemon=True)
        self.thread.start()

    def _keep(self) -> None:
        while not self.stopping.is_set():
            if (wish := self.board.wish(0.2)) is not None:
                assert wish["server"] == self.server
                self.wishes += 1
                if self.runtime.inspect(self.spec.server_id).state is not State.RUNNING:
                    self.wake()

    def tell(self, state: str) -> None:
        for host in (HOST, PLAIN):
            self.board.publish(host, server=self.server, state=state, port=self.spec.port, version=VERSION)

    def wake(self) -> None:
        self.spec = replace(self.spec, run_id=uuid.uuid4())
        self.tell("starting")
        self.runtime.start(self.spec)
        eventually(lambda: said(self.runtime, self.spec, Kind.READY), 60)
        self.tell("running")

    def sleep(self) -> None:
        self.runtime.stop(self.spec.server_id, 20, "stop")
        self.tell("asleep")

    def end(self) -> None:
        self.stopping.set()
        self.thread.join()
        self.runtime.remove(self.spec.server_id, keep_data=False)


@pytest.fixture(scope="module")
def runtime(squid_cache: Path) -> ProcessRuntime:
    return ProcessRuntime(
        ProcessConfig(root=squid_cache.parent / "games", cache=squid_cache, installation="router")
    )


@pytest.fixture
def keeper(runtime: ProcessRuntime, redis_url: str) -> Iterator[Keeper]:
    board = Board(redis_url)
    board.clear()
    made = Keeper(runtime, board)
    yield made
    made.end()


@pytest.fixture
def door(redis_url: str, tmp_path: Path) -> Iterator[Door]:
    with open_door(redis_url, tmp_path) as opened:
        yield opened


def get_in(tools: NodeTools, port: int, player: str, **how: str) -> tuple[Bot, str]:
    """The player in the game, with its version; on a slow machine it tries again when the router asks it to."""
    for _ in range(4):
        bot = tools.bot(port, player, **how)
        try:
            return bot, bot.wait_for("joined", 60)["version"]
        except AssertionError:
            if not any("noch einmal" in str(told.get("reason")) for told in bot.seen):
                raise
    raise AssertionError(f"{player} was asked to try again and again")


def test_joining_a_sleeping_game_wakes_it(keeper: Keeper, door: Door, node_tools: NodeTools) -> None:
    """It answers its own pings then, and asleep again the router does."""
    said_asleep, _ = ask_status(door.port, HOST)
    assert "schläft" in said_asleep["description"]["text"]
    assert keeper.wishes == 0
    began = time.monotonic()
    bot, version = get_in(node_tools, door.port, "Alex", version=VERSION, typed="World.Play.Localhost.")
    print(f"\nasleep to in the game, with the client's own start: {time.monotonic() - began:.2f} s")
    assert version == VERSION
    wishes = keeper.wishes
    assert wishes >= 1
    bot.say("hello through the door")
    eventually(
        lambda: any(
            "<Alex> hello through the door" in line
            for line in keeper.runtime.console_tail(keeper.spec.server_id, None).lines
        )
    )
    status, _ = ask_status(door.port, HOST)
    assert (status["players"]["online"], status["version"]["name"]) == (1, VERSION)
    bot.leave()
    keeper.sleep()
    wait_until(lambda: "schläft" in ask_status(door.port, HOST)[0]["description"]["text"])
    assert keeper.wishes == wishes


def test_a_client_that_asks_for_the_version_first_gets_in_as_well(
    keeper: Keeper, door: Door, node_tools: NodeTools
) -> None:
    """It pings the sleeping server, which wakes nothing, reads the version there, and joins."""
    bot, version = get_in(node_tools, door.port, "Mia")
    assert version == VERSION
    bot.leave()


def test_players_go_on_while_their_router_drains(
    keeper: Keeper, redis_url: str, tmp_path: Path, node_tools: NodeTools
) -> None:
    keeper.wake()
    with open_door(redis_url, tmp_path, drain_seconds=60) as old:
        bot = node_tools.bot(old.port, "Alex", version=VERSION, typed=HOST)
        bot.wait_for("joined", 60)
        old.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "router_draining" in old.text())
        bot.say("after the signal")
        assert "after the signal" in bot.wait_for("chat", 10)["text"]
        bot.leave()
        assert old.process.wait(10) == 0


def test_a_player_who_may_not_reads_why(keeper: Keeper, door: Door, node_tools: NodeTools) -> None:
    keeper.board.publish(HOST, server=keeper.server, state="off")
    bot = node_tools.bot(door.port, "Alex", version=VERSION, typed=HOST)
    assert "Der Server ist aus" in bot.wait_for("kicked", 60)["reason"]
