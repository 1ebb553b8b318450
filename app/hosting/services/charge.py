"""Telling billing which meter runs, in the transaction of the state change. `rules/offer.py` says what is charged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.billing import api as billing
from app.hosting.rules.server import Desired

ACTIVE, SLEEP, ARCHIVE = "hosting.active", "hosting.sleep", "hosting.archive"
MIB = 1024 * 1024


def subject(server_id: UUID) -> tuple[str, UUID]:
    """A server as events and billing name it."""
    return ("hosting.server", server_id)


def disk_mb(disk_bytes: int | None) -> int:
    """Started MiB, at least one: a world that could not be measured is not free, and not dear either."""
    return max(1, -(-(disk_bytes or 0) // MIB))


def run_began(organisation_id: UUID, server_id: UUID, run_id: UUID, memory_mb: int, at: datetime) -> None:
    """The process of a run exists since `at`: memory is charged, sleep is not."""
    billing.switch_interval(
        organisation_id, subject(server_id), ACTIVE, memory_mb, at, f"hosting.run:{run_id.hex}"
    )


def run_ended(
    organisation_id: UUID,
    server_id: UUID,
    run_id: UUID,
    at: datetime,
    disk_bytes: int | None,
    desired: Desired,
) -> None:
    """The process ended at `at`: from then on only the disk is charged, or nothing when the server is to be deleted."""
    key = f"hosting.sleep:{run_id.hex}"
    if desired is Desired.DELETED:
        billing.close_interval(organisation_id, subject(server_id), at, f"{key}:close")
    else:
        billing.switch_interval(organisation_id, subject(server_id), SLEEP, disk_mb(disk_bytes), at, key)


def archived(organisation_id: UUID, server_id: UUID, archive_id: UUID, at: datetime, size_bytes: int) -> None:
    """From `at` on the archive is the world: the disk of the node is charged no longer."""
    key = f"hosting.archive:{archive_id.hex}"
    billing.switch_interval(organisation_id, subject(server_id), ARCHIVE, disk_mb(size_bytes), at, key)


def returned(
    organisation_id: UUID, server_id: UUID, world: str, at: datetime, disk_bytes: int | None
) -> None:
    """The world is on the node again since `at`, and sleeps there until its process runs."""
    key = f"hosting.returned:{world}"
    billing.switch_interval(organisation_id, subject(server_id), SLEEP, disk_mb(disk_bytes), at, key)


def ordered_deletion(organisation_id: UUID, server_id: UUID, at: datetime) -> None:
    """From the order to delete on nothing is charged for the disk."""
    billing.close_interval(organisation_id, subject(server_id), at, f"hosting.delete:{server_id.hex}")


def affordable(organisation_id: UUID, memory_mb: int) -> billing.Affordable:
    """Whether the wallet covers a start with the operator's reserve."""
    return billing.can_afford(organisation_id, ACTIVE, memory_mb, None)
