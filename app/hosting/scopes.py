"""What API tokens may be allowed to do with servers."""

from __future__ import annotations

from flask_babel import lazy_gettext

from app.accounts.api import add_scope
from app.billing.api import P as BillingP
from app.hosting.policies import P

INVITE = "accounts:member:invite"
"""Giving somebody a seat may invite them."""


def register_scopes() -> None:
    """Offer them on the token page. "costs:read" is billing's and gets the servers' costs added."""
    add_scope(
        "servers:read",
        label=lazy_gettext("Server lesen"),
        permissions=[P.server_list, P.server_read, P.schedule_read],
        order=10,
    )
    add_scope(
        "servers:power",
        label=lazy_gettext("Server starten, stoppen und Befehle senden"),
        permissions=[P.server_list, P.server_read, P.server_power, P.server_command],
        order=20,
    )
    add_scope(
        "servers:write",
        label=lazy_gettext("Server anlegen, ändern und löschen"),
        permissions=[
            P.server_list,
            P.server_read,
            P.server_create,
            P.server_settings,
            P.server_size,
            P.server_delete,
            P.schedule_read,
            P.schedule_write,
        ],
        order=30,
    )
    _register_backups()
    add_scope(
        "servers:team",
        label=lazy_gettext("Zugriffe auf Server lesen, geben und nehmen"),
        permissions=[P.server_list, P.server_read, P.seat_read, P.seat_write, INVITE],
        order=35,
    )
    add_scope(
        "costs:read",
        label=lazy_gettext("Kosten und Guthaben lesen"),
        permissions=[BillingP.WALLET_SEE, P.costs_read],
        order=40,
    )


def _register_backups() -> None:
    """Taking a world home is a right of its own."""
    add_scope(
        "backups:read",
        label=lazy_gettext("Backups ansehen und herunterladen"),
        permissions=[P.server_read, P.backup_read, P.backup_download],
        order=32,
    )
    add_scope(
        "backups:write",
        label=lazy_gettext("Backups erstellen, wiederherstellen und löschen"),
        permissions=[
            P.server_read,
            P.server_create,
            P.backup_read,
            P.backup_create,
            P.backup_restore,
            P.backup_delete,
        ],
        order=34,
    )
