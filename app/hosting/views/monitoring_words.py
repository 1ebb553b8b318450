"""Measurements in words: names, units, how a number is written, what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.api import Recorded
from app.hosting.queries.monitoring import Measured
from app.hosting.rules.monitoring import BadSpan, Figures, Track
from app.hosting.views.words import event_line
from app.kit import formats
from app.kit.errors import Invalid
from app.kit.formats import NONE


def rate(value: float | None) -> str:
    """Bytes a second in the largest fitting unit."""
    return NONE if value is None else f"{formats.filesize(round(value))}/s"


def one_digit(value: float | None) -> str:
    """7 or 7,5."""
    return formats.number(value, 0 if value is None or value == int(value) else 1)


@dataclass(frozen=True)
class Panel:
    """One chart: its measurements by name, its title, and the unit its numbers are written in."""

    key: str
    title: Any
    tracks: tuple[str, ...]
    unit: str
    """bytes, share, number or rate: pages and scripts write numbers by it."""

    @property
    def write(self) -> Callable[[float | None], str]:
        return WRITERS[self.unit]


WRITERS: dict[str, Callable[[float | None], str]] = {
    "bytes": lambda value: formats.filesize(None if value is None else round(value)),
    "share": formats.percent,
    "number": one_digit,
    "rate": rate,
}

PANELS = (
    Panel("memory", _l("Arbeitsspeicher"), ("memory",), "bytes"),
    Panel("cpu", _l("Prozessor"), ("cpu",), "share"),
    Panel("tps", _l("Ticks pro Sekunde"), ("tps",), "number"),
    Panel("players", _l("Spieler"), ("players",), "number"),
    Panel("network", _l("Netz"), ("received", "sent"), "rate"),
    Panel("disk", _l("Speicherplatz"), ("disk",), "bytes"),
    Panel("uptime", _l("Laufzeit"), ("uptime",), "share"),
)

TRACKS: dict[str, Any] = {
    "memory": _l("Arbeitsspeicher"),
    "cpu": _l("Prozessor"),
    "tps": _l("Ticks pro Sekunde"),
    "players": _l("Spieler"),
    "received": _l("Netz, empfangen"),
    "sent": _l("Netz, gesendet"),
    "disk": _l("Speicherplatz"),
    "uptime": _l("Laufzeit"),
}

SHORT: dict[str, Any] = {
    "memory": _l("RAM"),
    "cpu": _l("CPU"),
    "tps": _l("TPS"),
    "players": _l("Spieler"),
    "received": _l("Empfangen"),
    "sent": _l("Gesendet"),
    "disk": _l("Platz"),
    "uptime": _l("Laufzeit"),
}
"""For tables."""

UNITS = {track: panel.unit for panel in PANELS for track in panel.tracks}

WINDOW_WORDS: dict[str, Any] = {
    "1h": _l("1 h"),
    "6h": _l("6 h"),
    "24h": _l("24 h"),
    "7d": _l("7 Tage"),
    "30d": _l("30 Tage"),
    "90d": _l("90 Tage"),
    "1y": _l("1 Jahr"),
}


def tracks_of(data: Measured) -> dict[str, Track]:
    """All measurements of a page, the uptime too."""
    return {**data.tracks, "uptime": data.uptime}


def written(name: str, found: Figures) -> list[str]:
    """Lowest, mean and highest value of a measurement, as people read them."""
    write = WRITERS[UNITS[name]]
    return [write(found.low), write(found.mean), write(found.peak)]


def sums(data: Measured) -> list[tuple[str, str]]:
    """What adds up over the time."""
    return [
        (_("Gelaufen"), formats.duration(data.run_seconds)),
        (_("Davon mit Spielern"), formats.duration(data.played_seconds)),
        (_("Empfangen"), formats.filesize(data.received_bytes)),
        (_("Gesendet"), formats.filesize(data.sent_bytes)),
    ]


def marked(event: Recorded) -> dict[str, Any]:
    """An event as the axis and the list beside it show it."""
    line = event_line(event)
    return {
        "at": int(event.at.timestamp()),
        "when": line["when"],
        "text": str(line["text"]),
        "detail": str(line["detail"]),
        "tone": str(line["tone"]),
        "icon": str(line["icon"]),
    }


def step_words(seconds: int) -> str:
    """How long a point is."""
    if seconds >= 86_400:
        return _("ein Punkt je Tag")
    if seconds >= 3600:
        return _("ein Punkt je %(n)d h", n=seconds // 3600)
    if seconds >= 60:
        return _("ein Punkt je %(n)d min", n=seconds // 60)
    return _("ein Punkt je %(n)d s", n=seconds)


def refuse(error: BadSpan) -> Invalid:
    """Why a stretch of time cannot be shown, and what can."""
    text = {
        "order": _("Das Ende muss nach dem Anfang liegen."),
        "future": _("Dieser Zeitraum hat noch nicht begonnen."),
        "old": _("So weit reichen die Messwerte nicht zurück: höchstens zwei Jahre."),
        "short": _("Wähle mindestens eine Minute."),
        "long": _("Wähle höchstens 400 Tage."),
    }[error.reason]
    return Invalid(text, {"to": text})
