"""The process runtime: see `app.hosting.gateways.runtime.Runtime` for what each method promises."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import UUID

from app.hosting.gateways import cgroups, rcon
from app.hosting.gateways.disk import folder_bytes, remove_folder
from app.hosting.gateways.lines import checked_line
from app.hosting.gateways.ports import port_free
from app.hosting.gateways.process import console, launch, npm, readings, system, worlds
from app.hosting.gateways.process.config import ProcessConfig
from app.hosting.gateways.process.folders import Folders, Run, ServerFolder
from app.hosting.gateways.runtime import (
    Address,
    AlreadyRunning,
    ConsoleChunk,
    Handle,
    NotPrepared,
    NotRunning,
    Observed,
    Owned,
    Progress,
    RuntimeUnavailable,
    Sample,
    Spec,
    State,
    Step,
)
from app.hosting.rules.template import RuntimeName

RCON_SECONDS = 5.0
KILL_SECONDS = 10.0
COMMAND_SHARE = 0.7
"""Part of the grace that a stop command has before SIGTERM is tried as well."""


class ProcessRuntime:
    """Runs servers as processes of this machine. Keeps nothing in memory that matters: all state is in the folders."""

    name: RuntimeName = "process"

    def __init__(self, config: ProcessConfig) -> None:
        self.config = config
        config.root.mkdir(parents=True, exist_ok=True)
        (config.root / "servers").mkdir(exist_ok=True)
        self._folders = Folders(config.root)
        self._groups = (
            cgroups.detect(config.installation, config.cgroup_parent) if config.use_cgroups else None
        )
        self._readings = readings.Readings(self._folders, self._groups)

    def check(self) -> None:
        if not Path("/proc/self/stat").exists():
            raise RuntimeUnavailable("the process runtime needs Linux with /proc")
        if not os.access(self.config.root, os.W_OK):
            raise RuntimeUnavailable(f"{self.config.root} cannot be written")

    def isolation(self) -> dict[str, str]:
        """How well servers are kept apart on this machine, for the doctor."""
        return {
            "user": "own" if launch.own_users(self.config, self.config.cache) else "shared",
            "memory": f"cgroup{self._groups.version}" if self._groups else "watched",
        }

    def port_free(self, port: int) -> bool:
        return port_free(self.config.bind_host, port)

    def prepare(self, spec: Spec, progress: Progress) -> None:
        plan = spec.template.process
        if plan is None:
            raise NotPrepared(f"{spec.template.slug} does not run as a process")
        if plan.install == "npm":
            npm.install(self.config, spec.template, progress)
        else:
            progress.step(Step.READY, 100)

    def start(self, spec: Spec) -> Handle:
        server = self._folders.server(spec.server_id)
        server.path.mkdir(mode=0o711, exist_ok=True)
        before = server.current()
        if before is not None and (before.launched() or before.run_id != spec.run_id) and before.alive():
            return self._same(before, spec)
        with launch.locked(server, spec) as lock:
            run = server.current()
            if run is not None and (run.alive() or (run.run_id == spec.run_id and run.launched())):
                return self._same(run, spec)
            if run is not None:
                self._clear(run)
            run = launch.launch(self.config, self._folders, self._groups, spec, lock)
        return Handle(spec.server_id, spec.run_id, _address(run), fresh=True)

    @staticmethod
    def _same(run: Run, spec: Spec) -> Handle:
        if run.run_id != spec.run_id:
            raise AlreadyRunning("", run.run_id)
        return Handle(spec.server_id, spec.run_id, _address(run), fresh=False)

    def _clear(self, run: Run) -> None:
        """Ends what an earlier run left behind and removes its cgroup."""
        system.kill_all(lambda: self._members(run))
        if self._groups and run.record.cgroup:
            self._groups.remove(run.record.cgroup)

    def _members(self, run: Run) -> list[int]:
        found = set(readings.victims(run))
        if self._groups and run.record.cgroup:
            found.update(self._groups.members(run.record.cgroup))
        return sorted(found)

    def inspect(self, server_id: UUID) -> Observed:
        run = self._folders.server(server_id).current()
        if run is None:
            return Observed(State.ABSENT)
        if run.alive():
            return Observed(State.RUNNING, run.run_id, run.started_at, address=_address(run))
        if not run.launched():
            # Someone is starting it this very moment, or was killed before anything ran.
            return Observed(
                State.UNKNOWN if time.time() - run.started_at.timestamp() < 30 else State.ABSENT, run.run_id
            )
        code, finished = run.exit()
        return Observed(State.EXITED, run.run_id, run.started_at, finished, code, self._out_of_memory(run))

    def _out_of_memory(self, run: Run) -> bool:
        if run.marked_oom():
            return True
        killed = bool(self._groups and run.record.cgroup and self._groups.oom_kills(run.record.cgroup))
        if killed:
            run.mark_oom()  # the cgroup does not outlive a reboot, the mark does
        return killed

    def inspect_many(self, server_ids: Collection[UUID]) -> Mapping[UUID, Observed]:
        return {server_id: self.inspect(server_id) for server_id in server_ids}

    def stop(self, server_id: UUID, grace_seconds: float, command: str | None = None) -> Observed:
        run = self._folders.server(server_id).current()
        if run is None or not run.alive():
            return self.inspect(server_id)
        began = time.monotonic()
        if command is not None and self._type(run, command):
            self._await_end(run, began + grace_seconds * COMMAND_SHARE)
        if run.alive() and (game := run.identity("game")) is not None:
            game.send(signal.SIGTERM)
        self._await_end(run, began + grace_seconds)
        return self.kill(server_id)

    @staticmethod
    def _type(run: Run, line: str) -> bool:
        """Whether the game's standard input took a line."""
        try:
            console.write(run.path / "stdin", checked_line(line))
        except OSError:
            return False
        return True

    @staticmethod
    def _await_end(run: Run, until: float) -> None:
        while run.alive() and time.monotonic() < until:
            time.sleep(0.02)

    def kill(self, server_id: UUID) -> Observed:
        run = self._folders.server(server_id).current()
        if run is not None:
            if not system.kill_all(lambda: self._members(run), KILL_SECONDS):
                raise RuntimeUnavailable("a process of the server does not end")
            self._await_end(run, time.monotonic() + KILL_SECONDS)
            if run.alive():
                raise RuntimeUnavailable("the supervisor does not end")
        return self.inspect(server_id)

    def remove(self, server_id: UUID, *, keep_data: bool) -> None:
        server = self._folders.server(server_id)
        if server.path.exists():
            run = server.current()
            self.kill(server_id)
            if run is not None:
                self._clear(run)
            server.forget_runs()
            for name in ("tmp", "cache"):
                with contextlib.suppress(OSError):
                    remove_folder(server.path / name)
        if not keep_data:
            worlds.take_away(server.path)

    def send_command(self, server_id: UUID, line: str) -> str | None:
        text = checked_line(line)
        server = self._folders.server(server_id)
        run = server.current()
        if run is None or not run.alive():
            raise NotRunning()
        if run.record.rcon:
            try:
                secret = server.secret.read_text().strip()
                return rcon.command("127.0.0.1", run.record.rcon_port, secret, text, RCON_SECONDS)
            except rcon.RconUnreachable:
                pass  # not listening yet: standard input takes the line as well
            except rcon.RconFault as error:
                raise RuntimeUnavailable(str(error)) from error
        try:
            console.write(run.path / "stdin", text)
        except OSError as error:
            raise RuntimeUnavailable(str(error)) from error
        return None

    def console_tail(self, server_id: UUID, position: str | None) -> ConsoleChunk:
        return console.tail(self._folders.server(server_id), position)

    def sample(self, server_ids: Collection[UUID]) -> Mapping[UUID, Sample]:
        return self._readings.sweep(server_ids)

    def disk_bytes(self, server_id: UUID, world: str = "") -> int:
        return folder_bytes(str(self._folders.server(server_id).data(world)))

    def list_worlds(self, server_id: UUID) -> list[str]:
        return sorted(self._folders.server(server_id).worlds())

    def world_folder(self, server_id: UUID, world: str) -> Path:
        return worlds.folder(self._folders.server(server_id), world)

    def make_world(self, server_id: UUID, world: str) -> Path:
        return worlds.make(self._folders.server(server_id), world, self.config.free_bytes)

    def remove_world(self, server_id: UUID, world: str) -> None:
        worlds.remove(self._folders.server(server_id), world, lambda run: self._let_go(server_id, run))

    def _let_go(self, server_id: UUID, run: Run) -> None:
        """Makes sure that nothing of a run writes to its world any more. Raises AlreadyRunning."""
        if self.inspect(server_id).state in (State.RUNNING, State.UNKNOWN):
            raise AlreadyRunning("", run.run_id)
        if not system.kill_all(lambda: self._members(run), KILL_SECONDS):
            raise RuntimeUnavailable("a process of the server does not end")

    def list_owned(self) -> list[Owned]:
        found = []
        for server_id, _ in self._folders.servers():
            seen = self.inspect(server_id)
            found.append(Owned(server_id, seen.run_id, seen.state))
        return found


def _address(run: Run) -> Address:
    return Address("127.0.0.1", run.record.port)


__all__ = ["ProcessRuntime", "ServerFolder"]
