"""A usage report on paper: charts, table and the PDF of it. In the language that is spoken when it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import format_date, format_decimal, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from app.hosting.queries.report_data import Figures
from app.hosting.rules.period import Period
from app.hosting.wording import period_words
from app.kit import charts, formats
from app.kit.money import NANOS, Money
from app.kit.pdf import render_pdf

HOUR = 3600
MOST_BARS = 12
WIDTH = 620


@dataclass(frozen=True)
class Paper:
    """The finished report."""

    name: str
    data: bytes


def draw(made: Figures, organisation: str, server: str | None, language: str) -> Paper:
    """Charts and pages. Raises Unavailable when this machine cannot make PDFs."""
    words = period_words(made.period)
    title = _("Verbrauchsbericht %(period)s", period=words)
    html = render_template(
        "hosting/report/pdf.html",
        made=made,
        title=title,
        organisation=organisation,
        server=server,
        month_words=format_date(made.forecast.month, "MMMM yyyy") if made.forecast else "",
        hours_chart=_hours(made, language),
        cost_chart=_trend(made, language),
        server_chart=_per_server(made),
        hours=hours,
    )
    return Paper(_file_name(organisation, server, made.period), render_pdf(html, title=title, lang=language))


def _file_name(organisation: str, server: str | None, period: Period) -> str:
    who = re.sub(r"[^\w-]+", "-", f"{organisation} {server or ''}".strip().lower()).strip("-")
    return f"{_('verbrauchsbericht')}-{period.key.lower()}-{who}.pdf"


def _hours(made: Figures, language: str) -> Markup:
    """Played time at the bottom, the rest of the running time above it."""
    played = [(day.played or 0) / HOUR for day in made.days]
    rest = [max(0, day.ran - (day.played or 0)) / HOUR for day in made.days]
    parts = [(_("gespielt"), played), (_("ohne Spieler"), rest)]
    if made.played_seconds is None:
        parts = [(_("gelaufen"), rest)]
    return charts.stacked_days(
        [day.day for day in made.days], parts, title=_("Stunden je Tag, gespielt und ohne Spieler"), width=WIDTH, height=200,
        language=language, empty=_("In diesem Zeitraum lief kein Server."),
    )  # fmt: skip


def _trend(made: Figures, language: str) -> Markup:
    """What it cost so far on each day, beside the period before, day by day from its own beginning."""
    begins = made.period.begins(made.zone)
    here = charts.Series(_("jetzt"), _summed(begins, [day.cost for day in made.days], made.zone), fill=True)
    series = [here]
    if made.before:
        earlier = list(made.before_days)[: len(made.period.days)]
        series.append(charts.Series(_("davor"), _summed(begins, earlier, made.zone)))
    most = max((value or 0 for one in series for _at, value in one.points), default=0)
    return charts.line_chart(
        series, title=_("Summe der Kosten im Lauf des Zeitraums"), zone=made.zone, width=WIDTH, height=180, language=language,
        tick=formats.euro_axis(most), start=begins, end=made.period.ends(made.zone),
        empty=_("In diesem Zeitraum fiel nichts an."),
    )  # fmt: skip


def _summed(begins: datetime, amounts: list[Money], zone: str) -> list[tuple[datetime, float | None]]:
    points: list[tuple[datetime, float | None]] = [(begins, 0.0)]
    total = 0
    for number, amount in enumerate(amounts, 1):
        total += amount.nanos
        day = begins.date() + timedelta(days=number)
        points.append((datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)), total / NANOS))
    return points


def _per_server(made: Figures) -> Markup:
    rows = [(name, amount.nanos / NANOS) for name, amount in made.servers[:MOST_BARS]]
    left = made.servers[MOST_BARS:]
    if left:
        rest = sum((amount for _name, amount in left), Money(0))
        rows.append((ngettext("ein weiterer", "%(num)d weitere", len(left)), rest.nanos / NANOS))
    return charts.bars(
        rows,
        title=_("Kosten je Server"),
        width=WIDTH,
        value=_euros,
        empty=_("In diesem Zeitraum fiel nichts an."),
    )


def _euros(value: float) -> str:
    return formats.money(Money(round(value * NANOS)))


def hours(seconds: int | None) -> str:
    """Seconds as hours with one decimal, for the figures at the top."""
    return "–" if seconds is None else str(format_decimal(round(seconds / HOUR, 1), "#,##0.0"))
