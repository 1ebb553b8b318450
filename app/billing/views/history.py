"""The wallet's history with the calculation behind each entry, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.billing.gateways.payment import TestProvider
from app.billing.policies import P
from app.billing.queries.calculation import localised, spell_out, unit_price
from app.billing.queries.meters import meter_named
from app.billing.queries.statement import HistoryFilter, HistoryLine, history
from app.billing.rules.calculation import decimal_places
from app.billing.rules.moments import day_start, moment
from app.billing.views.wallet import organisation_of
from app.kit.authz import allows, current_actor
from app.kit.ids import parse_id
from app.kit.money import NANOS
from app.kit.spreadsheet import csv_response

wallet_history = Blueprint("wallet_history", __name__, url_prefix="/guthaben/verlauf")

MOST_ROWS = 50_000
KINDS = {
    "usage": _l("Nutzung"),
    "correction": _l("Korrektur"),
    "topup": _l("Aufladung"),
    "voucher": _l("Gutschein"),
}


def origin(line: HistoryLine) -> str:
    """Where money that came in is from, as far as it tells something; money of the test provider always says so."""
    if line.kind == "voucher" and "hint" in line.memo:
        return _("Code …%(hint)s", hint=line.memo["hint"])
    if line.kind == "topup" and line.memo.get("provider") == TestProvider.name:
        return _("Testguthaben")
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wanted(zone: str) -> HistoryFilter:
    given = request.args
    since, until = _day(given.get("since", "")), _day(given.get("until", ""))
    return HistoryFilter(
        kind=given.get("kind", "") if given.get("kind") in KINDS else "",
        subject_id=parse_id(given.get("subject", "")),
        since=moment(day_start(since, zone)) if since else None,
        until=moment(day_start(until + timedelta(days=1), zone)) if until else None,
    )


@wallet_history.get("")
@allows(P.WALLET_SEE)
def entries() -> ResponseReturnValue:
    """The list, newest first."""
    actor = current_actor()
    page = history(
        organisation_of(actor), _wanted(actor.timezone), cursor=request.args.get("cursor") or None, limit=30
    )
    return render_template(
        "billing/wallet/history.html",
        page=page,
        kinds=KINDS,
        meter_named=meter_named,
        spell_out=spell_out,
        origin=origin,
        given={name: request.args.get(name, "") for name in ("kind", "since", "until", "subject")},
    )


@wallet_history.get("/csv")
@allows(P.WALLET_SEE)
def as_csv() -> Response:
    """The same as a file: a line for each charge, up to 50,000 entries."""
    actor = current_actor()
    header = [
        _("Zeit (UTC)"), _("Art"), _("Gegenstand"), _("Phase"), _("Menge in MB"), _("Von (UTC)"), _("Bis (UTC)"),
        _("Sekunden"), _("Preis"), _("Betrag in Euro"), _("Rechnung"), _("Guthaben danach in Euro"),
    ]  # fmt: skip
    return csv_response("verlauf.csv", header, _rows(organisation_of(actor), _wanted(actor.timezone)))


class Figure:
    """A number in a spreadsheet cell: all its digits, in the reader's notation."""

    def __init__(self, value: int, divisor: int, places: int) -> None:
        self.text = localised(decimal_places(value, divisor, places))

    def __str__(self) -> str:
        return self.text


def _rows(organisation_id: UUID, wanted: HistoryFilter) -> Iterator[list[Any]]:
    cursor: str | None = None
    for _page in range(MOST_ROWS // 500):
        page = history(organisation_id, replace(wanted), cursor=cursor, limit=500)
        for line in page.rows:
            yield from _entry(line)
        cursor = page.next_cursor
        if cursor is None:
            return


def _entry(line: HistoryLine) -> Iterator[list[Any]]:
    when, kind = line.at.isoformat(timespec="seconds"), str(KINDS.get(line.kind, line.kind))
    balance = Figure(line.balance.nanos, NANOS, 9)
    if not line.charges:
        yield [
            when,
            kind,
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            Figure(line.amount.nanos, NANOS, 9),
            origin(line),
            balance,
        ]
    for charge in line.charges:
        made = charge.calculation
        yield [
            when, kind, charge.name.label, str(meter_named(charge.meter).label), charge.calculation.quantity_mb,
            charge.since.isoformat(), charge.until.isoformat(), Figure(made.micros, 10**6, 6),
            unit_price(made.price_nanos, made.unit, made.unit_mb, made.unit_seconds),
            Figure(-charge.amount.nanos, NANOS, 9), spell_out(made), balance,
        ]  # fmt: skip
