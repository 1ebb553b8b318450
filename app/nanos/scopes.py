"""What API tokens may be allowed to do with nanos."""

from __future__ import annotations

from flask_babel import lazy_gettext

from app.accounts.api import add_scope
from app.nanos.policies import P, Trade


def register_scopes() -> None:
    """Offer them on the token page. To bind the organisation in an exchange is a right of its own."""
    add_scope(
        "nanos:read",
        label=lazy_gettext("Nanos, Tausche, Lizenzen und Credits lesen"),
        permissions=[P.nano_read, Trade.read],
        order=60,
    )
    add_scope(
        "nanos:write",
        label=lazy_gettext("Eigene Nanos anlegen, ändern und einreichen, bewerten und merken"),
        permissions=[P.nano_read, P.nano_write, P.nano_submit, P.nano_end, P.rating_write, P.shelf_write],
        order=61,
    )
    add_scope(
        "nanos:trade",
        label=lazy_gettext("Nanos tauschen: anbieten, annehmen, liefern, bestätigen"),
        permissions=[P.nano_read, Trade.read, Trade.deal],
        order=62,
    )
