"""The docker runtime: see `app.hosting.gateways.runtime.Runtime` for what each method promises."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from docker.errors import APIError, NotFound

from app.hosting.gateways.docker import container, ends, image, volume, worlds
from app.hosting.gateways.docker.client import Engine, answers
from app.hosting.gateways.docker.commands import Commands
from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.docker.console import Consoles
from app.hosting.gateways.docker.container import Found
from app.hosting.gateways.docker.readings import Readings, server_of
from app.hosting.gateways.lines import checked_line
from app.hosting.gateways.ports import loopback_port, port_free
from app.hosting.gateways.runtime import (
    Address,
    AlreadyRunning,
    ConsoleChunk,
    Handle,
    NotRunning,
    Observed,
    Owned,
    PortTaken,
    Progress,
    RuntimeFault,
    RuntimeUnavailable,
    Sample,
    Spec,
    State,
    WorldMissing,
)
from app.hosting.rules.template import RuntimeName
from app.kit import clock

COMMAND_SHARE = 0.7
"""Part of the grace that a stop command has before SIGTERM is tried as well."""
TAKEOVER_SECONDS = 5.0
"""How long a made but unstarted container is left to whoever made it."""


class DockerRuntime:
    """Runs servers as containers. The engine is the only memory; what is kept here are short cuts."""

    name: RuntimeName = "docker"

    def __init__(self, config: DockerConfig) -> None:
        self.config = config
        self._engine = Engine(config)
        self._readings = Readings(self._engine, config, self.disk_bytes)
        self._commands = Commands(self._engine, config)
        self._known: dict[tuple[str, str], Observed] = {}
        self._consoles = Consoles(self._engine, self._listed, self._newest_two)

    def check(self) -> None:
        with answers():
            self._engine.api.ping()

    def port_free(self, port: int) -> bool:
        with answers():
            for listed in self._engine.api.containers():
                if any(part.get("PublicPort") == port for part in listed.get("Ports") or ()):
                    return False
        return not self._engine.local or port_free(self.config.bind_host, port)

    def prepare(self, spec: Spec, progress: Progress) -> None:
        image.prepare(self._engine, spec, progress)

    def _find(self, name: str) -> Found | None:
        try:
            found = Found(self._engine.api.inspect_container(name))
        except NotFound:
            return None
        return found if found.labels.get(container.INSTALLATION) == self.config.installation else None

    def _current(self, server_id: UUID) -> Found | None:
        return self._find(container.name(self.config, server_id))

    def _newest_two(self, server_id: UUID) -> tuple[Found | None, Found | None]:
        return self._current(server_id), self._find(container.old_name(self.config, server_id))

    def start(self, spec: Spec) -> Handle:
        with answers():
            until = time.monotonic() + TAKEOVER_SECONDS
            while (found := self._current(spec.server_id)) is not None:
                if found.run_id == spec.run_id and found.launched:
                    return self._handle(spec, fresh=False)
                if found.run_id != spec.run_id and (found.alive or self._being_started(found)):
                    raise AlreadyRunning("", found.run_id)
                if found.launched or time.monotonic() > until:
                    self._put_away(spec, found)
                    break
                time.sleep(0.05)
            return self._create_and_start(spec)

    @staticmethod
    def _being_started(found: Found) -> bool:
        age = (clock.now() - found.created_at).total_seconds()
        return not found.launched and age < TAKEOVER_SECONDS

    def _put_away(self, spec: Spec, found: Found) -> None:
        """Frees the server's name: an ended run is kept for its console, a container that never ran is not."""
        api, old = self._engine.api, container.old_name(self.config, spec.server_id)
        with contextlib.suppress(NotFound):
            if found.launched:
                self._remove_container(old)
                api.rename(found.id, old)
            else:
                api.remove_container(found.id, force=True)

    def _create_and_start(self, spec: Spec) -> Handle:
        api = self._engine.api
        if self.config.network == "host" and self._engine.local and not self.port_free(spec.port):
            raise PortTaken(str(spec.port))
        with worlds.held(self._engine, self.config, spec) as still_there:
            try:
                made = container.create(api, self.config, spec, loopback_port(spec.port))
            except APIError as error:
                if error.status_code != 409:
                    raise
                return self._lost_race(spec)
            try:
                still_there()
                if spec.template.rcon:
                    container.put_secret(api, made)
                api.start(made)
            except (APIError, WorldMissing):
                with contextlib.suppress(APIError):
                    api.remove_container(made, force=True)
                raise
        return self._handle(spec, fresh=True)

    def _lost_race(self, spec: Spec) -> Handle:
        """Someone else made the container a moment ago: wait until it runs."""
        until = time.monotonic() + TAKEOVER_SECONDS
        while (found := self._current(spec.server_id)) is None or not found.launched:
            if found is not None and found.run_id != spec.run_id:
                raise AlreadyRunning("", found.run_id)
            if time.monotonic() > until:
                raise RuntimeUnavailable("another worker began to start this run and did not finish")
            time.sleep(0.05)
        if found.run_id != spec.run_id:
            raise AlreadyRunning("", found.run_id)
        return self._handle(spec, fresh=False)

    def _handle(self, spec: Spec, *, fresh: bool) -> Handle:
        return Handle(spec.server_id, spec.run_id, Address(self.config.private_host, spec.port), fresh)

    def inspect(self, server_id: UUID) -> Observed:
        with answers():
            found = self._current(server_id)
            return ends.observed(self._engine.api, self.config, found) if found else Observed(State.ABSENT)

    def inspect_many(self, server_ids: Collection[UUID]) -> Mapping[UUID, Observed]:
        listed = self._listed()
        here = {str(entry["Id"]) for entry in listed.values()}
        self._known = {key: seen for key, seen in self._known.items() if key[0] in here}
        found = {}
        for server_id in server_ids:
            entry = listed.get(server_id)
            found[server_id] = self._from_list(server_id, entry) if entry else Observed(State.ABSENT)
        return found

    def _from_list(self, server_id: UUID, entry: Mapping[str, Any]) -> Observed:
        """A container runs once and ends once, so each of the two is looked at once."""
        key = (str(entry["Id"]), str(entry["State"]))
        if key not in self._known:
            seen = self.inspect(server_id)
            if seen.state.value != key[1]:
                return seen
            self._known[key] = seen
        return self._known[key]

    def _listed(self, *, running: bool = False) -> dict[UUID, Mapping[str, Any]]:
        """The newest container of each server, in one call."""
        with answers():
            entries = self._engine.api.containers(
                all=not running, filters={"label": f"{container.INSTALLATION}={self.config.installation}"}
            )
        found = {}
        for entry in entries:
            server_id = server_of(entry)
            if server_id and f"/{container.name(self.config, server_id)}" in entry["Names"]:
                found[server_id] = entry
        return found

    def stop(self, server_id: UUID, grace_seconds: float, command: str | None = None) -> Observed:
        began = time.monotonic()
        with answers():
            found = self._current(server_id)
            if found is None or not found.alive:
                return self.inspect(server_id)
            if command is not None and self._told(server_id, command):
                self._await_end(found, grace_seconds * COMMAND_SHARE)
            left = max(1, round(grace_seconds - (time.monotonic() - began)))
            with contextlib.suppress(NotFound):
                self._engine.api.stop(found.id, timeout=left)
        return self.inspect(server_id)

    def _told(self, server_id: UUID, command: str) -> bool:
        try:
            self.send_command(server_id, command)
        except (RuntimeFault, RuntimeUnavailable):
            return False
        return True

    def _await_end(self, found: Found, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            now = self._find(found.id)
            if now is None or not now.alive:
                return
            time.sleep(0.05)

    def kill(self, server_id: UUID) -> Observed:
        with answers():
            found = self._current(server_id)
            if found is not None and found.alive:
                with contextlib.suppress(NotFound):
                    try:
                        self._engine.api.kill(found.id)
                    except APIError as error:
                        if error.status_code != 409:  # ended by itself in the meantime
                            raise
                    self._await_end(found, self.config.timeout_seconds)
        return self.inspect(server_id)

    def remove(self, server_id: UUID, *, keep_data: bool) -> None:
        with answers():
            self._remove_container(container.name(self.config, server_id))
            self._remove_container(container.old_name(self.config, server_id))
            if not keep_data:
                volume.remove_all(self._engine, self.config, server_id)

    def _remove_container(self, name: str) -> None:
        found = self._find(name)
        if found is not None:
            self._commands.forget(found.id)
            with contextlib.suppress(NotFound):
                self._engine.api.remove_container(found.id, force=True, v=True)

    def send_command(self, server_id: UUID, line: str) -> str | None:
        text = checked_line(line)
        with answers():
            found = self._current(server_id)
            if found is None or found.status != "running":
                raise NotRunning()
            return self._commands.send(found, text)

    def console_tail(self, server_id: UUID, position: str | None) -> ConsoleChunk:
        with answers():
            return self._consoles.tail(server_id, position)

    def sample(self, server_ids: Collection[UUID]) -> Mapping[UUID, Sample]:
        wanted = set(server_ids)
        running = {i: entry for i, entry in self._listed(running=True).items() if i in wanted}
        with answers():
            return self._readings.sweep(running)

    def disk_bytes(self, server_id: UUID, world: str = "") -> int:
        with answers():
            return volume.size_bytes(self._engine, self.config, server_id, world)

    def list_worlds(self, server_id: UUID) -> list[str]:
        with answers():
            return sorted(volume.worlds(self._engine, self.config, server_id))

    def world_folder(self, server_id: UUID, world: str) -> Path:
        with answers():
            return worlds.folder(self._engine, self.config, server_id, world)

    def make_world(self, server_id: UUID, world: str) -> Path:
        with answers():
            return worlds.make(self._engine, self.config, server_id, world)

    def remove_world(self, server_id: UUID, world: str) -> None:
        with answers():
            for gone in worlds.remove(self._engine, self.config, server_id, world):
                self._commands.forget(gone)

    def list_owned(self) -> list[Owned]:
        label = f"{container.INSTALLATION}={self.config.installation}"
        with answers():
            volumes = self._engine.api.volumes(filters={"label": label})["Volumes"] or ()
        named = (server_of(entry) for entry in volumes)
        servers = {server_id for server_id in named if server_id} | set(self._listed())
        return [
            Owned(server_id, seen.run_id, seen.state)
            for server_id, seen in self.inspect_many(servers).items()
        ]
