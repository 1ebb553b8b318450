"""Readings of many containers: cgroup files where the engine is on this machine, its own statistics elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import docker

from app.hosting.gateways.cgroups import Cgroups, group_of
from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.docker.container import SERVER, WORLD
from app.hosting.gateways.runtime import RuntimeUnavailable, Sample

DISK_AGE = 60.0
DISK_BUDGET = 0.01
THREADS = 16


class Readings:
    """One per runtime object; remembers where each container's files are."""

    def __init__(self, engine: Engine, config: DockerConfig, measure: Callable[[UUID, str], int]) -> None:
        self._engine = engine
        self._config = config
        self._measure = measure
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[int, Cgroups, str] | None] = {}
        self._disk: dict[UUID, tuple[float, int]] = {}

    def sweep(self, running: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, Sample]:
        """Readings of the containers given as the engine lists them."""
        with self._lock:
            ids = {server_id: str(listed["Id"]) for server_id, listed in running.items()}
            self._groups = {i: group for i, group in self._groups.items() if i in ids.values()}
            self._measure_disks(running)
            found, remote = {}, []
            for server_id, container in ids.items():
                sample = self._local(server_id, container)
                if sample is not None:
                    found[server_id] = sample
                else:
                    remote.append(server_id)
            if remote:
                with ThreadPoolExecutor(min(THREADS, len(remote))) as pool:
                    samples = pool.map(lambda server_id: self._asked(server_id, ids[server_id]), remote)
                    found.update({i: sample for i, sample in zip(remote, samples, strict=True) if sample})
            return found

    def _local(self, server_id: UUID, container: str) -> Sample | None:
        if not self._engine.local:
            return None
        if container not in self._groups:
            self._groups[container] = self._find(container)
        known = self._groups[container]
        usage = known[1].usage(known[2]) if known else None
        if known is None or usage is None:
            return None
        received, sent = self._network(known[0])
        return Sample(usage.memory_bytes, usage.cpu_seconds, self._disk_of(server_id), received, sent)

    def _find(self, container: str) -> tuple[int, Cgroups, str] | None:
        """Where the container's files are; None when its process is not of this machine."""
        try:
            pid = int(self._engine.api.inspect_container(container)["State"]["Pid"])
        except docker.errors.NotFound:
            return None
        group = group_of(pid) if pid else None
        return (pid, *group) if group and container[:12] in group[1] else None

    def _network(self, pid: int) -> tuple[int | None, int | None]:
        if self._config.network == "host":
            return None, None  # the node's traffic, not the server's
        try:
            with open(f"/proc/{pid}/net/dev") as file:
                rows = [line.split() for line in file.read().replace(":", ": ").splitlines()[2:]]
        except OSError:
            return None, None
        rows = [row for row in rows if row[0] != "lo:"]
        return sum(int(row[1]) for row in rows), sum(int(row[9]) for row in rows)

    def _asked(self, server_id: UUID, container: str) -> Sample | None:
        """The engine's own statistics: slow (about a second), but they work over any distance."""
        try:
            stats = self._engine.api.stats(container, stream=False, one_shot=True)
        except docker.errors.NotFound:
            return None
        memory = stats.get("memory_stats") or {}
        if "usage" not in memory:
            return None
        detail = memory.get("stats") or {}
        cache = int(detail.get("total_inactive_file", detail.get("inactive_file", 0)))
        networks = (stats.get("networks") or {}).values()
        return Sample(
            max(0, int(memory["usage"]) - cache),
            int(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9,
            self._disk_of(server_id),
            sum(int(part["rx_bytes"]) for part in networks) if networks else None,
            sum(int(part["tx_bytes"]) for part in networks) if networks else None,
        )

    def _disk_of(self, server_id: UUID) -> int | None:
        known = self._disk.get(server_id)
        return known[1] if known else None

    def _measure_disks(self, running: Mapping[UUID, Mapping[str, Any]]) -> None:
        began = time.monotonic()
        self._disk = {server_id: value for server_id, value in self._disk.items() if server_id in running}
        for server_id in sorted(running, key=lambda i: self._disk.get(i, (0.0, 0))[0]):
            measured, _ = self._disk.get(server_id, (0.0, 0))
            if (measured and began - measured < DISK_AGE) or time.monotonic() - began > DISK_BUDGET:
                return
            try:
                world = (running[server_id].get("Labels") or {}).get(WORLD, "")
                self._disk[server_id] = (time.monotonic(), self._measure(server_id, world))
            except RuntimeUnavailable:
                return


def server_of(listed: Mapping[str, Any]) -> UUID | None:
    """The server a listed container belongs to."""
    try:
        return UUID((listed.get("Labels") or {})[SERVER])
    except (KeyError, ValueError):
        return None
