"""What hosting does when something happens: it stops servers when the money ends, and tells people."""

from __future__ import annotations

from uuid import UUID

from app.core.api import Recorded, subscribe
from app.hosting import notices
from app.hosting.rules.schedule_action import Outcome
from app.hosting.rules.server import Reason
from app.hosting.rules.webhook import TOPIC_OF
from app.hosting.services.backup_due import forget_plan
from app.hosting.services.domain import forget_domains
from app.hosting.services.notify import tell, tell_about_server
from app.hosting.services.plugin_back import take_plugins_back
from app.hosting.services.plugin_record import forget_plugins
from app.hosting.services.power import stop_all
from app.hosting.services.schedule import forget_schedules
from app.hosting.services.seat_ties import forget_seats
from app.hosting.services.webhook import forget_webhooks
from app.hosting.services.webhook_gather import collect


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


@subscribe("hosting.server.deleted")
def forget_plans(event: Recorded) -> None:
    """What was planned for a server goes with it."""
    if event.subject_id is not None:
        forget_schedules(event.subject_id)
        forget_plan(event.subject_id)


@subscribe("hosting.server.deleted")
def forget_people(event: Recorded) -> None:
    """Nobody is let in to what is not there."""
    if event.subject_id is not None:
        forget_seats(event.subject_id)


@subscribe("hosting.backup.failed", "hosting.backup.test_failed", "hosting.restore.failed")
def tell_about_backups(event: Recorded) -> None:
    """They hear that a backup is missing, is damaged, or did not come back."""
    kind = notices.RESTORE_FAILED if event.name.startswith("hosting.restore") else notices.BACKUP_FAILED
    tell_about_server(kind, event, page="/backups")


@subscribe("hosting.server.deleted")
def forget_jars(event: Recorded) -> None:
    """So do its plugins."""
    if event.subject_id is not None:
        forget_plugins(event.subject_id)


@subscribe("hosting.plugin.failed")
def tell_about_plugins(event: Recorded) -> None:
    """They hear when an update that should have come by itself did not."""
    if event.data.get("automatic"):
        tell_about_server(notices.PLUGINS, event)


@subscribe("hosting.server.crashed")
def bring_plugins_back(event: Recorded) -> None:
    """A game that did not come up with changed plugins gets those of its last good run back before it is tried again."""
    if event.subject_id is not None and event.data.get("run_id") and event.data.get("restart_in") is not None:
        take_plugins_back(event.subject_id, UUID(event.data["run_id"]))


@subscribe("hosting.plugin.reverted")
def tell_about_plugins_coming_back(event: Recorded) -> None:
    """They hear which change did not work, and can look at it in peace."""
    tell_about_server(notices.PLUGINS_BACK, event)


@subscribe(*TOPIC_OF)
def tell_those_who_asked(event: Recorded) -> None:
    """Webhooks that want to hear of it get a message, people the notices that are off unless somebody wants them.

    One function, so that a player who joins is one job.
    """
    collect(event)
    if event.name == "hosting.server.ready":
        tell_about_server(notices.STARTED, event)
    elif event.name == "hosting.server.crashed" and event.data.get("restart_in") is not None:
        tell_about_server(notices.RESTARTING, event)
    elif event.name == "hosting.server.player_joined" and event.data.get("online") == event.data.get("count"):
        tell_about_server(notices.PLAYED, event, f"played:{event.subject_id}:{event.at:%Y%m%d%H}")


@subscribe("hosting.server.delete_requested")
def forget_channels(event: Recorded) -> None:
    """The addresses of its webhooks go with a server."""
    if event.subject_id is not None:
        forget_webhooks(event.subject_id)


@subscribe("hosting.server.delete_requested")
def forget_names(event: Recorded) -> None:
    """So do its own domains: others may have them from now on."""
    if event.subject_id is not None:
        forget_domains(event.subject_id)


@subscribe("hosting.domain.elsewhere", "hosting.domain.lapsed")
def tell_about_domains(event: Recorded) -> None:
    """They hear that a domain leads elsewhere, once more a day before it loses its route, and when it has lost it."""
    kind = notices.DOMAIN_LAPSED if event.name.endswith("lapsed") else notices.DOMAIN_ELSEWHERE
    data = {"server_id": str(event.subject_id), "domain_id": event.data["domain_id"]}
    if "until" in event.data:
        data["until"] = event.data["until"]
    tell(kind, event, data, f"/hosting/servers/{event.subject_id}/domains")


@subscribe("hosting.schedule.ran", "hosting.schedule.missed")
def tell_about_plans(event: Recorded) -> None:
    """They hear that something planned did not happen: for each server and cause once a day, however many runs it takes."""
    missed = event.name.endswith("missed")
    if not missed and event.data["outcome"] != Outcome.FAILED:
        return
    reason = "missed" if missed else event.data["reason"] or "refused"
    data = {"server_id": str(event.subject_id), "action": event.data["action"], "reason": reason}
    link = "/guthaben" if reason == "no-credit" else f"/hosting/servers/{event.subject_id}/schedules"
    tell(notices.SCHEDULE_FAILED, event, data, link, f"plan:{event.subject_id}:{reason}:{event.at:%Y%m%d}")


@subscribe("hosting.server.reverted")
def tell_about_the_way_back(event: Recorded) -> None:
    """They hear that a change was taken back, and can look at it in peace."""
    tell_about_server(notices.REVERTED, event)
