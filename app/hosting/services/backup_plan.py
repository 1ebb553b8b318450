"""How a server is backed up by itself: the switch, the time, what is kept; and doing what is due."""

from __future__ import annotations

from datetime import time, timedelta
from random import SystemRandom
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import gettext as _

from app.core.api import record
from app.hosting import backup_events as events
from app.hosting.models import BackupPlan, Server
from app.hosting.policies import P
from app.hosting.rules.backup import (
    MOST_COUNT,
    MOST_DAYS,
    TEST_EVERY,
    USUAL_COUNT,
    USUAL_DAYS,
    USUAL_TIME,
    next_daily,
)
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.life import show
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import settings
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import Conflict, Invalid


def plan_for(server: Server, actor: Actor) -> BackupPlan:
    """The server's plan, made when there is none yet: nothing by itself, the usual number kept, the person's zone.

    Joins the caller's transaction; the server's row is locked.
    """
    require_transaction()
    plan = db.session.get(BackupPlan, server.id, populate_existing=True)
    if plan is None:
        zone = actor.timezone if actor.timezone in available_timezones() else settings().billing_zone
        # Tests of many servers that were made on one day are spread over the week.
        spread = SystemRandom().uniform(0.5, 1.0) * TEST_EVERY.total_seconds()
        plan = BackupPlan(
            server_id=server.id, at=f"{USUAL_TIME:%H:%M}", zone=zone, keep_count=USUAL_COUNT, keep_days=USUAL_DAYS,
            test_at=clock.now() + timedelta(seconds=spread),
        )  # fmt: skip
        db.session.add(plan)
        db.session.flush()
    return plan


def change_plan(
    actor: Actor, server_id: UUID, *, daily: bool, at: time, zone: str, keep_count: int, keep_days: int
) -> None:
    """Set it up anew. What is kept applies from the next backup on: changing a number deletes nothing by itself.

    Raises Invalid by field.
    """
    require(actor, P.backup_settings)
    faults = {}
    if zone not in available_timezones():
        faults["zone"] = _("Diese Zeitzone gibt es nicht.")
    if not 1 <= keep_count <= MOST_COUNT:
        faults["keep_count"] = _("1 bis %(most)s Backups.", most=MOST_COUNT)
    if not 1 <= keep_days <= MOST_DAYS:
        faults["keep_days"] = _("1 bis %(most)s Tage.", most=MOST_DAYS)
    if faults:
        raise Invalid(fields=faults)
    with transaction():
        server = owned(actor, server_id)
        if server.state == State.DELETING:
            raise Conflict(_("Dieser Server wird gerade gelöscht."))
        plan = plan_for(server, actor)
        before = _facts(plan)
        timing = (daily, f"{at:%H:%M}", zone)
        if timing != (plan.daily, plan.at, plan.zone):
            plan.daily, plan.at, plan.zone = timing
            plan.next_at = next_daily(at, ZoneInfo(zone), clock.now()) if daily else None
        plan.keep_count, plan.keep_days = keep_count, keep_days
        if _facts(plan) != before:
            record(
                events.BackupPlanChanged(), actor=actor, organisation_id=server.organisation_id,
                subject=charge.subject(server_id), before=before, after=_facts(plan),
            )  # fmt: skip
        show(server_id, "backups", "events")


def _facts(plan: BackupPlan) -> dict[str, object]:
    return {
        "daily": bool(plan.daily), "at": plan.at, "zone": plan.zone, "keep_count": plan.keep_count,
        "keep_days": plan.keep_days,
    }  # fmt: skip
