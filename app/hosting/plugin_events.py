"""What happened to the plugins of game servers. The event's subject is the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class PluginInstalled(Fact):
    """`plugin` is its name at Modrinth."""

    name: ClassVar[str] = "hosting.plugin.installed"
    project_id: str
    plugin: str
    number: str


@dataclass(frozen=True)
class PluginUpdated(Fact):
    name: ClassVar[str] = "hosting.plugin.updated"
    project_id: str
    plugin: str
    number: str
    former: str
    automatic: bool


@dataclass(frozen=True)
class PluginRemoved(Fact):
    name: ClassVar[str] = "hosting.plugin.removed"
    project_id: str
    plugin: str
    number: str


@dataclass(frozen=True)
class PluginRestored(Fact):
    """A change was taken back: the plugin is again what it was before."""

    name: ClassVar[str] = "hosting.plugin.restored"
    project_id: str
    plugin: str
    number: str


@dataclass(frozen=True)
class PluginAdopted(Fact):
    """A jar somebody put there is looked after from now on."""

    name: ClassVar[str] = "hosting.plugin.adopted"
    project_id: str
    plugin: str
    number: str


@dataclass(frozen=True)
class PluginPinned(Fact):
    name: ClassVar[str] = "hosting.plugin.pinned"
    project_id: str
    plugin: str
    pinned: bool


@dataclass(frozen=True)
class PluginsFailed(Fact):
    """A change of plugins was not made; the folder is as it was."""

    name: ClassVar[str] = "hosting.plugin.failed"
    change_id: UUID
    kind: str
    reason: str
    automatic: bool


@dataclass(frozen=True)
class PluginsReverted(Fact):
    """The game did not come up with changed plugins: `change_id` brings those of its last good run back."""

    name: ClassVar[str] = "hosting.plugin.reverted"
    run_id: UUID
    change_id: UUID


@dataclass(frozen=True)
class PluginCareChanged(Fact):
    """Whether plugins are updated by themselves."""

    name: ClassVar[str] = "hosting.plugin.care_changed"
    automatic: bool
