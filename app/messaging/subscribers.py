"""What messaging itself listens to."""

from __future__ import annotations

from app.core.api import Recorded, subscribe
from app.messaging.services import team


@subscribe("accounts.membership.joined")
def someone_joined(event: Recorded) -> None:
    """Owners and admins hear who joined."""
    team.tell_about_joining(event)


@subscribe("accounts.membership.role_changed", "accounts.membership.removed")
def place_changed(event: Recorded) -> None:
    """The person hears what happened to their role or membership."""
    team.tell_about_own_place(event)
