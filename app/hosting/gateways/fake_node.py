"""The machine behind fake runtimes: its runs, its ports, and handles for tests to break it."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.hosting.gateways.fake_world import FakeWorld, Worlds
from app.hosting.gateways.ping import Pong
from app.hosting.gateways.runtime import Address, NotRunning, RuntimeUnavailable, Spec
from app.hosting.rules.console import clean
from app.kit import clock

MEGABYTE = 1024 * 1024


@dataclass(slots=True)
class FakeRun:
    """One run and the game in it."""

    spec: Spec
    started_at: datetime
    lines: list[str] = field(default_factory=list)
    finished_at: datetime | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    hanging: bool = False
    announced: bool = False
    memory_bytes: int = 20 * MEGABYTE
    players: list[str] = field(default_factory=list)
    saving: bool = True
    """Whether it writes to its world by itself; save-off takes it away until save-on."""

    @property
    def alive(self) -> bool:
        return self.finished_at is None

    @property
    def deaf(self) -> bool:
        return bool(self.spec.settings.get("deaf", False))

    def end(self, code: int) -> None:
        if self.alive:
            self.finished_at, self.exit_code = clock.now(), code

    def say(self, text: str) -> None:
        self.lines.append(clean(f"[{clock.now():%H:%M:%S}] [Server thread/INFO]: {text}"))

    def tick(self) -> None:
        """Says that it is ready once its start time has passed."""
        wait = timedelta(seconds=int(self.spec.settings.get("start_seconds", 0)))
        if self.alive and not self.announced and clock.now() >= self.started_at + wait:
            self.announced = True
            self.say('Done (0.100s)! For help, type "help"')


class FakeNode:
    """The machine behind fake runtimes, with handles for tests to break it.

    Worlds are real folders below `root`; without one they lie in a temporary folder that goes with the node.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self.lock = threading.RLock()
        self.prepared: set[str] = set()
        self.runs: dict[UUID, list[FakeRun]] = {}
        self.foreign_ports: set[int] = set()
        self.started: list[UUID] = []
        """Run ids in the order in which processes really started: a doubled start shows here."""
        self._faults: dict[str, deque[tuple[Exception, bool]]] = defaultdict(deque)
        self.down = False
        self.missing_images: set[str] = set()
        self.broken_installs: set[str] = set()
        self.out_of_reach = False
        """As an engine on another machine: games run, but nobody here can read their worlds."""

    @property
    def root(self) -> Path:
        with self.lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="kontor-fake-"))
                weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
            return self._root

    @property
    def worlds(self) -> Worlds:
        return Worlds(self.root)

    @property
    def data(self) -> Mapping[UUID, FakeWorld]:
        """Of each server that has one, the world of its newest run; before any run, the first there is."""
        found = {}
        for server_id in self.worlds.servers():
            run = self.run(server_id)
            generations = self.worlds.generations(server_id)
            played = run.spec.world if run is not None else generations[0]
            found[server_id] = self.worlds.of(server_id, played if played in generations else generations[0])
        return found

    def fail_next(self, method: str, error: Exception | None = None, *, after: bool = False) -> None:
        """The next call fails: before it did anything, or (`after`) when all is done and only the answer is lost."""
        self._faults[method].append((error or RuntimeUnavailable("the answer was lost"), after))

    @contextmanager
    def call(self, method: str) -> Iterator[None]:
        with self.lock:
            if self.down:
                raise RuntimeUnavailable("the node does not answer")
            fault = self._faults[method].popleft() if self._faults[method] else None
            if fault and not fault[1]:
                raise fault[0]
            for runs in self.runs.values():
                runs[-1].tick()
            yield
            if fault:
                raise fault[0]

    def run(self, server_id: UUID) -> FakeRun | None:
        runs = self.runs.get(server_id)
        return runs[-1] if runs else None

    def living(self, server_id: UUID) -> FakeRun:
        run = self.run(server_id)
        if run is None or not run.alive:
            raise NotRunning()
        return run

    def crash(self, server_id: UUID, exit_code: int = 1) -> None:
        self.living(server_id).end(exit_code)

    def out_of_memory(self, server_id: UUID) -> None:
        run = self.living(server_id)
        run.oom_killed = True
        run.end(137)

    def hang(self, server_id: UUID) -> None:
        """Alive, but no longer answering pings."""
        self.living(server_id).hanging = True

    def say(self, server_id: UUID, text: str) -> None:
        self.living(server_id).say(text)

    def join(self, server_id: UUID, player: str) -> None:
        run = self.living(server_id)
        run.players.append(player)
        run.say(f"{player} joined the game")

    def leave(self, server_id: UUID, player: str) -> None:
        run = self.living(server_id)
        run.players.remove(player)
        run.say(f"{player} left the game")

    def sweep(
        self, addresses: Mapping[UUID, Address], deadline_seconds: float = 2.0
    ) -> dict[UUID, Pong | None]:
        """Stands in for `ping.sweep` where the keys are server ids."""
        found: dict[UUID, Pong | None] = {}
        for server_id, address in addresses.items():
            run = self.run(server_id)
            if run is not None:
                run.tick()
            ready = run is not None and run.alive and run.announced and not run.hanging
            if run is not None and ready and address.port == run.spec.port:
                found[server_id] = Pong(len(run.players), 20, run.spec.template.game_version, 769, "", 0.001)
            else:
                found[server_id] = None
        return found
