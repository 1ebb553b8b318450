"""Measurements of a server as a chart, a table and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from uuid import UUID

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _
from markupsafe import Markup

from app.hosting.policies import P
from app.hosting.queries.sample import WINDOWS, Point, Series, series
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.views import hosting
from app.kit import charts, clock, formats
from app.kit.authz import allows, current_actor
from app.kit.i18n import choose_locale, choose_zone

MIB = 1024 * 1024
TABLE_ROWS = 12


@dataclass(frozen=True)
class MetricsChart:
    """The same values thrice: wide, narrow, table."""

    wide: Markup
    narrow: Markup
    columns: list[str]
    rows: list[list[str]]
    empty: bool


def metrics_chart(server: ServerDetail, data: Series, window: str) -> MetricsChart:
    """Memory and processor in percent of what the server has, players as a number."""
    size = server.memory_mb * MIB
    lines = [
        charts.Series(_("RAM"), [(p.at, _percent(p.memory_bytes, size)) for p in data.points], fill=True),
        charts.Series(_("CPU"), [(p.at, _percent(p.cpu_cores, 1)) for p in data.points]),
        charts.Series(_("Spieler"), [(p.at, p.players) for p in data.points]),
    ]
    wide, narrow = (
        charts.line_chart(
            lines, title=_("Auslastung von %(name)s", name=server.name), zone=choose_zone(), width=width,
            language=choose_locale(), start=data.since, end=data.until, empty=_("Noch keine Werte"),
        )
        for width in (charts.WIDE, charts.NARROW)
    )  # fmt: skip
    return MetricsChart(
        wide=wide,
        narrow=narrow,
        columns=[_("Zeit"), _("RAM"), _("CPU"), _("Spieler"), _("TPS")],
        rows=[_row(server, point) for point in _thinned(data.points)],
        empty=data.empty,
    )


def default_window(server: ServerDetail) -> str:
    """The shortest span that shows the whole running session, so that a fresh server has a chart worth looking at."""
    if server.started_at is None:
        return "6h"
    age = (clock.now() - server.started_at).total_seconds()
    return next((name for name, (length, _step) in WINDOWS.items() if age < length), "24h")


def _percent(part: float | None, whole: float) -> float | None:
    return None if part is None else part * 100 / whole


def _thinned(points: tuple[Point, ...]) -> list[Point]:
    step = max(1, len(points) // TABLE_ROWS)
    return [point for point in points[::step] if point.memory_bytes is not None]


def _row(server: ServerDetail, point: Point) -> list[str]:
    def number(value: float | None, unit: str = "", form: str = "#,##0") -> str:
        return "–" if value is None else format_decimal(value, form) + unit

    return [
        f"{formats.day_text(point.at)} {formats.clock_text(point.at)}",
        number(None if point.memory_bytes is None else point.memory_bytes / MIB, " MB"),
        formats.percent(point.cpu_cores),
        number(point.players, "", "#,##0.#"),
        number(point.tps, "", "#,##0.0"),
    ]


@hosting.get("/servers/<uuid:server_id>/metrics.csv")
@allows(P.server_read)
def server_metrics_csv(server_id: UUID) -> ResponseReturnValue:
    """The measurements of a window as CSV, times in UTC, base units."""
    found = find_server(current_actor(), server_id)
    asked = request.args.get("window", "")
    window = asked if asked in WINDOWS else "1h"  # it also stands in the file's name
    data = series(found.id, window)
    out = io.StringIO()
    table = csv.writer(out)
    names = ("memory_bytes", "cpu_cores", "players", "tps", "disk_bytes")
    more = ("received_bytes_per_second", "sent_bytes_per_second")
    table.writerow(("time", *names, *more))
    for point in data.points:
        table.writerow((point.at.isoformat(), *(getattr(point, name) for name in (*names, *more))))
    name = f'attachment; filename="server-{found.id}-{window}.csv"'
    return Response(out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": name})
