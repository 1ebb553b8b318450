"""The door to whatever runs a game server: one Protocol, two real runtimes (process, docker) and a strict fake.

Rules that every implementation keeps (`tests/hosting/gateways/test_runtime_contract.py`):

- A run has an id. `start` with a run id that was started before starts nothing again, whoever calls and however often.
- A runtime that gives no answer raises `RuntimeUnavailable`; "absent" is only said by a runtime that looked.
- Every call has a time limit and may be repeated after the caller was killed in the middle of it.
- Nothing here knows people, money or the database. Texts are codes or raw output of the game; the pages translate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

from app.hosting.gateways.faults import (
    AlreadyRunning,
    CommandRefused,
    DiskFull,
    ImageMissing,
    InstallFailed,
    NotPrepared,
    NotRunning,
    OutOfReach,
    PortTaken,
    RuntimeFault,
    RuntimeUnavailable,
    WorldExists,
    WorldMissing,
)
from app.hosting.rules.setting import Value
from app.hosting.rules.template import RuntimeName, Template

_WORLD = re.compile(r"[0-9a-z]{0,32}")


def checked_world(world: str) -> str:
    """The name of a generation when it has our form (empty is the first one); it becomes part of a path.

    ValueError otherwise.
    """
    if not _WORLD.fullmatch(world):
        raise ValueError(f"not the name of a generation of a world: {world!r}")
    return world


@dataclass(frozen=True, slots=True)
class MapPort:
    """The second port of a run: a map for browsers."""

    outside: int
    """On the node, where only its proxy comes (`map_host` of a runtime)."""
    inside: int
    """What the game or its plugin listens at in a container of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything a runtime needs for one run of one server."""

    server_id: UUID
    run_id: UUID
    template: Template
    memory_mb: int
    """Hard limit of the whole server in MiB; the heap of the game is derived from it (`rules/heap.py`)."""
    port: int
    """Public TCP port of the game on the node."""
    settings: Mapping[str, Value] = field(default_factory=dict)
    """Values of the template's settings that differ from their defaults, checked by `Template.check_settings`."""
    cpu_cores: float | None = None
    image: str | None = None
    """Container image given by the operator; only the docker runtime reads it, before the template's own."""
    web_map: MapPort | None = None
    world: str = ""
    """Generation of the world this run plays on, 1 to 32 of 0-9a-z; empty is the first. A start makes the first one where
    it is missing; any other was made by `make_world`, and without it nothing is started."""

    def __post_init__(self) -> None:
        checked_world(self.world)


class Step(StrEnum):
    """What `prepare` is doing; the pages translate it."""

    CHECKING = "checking"
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    CONFIGURING = "configuring"
    READY = "ready"


class Progress(Protocol):
    """Told how far `prepare` is. Both calls must be cheap or throttle themselves."""

    def step(self, step: Step, percent: int) -> None: ...

    def line(self, text: str) -> None:
        """One raw output line of the installer."""


class State(StrEnum):
    RUNNING = "running"
    EXITED = "exited"
    ABSENT = "absent"
    """The runtime looked and has no such server: it was never started here, or was removed."""
    UNKNOWN = "unknown"
    """The runtime has it, but in a state it cannot name (paused, dead, half removed). Never a reason to act."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Handle:
    """A started run. `fresh` is False when this very run had been started before."""

    server_id: UUID
    run_id: UUID
    address: Address
    """Where the platform itself reaches the game (Server List Ping)."""
    fresh: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """What the runtime says about the newest run of a server. Times are aware UTC."""

    state: State
    run_id: UUID | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    """128 + n when a signal n ended it; None while running or when nobody could read it."""
    oom_killed: bool = False
    address: Address | None = None
    shut_down: bool = False
    """Ended from outside, not by itself: told to by the engine or its operator, or gone with an engine that went away.
    Says nothing about a run that was asked to end here."""


@dataclass(frozen=True, slots=True)
class ConsoleChunk:
    """Whole lines after a position, oldest first, without line ends. `position` is opaque text to hand in next time."""

    lines: tuple[str, ...]
    position: str
    skipped_bytes: int = 0
    """Output left out because the game flooded the console faster than anyone could read."""
    more: bool = False
    """More output is waiting; call again at once."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of one running server. Counters only grow within a run; None where the runtime cannot know."""

    memory_bytes: int
    cpu_seconds_total: float
    disk_bytes: int | None = None
    network_received_bytes_total: int | None = None
    network_sent_bytes_total: int | None = None


@dataclass(frozen=True, slots=True)
class Owned:
    """A server that this installation left in the runtime, running or not."""

    server_id: UUID
    run_id: UUID | None
    state: State


