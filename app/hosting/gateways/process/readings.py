"""Readings of many servers in one sweep, and the memory limit where no cgroup holds it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Mapping
from uuid import UUID

from app.hosting.gateways.cgroups import Cgroups
from app.hosting.gateways.disk import folder_bytes
from app.hosting.gateways.process import system
from app.hosting.gateways.process.folders import Folders, Run
from app.hosting.gateways.process.network import Traffic
from app.hosting.gateways.runtime import Sample

DISK_AGE = 60.0
DISK_BUDGET = 0.01
"""Seconds of a sweep that may go into measuring folders; the others keep their last figure until the next sweep."""


class Readings:
    """One per runtime object; keeps what does not change between sweeps."""

    def __init__(self, folders: Folders, groups: Cgroups | None) -> None:
        self._folders = folders
        self._groups = groups
        self._lock = threading.Lock()
        self._runs: dict[UUID, tuple[str, Run]] = {}
        self._disk: dict[UUID, tuple[float, int]] = {}
        self._traffic = Traffic()

    def sweep(self, server_ids: Collection[UUID]) -> dict[UUID, Sample]:
        with self._lock:
            running = {server_id: run for server_id in server_ids if (run := self._running(server_id))}
            loose = [run for run in running.values() if not (self._groups and run.record.cgroup)]
            trees = self._trees(loose) if loose else {}
            traffic = self._traffic.read({run.record.port for run in running.values()})
            self._measure_disks(running)
            found = {}
            for server_id, run in running.items():
                usage = self._usage(run, trees)
                if usage is not None:
                    received, sent = traffic.get(run.record.port, (None, None))
                    disk = self._disk.get(server_id)
                    found[server_id] = Sample(*usage, disk[1] if disk else None, received, sent)
            return found

    def _running(self, server_id: UUID) -> Run | None:
        """The living run of a server; its record is read from disk once."""
        server = self._folders.server(server_id)
        try:
            link = os.readlink(server.path / "current")
        except OSError:
            self._runs.pop(server_id, None)
            return None
        known = self._runs.get(server_id)
        if known is None or known[0] != link:
            run = server.current()
            if run is None:
                return None
            known = self._runs[server_id] = (link, run)
        return known[1] if known[1].alive() else None

    def _trees(self, runs: list[Run]) -> dict[UUID, list[system.Stat]]:
        processes = system.snapshot()
        roots = {who.pid: (who.session, run.run_id) for run in runs if (who := run.identity("game"))}
        trees = system.families(processes, {pid: session for pid, (session, _) in roots.items()})
        return {roots[pid][1]: tree for pid, tree in trees.items()}

    def _usage(self, run: Run, trees: dict[UUID, list[system.Stat]]) -> tuple[int, float] | None:
        if self._groups and run.record.cgroup:
            usage = self._groups.usage(run.record.cgroup)
            return (usage.memory_bytes, usage.cpu_seconds) if usage else None
        tree = trees.get(run.run_id, [])
        if not tree:
            return None
        resident = sum(stat.pages for stat in tree) * system.PAGE
        limit = run.record.memory_bytes
        # Resident sizes count shared pages in each process; only near the limit is the slow, fair figure worth its time.
        if resident > limit and sum(system.proportional_bytes(stat.pid) for stat in tree) > limit:
            run.mark_oom()
            system.kill_all(lambda: victims(run), timeout_seconds=1.0)
        own = sum(system.own_bytes(stat.pid) for stat in tree)
        return own, sum(stat.cpu_ticks for stat in tree) / system.TICK

    def _measure_disks(self, running: Mapping[UUID, Run]) -> None:
        began = time.monotonic()
        self._disk = {server_id: value for server_id, value in self._disk.items() if server_id in running}
        oldest = sorted(running, key=lambda server_id: self._disk.get(server_id, (0.0, 0))[0])
        for server_id in oldest:
            measured, _ = self._disk.get(server_id, (0.0, 0))
            if (measured and began - measured < DISK_AGE) or time.monotonic() - began > DISK_BUDGET:
                return
            folder = self._folders.server(server_id).data(running[server_id].record.world)
            self._disk[server_id] = (time.monotonic(), folder_bytes(str(folder)))


def victims(run: Run) -> list[int]:
    """Everything of a run but its supervisor, which is left to note the end."""
    processes = system.snapshot()
    supervisor, game = run.identity("supervisor"), run.identity("game")
    roots = {who.pid: who.session for who in (supervisor, game) if who and who.alive()}
    found = {stat.pid for tree in system.families(processes, roots).values() for stat in tree}
    found.update(system.of_run(processes, f"KONTOR_RUN={run.run_id.hex}".encode(), run.record.user_id))
    if supervisor and supervisor.alive():
        found.discard(supervisor.pid)
    return sorted(found)
