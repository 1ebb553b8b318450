"""Permissions of hosting: who may do what with an organisation's game servers.

Roles of the organisation hold for all servers; areas are what a seat gives on one of them (docs/adr/0011-teams.md). A
permission belongs to one area, or is named in `ROLE_ONLY`: a test wants every one of them to be in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from app.hosting.rules.schedule_action import Action
from app.hosting.rules.seat import Area
from app.kit.authz import GUEST, grant


class P(StrEnum):
    server_list = "hosting:server:list"
    """The list itself: it holds what one may see."""
    server_read = "hosting:server:read"
    server_create = "hosting:server:create"
    server_power = "hosting:server:power"
    """Start, stop, restart, kill."""
    server_command = "hosting:server:command"
    server_settings = "hosting:server:settings"
    server_size = "hosting:server:size"
    """Its memory, and with it what it costs."""
    server_delete = "hosting:server:delete"
    file_read = "hosting:file:read"
    file_write = "hosting:file:write"
    costs_read = "hosting:costs:read"
    report_read = "hosting:report:read"
    report_create = "hosting:report:create"
    report_delete = "hosting:report:delete"
    webhook_read = "hosting:webhook:read"
    webhook_create = "hosting:webhook:create"
    webhook_change = "hosting:webhook:change"
    webhook_test = "hosting:webhook:test"
    webhook_delete = "hosting:webhook:delete"
    schedule_read = "hosting:schedule:read"
    schedule_write = "hosting:schedule:write"
    backup_read = "hosting:backup:read"
    backup_create = "hosting:backup:create"
    backup_restore = "hosting:backup:restore"
    backup_delete = "hosting:backup:delete"
    backup_download = "hosting:backup:download"
    backup_settings = "hosting:backup:settings"
    plugin_read = "hosting:plugin:read"
    plugin_write = "hosting:plugin:write"
    domain_read = "hosting:domain:read"
    domain_write = "hosting:domain:write"
    seat_read = "hosting:seat:read"
    seat_write = "hosting:seat:write"
    """Say who may what with a server."""


MANAGERS = ("owner", "admin")
EVERYONE = ("owner", "admin", "member")

AREAS: dict[Area, tuple[P, ...]] = {
    Area.WATCH: (P.server_read, P.schedule_read, P.plugin_read, P.backup_read, P.domain_read),
    Area.CONSOLE: (P.server_command,),
    Area.POWER: (P.server_power,),
    Area.SETTINGS: (P.server_settings,),
    Area.FILES_READ: (P.file_read,),
    Area.FILES_WRITE: (P.file_write,),
    Area.BACKUPS: (P.backup_create,),
    Area.BACKUPS_MANAGE: (P.backup_restore, P.backup_delete, P.backup_download, P.backup_settings),
    Area.SCHEDULES: (P.schedule_write,),
    Area.PLUGINS: (P.plugin_write,),
    Area.WEBHOOKS: (P.webhook_read, P.webhook_create, P.webhook_change, P.webhook_test, P.webhook_delete),
    Area.DOMAINS: (P.domain_write,),
}
ROLE_ONLY = (
    P.server_list, P.server_create, P.server_size, P.server_delete, P.costs_read, P.report_read, P.report_create,
    P.report_delete, P.seat_read, P.seat_write,
)  # fmt: skip
"""No seat gives these: they are about money, about other servers, or about who else is let in."""

PLAN_NEEDS = {
    Action.START: P.server_power,
    Action.STOP: P.server_power,
    Action.RESTART: P.server_power,
    Action.BACKUP: P.backup_create,
    Action.COMMAND: P.server_command,
}
"""A plan does what its maker may do: else who may plan could do everything that can be planned."""


def permissions_in(areas: Iterable[Area]) -> frozenset[str]:
    """What the areas allow, as `Actor.granted` wants it."""
    return frozenset(permission.value for area in areas for permission in AREAS[area])


def grant_all() -> None:
    """Owners and admins may do everything; members watch and type, as a member's seat allows on one server; what else
    somebody may do is given on a single server. Guests have nothing but such seats."""
    for permission in P:
        grant(permission, *MANAGERS)
    for area in (Area.WATCH, Area.CONSOLE):
        for permission in AREAS[area]:
            grant(permission, *EVERYONE)
    grant(P.seat_read, *EVERYONE)
    grant(P.server_list, *EVERYONE, GUEST)
