"""Words that pages, notices, the log and the paper share. In the language that is spoken when they are asked for."""

from __future__ import annotations

from flask_babel import format_date
from flask_babel import gettext as _

from app.hosting.rules.period import WEEK, Period
from app.kit import formats


def period_words(period: Period) -> str:
    """November 2026, or Woche 47, 16. Nov. bis 22. Nov. 2026."""
    if period.kind != WEEK:
        return str(format_date(period.first, "MMMM yyyy"))
    first = format_date(period.first, "d MMM" if formats.language() == "en" else "d. MMM")
    week = period.first.isocalendar().week
    return _(
        "Woche %(week)d, %(first)s bis %(last)s", week=week, first=first, last=formats.date_text(period.last)
    )
