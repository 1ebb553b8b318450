"""Training the ranking on the operator's own decisions, measured on decisions it has not seen, and switched off if poor."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import select, update

from app.core.api import record
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.events_moderation import RankingTrained
from app.nanos.gateways.learning import Skill, learn, skill
from app.nanos.models import Case, Decision, Ranking
from app.nanos.queries.moderation_settings import chosen
from app.nanos.queries.ranking import active_weights
from app.nanos.rules.measure import RESTRICTS
from app.nanos.rules.rank import LEAST_AUC, enough, judge
from app.nanos.services.checking import rank_case
from app.nanos.services.verdict import findings_of
from app.nanos.subjects import subject_kind

MOST_DECISIONS = 20_000
HELD_BACK = 4
"""One of so many decisions is not learnt from but measured on; which ones depends on their words alone."""


def train() -> str:
    """Train anew and order the open items by it. Returns "active", or why it is off: few, one-sided, unsure."""
    decided = _decided()
    labels = [measure in {one.value for one in RESTRICTS} for measure, _text in decided]
    texts = [text for _measure, text in decided]
    why, measured, weights = enough(labels), None, {}
    if not why:
        measured = _measure(texts, labels)
        why = "unsure" if measured is None or measured.auc < LEAST_AUC else ""
        weights = {} if why else learn(texts, labels)
    state = "off" if why else "active"
    with transaction():
        db.session.execute(
            update(Ranking).where(Ranking.state != "past").values(state="past", weights={})
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        row = Ranking(
            id=new_id(), state=state, why=why, decisions=len(labels), measures=sum(labels), weights=weights,
            held_back=measured.held_back if measured else 0, auc=measured.auc if measured else None,
            baseline=measured.baseline if measured else None, precision=measured.precision if measured else None,
            trained_at=clock.now(),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        record(RankingTrained(state, len(labels)), subject=("nanos.ranking", row.id))
    _order_anew()
    return why or state


def _decided() -> list[tuple[str, str]]:
    """Measures and texts of people's decisions that are in force, the oldest first; each text of a revision once."""
    rows = db.session.execute(
        select(Decision.measure, Decision.text)
        .where(Decision.state == "in_force", Decision.text != "", Decision.decided_by.is_not(None))
        .order_by(Decision.decided_at.desc())
        .limit(MOST_DECISIONS)
    ).all()
    return list({text: (measure, text) for measure, text in rows}.values())[::-1]


def _measure(texts: list[str], labels: list[bool]) -> Skill | None:
    """Learn from three quarters, order the rest, compare with what people decided."""
    lot = [hashlib.sha256(text.encode()).digest()[0] % HELD_BACK for text in texts]
    seen = [one for one, drawn in enumerate(lot) if drawn]
    kept = [one for one, drawn in enumerate(lot) if not drawn]
    if len({labels[one] for one in kept}) < 2 or len({labels[one] for one in seen}) < 2:
        return None
    weights = learn([texts[one] for one in seen], [labels[one] for one in seen])
    return skill([judge(texts[one], weights).rank for one in kept], [labels[one] for one in kept])


def _order_anew() -> None:
    """Give every open item its new place, a hundred in a transaction."""
    weights, last = active_weights(), None
    while True:
        statement = select(Case.id).where(Case.state == "open").order_by(Case.id).limit(100)
        ids = db.session.scalars(statement.where(Case.id > last) if last else statement).all()
        if not ids:
            return
        last = ids[-1]
        with transaction():
            for case in db.session.scalars(
                select(Case).where(Case.id.in_(ids), Case.state == "open").with_for_update()
            ):
                about = subject_kind(case.subject_type).load(case.subject_id, case.number)
                if about is not None:
                    rank_case(case, about, weights, len(findings_of(case, case.number)))


def forget_texts() -> int:
    """The words of decisions that are older than the operator's term. Returns how many."""
    until = clock.now() - timedelta(days=chosen().learn_days)
    with transaction():
        done = db.session.execute(
            update(Decision).where(Decision.decided_at < until, Decision.text != "").values(text="")
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        return int(done.rowcount)  # type: ignore[attr-defined]
