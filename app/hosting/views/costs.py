"""What the servers cost: this month or another, by phase, by server, by day."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup

from app.billing import api as billing
from app.billing.api import By, Cost, Key
from app.hosting.policies import P
from app.hosting.queries.names import NameAndSize, names_and_sizes, server_names
from app.hosting.rules.saving import Saving
from app.hosting.views import hosting
from app.hosting.views.prices import price_of
from app.kit import charts, clock
from app.kit.authz import allows, current_actor
from app.kit.config import settings
from app.kit.errors import Invalid
from app.kit.formats import euro_axis
from app.kit.i18n import choose_locale
from app.kit.money import NANOS, Money

_MONTH = re.compile(r"2[0-9]{3}-[0-9]{2}")
"""A calendar ends before the months around any other year do."""
PHASES = ("hosting.active", "hosting.sleep", "hosting.archive")


def phase_word(meter: str) -> str:
    """Active, sleep, archive in words."""
    return {
        "hosting.active": _("Aktiv"),
        "hosting.sleep": _("Schlaf"),
        "hosting.archive": _("Archiv"),
    }.get(meter, meter)


@dataclass(frozen=True)
class Month:
    """A local month of the billing zone."""

    first: date
    begin: datetime
    end: datetime

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> list[date]:
        count = (self.end.astimezone(ZoneInfo(settings().billing_zone)).date() - self.first).days
        return [self.first + timedelta(days=n) for n in range(count)]


def month_named(text: str | None) -> Month:
    """The month written YYYY-MM, else the running one."""
    zone = ZoneInfo(settings().billing_zone)
    at = clock.now()
    if text:
        try:
            if not _MONTH.fullmatch(text):
                raise ValueError
            at = datetime.strptime(text, "%Y-%m").replace(day=15, tzinfo=zone)
        except ValueError:
            raise Invalid(_("Schreib den Monat wie 2026-11."), {"month": "YYYY-MM"}) from None
    begin, end = billing.month_bounds(at, settings().billing_zone)
    return Month(begin.astimezone(zone).date(), begin, end)


@dataclass(frozen=True)
class ServerCost:
    """One server's month by phase."""

    id: UUID
    name: str
    phases: dict[str, Money]
    active_seconds: int
    saving: Saving

    @property
    def total(self) -> Money:
        return sum(self.phases.values(), Money(0))


RESTING = ("hosting.sleep", "hosting.archive")


def _by_server(costs: dict[Key, Cost], known: dict[UUID, NameAndSize]) -> list[ServerCost]:
    phases: dict[UUID, dict[str, Money]] = defaultdict(dict)
    seconds: dict[UUID, int] = defaultdict(int)
    rested: dict[UUID, int] = defaultdict(int)
    for key, cost in costs.items():
        if key.subject is None or key.meter is None:
            continue
        row = phases[key.subject[1]]
        row[key.meter] = row.get(key.meter, Money(0)) + cost.total
        if key.meter == "hosting.active":
            seconds[key.subject[1]] += cost.seconds
        elif key.meter in RESTING:
            rested[key.subject[1]] += cost.seconds
    rows = []
    for sid, part in phases.items():
        name, memory_mb = known.get(sid, NameAndSize(_("Gelöschter Server"), 0))
        paid = sum(part[meter].nanos for meter in RESTING if meter in part)
        saving = Saving(rested[sid], price_of(memory_mb).nanos if memory_mb else 0, paid)
        rows.append(ServerCost(sid, name, part, seconds[sid], saving))
    return sorted(rows, key=lambda row: (-row.total.nanos, row.name))


def _asked() -> tuple[UUID, Month, dict[Key, Cost]]:
    """Whose costs, of which month, and what they are by day, meter and server."""
    organisation_id = current_actor().organisation_id
    assert organisation_id is not None
    month = month_named(request.args.get("month"))
    found = billing.costs(organisation_id, month.begin, month.end, (By.DAY, By.METER, By.SUBJECT))
    return organisation_id, month, found


@hosting.get("/costs")
@allows(P.costs_read)
def costs() -> ResponseReturnValue:
    """The month's costs with the daily chart and, for the running month, the forecast."""
    organisation_id, month, found = _asked()
    rows = _by_server(found, names_and_sizes(organisation_id))
    current = month.begin <= clock.now() < month.end
    wide, narrow = _daily_charts(found, month)
    return render_template(
        "hosting/costs/index.html",
        month=month,
        month_word=format_date(month.first, "MMMM yyyy"),
        rows=rows,
        total=sum((row.total for row in rows), Money(0)),
        phases={p: sum((row.phases.get(p, Money(0)) for row in rows), Money(0)) for p in PHASES},
        phase_word=phase_word,
        phase_names=PHASES,
        savings=[row for row in rows if row.saving.rest_seconds],
        saved=Money(sum(row.saving.saved for row in rows)),
        current=current,
        forecast=billing.forecast(organisation_id) if current else None,
        wide=wide,
        narrow=narrow,
        daily=_daily(found, month),
        previous=(month.first - timedelta(days=1)).strftime("%Y-%m"),
        following=None
        if current
        else month.end.astimezone(ZoneInfo(settings().billing_zone)).strftime("%Y-%m"),
    )


def _daily(costs: dict[Key, Cost], month: Month) -> list[tuple[date, dict[str, Money]]]:
    days: dict[date, dict[str, Money]] = {day: {} for day in month.days}
    for key, cost in costs.items():
        if key.day in days and key.meter:
            row = days[key.day]
            row[key.meter] = row.get(key.meter, Money(0)) + cost.total
    return list(days.items())


def _daily_charts(costs: dict[Key, Cost], month: Month) -> tuple[Markup, Markup]:
    daily = _daily(costs, month)
    stacks = [
        (phase_word(phase), [row.get(phase, Money(0)).nanos / NANOS for _day, row in daily])
        for phase in PHASES[:2]
    ]
    title = _("Kosten je Tag im %(month)s", month=format_date(month.first, "MMMM yyyy"))
    days = [day for day, _row in daily]
    tick = euro_axis(max((sum(parts) for parts in zip(*(v for _n, v in stacks), strict=True)), default=0))
    wide, narrow = (
        charts.stacked_days(days, stacks, title=title, width=width, language=choose_locale(), tick=tick)
        for width in (charts.WIDE, charts.NARROW)
    )
    return wide, narrow


@hosting.get("/costs.csv")
@allows(P.costs_read)
def costs_csv() -> ResponseReturnValue:
    """Every server, day and phase of a month; amounts with all nine decimals."""
    organisation_id, month, found = _asked()
    names = server_names(organisation_id)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("day", "server", "server_id", "phase", "seconds", "amount_eur"))
    for key, cost in sorted(found.items(), key=lambda item: (item[0].day or month.first, str(item[0]))):
        server_id = key.subject[1] if key.subject else None
        name = _safe_cell(names.get(server_id, "")) if server_id else ""
        sign, nanos = ("-" if cost.total.nanos < 0 else ""), abs(cost.total.nanos)
        amount = f"{sign}{nanos // 10**9}.{nanos % 10**9:09d}"
        table.writerow(
            (key.day, name, server_id, (key.meter or "").removeprefix("hosting."), cost.seconds, amount)
        )
    name = f'attachment; filename="costs-{month.key}.csv"'
    return Response(out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": name})


def _safe_cell(text: str) -> str:
    """Spreadsheets run cells that begin like a formula: a quote in front makes them text."""
    return "'" + text if text[:1] in "=+-@\t\r" else text
