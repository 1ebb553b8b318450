"""Looking at the DNS records of own domains, and what follows. May be killed at any line and run again.

DNS is asked between two transactions. What was found is compared with the row as it is then: a domain that was removed
meanwhile stays removed, a daily look that runs twice counts once.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.api import Fact, record
from app.hosting.domain_events import DomainElsewhere, DomainLapsed, DomainVerified
from app.hosting.models import Domain, Server
from app.hosting.queries.domain import goal_of, kept_of
from app.hosting.rules.domain import Seen, Verdict, judge
from app.hosting.rules.domain_life import KEPT, ROUTED, State, Step, after_look, look_again
from app.hosting.services.domain import ASPECT, LIVE, SUBJECT, order_look, resolver
from app.kit import clock, live, observe
from app.kit.db import db, transaction

log = structlog.get_logger(__name__)
AT_ONCE = 500
"""Looks ordered in one round."""
TAKEN = "taken"
DONE = observe.counter("kontor_domain_looks_total", "Looks at DNS records of own domains.", ("verdict",))


def order_due() -> int:
    """Order the looks that are due: each domain daily, new ones hourly. Returns how many."""
    now = clock.now()
    with transaction() as session:
        rows = session.scalars(
            select(Domain).where(Domain.next_look_at <= now).order_by(Domain.next_look_at, Domain.id).limit(AT_ONCE)
        ).all()  # fmt: skip
        for row in rows:
            order_look(row)
        return len(rows)


def look(domain_id: UUID) -> str:
    """Ask DNS about one domain and keep what follows. Returns the verdict, empty for a domain that is gone."""
    row = db.session.get(Domain, domain_id, populate_existing=True)
    server = db.session.get(Server, row.server_id) if row is not None else None
    if row is None or server is None:
        return ""
    goal = goal_of(row, server.name)
    db.session.rollback()  # nothing is held while DNS is asked
    seen = resolver().look(goal.name, goal.target)
    verdict = judge(goal, seen)
    found = _note(domain_id, seen, verdict)
    DONE.labels(found or "gone").inc()
    return found


def _note(domain_id: UUID, seen: Seen, verdict: Verdict) -> str:
    now = clock.now()
    with transaction() as session:
        row = session.scalar(
            select(Domain).where(Domain.id == domain_id).with_for_update().execution_options(populate_existing=True)
        )  # fmt: skip
        if row is None:
            return ""
        before = State(row.state)
        step = after_look(
            before, row.failures, row.elsewhere_since, verdict, now, daily=row.next_look_at <= now, warned=row.warned
        )  # fmt: skip
        row.seen, row.checked_at, row.checking_since = kept_of(seen), now, None
        row.verdict = verdict.value
        if row.next_look_at <= now:
            row.next_look_at = look_again(step.state, row.created_at, now)
        session.flush()
        live.changed(LIVE, row.id, ASPECT)
        if step.state in ROUTED and before not in ROUTED and not _take(row, step):
            row.verdict = TAKEN
            return TAKEN
        _apply(row, before, step)
        return verdict.value


def _take(row: Domain, step: Step) -> bool:
    """Have the name for itself; False where another server was first. The index decides between two at once."""
    try:
        with db.session.begin_nested():
            row.state = step.state.value
            db.session.flush()
    except IntegrityError:
        db.session.refresh(row)
        return False
    return True


def _apply(row: Domain, before: State, step: Step) -> None:
    """Write the step, and say what people should know."""
    row.state, row.failures, row.elsewhere_since = step.state.value, step.failures, step.since
    row.warned = step.warn or (row.warned and step.state is State.ELSEWHERE)
    fact: Fact | None = None
    if step.state is State.VERIFIED and before is not State.VERIFIED:
        row.verified_at = clock.now()
        fact = DomainVerified(row.id)
    elif step.since is not None and (
        step.warn or (step.state is State.ELSEWHERE and before is not step.state)
    ):
        until = (step.since + KEPT).date().isoformat()
        fact = DomainElsewhere(row.id, until, again=step.warn)
    elif step.state is State.LAPSED and before is not State.LAPSED:
        fact = DomainLapsed(row.id)
    if fact is not None:
        record(fact, organisation_id=row.organisation_id, subject=(SUBJECT, row.server_id))
        log.info("domain", domain=str(row.id), now=step.state.value)
