"""The backup before an update. Nothing is updated without one that was verified."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, cast
from uuid import UUID

from flask import Flask, current_app

EXTENSION = "kontor-plugin-backups"


class Backed(StrEnum):
    """Where a backup stands."""

    MAKING = "making"
    VERIFIED = "verified"
    FAILED = "failed"


class Backups(Protocol):
    """What updates need of backups."""

    def order(self, server_id: UUID) -> UUID:
        """Order one. Joins the caller's transaction; the server's row is locked. Raises Conflict when there can be none."""

    def state(self, backup_id: UUID) -> Backed:
        """Where it stands; one that is gone has failed."""


def backups() -> Backups | None:
    """The installation's backups; None where there are none."""
    return cast("Backups | None", current_app.extensions.get(EXTENSION))


def use_backups(app: Flask, found: Backups | None) -> None:
    """Plug in the installation's backups."""
    app.extensions[EXTENSION] = found
