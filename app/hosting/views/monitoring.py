"""What a server used over time: the page, its values for the script that makes them zoomable, CSV, the live part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.policies import P
from app.hosting.queries.monitoring import Measured, happened, measured
from app.hosting.queries.sample import latest
from app.hosting.queries.server import ServerDetail, find_server, server_detail
from app.hosting.rules.monitoring import WINDOWS, BadSpan, Figures, Span, chosen_span, coarser, window_span
from app.hosting.views import hosting
from app.hosting.views.monitoring_csv import csv_of
from app.hosting.views.monitoring_svg import Frame, band_chart
from app.hosting.views.monitoring_words import (
    PANELS,
    SHORT,
    TRACKS,
    UNITS,
    WINDOW_WORDS,
    WRITERS,
    Panel,
    marked,
    refuse,
    step_words,
    sums,
    tracks_of,
    written,
)
from app.kit import charts, clock, formats
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import choose_locale, choose_zone

DRAWN_POINTS = 240
"""Points of a chart that the server draws: more cannot be told apart without zooming."""
TABLE_ROWS = 48
MIB = 1024 * 1024


def asked_span() -> Span:
    """What the address asks for: a window, or a stretch from–to in Unix seconds or in the viewer's local time."""
    now = int(clock.now().timestamp())
    since, until = request.args.get("from", ""), request.args.get("to", "")
    if since or until:
        try:
            return chosen_span(_moment("from", since), _moment("to", until), now)
        except BadSpan as error:
            raise refuse(error) from error
    window = request.args.get("window", "24h")
    if window not in WINDOWS:
        raise Invalid(_("Diesen Zeitraum gibt es nicht."), {"window": ", ".join(WINDOWS)})
    return window_span(window, now)


def _moment(name: str, text: str) -> int:
    """Unix seconds, or a date and time as form fields write them."""
    try:
        if text.isascii() and text.isdigit() and len(text) <= 12:
            return int(text)
        local = datetime.fromisoformat(text)
        return int((local if local.tzinfo else local.replace(tzinfo=ZoneInfo(choose_zone()))).timestamp())
    except (ValueError, OverflowError) as error:
        raise Invalid(_("Das ist keine Zeit."), {name: _("Schreib sie so: 2026-11-21T18:00")}) from error


@hosting.get("/servers/<uuid:server_id>/monitoring")
@allows(P.server_read)
def server_monitoring(server_id: UUID) -> ResponseReturnValue:
    """The page: charts, figures, events. A stretch nobody can show is said at its form, above the last day."""
    found = find_server(current_actor(), server_id)
    try:
        span, problem = asked_span(), ""
    except Invalid as error:
        span, problem = window_span("24h", int(clock.now().timestamp())), error.message
    data = measured(found.id, span, ZoneInfo(choose_zone()), DRAWN_POINTS)
    events = [marked(event) for event in happened(found.organisation_id, found.id, span)]
    html = render_template(
        "hosting/monitoring/show.html",
        server=found,
        data=data,
        words=WINDOW_WORDS,
        short=SHORT,
        charts=[_chart(found, panel, data, events) for panel in PANELS],
        rows=_rows(data),
        sums=sums(data),
        events=events,
        columns=[_("Zeit"), *(str(SHORT[name]) for name in TRACKS)],
        values=_values(data),
        step=step_words(data.plan.step),
        moves=_moves(found.id, span),
        timezone=choose_zone(),
        local=[_local(span.since), _local(span.until)],
        problem=problem,
        **now_context(found),
    )
    return html, 422 if problem else 200


def _chart(
    server: ServerDetail, panel: Panel, data: Measured, events: list[dict[str, Any]]
) -> dict[str, Any]:
    frame = Frame(data.at, data.span.since, data.span.until, choose_zone(), choose_locale(), events)
    tracks = [tracks_of(data)[name] for name in panel.tracks]
    wide, narrow = (
        band_chart(
            frame, tracks, title=str(panel.title), width=width, write=panel.write, high=_ceiling(server, panel),
            binary=panel.unit in ("bytes", "rate"), empty=_("Keine Werte in diesem Zeitraum"),
        )
        for width in (charts.WIDE, charts.NARROW)
    )  # fmt: skip
    return {"panel": panel, "wide": wide, "narrow": narrow, "high": _ceiling(server, panel)}


def _ceiling(server: ServerDetail, panel: Panel) -> float | None:
    """What an axis reaches at least, so that little looks like little."""
    return {
        "memory": float(server.memory_mb * MIB),
        "cpu": 1.0,
        "tps": 20.0,
        "players": 4.0,
        "uptime": 1.0,
    }.get(panel.key)


def _rows(data: Measured) -> list[dict[str, Any]]:
    """The table beside the charts."""
    found = {**data.figures(), "uptime": _uptime(data)}
    return [{"key": key, "name": str(SHORT[key]), "figures": written(key, found[key])} for key in TRACKS]


def _uptime(data: Measured) -> Figures:
    """Over the whole time: where nothing was measured it did not run."""
    if data.empty:
        return Figures(None, None, None, None)
    shares = [share or 0.0 for share in data.uptime.mean]
    return Figures(min(shares), min(1.0, data.run_seconds / data.span.seconds), max(shares), None)


