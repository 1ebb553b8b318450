"""What happened to game servers. Ids and numbers only: no names of servers, people or players, no command texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class ServerCreated(Fact):
    name: ClassVar[str] = "hosting.server.created"
    template: str
    memory_mb: int


@dataclass(frozen=True)
class ServerDeployed(Fact):
    """The installation was ordered."""

    name: ClassVar[str] = "hosting.server.deployed"


@dataclass(frozen=True)
class ServerInstalled(Fact):
    name: ClassVar[str] = "hosting.server.installed"


@dataclass(frozen=True)
class ServerStartRequested(Fact):
    name: ClassVar[str] = "hosting.server.start_requested"
    run_id: UUID
    automatic: bool = False
    """True for a restart by the platform after a crash."""


@dataclass(frozen=True)
class ServerWoken(Fact):
    """Somebody joined while it slept. Who is not written down."""

    name: ClassVar[str] = "hosting.server.woken"


@dataclass(frozen=True)
class ServerStarted(Fact):
    """The process runs: from `at` on the active price is charged."""

    name: ClassVar[str] = "hosting.server.started"
    run_id: UUID
    at: str
    memory_mb: int


@dataclass(frozen=True)
class ServerReady(Fact):
    """Players can join."""

    name: ClassVar[str] = "hosting.server.ready"
    run_id: UUID
    seconds: float
    """From the start of the process."""


@dataclass(frozen=True)
class ServerStopRequested(Fact):
    name: ClassVar[str] = "hosting.server.stop_requested"
    run_id: UUID | None
    reason: str


@dataclass(frozen=True)
class ServerStopped(Fact):
    name: ClassVar[str] = "hosting.server.stopped"
    run_id: UUID | None
    reason: str
    exit_code: int | None = None
    ran_seconds: int = 0


@dataclass(frozen=True)
class ServerCrashed(Fact):
    """`restart_in` seconds until the next attempt, None when the platform gave up."""

    name: ClassVar[str] = "hosting.server.crashed"
    run_id: UUID | None
    reason: str
    exit_code: int | None = None
    ran_seconds: int = 0
    crash_count: int = 1
    restart_in: int | None = None


@dataclass(frozen=True)
class ArchiveBegun(Fact):
    """Its world is being copied into the archive."""

    name: ClassVar[str] = "hosting.server.archive_begun"


@dataclass(frozen=True)
class ServerArchived(Fact):
    """The verified archive is the world from now on."""

    name: ClassVar[str] = "hosting.server.archived"
    size_bytes: int
    raw_bytes: int
    seconds: int


@dataclass(frozen=True)
class ArchiveFailed(Fact):
    """The world stayed where it is; `failure` says why."""

    name: ClassVar[str] = "hosting.server.archive_failed"
    failure: str


@dataclass(frozen=True)
class WakeBegun(Fact):
    """Its world is being brought back."""

    name: ClassVar[str] = "hosting.server.wake_begun"


@dataclass(frozen=True)
class ServerReturned(Fact):
    """Its world is on the node again, every hash compared."""

    name: ClassVar[str] = "hosting.server.returned"
    seconds: float


@dataclass(frozen=True)
class WakeFailed(Fact):
    """Its world did not come back and stays in the archive; `failure` says why."""

    name: ClassVar[str] = "hosting.server.wake_failed"
    failure: str


@dataclass(frozen=True)
class ServerReverted(Fact):
    """The game did not come up with a new configuration: that of the last good run applies again."""

    name: ClassVar[str] = "hosting.server.reverted"
    run_id: UUID
    version: int
    good_version: int


@dataclass(frozen=True)
class ServerHeld(Fact):
    """A due restart was not made: the wallet does not cover it."""

    name: ClassVar[str] = "hosting.server.held"


@dataclass(frozen=True)
class ServerChanged(Fact):
    """Name, settings or memory; before and after are on the event. Old and new names are not written down."""

    name: ClassVar[str] = "hosting.server.changed"
    what: str


@dataclass(frozen=True)
class ServerMoved(Fact):
    """The port was taken by something foreign, so the server got another one."""

    name: ClassVar[str] = "hosting.server.port_changed"
    old_port: int
    new_port: int


@dataclass(frozen=True)
class CommandSent(Fact):
    """The text is not kept: it may name people."""

    name: ClassVar[str] = "hosting.server.command_sent"
    length: int


@dataclass(frozen=True)
class PlayerJoined(Fact):
    name: ClassVar[str] = "hosting.server.player_joined"
    count: int
    online: int


@dataclass(frozen=True)
class PlayerLeft(Fact):
    name: ClassVar[str] = "hosting.server.player_left"
    count: int
    online: int


@dataclass(frozen=True)
class ServerDeleteRequested(Fact):
    name: ClassVar[str] = "hosting.server.delete_requested"


@dataclass(frozen=True)
class ServerDeleted(Fact):
    name: ClassVar[str] = "hosting.server.deleted"


@dataclass(frozen=True)
class StrayEnded(Fact):
    """A process that no row wanted was ended by the platform."""

    name: ClassVar[str] = "hosting.server.stray_ended"
    run_id: UUID | None


@dataclass(frozen=True)
class FilesChanged(Fact):
    """Somebody changed the game's files by hand. Names of files are not kept: they may be those of people."""

    name: ClassVar[str] = "hosting.server.files_changed"
    action: str
    """saved, uploaded, made, renamed, moved, deleted, unpacked, world-chosen."""
    kind: str
    """file, folder, link or other; several of any kind."""
    bytes: int | None = None
    extension: str = ""
    count: int = 1


@dataclass(frozen=True)
class ReportMade(Fact):
    name: ClassVar[str] = "hosting.report.made"
    total_nanos: int
    period: str


@dataclass(frozen=True)
class ReportDeleted(Fact):
    name: ClassVar[str] = "hosting.report.deleted"
    first: str


@dataclass(frozen=True)
class ReportPlanChanged(Fact):
    name: ClassVar[str] = "hosting.report.plan_changed"


@dataclass(frozen=True)
class WebhookCreated(Fact):
    """A channel in Discord will hear about a server, which is the subject. Its address is nowhere but in its row."""

    name: ClassVar[str] = "hosting.webhook.created"
    webhook_id: UUID


@dataclass(frozen=True)
class WebhookChanged(Fact):
    name: ClassVar[str] = "hosting.webhook.changed"
    webhook_id: UUID


@dataclass(frozen=True)
class WebhookTested(Fact):
    name: ClassVar[str] = "hosting.webhook.tested"
    webhook_id: UUID
    outcome: str


@dataclass(frozen=True)
class WebhookSwitchedOff(Fact):
    """By what Discord answered: the webhook is not there any more, or does not take messages."""

    name: ClassVar[str] = "hosting.webhook.switched_off"
    webhook_id: UUID
    reason: str


@dataclass(frozen=True)
class WebhookRemoved(Fact):
    name: ClassVar[str] = "hosting.webhook.removed"
    webhook_id: UUID
