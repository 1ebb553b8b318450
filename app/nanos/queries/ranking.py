"""The ranking that is in force, and how well it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.kit.db import db
from app.nanos.models import Ranking
from app.nanos.rules.rank import usable


@dataclass(frozen=True)
class RankingView:
    """The newest training: state "active" or "off" with `why` (few, one-sided, unsure)."""

    state: str
    why: str
    decisions: int
    measures: int
    held_back: int
    auc: float | None
    baseline: float | None
    precision: float | None
    trained_at: datetime


def active_weights() -> dict[str, Any] | None:
    """The weights, None where the ranking is off or they are not what they should be."""
    raw = db.session.scalar(
        select(Ranking.weights).where(Ranking.state == "active").order_by(Ranking.trained_at.desc()).limit(1)
    )
    return raw if usable(raw) else None


def newest() -> RankingView | None:
    """The last training, whether it is in force or not."""
    names = [getattr(Ranking, name) for name in RankingView.__dataclass_fields__]
    row = db.session.execute(
        select(*names).where(Ranking.state != "past").order_by(Ranking.trained_at.desc()).limit(1)
    ).first()
    return RankingView(*row) if row else None
