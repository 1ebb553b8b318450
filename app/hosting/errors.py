"""What may go wrong in hosting, beyond the errors of the kit."""

from __future__ import annotations

from app.kit.errors import Conflict


class NoCredit(Conflict):
    """The wallet does not cover a start; nothing was changed."""


class NoRoom(Conflict):
    """What runs already takes all the memory the organisation may use at once; nothing was changed."""


class NoFreePort(Conflict):
    """Every port of the node is given away."""


class BackupFailed(Conflict):
    """A backup that something had to wait for was not made; nothing was changed. The message is a code: `Failure`."""
