"""What may go wrong in hosting, beyond the errors of the kit."""

from __future__ import annotations

from uuid import UUID

from app.kit.errors import Conflict


class NoCredit(Conflict):
    """The wallet does not cover a start; nothing was changed."""


class NoRoom(Conflict):
    """What runs already takes all the memory the organisation may use at once; nothing was changed."""


class NoFreePort(Conflict):
    """Every port of the node is given away."""


class BackupFailed(Conflict):
    """A backup that something had to wait for was not made; nothing was changed. The message is a code: `Failure`."""


class BulkRunning(Conflict):
    """The organisation has an action on many servers under way; `bulk_id` is that one."""

    def __init__(self, message: str, bulk_id: UUID) -> None:
        super().__init__(message)
        self.bulk_id = bulk_id
