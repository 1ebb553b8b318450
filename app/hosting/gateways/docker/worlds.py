"""The generations of a world as volumes: found and filled from this machine, taken away without ever meeting a run."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from docker.errors import APIError, NotFound

from app.hosting.gateways.docker import container, volume
from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.docker.container import Found
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    OutOfReach,
    RuntimeFault,
    RuntimeUnavailable,
    Spec,
    State,
    WorldExists,
    WorldMissing,
)


def folder(engine: Engine, config: DockerConfig, server_id: UUID, world: str) -> Path:
    """See `Runtime.world_folder`."""
    found = volume.look(engine, container.volume(config, server_id, world))
    if found is None:
        raise WorldMissing(world)
    path = str(found["Mountpoint"])
    # A volume that is a device or a share is only mounted while a container uses it: its folder would look empty.
    mounted = found.get("Driver") != "local" or {"device", "type"} & set(found.get("Options") or ())
    if not engine.local or mounted or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise OutOfReach(path)
    return Path(path)


def make(engine: Engine, config: DockerConfig, server_id: UUID, world: str) -> Path:
    """See `Runtime.make_world`."""
    name = container.volume(config, server_id, world)
    if not engine.local:
        raise OutOfReach(name)
    new = volume.look(engine, name) is None
    volume.make(engine, config, server_id, world)
    try:
        found = folder(engine, config, server_id, world)
    except OutOfReach:
        if new:
            volume.remove(engine, name)
        raise
    if any(True for _ in os.scandir(found)):
        raise WorldExists(world)
    return found


@contextlib.contextmanager
def held(engine: Engine, config: DockerConfig, spec: Spec) -> Iterator[Callable[[], None]]:
    """Makes the first generation where it is missing, and gives a check to be made once a container names the volume: the
    engine makes an empty one itself where it was removed just before, and nobody must play on that.

    Raises WorldMissing.
    """
    name = container.volume(config, spec.server_id, spec.world)
    if not spec.world:
        volume.make(engine, config, spec.server_id)
    labelled = _labelled(before := volume.look(engine, name))
    if before is None:
        raise WorldMissing(spec.world)

    def still_there() -> None:
        if labelled and not _labelled(volume.look(engine, name)):
            raise WorldMissing(spec.world)

    try:
        yield still_there
    except WorldMissing:
        with contextlib.suppress(APIError):
            engine.api.remove_volume(name)
        raise


def _labelled(found: dict[str, Any] | None) -> bool:
    return found is not None and container.SERVER in (found.get("Labels") or {})


def remove(engine: Engine, config: DockerConfig, server_id: UUID, world: str) -> list[str]:
    """See `Runtime.remove_world`. The engine keeps a volume that any container names, so ended runs on it go first: their
    ids are returned.
    """
    name = container.volume(config, server_id, world)
    until = time.monotonic() + config.timeout_seconds
    gone: list[str] = []
    while not volume.remove(engine, name):
        gone += _let_go(engine, config, name)
        if time.monotonic() > until:
            raise RuntimeUnavailable(f"{name} stays in use")
        time.sleep(0.05)
    return gone


def _let_go(engine: Engine, config: DockerConfig, name: str) -> list[str]:
    """Removes the ended runs that name a volume. Raises AlreadyRunning when one lives or is about to."""
    ended = []
    for found in _naming(engine, name):
        if found.labels.get(container.INSTALLATION) != config.installation:
            raise RuntimeFault(f"{name} is used by a container of someone else: {found.id[:12]}")
        starting = not found.launched and found.observed(config).state is State.UNKNOWN
        if found.alive or starting:
            raise AlreadyRunning("", found.run_id)
        ended.append(found.id)
    for id in ended:
        try:
            engine.api.remove_container(id, v=True)  # not by force: it may have been started this moment
        except NotFound:
            continue
        except APIError as error:
            if error.status_code != 409:
                raise
    return ended


def _naming(engine: Engine, name: str) -> Iterator[Found]:
    for entry in engine.api.containers(all=True, filters={"volume": name}):
        with contextlib.suppress(NotFound):
            yield Found(engine.api.inspect_container(entry["Id"]))
