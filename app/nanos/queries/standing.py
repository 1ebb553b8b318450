"""How a provider stands with the moderators: restrictions lately, a warning, a suspension (Art. 23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.kit import clock
from app.kit.db import db
from app.nanos.models import Decision, Nano
from app.nanos.rules.measure import WINDOW, Measure, OnProvider

STRIKES = (Measure.BLOCK.value, Measure.REMOVE.value)
"""What counts as an offence: a nano sent back or shown less is none."""


@dataclass(frozen=True)
class Standing:
    """Offences within a year, when a warning was given in that time, and until when nothing may be submitted."""

    strikes: int
    warned_at: datetime | None
    suspended_until: datetime | None

    @property
    def warned(self) -> bool:
        return self.warned_at is not None


def standing_of(organisation_id: UUID | None) -> Standing:
    """What is in force now; decisions that were reversed do not count."""
    if organisation_id is None:
        return Standing(0, None, None)
    return read_standing(tuple(db.session.execute(select(*standing_columns(organisation_id))).one()))


def standing_columns(organisation_id: Any) -> list[Any]:
    """The same as three columns for another statement; `organisation_id` may be a column of that."""
    now = clock.now()
    former = aliased(Decision)
    ours = (former.organisation_id == organisation_id, former.state == "in_force")
    recent = former.decided_at > now - WINDOW
    suspends = (former.on_provider == OnProvider.SUSPEND.value, former.until > now)
    return [
        select(func.count(former.id)).where(*ours, recent, former.measure.in_(STRIKES)).scalar_subquery(),
        select(func.max(former.decided_at))
        .where(*ours, recent, former.on_provider == OnProvider.WARN.value).scalar_subquery(),
        select(func.max(former.until)).where(*ours, *suspends).scalar_subquery(),
    ]  # fmt: skip


def read_standing(row: tuple[Any, ...]) -> Standing:
    """The standing out of those columns."""
    strikes, warned, until = row
    return Standing(int(strikes or 0), warned, until)


def forbidden_words(nano: Nano) -> str:
    """Why this nano may not be submitted, in words; "" where nothing forbids it."""
    if nano.bar == "blocked":
        return _(
            "Dieses Nano ist gesperrt. Unter „Entscheidungen“ lesen Sie, warum, und können sie anfechten."
        )
    until = standing_of(nano.organisation_id).suspended_until
    if until is None:
        return ""
    return _(
        "Ihre Organisation kann bis %(until)s nichts einreichen. Unter „Entscheidungen“ lesen Sie, warum.",
        until=format_datetime(until, "short"),
    )
