"""Supply and demand of the region, as published tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from app.kit import charts, htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Malformed, NotFound
from app.kit.spreadsheet import csv_response
from app.nanos.policies import P
from app.nanos.queries.trend import Cube, quarters, read_cube, sums
from app.nanos.rules.secrecy import ALL
from app.nanos.rules.trend import RULES, Side, is_quarter
from app.nanos.services.trend import order_paper
from app.nanos.views import nanos
from app.nanos.wording import choices
from app.nanos.wording_insight import quarter_word, side_word, table_of

LATEST = 8


def _asked(given: Any, known: list[str]) -> tuple[str, Side]:
    """Quarter and side. Nothing else is listened to: no other cut of the facts exists. Raises Malformed, NotFound."""
    if set(given) - {"quarter", "side", "lang", "csrf_token"}:
        raise Malformed
    quarter, side = given.get("quarter") or (known[0] if known else ""), given.get("side", Side.demand.value)
    if side not in set(Side) or (quarter and not is_quarter(quarter)):
        raise Malformed
    if quarter and quarter not in known:
        raise NotFound
    return quarter, Side(side)


def _cube(given: Any) -> Cube | None:
    quarter, side = _asked(given, quarters())
    return read_cube(quarter, side) if quarter else None


@nanos.get("/trends")
@allows(P.trend_read)
def trends() -> ResponseReturnValue:
    """One quarter and one side, with the other quarters beside it."""
    known = quarters()
    quarter, side = _asked(request.args, known)
    cube = read_cube(quarter, side) if quarter else None
    if cube is None:
        return render_template("nanos/trend/index.html", cube=None, rule=RULES[side], side=side)
    return render_template(
        "nanos/trend/index.html", cube=cube, table=table_of(cube), known=known[:LATEST], side=side, sides=list(Side),
        rule=RULES[side], bars=_bars(cube), course=sums(known[:LATEST]), quarter_word=quarter_word, side_word=side_word,
    )  # fmt: skip


def _bars(cube: Cube) -> tuple[Markup, Markup] | None:
    """What is told of whole subjects, the most first."""
    known = [(word, cube.of(slug)) for slug, word in choices("subjects")]
    rows = sorted(
        ((word, float(value)) for word, value in known if value is not None), key=lambda row: -row[1]
    )
    if not rows:
        return None
    wide, narrow = (
        charts.bars(rows, title=_("Je Thema"), width=width) for width in (charts.WIDE, charts.NARROW)
    )
    return wide, narrow


@nanos.get("/trends.csv")
@allows(P.trend_read)
def trend_csv() -> Response:
    """The same table, a line for each place; what is not told is empty; before the first quarter there is none."""
    cube = _cube(request.args)
    header = [_("Quartal"), _("Seite"), _("Thema"), _("Region"), _("Anzahl")]
    if cube is None:
        return csv_response("trend.csv", header, [])
    return csv_response(f"trend-{cube.quarter}-{cube.side.value}.csv", header, _lines(cube))


def _lines(cube: Cube) -> Iterator[list[object]]:
    regions = [*choices("regions"), (ALL, _("Alle Regionen"))]
    for subject, subject_word in [*choices("subjects"), (ALL, _("Alle Themen"))]:
        for region, region_word in regions:
            yield [cube.quarter, side_word(cube.side), subject_word, region_word, cube.of(subject, region)]


@nanos.post("/trends/paper")
@allows(P.trend_read)
def trend_paper() -> ResponseReturnValue:
    """Have the PDF made, and wait for it."""
    cube = _cube(request.form)
    if cube is None:
        raise Conflict(_("Noch ist kein Quartal vorbei."))
    job_id = order_paper(current_actor(), cube.quarter, cube.side)
    back = url_for("nanos.trends", quarter=cube.quarter, side=cube.side.value)
    return htmx.go(url_for("jobs.show", job_id=job_id, back=back))
