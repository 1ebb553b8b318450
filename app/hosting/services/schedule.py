"""Plans for a server, as people make them: create, change, switch on and off, delete."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from app.core.api import Fact, claim_once, record
from app.hosting import schedule_events as events
from app.hosting.models import Schedule, ScheduleRun, Server
from app.hosting.policies import PLAN_NEEDS, P
from app.hosting.rules.schedule import LEAST_MINUTES, CronFault, check, next_run, read
from app.hosting.rules.schedule_action import Action
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.power import command_text
from app.hosting.services.setup import owned
from app.kit import clock, live
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.kit.secrets import seal

MOST = 20
"""Plans of one server."""
LIVE, ASPECTS = "hosting-schedule", ("next", "last", "history")
"""What pages keep fresh of a plan."""


def cron_fault(code: str) -> str:
    """What is wrong with a pattern, in words people can act on."""
    return {
        "fields": _("Das sind nicht fünf Felder: Minute, Stunde, Tag, Monat, Wochentag. Zum Beispiel 0 4 * * *"),
        "minute": _("Die Minute (1. Feld) geht von 0 bis 59."),
        "hour": _("Die Stunde (2. Feld) geht von 0 bis 23."),
        "day-of-month": _("Der Tag (3. Feld) geht von 1 bis 31 und muss im Monat vorkommen."),
        "month": _("Der Monat (4. Feld) geht von 1 bis 12."),
        "day-of-week": _("Der Wochentag (5. Feld) geht von 0 (Sonntag) bis 6 (Samstag)."),
        "often": _("Zwischen zwei Läufen müssen mindestens %(n)d Minuten liegen.", n=LEAST_MINUTES),
        "never": _("Diesen Tag gibt es in den nächsten acht Jahren nicht."),
    }[code]  # fmt: skip


def _checked(
    action: Action, cron: str, zone: str, command: str, now: datetime
) -> tuple[str, ZoneInfo, str | None]:
    """What is kept of a plan: text, zone, sealed command. Raises Invalid with every fault at once."""
    faults: dict[str, str] = {}
    sealed = None
    try:
        sealed = _checked_command(action, command)
    except Invalid as fault:
        faults |= fault.fields
    try:
        text, there = checked_times(cron, zone, now)
    except Invalid as fault:
        raise Invalid(fields={**fault.fields, **faults}) from None
    if faults:
        raise Invalid(fields=faults)
    return text, there, sealed


def checked_times(cron: str, zone: str, now: datetime) -> tuple[str, ZoneInfo]:
    """The text and zone to keep. Raises Invalid at `cron` or `zone`."""
    if zone not in available_timezones():
        raise Invalid(fields={"zone": _("Diese Zeitzone gibt es nicht.")})
    try:
        return check(cron, ZoneInfo(zone), now).text, ZoneInfo(zone)
    except CronFault as fault:
        raise Invalid(fields={"cron": cron_fault(fault.code)}) from None


def _checked_command(action: Action, command: str) -> str | None:
    if action is not Action.COMMAND:
        return None
    try:
        return seal(command_text(command))
    except Invalid as fault:
        raise Invalid(fields={"command": fault.fields["line"]}) from None


def create_schedule(
    actor: Actor,
    server_id: UUID,
    *,
    action: Action,
    cron: str,
    zone: str,
    command: str = "",
    once: str | None = None,
) -> UUID:
    """A new plan, switched on. Returns its id; a second call with the same `once` gives the first one's.

    `cron` has five fields, `zone` is a name such as Europe/Berlin. Raises Invalid by field, Conflict at the limit.
    """  # fmt: skip
    require(actor, P.schedule_write)
    may_do(actor, action)
    now = clock.now()
    text, there, sealed = _checked(action, cron, zone, command, now)
    once = once[:64] if once else None
    with transaction():
        server = _planned(actor, server_id)
        if once is not None and not claim_once(f"hosting.schedule:{server_id.hex}:{once}"):
            first = db.session.scalar(
                select(Schedule.id).where(Schedule.server_id == server_id, Schedule.once == once)
            )
            if first is None:
                raise Conflict
            return first
        count = db.session.scalar(select(func.count()).where(Schedule.server_id == server_id))
        if (count or 0) >= MOST:
            raise Conflict(_("Mehr als %(most)d Zeitpläne je Server gehen nicht.", most=MOST))
        row = Schedule(
            id=new_id(), organisation_id=server.organisation_id, server_id=server_id, action=action.value, cron=text,
            zone=zone, command=sealed, next_at=next_run(read(text), there, now), created_at=now,
            created_by=actor.person_id, once=once,
        )  # fmt: skip
        db.session.add(row)
        _record(actor, row, events.ScheduleCreated(row.id, row.action))
        return row.id


def change_schedule(
    actor: Actor,
    server_id: UUID,
    schedule_id: UUID,
    *,
    action: Action,
    cron: str,
    zone: str,
    command: str = "",
) -> None:
    """Plan it otherwise. A plan that is switched off stays off. Raises Invalid by field, NotFound."""
    require(actor, P.schedule_write)
    now = clock.now()
    text, there, sealed = _checked(action, cron, zone, command, now)
    with transaction():
        row = own_schedule(actor, server_id, schedule_id)
        may_do(actor, row.action)
        may_do(actor, action)
        if (text, zone) != (row.cron, row.zone) and row.next_at is not None:
            row.next_at = next_run(read(text), there, now)
        before = {"action": row.action, "cron": row.cron, "zone": row.zone}
        row.action, row.cron, row.zone, row.command = action.value, text, zone, sealed
        after = {"action": row.action, "cron": row.cron, "zone": row.zone}
        _record(actor, row, events.ScheduleChanged(row.id, row.action), before, after)


def switch_schedule(actor: Actor, server_id: UUID, schedule_id: UUID, *, on: bool) -> None:
    """Switch on or off. What would have been due while it was off is not made up for and not missed."""
    require(actor, P.schedule_write)
    with transaction():
        row = own_schedule(actor, server_id, schedule_id)
        if (row.next_at is not None) == on:
            return
        if on:
            may_do(actor, row.action)
        row.next_at = next_run(read(row.cron), ZoneInfo(row.zone), clock.now()) if on else None
        _record(actor, row, events.ScheduleSwitched(row.id, row.action, on))


def delete_schedule(actor: Actor, server_id: UUID, schedule_id: UUID) -> None:
    """Remove it with its history."""
    require(actor, P.schedule_write)
    with transaction():
        row = own_schedule(actor, server_id, schedule_id)
        _record(actor, row, events.ScheduleDeleted(row.id, row.action))
        db.session.execute(delete(ScheduleRun).where(ScheduleRun.schedule_id == row.id))
        db.session.delete(row)


def forget_schedules(server_id: UUID) -> None:
    """The server is gone, and so are its plans."""
    with transaction() as session:
        ids = select(Schedule.id).where(Schedule.server_id == server_id)
        session.execute(delete(ScheduleRun).where(ScheduleRun.schedule_id.in_(ids)))
        session.execute(delete(Schedule).where(Schedule.server_id == server_id))


def _planned(actor: Actor, server_id: UUID) -> Server:
    server = owned(actor, server_id)
    if server.state == State.DELETING:
        raise Conflict(_("Dieser Server wird gerade gelöscht."))
    return server


def may_do(actor: Actor, action: str) -> None:
    """A plan does no more than its maker may. A token's scopes are about planning here, not about what is planned."""
    whole = replace(actor, token_scopes=None) if actor.token_scopes is not None else actor
    require(whole, PLAN_NEEDS[Action(action)])


def own_schedule(actor: Actor, server_id: UUID, schedule_id: UUID) -> Schedule:
    """The locked plan, after its server: whoever takes both takes them in this order."""
    _planned(actor, server_id)
    row = db.session.get(Schedule, schedule_id, with_for_update=True, populate_existing=True)
    if row is None or row.server_id != server_id:
        raise NotFound
    return row


def _record(
    actor: Actor,
    row: Schedule,
    fact: Fact,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    record(
        fact, actor=actor, organisation_id=row.organisation_id, subject=charge.subject(row.server_id),
        before=before, after=after,
    )  # fmt: skip
    live.changed(LIVE, row.id, *ASPECTS)
