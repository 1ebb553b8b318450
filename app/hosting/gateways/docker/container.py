"""From a spec to a container and back: names, labels, limits, the RCON secret."""

from __future__ import annotations

import io
import re
import secrets
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import docker

from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.runtime import (
    Address,
    NotPrepared,
    Observed,
    RuntimeFault,
    Spec,
    State,
    checked_world,
)
from app.hosting.rules.template import DockerPlan, facts
from app.kit import clock

INSTALLATION, SERVER, RUN, PORT, RCON, WORLD = (
    "kontor.installation", "kontor.server", "kontor.run", "kontor.port", "kontor.rcon-port", "kontor.world",
)  # fmt: skip
SECRET_FOLDER, SECRET_FILE = "kontor", "rcon-secret"
SECRET_PATH = f"/{SECRET_FOLDER}/{SECRET_FILE}"
LARGEST_SECRET = 64 * 1024
"""Bytes of the tar it comes in."""
STATES = {"running": State.RUNNING, "exited": State.EXITED}


def name(config: DockerConfig, server_id: UUID) -> str:
    """The container of a server's newest run. The engine lets only one have it: that is what makes a start unique."""
    return f"kontor-{config.installation}-{server_id.hex}"


def old_name(config: DockerConfig, server_id: UUID) -> str:
    """The run before, kept for its console."""
    return f"{name(config, server_id)}-old"


def volume(config: DockerConfig, server_id: UUID, world: str = "") -> str:
    """The volume of a generation of the world."""
    first = f"kontor-{config.installation}-{server_id.hex}-data"
    return f"{first}-{world}" if checked_world(world) else first


def plan_of(spec: Spec) -> tuple[DockerPlan, str]:
    """The template's docker part and the image to use. Raises NotPrepared."""
    plan = spec.template.docker
    image = spec.image or (plan.image if plan else None)
    if plan is None or image is None:
        raise NotPrepared(f"{spec.template.slug} has no image")
    return plan, image


def create(api: docker.APIClient, config: DockerConfig, spec: Spec, rcon_port: int) -> str:
    """Makes the container of a run without starting it. The engine refuses (409) when the name is taken."""
    plan, image = plan_of(spec)
    host = config.network == "host"
    game_port = spec.port if host else plan.game_port
    inner_rcon = rcon_port if host else plan.rcon_port
    door = spec.web_map
    map_port = None if door is None else door.outside if host else door.inside
    known = facts(
        memory_mb=spec.memory_mb, port=game_port, rcon_port=inner_rcon, rcon_secret_file=SECRET_PATH,
        map_port=map_port,
    )  # fmt: skip
    environment = spec.template.environment("docker", spec.settings, known)
    if host:
        environment.update(
            GAME_HOST=config.bind_host, RCON_HOST=config.private_host, MAP_HOST=config.map_host
        )
    labels = {
        INSTALLATION: config.installation,
        SERVER: str(spec.server_id),
        RUN: str(spec.run_id),
        PORT: str(spec.port),
        RCON: str(inner_rcon if spec.template.rcon else 0),
        WORLD: spec.world,
    }
    made = api.create_container(
        image=image,
        name=name(config, spec.server_id),
        command=[part.format_map(known) for part in plan.command] if plan.command else None,
        environment=environment,
        labels=labels,
        detach=True,
        stdin_open=True,
        ports=None if host else [game_port, inner_rcon, *([map_port] if map_port else [])],
        healthcheck={"test": ["NONE"]},
        host_config=_host_config(api, config, spec, plan, game_port, inner_rcon),
    )
    return str(made["Id"])


