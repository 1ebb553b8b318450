"""What may go wrong in accounts beyond the kit's five ways."""

from __future__ import annotations

from app.kit.errors import Conflict, Invalid


class WrongCredentials(Invalid):
    """Address and password do not belong together; which of the two is wrong is never said."""


class WrongCode(Invalid):
    """The second factor's code is wrong, too old, or was used before."""


class LinkSpent(Conflict):
    """The mailed link was used, has run out, or never existed: people are told the same in all three cases."""


class LastOwner(Conflict):
    """An organisation must keep an owner."""
