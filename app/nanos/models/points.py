"""Points: only whether somebody wants them. What they are is counted from what happened."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class PointsChoice(db.Model):  # type: ignore[name-defined]
    """Who is not here has chosen nothing: no points, nothing shown."""

    __tablename__ = "nanos_points_choice"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    collects: Mapped[bool]
    shares: Mapped[bool]
    """Colleagues see the badges, never the points."""
    changed_at: Mapped[datetime]