class Runtime(Protocol):
    """One place where servers run. Implementations are safe to use from many threads and many processes at once."""

    name: RuntimeName

    def check(self) -> None:
        """Answers, or raises `RuntimeUnavailable`. For readiness pages and doctor."""

    def port_free(self, port: int) -> bool:
        """Whether a server could listen on the port now. A hint: only `start` decides."""

    def prepare(self, spec: Spec, progress: Progress) -> None:
        """Installs what the template needs. Repeatable, and safe when two do it at once or one is killed.

        Raises InstallFailed, ImageMissing, DiskFull, RuntimeUnavailable.
        """

    def start(self, spec: Spec) -> Handle:
        """Starts the run unless this run was started before, and returns without waiting for the game to be ready.

        Raises NotPrepared, ImageMissing, WorldMissing, PortTaken, DiskFull, AlreadyRunning, RuntimeUnavailable.
        """

    def inspect(self, server_id: UUID) -> Observed: ...

    def inspect_many(self, server_ids: Collection[UUID]) -> Mapping[UUID, Observed]:
        """The same for many servers in one sweep; every id asked for is in the answer."""

    def stop(self, server_id: UUID, grace_seconds: float, command: str | None = None) -> Observed:
        """Asks the game to stop (`command` where given, SIGTERM otherwise or when the command is not taken), waits up to
        `grace_seconds`, then kills. Returns what is left; exit code 137 means that the game was cut off and may have lost
        the last seconds. Stopping what does not run is no error.
        """

    def kill(self, server_id: UUID) -> Observed:
        """Ends every process of the server at once."""

    def remove(self, server_id: UUID, *, keep_data: bool) -> None:
        """Ends and forgets the server; its world goes too, in all generations, unless `keep_data`. Removing what is
        absent is no error.
        """

    def send_command(self, server_id: UUID, line: str) -> str | None:
        """Sends one console line: over RCON where the template has it (returns the reply), else to standard input (None).

        Raises NotRunning, CommandRefused, RuntimeUnavailable.
        """

    def console_tail(self, server_id: UUID, position: str | None) -> ConsoleChunk:
        """Console lines after `position` (None: from the start of the newest run). No line is lost or told twice.

        Works for a run that has ended and goes on with the next run by itself; absent servers give an empty chunk.
        """

    def sample(self, server_ids: Collection[UUID]) -> Mapping[UUID, Sample]:
        """Readings of those servers that run now, in one sweep; servers that do not run are left out.

        The process runtime without cgroups enforces the memory limit here: over it, the server is killed and marked.
        """

    def disk_bytes(self, server_id: UUID, world: str = "") -> int:
        """What one generation of the server's world takes on disk; 0 when there is none."""

    def list_worlds(self, server_id: UUID) -> list[str]:
        """Every generation there is, the first one first: for finding what a worker that was killed left behind."""

    def world_folder(self, server_id: UUID, world: str) -> Path:
        """Where the files of a generation lie on this machine. While a run plays on it, they change under the reader.

        Raises OutOfReach, WorldMissing, RuntimeUnavailable.
        """

    def make_world(self, server_id: UUID, world: str) -> Path:
        """An empty place for a new generation, to be filled by the caller. One that is there and empty is taken as it is.

        Raises OutOfReach, WorldExists, DiskFull, RuntimeUnavailable; then nothing was made.
        """

    def remove_world(self, server_id: UUID, world: str) -> None:
        """Removes one generation and no other. Absent is no error; repeatable, also after a caller that was killed, and
        safe when two do it at once. What runs that have ended on it said may go with it, newer runs keep their console.

        Raises AlreadyRunning while the newest run plays on it (nothing was touched), RuntimeUnavailable.
        """

    def list_owned(self) -> list[Owned]:
        """Every server this installation has here, for finding orphans."""


ProgressCallback = Callable[[Step, int], None]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A Progress that tells nobody."""

    def step(self, step: Step, percent: int) -> None:
        return None

    def line(self, text: str) -> None:
        return None


__all__ = [
    "Address", "AlreadyRunning", "CommandRefused", "ConsoleChunk", "DiskFull", "Handle", "ImageMissing",
    "InstallFailed", "MapPort", "NotPrepared", "NotRunning", "Observed", "OutOfReach", "Owned", "PortTaken", "Progress",
    "ProgressCallback", "Quiet", "Runtime", "RuntimeFault", "RuntimeUnavailable", "Sample", "Spec", "State", "Step",
    "WorldExists", "WorldMissing", "checked_world",
]  # fmt: skip
