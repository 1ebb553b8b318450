"""Figures of the transparency report (Art. 15) for a period, without anybody's name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select

from app.kit.db import db
from app.nanos.models import Appeal, Case, Decision, Notice, NoticeItem, Sample, SampleItem, Statement


def figures(first: date, last: date) -> dict[str, Any]:
    """Everything the report says, as JSON. Days are those of UTC, both included."""
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    during = (Decision.decided_at >= begin, Decision.decided_at < end)
    return {
        "first": first.isoformat(), "last": last.isoformat(),
        "notices": _notices(begin, end),
        "decisions": _grouped(Decision.measure, *during),
        "decisions_by_thing": _grouped(Decision.subject_type, *during),
        "decisions_by_origin": _grouped(Decision.kind, *during),
        "providers": {key: count for key, count in _grouped(Decision.on_provider, *during).items() if key},
        "statements_by_ground": _statements(Statement.ground, begin, end),
        "statements_by_category": _statements(Statement.category, begin, end),
        "automatic": {
            "detected": _count(Decision, *during, Decision.automated_detection.is_(True)),
            "decided": 0,
            "opened": _count(Case, Case.kind == "finding", Case.created_at >= begin, Case.created_at < end),
        },
        "median_hours": _hours(*during, Decision.kind == "notice"),
        "appeals": _appeals(begin, end),
        "samples": _samples(begin, end),
    }  # fmt: skip


def _count(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count(model.id)).where(*where)) or 0


def _grouped(column: Any, *where: Any) -> dict[str, int]:
    rows = db.session.execute(select(column, func.count()).where(*where).group_by(column).order_by(column))
    return {str(key): count for key, count in rows}


def _statements(column: Any, begin: datetime, end: datetime) -> dict[str, int]:
    return _grouped(column, Statement.created_at >= begin, Statement.created_at < end)


def _notices(begin: datetime, end: datetime) -> dict[str, Any]:
    during = (Notice.created_at >= begin, Notice.created_at < end)
    return {
        "total": _count(Notice, *during),
        "trusted": _count(Notice, *during, Notice.trusted.is_(True)),
        "by_category": _grouped(Notice.category, *during),
        "by_thing": _things(*during),
    }


def _things(*where: Any) -> dict[str, int]:
    """How often each kind of thing was named in notices."""
    rows = db.session.execute(
        select(Case.subject_type, func.count(NoticeItem.id)).join(NoticeItem, NoticeItem.case_id == Case.id)
        .join(Notice, Notice.id == NoticeItem.notice_id).where(*where)
        .group_by(Case.subject_type).order_by(Case.subject_type)
    )  # fmt: skip
    return {str(key): count for key, count in rows}


def _hours(*where: Any) -> float | None:
    """The median time until a notice was decided, in hours."""
    found = db.session.scalars(select(Decision.waited_seconds).where(*where)).all()
    return round(median(found) / 3600, 1) if found else None


def _appeals(begin: datetime, end: datetime) -> dict[str, Any]:
    made = _count(Appeal, Appeal.created_at >= begin, Appeal.created_at < end)
    decided = db.session.execute(
        select(Appeal.state, Appeal.created_at, Appeal.decided_at).where(
            Appeal.decided_at >= begin, Appeal.decided_at < end
        )
    ).all()
    hours = [(done - at).total_seconds() / 3600 for _state, at, done in decided if done is not None]
    return {
        "made": made,
        "upheld": sum(state == "upheld" for state, _at, _done in decided),
        "reversed": sum(state == "reversed" for state, _at, _done in decided),
        "median_hours": round(median(hours), 1) if hours else None,
    }


def _samples(begin: datetime, end: datetime) -> dict[str, int]:
    rows = db.session.execute(
        select(SampleItem.state, func.count()).join(Sample, Sample.id == SampleItem.sample_id)
        .where(Sample.drawn_at >= begin, Sample.drawn_at < end).group_by(SampleItem.state)
    )  # fmt: skip
    found: dict[str, int] = {state: count for state, count in rows}  # noqa: C416
    return {"checked": found.get("fine", 0) + found.get("defect", 0), "defects": found.get("defect", 0)}
