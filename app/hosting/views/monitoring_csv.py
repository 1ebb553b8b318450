"""Measurements as CSV: local times with their offset, base units named in the header, numbers as the language writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import gettext as _

from app.hosting.queries.monitoring import Measured
from app.hosting.queries.server import ServerDetail
from app.hosting.views.monitoring_words import TRACKS, tracks_of
from app.kit.i18n import choose_locale, choose_zone
from app.kit.spreadsheet import csv_response

UNITS = {
    "memory": "B",
    "tps": "1/s",
    "players": "",
    "received": "B/s",
    "sent": "B/s",
    "disk": "B",
    "uptime": "%",
}


def csv_of(server: ServerDetail, data: Measured) -> Response:
    """A row a point; what was not measured stays empty."""
    span = data.span
    day = datetime.fromtimestamp(span.since, ZoneInfo(choose_zone())).date().isoformat()
    return csv_response(f"server-{server.id}-{span.window or day}.csv", header(), list(rows(data)))


def header() -> list[str]:
    """Time, length of the point, then mean, lowest and highest value of each measurement with its unit."""
    found = [_("Zeit"), _("Dauer [s]"), _("Gemessen [s]")]
    for name, word in TRACKS.items():
        unit = _("Kerne") if name == "cpu" else UNITS[name]
        shown = f" [{unit}]" if unit else ""
        if name in ("disk", "uptime"):
            found.append(f"{word}{shown}")
        else:
            found += [f"{word}, {kind}{shown}" for kind in (_("Mittel"), _("Minimum"), _("Maximum"))]
    return found


def rows(data: Measured) -> Iterator[list[str]]:
    """The rows below the header."""
    zone, comma, tracks = ZoneInfo(choose_zone()), choose_locale() == "de", tracks_of(data)

    def text(value: float | None) -> str:
        written = "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
        return written.replace(".", ",") if comma else written

    for number, at in enumerate(data.at):
        covered = data.covered[number]
        row = [datetime.fromtimestamp(at, UTC).astimezone(zone).isoformat()]
        row += [str(data.plan.starts[number + 1] - at), "" if covered is None else str(covered)]
        for name in TRACKS:
            track = tracks[name]
            if name == "uptime":
                share = track.mean[number]
                row.append(text(None if share is None else share * 100))
            elif name == "disk":
                row.append(text(track.mean[number]))
            else:
                row += [text(values[number]) for values in (track.mean, track.low, track.peak)]
        yield row
