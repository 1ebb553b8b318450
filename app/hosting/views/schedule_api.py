"""API v1: plans of a server."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import url_for
from pydantic import Field, StringConstraints

from app.hosting.policies import P
from app.hosting.queries.schedule import Plan, PlannedRun, history_of, plan_of, plans_of
from app.hosting.queries.server import find_server
from app.hosting.rules.schedule import LONGEST_TEXT, next_runs, read
from app.hosting.rules.schedule_action import Action, Outcome
from app.hosting.services import schedule as services
from app.hosting.services.power import LONGEST_COMMAND
from app.hosting.services.schedule_run import run_now
from app.hosting.views.api import bp
from app.hosting.views.schedule_form import command_of
from app.kit import clock
from app.kit.rest import Call, Shape, operation

TAG = "Schedules"
Cron = Annotated[str, StringConstraints(min_length=9, max_length=LONGEST_TEXT)]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Line = Annotated[str, StringConstraints(max_length=LONGEST_COMMAND)]
_CRON = "Five fields as in Debian's cron: minute, hour, day of month, month, weekday. At least five minutes between two runs."
_ZONE = "Time zone by its name. Through both changes of its clocks each time runs once."
_COMMAND = "The console line of a `command`."


class ApiScheduleRun(Shape):
    """What became of a planned run, or of several that were missed."""

    due_at: datetime
    until: datetime = Field(description="When the last of several missed runs was due; else as `due_at`.")
    count: int
    outcome: Outcome
    reason: str | None = Field(description="Why it failed.")

    @classmethod
    def of(cls, run: PlannedRun) -> ApiScheduleRun:
        return cls(**{name: getattr(run, name) for name in cls.model_fields})


class ApiSchedule(Shape):
    """Something planned for a server."""

    id: UUID
    server: UUID
    action: Action
    cron: str
    zone: str
    command: str | None
    on: bool
    next_runs: list[datetime] = Field(description="The next five; none while it is off.")
    last: ApiScheduleRun | None = Field(description="What became of its latest run.")


class ScheduleOutcome(Shape):
    """What came of it."""

    outcome: Outcome
    reason: str | None = Field(description="Why it failed.")


class ScheduleList(Shape):
    """All plans of a server, in the order they were made."""

    data: list[ApiSchedule]


class NewSchedule(Shape):
    """A plan to be made; it is switched on."""

    action: Action
    cron: Cron = Field(description=_CRON, examples=["0 4 * * *"])
    zone: Zone = Field(description=_ZONE, examples=["Europe/Berlin"])
    command: Line = Field("", description=_COMMAND, examples=["say Gute Nacht"])


class ScheduleChange(Shape):
    """What to change; what is absent stays."""

    action: Action | None = None
    cron: Cron | None = Field(None, description=_CRON)
    zone: Zone | None = Field(None, description=_ZONE)
    command: Line | None = Field(None, description=_COMMAND)
    on: bool | None = Field(None, description="Switched off, nothing happens and nothing is missed.")


def _shown(plan: Plan, last: PlannedRun | None) -> ApiSchedule:
    coming = next_runs(read(plan.cron), ZoneInfo(plan.zone), clock.now()) if plan.next_at is not None else []
    return ApiSchedule(
        id=plan.id, server=plan.server_id, action=Action(plan.action), cron=plan.cron, zone=plan.zone,
        command=command_of(plan) or None, on=plan.next_at is not None, next_runs=coming,
        last=ApiScheduleRun.of(last) if last else None,
    )  # fmt: skip


def _one(server_id: UUID, schedule_id: UUID) -> ApiSchedule:
    plan = plan_of(server_id, schedule_id)
    latest = history_of(schedule_id, 1)
    return _shown(plan, latest[0] if latest else None)


@operation(
    bp, "GET", "/servers/{server_id}/schedules", tag=TAG, summary="List what is planned for a server",
    permission=P.schedule_read, answer=ScheduleList,
)  # fmt: skip
def api_list_schedules(call: Call, server_id: UUID) -> ScheduleList:
    found = find_server(call.actor, server_id)
    return ScheduleList(data=[_shown(plan, plan.last) for plan in plans_of(found.id)])


@operation(
    bp, "POST", "/servers/{server_id}/schedules", tag=TAG, summary="Plan something for a server",
    permission=P.schedule_write, body=NewSchedule, answer=ApiSchedule, status=201,
)  # fmt: skip
def api_create_schedule(call: Call, server_id: UUID) -> tuple[ApiSchedule, dict[str, str]]:
    new: NewSchedule = call.body
    schedule_id = services.create_schedule(
        call.actor, server_id, action=new.action, cron=new.cron, zone=new.zone, command=new.command, once=call.once
    )  # fmt: skip
    here = url_for("hosting_api.api_get_schedule", server_id=server_id, schedule_id=schedule_id)
    return _one(server_id, schedule_id), {"Location": here}


@operation(
    bp, "GET", "/servers/{server_id}/schedules/{schedule_id}", tag=TAG, summary="Show a plan",
    permission=P.schedule_read, answer=ApiSchedule,
)  # fmt: skip
def api_get_schedule(call: Call, server_id: UUID, schedule_id: UUID) -> ApiSchedule:
    return _one(find_server(call.actor, server_id).id, schedule_id)


@operation(
    bp, "PATCH", "/servers/{server_id}/schedules/{schedule_id}", tag=TAG, summary="Change a plan, switch it on or off",
    permission=P.schedule_write, body=ScheduleChange, answer=ApiSchedule,
)  # fmt: skip
def api_change_schedule(call: Call, server_id: UUID, schedule_id: UUID) -> ApiSchedule:
    new: ScheduleChange = call.body
    now = plan_of(find_server(call.actor, server_id).id, schedule_id)
    if any(one is not None for one in (new.action, new.cron, new.zone, new.command)):
        services.change_schedule(
            call.actor, server_id, schedule_id, action=new.action or Action(now.action),
            cron=now.cron if new.cron is None else new.cron, zone=now.zone if new.zone is None else new.zone,
            command=command_of(now) if new.command is None else new.command,
        )  # fmt: skip
    if new.on is not None:
        services.switch_schedule(call.actor, server_id, schedule_id, on=new.on)
    return _one(server_id, schedule_id)


@operation(
    bp, "POST", "/servers/{server_id}/schedules/{schedule_id}/run", tag=TAG, summary="Do now what a plan says",
    permission=P.schedule_write, answer=ScheduleOutcome, errors=(409,), description="Its own times stay as they are.",
)  # fmt: skip
def api_run_schedule(call: Call, server_id: UUID, schedule_id: UUID) -> ScheduleOutcome:
    outcome, reason = run_now(call.actor, server_id, schedule_id)
    return ScheduleOutcome(outcome=outcome, reason=reason)


@operation(
    bp, "DELETE", "/servers/{server_id}/schedules/{schedule_id}", tag=TAG, summary="Delete a plan with its history",
    permission=P.schedule_write,
)  # fmt: skip
def api_delete_schedule(call: Call, server_id: UUID, schedule_id: UUID) -> None:
    services.delete_schedule(call.actor, server_id, schedule_id)
