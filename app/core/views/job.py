"""Progress of background work: a page that stays fresh by itself, and leads on when the work is done."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.core.queries.job import JobView, find_job, job_lines
from app.kit import live
from app.kit.authz import GUEST, Actor, current_actor, signed_in
from app.kit.errors import NotFound
from app.kit.htmx import safe_next

jobs = Blueprint("jobs", __name__, url_prefix="/auftrag")


def may_watch(actor: Actor, job: JobView | None) -> bool:
    """Work of one's organisation, or work one has asked for oneself; a guest only the latter."""
    if job is None or not actor.signed_in:
        return False
    if job.actor_id is not None and job.actor_id == actor.person_id:
        return True
    if actor.role == GUEST:
        return False
    return job.organisation_id is not None and job.organisation_id == actor.organisation_id


def render_progress(job_id: UUID) -> str:
    """The fragment, for the page and for the live connection."""
    job = find_job(job_id)
    if job is None:
        return ""
    target = safe_next(str((job.result or {}).get("next", "")), "")
    return render_template("core/job/_progress.html", job=job, lines=job_lines(job_id, 100), target=target)


def register_live() -> None:
    live.fragment(
        prefix="core-job",
        aspect="progress",
        authorise=lambda actor, job_id: may_watch(actor, find_job(job_id)),
        render=render_progress,
    )


@jobs.get("/<uuid:job_id>")
@signed_in("The view checks that the work belongs to the person or the organisation.")
def show(job_id: UUID) -> ResponseReturnValue:
    """One job. `?back=` leads to where it was asked for; it must be a path of this site."""
    job = find_job(job_id)
    if job is None or not may_watch(current_actor(), job):
        raise NotFound
    return render_template(
        "core/job/show.html",
        job=job,
        progress=render_progress(job_id),
        back=safe_next(request.args.get("back"), "/"),
    )
