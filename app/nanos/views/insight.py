"""How an organisation's nanos do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from app.kit import charts
from app.kit.authz import allows, current_actor
from app.kit.errors import Malformed
from app.kit.formats import date_text
from app.kit.i18n import choose_locale
from app.kit.spreadsheet import csv_response
from app.nanos.policies import P
from app.nanos.queries.insight import Insight, Line, read_insight, words_found, words_missed
from app.nanos.rules.insight import FUNNEL, RANGES, Counted, funnel, weekly
from app.nanos.views import nanos
from app.nanos.wording_insight import counted_word

SHOWN = (Counted.found, Counted.viewed, Counted.played, Counted.completed)


def _length() -> int:
    """Days, out of the address. Raises Malformed for what is not on offer."""
    given = request.args.get("days", str(RANGES[0]))
    if given not in {str(one) for one in RANGES}:
        raise Malformed
    return int(given)


def _drawn(found: Insight) -> tuple[Markup, Markup]:
    """Wide and narrow. A list shows far more than is looked at: what it showed is left to the table."""
    step = 7 if len(found.days) > 90 else 1
    series = []
    for kind in SHOWN[1:]:
        values = found.values(kind)
        points = [
            (datetime.combine(found.days[start], time(12), UTC), float(sum(values[start : start + step])))
            for start in range(len(values) % step, len(values), step)
        ]
        series.append(charts.Series(counted_word(kind), points, fill=kind is Counted.viewed))
    wide, narrow = (
        charts.line_chart(
            series, title=_("Angesehen, begonnen, abgeschlossen"), zone="UTC", width=width, language=choose_locale(),
            empty=_("Noch keine Werte"),
        )
        for width in (charts.WIDE, charts.NARROW)
    )  # fmt: skip
    return wide, narrow


def _context(found: Insight, length: int) -> dict[str, Any]:
    sums = found.sums()
    since = found.days[0]
    return {
        "found": found, "length": length, "ranges": RANGES, "sums": sums, "steps": funnel(sums), "drawn": _drawn(found),
        "rows": _weeks(found), "kinds": FUNNEL, "word": counted_word,
        "typed": words_found([line.nano_id for line in found.lines], since) if found.lines else [],
        "missed": words_missed(sorted({line.subject for line in found.lines}), since),
    }  # fmt: skip


def _weeks(found: Insight) -> list[list[str]]:
    """The same values as text, a line for seven days, the last first."""
    cut = len(found.days) % 7
    starts = ([found.days[0]] if cut else []) + found.days[cut::7]
    columns = [weekly(found.values(kind)) for kind in SHOWN]
    return [[date_text(day), *map(str, numbers)] for day, *numbers in zip(starts, *columns, strict=True)][
        ::-1
    ]


def _spark(line: Line, found: Insight) -> Markup:
    return charts.sparkline(weekly(line.values(Counted.viewed, found.days)), title=_("Angesehen je Woche"))


@nanos.get("/insight")
@allows(P.insight_read)
def insight() -> ResponseReturnValue:
    """All of the organisation's nanos."""
    length = _length()
    found = read_insight(current_actor(), length)
    return render_template("nanos/insight/index.html", spark=_spark, **_context(found, length))


@nanos.get("/<uuid:nano_id>/insight")
@allows(P.insight_read)
def insight_of(nano_id: UUID) -> ResponseReturnValue:
    """One of them."""
    length = _length()
    found = read_insight(current_actor(), length, nano_id)
    return render_template("nanos/insight/show.html", line=found.lines[0], **_context(found, length))


@nanos.get("/insight.csv")
@allows(P.insight_read)
def insight_csv() -> Response:
    """A line for each nano and day on which something happened."""
    found = read_insight(current_actor(), _length())
    header = [_("Tag"), _("Nano"), *(counted_word(kind) for kind in Counted)]
    return csv_response("nanos.csv", header, _lines(found))


def _lines(found: Insight) -> Iterator[list[object]]:
    for line in found.lines:
        for day in found.days:
            numbers = [line.by_day.get(kind, {}).get(day, 0) for kind in Counted]
            if any(numbers):
                yield [day.isoformat(), line.title, *numbers]
