"""What API tokens may be allowed to do with conversations."""

from __future__ import annotations

from flask_babel import lazy_gettext

from app.accounts.api import add_scope
from app.messaging.policies import P


def register_scopes() -> None:
    """Offer them on the token page. A token reads and writes as its person, in rooms that person may read."""
    add_scope(
        "messages:read", label=lazy_gettext("Unterhaltungen lesen"), permissions=[P.message_read], order=50
    )
    add_scope(
        "messages:write", label=lazy_gettext("Unterhaltungen lesen und in ihnen schreiben"),
        permissions=[P.message_read, P.message_send], order=51,
    )  # fmt: skip
