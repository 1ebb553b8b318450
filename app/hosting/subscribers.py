"""What hosting does when something happens elsewhere."""

from __future__ import annotations

from app.core.api import Recorded, subscribe
from app.hosting.rules.server import Reason
from app.hosting.services.power import stop_all


@subscribe("billing.wallet.exhausted")
def stop_servers_without_credit(event: Recorded) -> None:
    """The money lasts only for stopping: every server of the organisation saves and stops. Worlds are kept."""
    if event.organisation_id is not None:
        stop_all(event.organisation_id, Reason.NO_CREDIT)
