"""Small helpers for templates, reached as `hosting.…`."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.billing.api import Method, MonthForecast, WalletState
from app.hosting.policies import P
from app.hosting.queries.doors import play_address
from app.hosting.queries.names import template_name
from app.hosting.queries.server import ServerDetail
from app.hosting.queries.web_map import map_address
from app.hosting.rules.idle import stops_at
from app.hosting.rules.server import State
from app.hosting.services.idle import rest_of
from app.hosting.views.forms import size_word
from app.hosting.views.prices import price_of
from app.hosting.views.words import failure_text, reason_text, state_tone, state_word
from app.hosting.wording import outcome_detail, outcome_words, planned_word
from app.kit import clock
from app.kit.authz import current_actor, may
from app.kit.formats import day_text, money, money_rate
from app.kit.i18n import choose_locale
from app.kit.money import Money


class Helpers:
    """What templates of hosting may call."""

    size = staticmethod(size_word)
    reason = staticmethod(reason_text)
    failure = staticmethod(failure_text)
    hourly = staticmethod(price_of)
    play_address = staticmethod(play_address)
    map_address = staticmethod(map_address)

    @staticmethod
    def idle_left(server: ServerDetail) -> int | None:
        """Minutes until it stops for want of players, at least one; None when it does not."""
        now = clock.now()
        at = stops_at(rest_of(server), now) if server.state is State.RUNNING else None
        return None if at is None else max(1, ceil((at - now).total_seconds() / 60))

    planned = staticmethod(planned_word)
    came = staticmethod(outcome_words)
    why = staticmethod(outcome_detail)

    @staticmethod
    def state(server: ServerDetail) -> tuple[str, str]:
        """Word and tone of a server's state."""
        return state_word(server.state, server.asleep), state_tone(server.state)

    @staticmethod
    def template(slug: str) -> str:
        """A template's name in the viewer's language."""
        return template_name(slug, choose_locale())

    @staticmethod
    def price_hints(prices: dict[str, Money]) -> dict[str, str]:
        """Second lines of the memory choices."""
        return {size: _("%(price)s pro Stunde", price=money_rate(price)) for size, price in prices.items()}

    @staticmethod
    def runway(wallet: WalletState) -> str:
        """How long the credit lasts."""
        if wallet.runway_minutes is None:
            return _("gerade läuft nichts")
        hours = wallet.runway_minutes // 60
        if hours >= 24 * 365:
            return _("reicht noch über ein Jahr")
        if hours >= 48:
            return _("reicht noch etwa %(n)d Tage", n=hours // 24)
        return _("reicht noch etwa %(n)d Stunden", n=hours) if hours >= 2 else _("reicht nur noch kurz")

    @staticmethod
    def forecast(made: MonthForecast) -> str:
        """Range and method of a forecast."""
        if made.method is Method.NOTHING:
            return _("noch ohne Verlauf")
        span = _("zwischen %(low)s und %(high)s", low=money(made.low), high=money(made.high))
        if made.method is Method.RUN_RATE:
            return _("%(span)s, aus dem bisherigen Schnitt", span=span)
        return _("%(span)s, aus dem Wochenverlauf", span=span)

    @staticmethod
    def phase_hint(meter: str) -> str:
        """What a phase is charged by."""
        return {
            "hosting.active": _("Arbeitsspeicher mal Laufzeit"),
            "hosting.sleep": _("Speicherplatz gestoppter Server"),
            "hosting.archive": _("kostet nichts"),
        }.get(meter, "")

    @staticmethod
    def step(note: str) -> str:
        """What the installation is doing."""
        return {
            "checking": _("Prüft, was schon da ist"),
            "waiting": _("Wartet auf eine andere Installation"),
            "downloading": _("Lädt das Spiel herunter"),
            "verifying": _("Prüft die Dateien"),
            "configuring": _("Richtet den Server ein"),
            "ready": _("Fertig"),
            "packing": _("Packt die Welt"),
            "verifying-archive": _("Liest die Kopie zurück und vergleicht jeden Hash"),
            "unpacking": _("Holt die Welt zurück und vergleicht jeden Hash"),
        }.get(note, note or _("Wartet auf einen freien Arbeiter"))

    @staticmethod
    def tab_items(tabs: list[tuple[str, str, str, int]], current: str) -> list[tuple[str, str, bool, int]]:
        """Filter tabs for the tab row."""
        return [(word, url, key == current, count) for key, word, url, count in tabs]

    @staticmethod
    def server_tabs(server: ServerDetail, current: str) -> list[tuple[str, str, bool]]:
        """The pages of one server."""
        items = [
            (_("Übersicht"), "hosting.server", True),
            (_("Konsole"), "hosting.server_console", True),
            (_("Auslastung"), "hosting.server_monitoring", True),
            (_("Backups"), "hosting.server_backups", may(current_actor(), P.backup_read)),
            (_("Zeitpläne"), "hosting.server_schedules", may(current_actor(), P.schedule_read)),
            (_("Plugins"), "hosting.server_plugins", may(current_actor(), P.plugin_read)),
            (_("Dateien"), "hosting.server_files", may(current_actor(), P.file_read)),
            ("Discord", "hosting.server_webhooks", may(current_actor(), P.webhook_read)),
            (_("Ereignisse"), "hosting.server_events", True),
            (_("Team"), "hosting.server_team", may(current_actor(), P.seat_read)),
            (_("Einstellungen"), "hosting.server_settings", may(current_actor(), P.server_settings)),
        ]
        return [
            (word, url_for(end, server_id=server.id), end == current) for word, end, shown in items if shown
        ]

    @staticmethod
    def windows() -> list[tuple[str, str]]:
        """Time spans of the chart."""
        return [
            ("10m", _("10 min")), ("1h", _("1 h")), ("6h", _("6 h")), ("24h", _("24 h")),
            ("7d", _("7 Tage")), ("30d", _("30 Tage")),
        ]  # fmt: skip

    @staticmethod
    def daily_rows(daily: list[tuple[date, dict[str, Money]]], phases: tuple[str, ...]) -> list[list[Any]]:
        """The daily chart as rows, days without cost left out."""
        rows = []
        for day, parts in daily:
            if any(parts.values()):
                rows.append([day_text(day), *(money(parts.get(phase, Money(0))) for phase in phases[:2])])
        return rows
