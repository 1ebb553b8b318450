"""Plans keep themselves fresh on open pages: what comes next, what has been."""

from __future__ import annotations

from uuid import UUID

from flask import render_template

from app.hosting.queries.schedule import history_of, may_see_plan, watched_plan
from app.hosting.services.schedule import ASPECTS, LIVE
from app.hosting.views.schedule_words import coming
from app.kit import live


def _next(schedule_id: UUID) -> str:
    plan = watched_plan(schedule_id)
    runs = coming(plan.cron, plan.zone) if plan.next_at else []
    return render_template("hosting/schedule/_next_cell.html", plan=plan, next_runs=runs)


def _last(schedule_id: UUID) -> str:
    return render_template("hosting/schedule/_last_cell.html", plan=watched_plan(schedule_id))


def _history(schedule_id: UUID) -> str:
    plan = watched_plan(schedule_id)
    runs = coming(plan.cron, plan.zone) if plan.next_at else []
    return render_template(
        "hosting/schedule/_history.html", plan=plan, next_runs=runs, runs=history_of(schedule_id)
    )


for aspect, render in zip(ASPECTS, (_next, _last, _history), strict=True):
    live.fragment(prefix=LIVE, aspect=aspect, authorise=may_see_plan, render=render, subject="schedule_id")
