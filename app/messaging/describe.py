"""How the events of conversations read."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.api import describe_area, describe_event, describe_subject


def describe() -> None:
    """Fill the registries of the ground. A room has no name here: whose it is, not everybody may know."""
    describe_area("messaging", _l("Unterhaltungen"))
    describe_subject("messaging.room", _l("Unterhaltung"))
    describe_event("messaging.room.opened", _l("Unterhaltung eröffnet"), icon="message-square-plus")
    describe_event("messaging.room.let_out", _l("Person aus der Unterhaltung genommen"), icon="user-minus")
    describe_event(
        "messaging.message.removed",
        _l("Nachricht %(number)s durch die Moderation entfernt"),
        icon="trash-2",
        tone="warn",
    )
    describe_event(
        "messaging.report.dismissed", _l("Gemeldete Nachricht %(number)s bleibt stehen"), icon="check"
    )
