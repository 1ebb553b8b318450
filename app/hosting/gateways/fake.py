"""A runtime in memory for tests of everything above it: as strict as the real ones, and able to fail like them.

A `FakeNode` is the machine; any number of `FakeRuntime` objects look at it, as several workers do. Its game understands the
commands of the contract's test game. Nothing sleeps: what takes time elsewhere is decided by `app.kit.clock`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from uuid import UUID

from app.hosting.gateways.fake_node import MEGABYTE, FakeNode, FakeRun
from app.hosting.gateways.lines import checked_line
from app.hosting.gateways.runtime import (
    Address,
    AlreadyRunning,
    ConsoleChunk,
    Handle,
    ImageMissing,
    InstallFailed,
    NotPrepared,
    Observed,
    OutOfReach,
    Owned,
    PortTaken,
    Progress,
    Sample,
    Spec,
    State,
    Step,
    WorldExists,
    WorldMissing,
)
from app.hosting.rules.console import clean
from app.hosting.rules.template import RuntimeName
from app.kit import clock

CHUNK = 1000
"""Console lines in one answer."""


def _ports(spec: Spec) -> list[int]:
    return [spec.port, *([spec.web_map.outside] if spec.web_map else [])]


class FakeRuntime:
    """See `app.hosting.gateways.runtime.Runtime`."""

    def __init__(self, node: FakeNode | None = None, name: RuntimeName = "process") -> None:
        self.node = node or FakeNode()
        self.name: RuntimeName = name

    def check(self) -> None:
        with self.node.call("check"):
            pass

    def port_free(self, port: int) -> bool:
        with self.node.call("port_free"):
            return port not in self.node.foreign_ports and not any(
                run.alive and run.spec.port == port for runs in self.node.runs.values() for run in runs
            )

    def prepare(self, spec: Spec, progress: Progress) -> None:
        with self.node.call("prepare"):
            slug = spec.template.slug
            progress.step(Step.CHECKING, 0)
            if slug in self.node.missing_images:
                raise ImageMissing(slug)
            if slug in self.node.broken_installs:
                raise InstallFailed(slug)
            if slug not in self.node.prepared:
                progress.step(Step.DOWNLOADING, 50)
                progress.line(f"fetched {slug}")
                self.node.prepared.add(slug)
            progress.step(Step.READY, 100)

    def start(self, spec: Spec) -> Handle:
        node = self.node
        with node.call("start"):
            same = next((r for r in node.runs.get(spec.server_id, []) if r.spec.run_id == spec.run_id), None)
            newest = node.run(spec.server_id)
            if newest is not None and newest.alive and newest is not same:
                raise AlreadyRunning("", newest.spec.run_id)
            if same is None:
                if spec.template.slug not in node.prepared:
                    raise NotPrepared(spec.template.slug)
                for port in _ports(spec):
                    if not self._bindable(port):
                        raise PortTaken(str(port))
                world = node.worlds.of(spec.server_id, spec.world)
                if spec.world and not world.exists():
                    raise WorldMissing(spec.world)
                world.make()
                run = FakeRun(spec, clock.now())
                node.runs.setdefault(spec.server_id, []).append(run)
                node.started.append(spec.run_id)
                run.tick()
            return Handle(spec.server_id, spec.run_id, Address("127.0.0.1", spec.port), fresh=same is None)

    def _bindable(self, port: int) -> bool:
        living = [run.spec for runs in self.node.runs.values() for run in runs if run.alive]
        taken = {port for spec in living for port in _ports(spec)}
        return port not in taken | self.node.foreign_ports

    def inspect(self, server_id: UUID) -> Observed:
        with self.node.call("inspect"):
            return self._observed(server_id)

    def inspect_many(self, server_ids: Collection[UUID]) -> Mapping[UUID, Observed]:
        with self.node.call("inspect_many"):
            return {server_id: self._observed(server_id) for server_id in server_ids}

    def _observed(self, server_id: UUID) -> Observed:
        run = self.node.run(server_id)
        if run is None:
            return Observed(State.ABSENT)
        if run.alive:
            address = Address("127.0.0.1", run.spec.port)
            return Observed(State.RUNNING, run.spec.run_id, run.started_at, address=address)
        return Observed(
            State.EXITED, run.spec.run_id, run.started_at, run.finished_at, run.exit_code, run.oom_killed
        )

    def stop(self, server_id: UUID, grace_seconds: float, command: str | None = None) -> Observed:
        with self.node.call("stop"):
            run = self.node.run(server_id)
            if run is not None and run.alive:
                if not run.deaf:
                    self._do(run, "stop")
                run.end(137)
            return self._observed(server_id)

    def kill(self, server_id: UUID) -> Observed:
        with self.node.call("kill"):
            run = self.node.run(server_id)
            if run is not None:
                run.end(137)
            return self._observed(server_id)

    def remove(self, server_id: UUID, *, keep_data: bool) -> None:
        with self.node.call("remove"):
            for run in self.node.runs.pop(server_id, []):
                run.end(137)
            if not keep_data:
                self.node.worlds.remove_all(server_id)

    def send_command(self, server_id: UUID, line: str) -> str | None:
        text = checked_line(line)
        with self.node.call("send_command"):
            run = self.node.living(server_id)
            reply = self._do(run, text)
            if run.spec.template.rcon:
                return reply
            if reply:
                run.say(reply)
            return None

    def _do(self, run: FakeRun, line: str) -> str:
        word, _, rest = line.partition(" ")
        world = self.node.worlds.of(run.spec.server_id, run.spec.world)
        actions: dict[str, Callable[[], str | None]] = {
            "stop": lambda: self._stop_saved(run),
            "list": lambda: (
                f"There are {len(run.players)} of a max of 20 players online: {', '.join(run.players)}"
            ),
            "tps": lambda: "§6TPS from last 1m, 5m, 15m: §a20.0, §a20.0, §a*20.0",
            "save-off": lambda: setattr(run, "saving", False),
            "save-on": lambda: setattr(run, "saving", True),
            "save-all": lambda: "Saving the game\nSaved the game",
            "say": lambda: run.say(f"[Server] {rest}"),
            "write": lambda: world.append(rest),
            "read": lambda: "".join(f"{line}\n" for line in world),
            "eat": lambda: self._eat(run, int(rest)),
            "flood": lambda: run.lines.extend(f"flood {n} {'x' * 80}" for n in range(int(rest))),
            "raw": lambda: run.lines.extend(
                clean(line) for line in rest.encode().decode("unicode_escape").splitlines()
            ),
            "exit": lambda: run.end(int(rest)),
            "abort": lambda: run.end(137),
            "hang": lambda: setattr(run, "hanging", True),
            "spawn": lambda: None,
            "big": lambda: "long " * int(rest),
        }
        action = actions.get(word)
        return f"Unknown command: {word}" if action is None else action() or ""

    def _stop_saved(self, run: FakeRun) -> str:
        run.say("Stopping the server")
        self.node.worlds.of(run.spec.server_id, run.spec.world).append("saved")
        run.say("Saved the game")
        run.end(0)
        return "Stopping the server"

    @staticmethod
    def _eat(run: FakeRun, megabytes: int) -> None:
        run.memory_bytes += megabytes * MEGABYTE
        if run.memory_bytes > run.spec.memory_mb * MEGABYTE:
            run.oom_killed = True
            run.end(137)

    def console_tail(self, server_id: UUID, position: str | None) -> ConsoleChunk:
        with self.node.call("console_tail"):
            runs = self.node.runs.get(server_id, [])
            if not runs:
                return ConsoleChunk((), position or "")
            name, _, offset = (position or "").partition(":")
            index = next((i for i, r in enumerate(runs) if r.spec.run_id.hex == name), None)
            at = int(offset) if index is not None else 0
            run = runs[-1 if index is None else index]
            lines = tuple(run.lines[at : at + CHUNK])
            after = at + len(lines)
            if run is not runs[-1] and after >= len(run.lines):
                following = runs[runs.index(run) + 1]
                return ConsoleChunk(lines, f"{following.spec.run_id.hex}:0", more=True)
            return ConsoleChunk(lines, f"{run.spec.run_id.hex}:{after}", more=after < len(run.lines))

    def sample(self, server_ids: Collection[UUID]) -> Mapping[UUID, Sample]:
        with self.node.call("sample"):
            found = {}
            for server_id in server_ids:
                run = self.node.run(server_id)
                if run is not None and run.alive:
                    seconds = (clock.now() - run.started_at).total_seconds()
                    disk = self.node.worlds.of(server_id, run.spec.world).bytes()
                    found[server_id] = Sample(run.memory_bytes, 0.05 * seconds, disk, 0, 0)
            return found

    def disk_bytes(self, server_id: UUID, world: str = "") -> int:
        with self.node.call("disk_bytes"):
            return self.node.worlds.of(server_id, world).bytes()

    def list_worlds(self, server_id: UUID) -> list[str]:
        with self.node.call("list_worlds"):
            return self.node.worlds.generations(server_id)

    def world_folder(self, server_id: UUID, world: str) -> Path:
        with self.node.call("world_folder"):
            self._in_reach()
            found = self.node.worlds.of(server_id, world)
            if not found.exists():
                raise WorldMissing(world)
            return found.folder

    def make_world(self, server_id: UUID, world: str) -> Path:
        with self.node.call("make_world"):
            self._in_reach()
            made = self.node.worlds.of(server_id, world)
            if not made.empty():
                raise WorldExists(world)
            made.make()
            return made.folder

    def remove_world(self, server_id: UUID, world: str) -> None:
        with self.node.call("remove_world"):
            run = self.node.run(server_id)
            if run is not None and run.alive and run.spec.world == world:
                raise AlreadyRunning("", run.spec.run_id)
            self.node.worlds.of(server_id, world).remove()

    def _in_reach(self) -> None:
        if self.node.out_of_reach:
            raise OutOfReach()

    def list_owned(self) -> list[Owned]:
        with self.node.call("list_owned"):
            owned = []
            for server_id in {*self.node.runs, *self.node.worlds.servers()}:
                seen = self._observed(server_id)
                owned.append(Owned(server_id, seen.run_id, seen.state))
            return owned
