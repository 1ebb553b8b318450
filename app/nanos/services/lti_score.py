"""Scores for platforms: owed from the transaction in which somebody is through, sent by a job, until the platform has them."""

from __future__ import annotations

from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import or_, select, update

from app.core.api import NotNow
from app.kit import clock, observe
from app.kit.db import db, require_transaction, transaction
from app.kit.secrets import unseal
from app.nanos.gateways.lti import Away, Refused, send_score, sign
from app.nanos.models import Launch, Learner, Platform, Use
from app.nanos.rules.lti import assertion, score_body, scores_url
from app.nanos.tasks import send_lti_score

MOST_TRIES = 14
"""With growing pauses about nine hours."""
_SENT = observe.counter(
    "kontor_nano_lti_scores_total", "Scores for learning platforms by what came of them.", ("outcome",)
)


def owe(learner_id: UUID, nano_id: UUID) -> None:
    """Whatever activity wants a score gets this one, where it is better than what it has. Joins the caller's transaction;
    doing it twice does nothing more.
    """
    require_transaction()
    use = db.session.scalar(select(Use).where(Use.person_id == learner_id, Use.nano_id == nano_id))
    if use is None or use.completed_at is None:
        return
    owed = db.session.scalars(
        update(Launch)
        .where(
            Launch.learner_id == learner_id, Launch.nano_id == nano_id, Launch.line_item != "",
            or_(Launch.sent.is_(None), Launch.sent < _score(use)),
        )
        .values(state="due", tries=0)
        .returning(Launch.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    for launch_id in owed:
        _order(launch_id, use)


def _score(use: Use) -> int:
    return 100 if use.score is None else use.score


def _order(launch_id: UUID, use: Use) -> None:
    """One job for each score: a better one that comes while the first is on its way has a job of its own."""
    send_lti_score.later(
        organisation_id=use.organisation_id, dedupe=f"nanos.lti.score:{launch_id}:{_score(use)}",
        launch_id=str(launch_id),
    )  # fmt: skip


def send(launch_id: UUID) -> str:
    """Send what is owed. Once it was sent, sending again does nothing; what was sent twice by accident is the same score.
    Raises NotNow where the platform is away.
    """
    row = db.session.execute(
        select(Launch, Learner.subject, Platform, Use)
        .join(Learner, Learner.id == Launch.learner_id)
        .join(Platform, Platform.id == Learner.platform_id)
        .join(Use, (Use.person_id == Learner.id) & (Use.nano_id == Launch.nano_id))
        .where(Launch.id == launch_id, Launch.state == "due")
    ).first()
    if row is None:
        return "nothing"
    launch, subject, platform, use = row
    score, now, tries = _score(use), clock.now(), launch.tries
    said = assertion(platform.client_id, platform.token_url, int(now.timestamp()), token_urlsafe(16))
    signed = sign(unseal(platform.private), said)
    url, token_url = scores_url(launch.line_item), platform.token_url
    db.session.rollback()  # nothing is held while the platform is asked
    try:
        send_score(token_url, signed, url, score_body(subject, score, now))
    except Refused:
        return _keep(launch_id, score, "failed")
    except Away:
        if tries + 1 >= MOST_TRIES:
            return _keep(launch_id, score, "failed")
        with transaction():
            _set(launch_id, tries=tries + 1)
        raise NotNow(min(3600.0, 15.0 * 2**tries)) from None
    return _keep(launch_id, score, "sent")


def _keep(launch_id: UUID, score: int, outcome: str) -> str:
    """A better score that came meanwhile is owed still."""
    _SENT.labels(outcome).inc()
    with transaction():
        if outcome == "failed":
            _set(launch_id, state="failed")
            return outcome
        _set(launch_id, state="sent", sent=score)
        learner_id, nano_id = db.session.execute(
            select(Launch.learner_id, Launch.nano_id).where(Launch.id == launch_id)
        ).one_or_none() or (None, None)
        if learner_id is not None and nano_id is not None:
            owe(learner_id, nano_id)
    return outcome


def _set(launch_id: UUID, **values: object) -> None:
    db.session.execute(
        update(Launch).where(Launch.id == launch_id, Launch.state == "due").values(**values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def send_again() -> int:
    """What is owed and has no job any more gets one. Returns how many are owed."""
    with transaction():
        rows = db.session.execute(
            select(Launch.id, Use)
            .join(Use, (Use.person_id == Launch.learner_id) & (Use.nano_id == Launch.nano_id))
            .where(Launch.state == "due")
            .limit(500)
        ).all()
        for launch_id, use in rows:
            _order(launch_id, use)
    return len(rows)
