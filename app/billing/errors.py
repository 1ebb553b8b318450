"""What may go wrong with money."""

from __future__ import annotations

from app.kit.errors import Conflict, Invalid


class InsufficientFunds(Conflict):
    """The wallet does not cover it; nothing was posted."""


class KeyReused(Conflict):
    """An idempotency key came back with another content: a programming error at the caller."""


class AlreadyMetered(Conflict):
    """The subject already has an open usage interval."""


class NoPrice(Conflict):
    """The price list has no price for this meter at that time."""


class VoucherRefused(Invalid):
    """The code is unknown, used up, expired or withdrawn. One answer for all, so that codes cannot be probed."""
