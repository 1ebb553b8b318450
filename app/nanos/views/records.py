"""An organisation's records: on the page, as CSV, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.ids import parse_id
from app.kit.spreadsheet import csv_response
from app.nanos.policies import P
from app.nanos.queries.assignment import day_of
from app.nanos.queries.records import Report, period_of, report
from app.nanos.services import records as services
from app.nanos.services.ending import today
from app.nanos.views import nanos
from app.nanos.wording_learning import standing_word

WIDE, NARROW = 760, 340
SHOWN = 100
"""Lines on the page; all of them are in the CSV."""


def _asked() -> tuple[Report, str]:
    day = today()
    period = period_of(request.args.get("since", ""), request.args.get("until", ""), day)
    chosen = parse_id(request.args.get("nano", ""))
    return report(current_actor(), period, day, chosen), str(chosen or "")


@nanos.get("/assignments/records")
@allows(P.learning_assign)
def assignments_records() -> ResponseReturnValue:
    """Who had to, who has, by when."""
    made, chosen = _asked()
    return render_template(
        "nanos/records/index.html", made=made, chosen=chosen, wide=services.chart(made, WIDE),
        narrow=services.chart(made, NARROW), shown=made.rows[:SHOWN],
    )  # fmt: skip


@nanos.get("/assignments/records.csv")
@allows(P.learning_assign)
def records_csv() -> Response:
    """All lines of the period."""
    made, _chosen = _asked()
    header = [
        _("Person"), _("Nano"), _("Runde"), _("Zugewiesen am"), _("Fällig am"), _("Stand"), _("Erledigt am"),
        _("In der Organisation"),
    ]  # fmt: skip
    return csv_response(
        f"{_('schulungsnachweis')}-{made.period.since}-{made.period.until}.csv", header, _lines(made)
    )


def _lines(made: Report) -> Iterator[list[object]]:
    for row in made.rows:
        yield [
            row.person, row.title, row.round, _iso(day_of(row.begins_at)), _iso(row.due_on), standing_word(row.standing),
            _iso(day_of(row.completed_at)), _("ja") if row.member else _("nein"),
        ]  # fmt: skip


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


@nanos.post("/assignments/records")
@allows(P.learning_assign)
def order_records() -> ResponseReturnValue:
    """Have the PDF made."""
    period = period_of(request.form.get("since", ""), request.form.get("until", ""), today())
    chosen = parse_id(request.form.get("nano", ""))
    job_id = services.order(
        current_actor(), period.since.isoformat(), period.until.isoformat(), str(chosen or "")
    )
    return htmx.go(url_for("jobs.show", job_id=job_id, back=url_for("nanos.assignments_records")))
