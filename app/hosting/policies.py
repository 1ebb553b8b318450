"""Permissions of hosting: who may do what with an organisation's game servers."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import grant


class P(StrEnum):
    server_read = "hosting:server:read"
    server_create = "hosting:server:create"
    server_power = "hosting:server:power"
    """Start, stop, restart, kill."""
    server_command = "hosting:server:command"
    server_settings = "hosting:server:settings"
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


MANAGERS = ("owner", "admin")
EVERYONE = ("owner", "admin", "member")


def grant_all() -> None:
    """Owners and admins may do everything; members play: they see, switch and type."""
    for permission in P:
        grant(permission, *MANAGERS)
    seen = (P.server_read, P.schedule_read, P.plugin_read, P.backup_read, P.domain_read)
    for permission in (*seen, P.server_power, P.server_command):
        grant(permission, *EVERYONE)
