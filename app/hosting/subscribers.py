"""What hosting does when something happens: it stops servers when the money ends, and tells people."""

from __future__ import annotations

from app.core.api import Recorded, subscribe
from app.hosting import notices
from app.hosting.rules.server import Reason
from app.hosting.services.notify import tell, tell_about_server
from app.hosting.services.power import stop_all


@subscribe("billing.wallet.exhausted")
def stop_servers_without_credit(event: Recorded) -> None:
    """The money lasts only for stopping: every server of the organisation saves and stops. Worlds are kept."""
    if event.organisation_id is not None:
        stop_all(event.organisation_id, Reason.NO_CREDIT)


@subscribe("billing.wallet.low")
def tell_about_low_credit(event: Recorded) -> None:
    """Owners and admins hear that the money will not last."""
    tell(notices.LOW, event, {"minutes": event.data["runway_minutes"]}, "/guthaben")


@subscribe("hosting.server.stopped", "hosting.server.held")
def tell_about_empty_wallet(event: Recorded) -> None:
    """They hear which servers were stopped for want of money."""
    if event.name.endswith("held") or event.data.get("reason") == Reason.NO_CREDIT:
        tell_about_server(notices.STOPPED, event)


@subscribe("hosting.server.stopped")
def tell_about_rest(event: Recorded) -> None:
    """Those who want to hear it learn that a server stopped because nobody played."""
    if event.data.get("reason") == Reason.IDLE:
        tell_about_server(notices.IDLE, event)


@subscribe("hosting.server.crashed")
def tell_about_crashes(event: Recorded) -> None:
    """They hear of a server that will not come back by itself."""
    if event.data.get("restart_in") is None:
        tell_about_server(notices.CRASHED, event)


@subscribe("hosting.server.installed")
def tell_about_installation(event: Recorded) -> None:
    """They hear that a new server is there: an installation can take minutes."""
    tell_about_server(notices.INSTALLED, event)
