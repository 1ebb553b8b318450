"""Where servers run: the node, the runtimes on it, and what a runtime is told about a server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

from flask import Flask, current_app
from flask_babel import gettext as _

from app.core.api import get_setting
from app.hosting.catalog import templates
from app.hosting.gateways import ping
from app.hosting.gateways.archive import Store, StoreRefused, store_for
from app.hosting.gateways.docker import DockerConfig, DockerRuntime
from app.hosting.gateways.ping import Pong
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from app.hosting.gateways.runtime import Address, MapPort, Observed, Runtime, Spec
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Run, Server
from app.hosting.queries.web_map import plugin_map_port
from app.hosting.rules.server import Look, Seen
from app.hosting.rules.template import RuntimeName, Stop, Template
from app.kit import clock
from app.kit.config import Settings, settings
from app.kit.errors import Invalid

NODE = "local"
"""The machine this installation runs on. Servers, ports and watch leases carry a node's name from the start."""

Maker = Callable[[], Runtime]
Sweep = Callable[[Mapping[UUID, Address], float], Mapping[UUID, Pong | None]]
EXTENSION = "kontor-hosting-runtimes"
DOCKER_SOCKET = "/var/run/docker.sock"


def installation_name(config: Settings) -> str:
    """Two installations on one machine must not take each other's servers for their own."""
    return hashlib.sha256(str(config.var_dir.resolve()).encode()).hexdigest()[:8]


def process_config(config: Settings) -> ProcessConfig:
    """Where games that run as processes live."""
    var = config.var_dir.resolve()
    return ProcessConfig(
        root=var / "games",
        cache=var / "games-cache",
        installation=installation_name(config),
        map_host=config.map_host,
    )


def standard_runtimes(config: Settings) -> dict[str, Maker]:
    """How this installation makes its runtimes. The process runtime is always there, docker where an engine is."""
    makers: dict[str, Maker] = {"process": lambda: ProcessRuntime(process_config(config))}
    if config.game_runtime == "docker" or config.docker_url or Path(DOCKER_SOCKET).exists():
        makers["docker"] = lambda: DockerRuntime(
            DockerConfig(
                url=config.docker_url, installation=installation_name(config), map_host=config.map_host
            )
        )
    return makers


def use_runtimes(app: Flask, makers: Mapping[str, Maker], sweep: Sweep = ping.sweep) -> None:
    """Plug in how runtimes are made (each on first use, once a process) and how games are pinged."""
    app.extensions[EXTENSION] = {"makers": dict(makers), "made": {}, "sweep": sweep, "away": {}}


def ping_all(addresses: Mapping[UUID, Address], deadline_seconds: float) -> Mapping[UUID, Pong | None]:
    """Server List Ping to many servers at once; None for those that do not answer."""
    sweep: Sweep = current_app.extensions[EXTENSION]["sweep"]
    return sweep(addresses, deadline_seconds)


def runtime_named(name: str) -> Runtime:
    """The runtime with this name. LookupError when the installation has none."""
    store = current_app.extensions[EXTENSION]
    if name not in store["made"]:
        store["made"][name] = store["makers"][name]()
    return cast(Runtime, store["made"][name])


def runtime_names() -> tuple[str, ...]:
    """Names of the runtimes this installation offers."""
    return tuple(current_app.extensions[EXTENSION]["makers"])


def isolation() -> dict[str, str]:
    """How games that run as processes of this host are kept apart: `user` is own or shared, `memory` is cgroup1,
    cgroup2 or watched.
    """
    return ProcessRuntime(process_config(settings())).isolation()


def archive_store() -> Store:
    """Where this installation keeps archives. Made on first use, once a process; nothing is contacted yet.

    Raises StoreRefused (code `setting`) when the setting makes no sense.
    """
    store = current_app.extensions[EXTENSION]
    if "archive" not in store:
        config = settings()
        try:
            store["archive"] = store_for(config.archive_url.get_secret_value(), config.var_dir.resolve())
        except ValueError as error:
            raise StoreRefused(str(error), "setting") from error
    return cast(Store, store["archive"])


def check_archive() -> None:
    """Raises StoreUnavailable or StoreFault."""
    archive_store().check()


def use_archive(app: Flask, store: Store) -> None:
    """Plug in another store."""
    app.extensions[EXTENSION]["archive"] = store


def choose_runtime(template: Template) -> RuntimeName:
    """The operator's choice where the template can do it, else the template's own first. Raises Invalid."""
    offered = [name for name in template.runtimes if name in runtime_names()]
    wanted = settings().game_runtime
    for name in offered:
        if name == wanted:
            return name
    if not offered:
        raise Invalid(fields={"template": _("Diese Vorlage läuft auf dieser Installation nicht.")})
    return offered[0]


def template_of(slug: str) -> Template:
    """A server's template. LookupError when a release took it away."""
    return templates()[slug]


def stop_plan(slug: str) -> Stop:
    """How a server of this template is asked to end; one whose template is gone gets SIGTERM and a minute."""
    found = templates().get(slug)
    return found.stop if found else Stop()


def spec_of(server: Server, run: Run | None, run_id: UUID) -> Spec:
    """What the runtime is told: the run's own values, so that a repeated start is the same start."""
    template = template_of(server.template)
    images: dict[str, str] = get_setting(None, "hosting.images", {})
    return Spec(
        server_id=server.id,
        run_id=run_id,
        template=template,
        memory_mb=run.memory_mb if run else server.memory_mb,
        port=server.port or 0,
        settings=run.settings if run else server.settings,
        image=images.get(template.slug),
        web_map=_map_of(server, run, template),
        world=server.world or "",
    )


def _map_of(server: Server, run: Run | None, template: Template) -> MapPort | None:
    port = run.map_port if run else server.map_port
    if port is None or template.web_map is None:
        return None
    return MapPort(port, plugin_map_port(server.id) or template.web_map.port)


_LOOKS = {
    Existing.RUNNING: Look.RUNNING,
    Existing.EXITED: Look.EXITED,
    Existing.ABSENT: Look.ABSENT,
    Existing.UNKNOWN: Look.UNKNOWN,
}


AWAY_MARGIN = timedelta(seconds=5)
LATE = timedelta(seconds=15)
"""Ends are noticed within two seconds while somebody watches."""


def note_away(runtime: str) -> None:
    """The runtime gave no answer just now: ends in such a time are not the game's own."""
    current_app.extensions[EXTENSION]["away"][runtime] = clock.now()


def _unwatched(observed: Observed, runtime: str) -> bool:
    if observed.finished_at is None:
        return False
    if observed.shut_down:
        return True
    away = current_app.extensions[EXTENSION]["away"].get(runtime)
    late = clock.now() - observed.finished_at > LATE
    return late or (away is not None and away >= observed.finished_at - AWAY_MARGIN)


def seen(observed: Observed, runtime: str = "") -> Seen:
    """A runtime's answer as the rules see it."""
    return Seen(
        _LOOKS[observed.state],
        observed.run_id,
        observed.started_at,
        observed.finished_at,
        observed.exit_code,
        observed.oom_killed,
        _unwatched(observed, runtime),
    )