def _values(data: Measured) -> list[list[str]]:
    """Means as a table of a length one can read; times in which nothing was measured are left out."""
    every = max(1, -(-len(data.at) // TABLE_ROWS))
    columns = {name: coarser(track.mean, data.covered, every) for name, track in data.tracks.items()}
    columns["uptime"] = _shares(data, every)
    return [
        [_when(at), *(WRITERS[UNITS[name]](columns[name][number]) for name in TRACKS)]
        for number, at in enumerate(data.at[::every])
        if columns["uptime"][number] is not None
    ]


def _shares(data: Measured, every: int) -> list[float | None]:
    """The measured share of `every` neighbours at a time, counting those in which nothing was measured."""
    starts, found = data.plan.starts, list[float | None]()
    for first in range(0, len(data.at), every):
        last = min(first + every, len(data.at))
        seconds = sum(covered or 0 for covered in data.covered[first:last])
        length = max(1, min(starts[last], data.span.until) - starts[first])
        found.append(min(1.0, seconds / length) if seconds else None)
    return found


def _when(at: int) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{formats.day_text(moment)} {formats.clock_text(moment)}"


def _local(at: int) -> str:
    """As a form's date and time field wants it."""
    return datetime.fromtimestamp(at, ZoneInfo(choose_zone())).strftime("%Y-%m-%dT%H:%M")


def _moves(server_id: UUID, span: Span) -> list[dict[str, Any]]:
    """Earlier, later, closer, wider: links that work without a script, and buttons with one."""
    now, half, quarter = int(clock.now().timestamp()), span.seconds // 2, span.seconds // 4
    wanted = [
        ("earlier", _("Früher"), "chevron-left", span.since - half, span.until - half),
        ("later", _("Später"), "chevron-right", span.since + half, span.until + half),
        ("in", _("Hineinzoomen"), "zoom-in", span.since + quarter, span.until - quarter),
        ("out", _("Herauszoomen"), "zoom-out", span.since - half, span.until + half),
    ]
    return [
        {"key": key, "label": label, "icon": icon, "url": _address(server_id, since, until, now)}
        for key, label, icon, since, until in wanted
    ]


def _address(server_id: UUID, since: int, until: int, now: int) -> str | None:
    """None where there is nothing to see."""
    try:
        span = chosen_span(since, until, now)
    except BadSpan:
        return None
    return url_for("hosting.server_monitoring", server_id=server_id, **_query(span))


@hosting.get("/servers/<uuid:server_id>/monitoring/data")
@allows(P.server_read)
def server_monitoring_data(server_id: UUID) -> ResponseReturnValue:
    """The values of a stretch of time, at most a thousand points of each measurement."""
    found = find_server(current_actor(), server_id)
    span = asked_span()
    data = measured(found.id, span, ZoneInfo(choose_zone()))
    events = happened(found.organisation_id, found.id, span)
    answer = jsonify(
        since=span.since,
        until=span.until,
        window=span.window,
        step=data.plan.step,
        step_text=step_words(data.plan.step),
        at=data.at,
        tracks={name: _numbers(data, name) for name in TRACKS},
        figures={row["key"]: row["figures"] for row in _rows(data)},
        sums=[value for _label, value in sums(data)],
        events=[{**(one := marked(event)), "when": formats.datetime_text(one["when"])} for event in events],
        values=_values(data),
        csv=url_for("hosting.server_monitoring_csv", server_id=found.id, **_query(span)),
        page=url_for("hosting.server_monitoring", server_id=found.id, **_query(span)),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _query(span: Span) -> dict[str, Any]:
    return {"window": span.window} if span.window else {"from": span.since, "to": span.until}


def _numbers(data: Measured, name: str) -> dict[str, list[float | None]]:
    """Three significant digits more than eyes tell apart; lowest and highest only where they differ from the mean."""
    track = tracks_of(data)[name]
    found = {"mean": _rounded(track.mean)}
    if track.low != track.mean or track.peak != track.mean:
        found |= {"low": _rounded(track.low), "peak": _rounded(track.peak)}
    return found


def _rounded(values: tuple[float | None, ...]) -> list[float | None]:
    return [None if value is None else round(value, 4 if value < 100 else 0) for value in values]


@hosting.get("/servers/<uuid:server_id>/monitoring.csv")
@allows(P.server_read)
def server_monitoring_csv(server_id: UUID) -> Response:
    """The same values for a spreadsheet."""
    found = find_server(current_actor(), server_id)
    return csv_of(found, measured(found.id, asked_span(), ZoneInfo(choose_zone())))


def now_context(server: ServerDetail) -> dict[str, Any]:
    """What the live part shows: the newest reading, None while nothing is measured."""
    return {"point": latest([server.id]).get(server.id), "size": server.memory_mb * MIB, "writers": WRITERS}


def render_now(server_id: UUID) -> str:
    """The live part."""
    server = server_detail(server_id)
    if server is None:
        raise NotFound
    return render_template("hosting/monitoring/_now.html", server=server, **now_context(server))