def _host_config(
    api: docker.APIClient, config: DockerConfig, spec: Spec, plan: DockerPlan, game_port: int, rcon_port: int
) -> Mapping[str, Any]:
    memory = spec.memory_mb * 1024**2
    bindings: dict[int, tuple[str, int] | tuple[str]] = {game_port: (config.bind_host, spec.port)}
    if spec.template.rcon:
        bindings[rcon_port] = (config.private_host,)  # a free port, chosen by the engine
    if spec.web_map is not None:
        bindings[spec.web_map.inside] = (config.map_host, spec.web_map.outside)
    binds = [f"{volume(config, spec.server_id, spec.world)}:{plan.data_path}"]
    binds += [f"{outside}:{inside}:ro" for outside, inside in config.read_only_folders.items()]
    found: Mapping[str, Any] = api.create_host_config(
        mem_limit=memory,
        memswap_limit=memory,
        pids_limit=config.processes,
        nano_cpus=int(spec.cpu_cores * 1e9) if spec.cpu_cores else None,
        cap_drop=["ALL"],
        cap_add=list(plan.capabilities) or None,
        security_opt=["no-new-privileges"],
        ulimits=[docker.types.Ulimit(name="nofile", soft=config.open_files, hard=config.open_files)],
        log_config=docker.types.LogConfig(
            type="json-file", config={"max-size": config.log_size, "max-file": str(config.log_files)}
        ),
        restart_policy={"Name": "no"},
        init=True,
        network_mode="host" if config.network == "host" else "bridge",
        port_bindings=None if config.network == "host" else bindings,
        binds=binds,
    )
    return found


def put_secret(api: docker.APIClient, container: str) -> None:
    """A new RCON secret inside a container that was not started yet."""
    body = secrets.token_urlsafe(24).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folder = tarfile.TarInfo(SECRET_FOLDER)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
        file = tarfile.TarInfo(f"{SECRET_FOLDER}/{SECRET_FILE}")
        file.size, file.mode = len(body), 0o444
        tar.addfile(file, io.BytesIO(body))
    api.put_archive(container, "/", packed.getvalue())


def read_secret(api: docker.APIClient, container: str) -> str:
    """The secret `put_secret` made. A game that is root in its container may have put something else there.

    Raises RuntimeFault when it is not what we made.
    """
    stream, _ = api.get_archive(container, SECRET_PATH)
    packed = b""
    with closing(stream):
        for piece in stream:
            packed += piece
            if len(packed) > LARGEST_SECRET:
                raise RuntimeFault("the RCON secret has been replaced")
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            file = tar.extractfile(SECRET_FILE)
            return file.read().decode().strip() if file else ""
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise RuntimeFault("the RCON secret has been replaced") from error


@dataclass(frozen=True, slots=True)
class Found:
    """A container as `inspect` shows it."""

    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.raw["Id"])

    @property
    def status(self) -> str:
        return str(self.raw["State"]["Status"])

    @property
    def labels(self) -> Mapping[str, str]:
        return self.raw["Config"]["Labels"] or {}

    @property
    def run_id(self) -> UUID:
        return UUID(self.labels[RUN])

    @property
    def created_at(self) -> datetime:
        return moment(self.raw["Created"]) or clock.now()

    @property
    def launched(self) -> bool:
        return self.status != "created"

    @property
    def alive(self) -> bool:
        return self.status in ("running", "paused", "restarting")

    @property
    def pid(self) -> int:
        return int(self.raw["State"].get("Pid") or 0)

    def address(self, config: DockerConfig) -> Address:
        return Address(config.private_host, int(self.labels[PORT]))

    def rcon(self, config: DockerConfig) -> Address | None:
        """Where RCON listens for the platform; None where the template has none."""
        port = int(self.labels.get(RCON, "0"))
        if not port:
            return None
        if self.raw["HostConfig"]["NetworkMode"] == "host":
            return Address(config.private_host, port)
        published = (self.raw["NetworkSettings"]["Ports"] or {}).get(f"{port}/tcp")
        return Address(config.private_host, int(published[0]["HostPort"])) if published else None

    def observed(self, config: DockerConfig) -> Observed:
        state = self.raw["State"]
        if not self.launched:
            # Someone is starting it this very moment, or was killed before anything ran.
            young = (clock.now() - self.created_at).total_seconds() < 60
            return Observed(State.UNKNOWN if young else State.ABSENT, self.run_id)
        ended = STATES.get(self.status) is State.EXITED
        return Observed(
            STATES.get(self.status, State.UNKNOWN),
            self.run_id,
            moment(state["StartedAt"]),
            moment(state["FinishedAt"]) if ended else None,
            int(state["ExitCode"]) if ended else None,
            bool(state.get("OOMKilled")) and ended,
            None if ended else self.address(config),
        )


_NANOSECONDS = re.compile(r"\.(\d+)")


def moment(text: str) -> datetime | None:
    """The engine's times, which have nanoseconds and a year 1 for "never"."""
    if text.startswith("0001"):
        return None
    return datetime.fromisoformat(_NANOSECONDS.sub(lambda m: f".{m[1]:0<6.6}", text.replace("Z", "+00:00")))
