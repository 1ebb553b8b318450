"""How exchanges read in the log, what they are called, what is measured about them, and their place in the shell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from app.core.api import describe_event, describe_subject, file_kind
from app.kit import observe
from app.kit.authz import may
from app.kit.db import db
from app.kit.formats import number
from app.messaging.api import room_subject
from app.nanos import wording_barter as wording
from app.nanos.models import Barter, Licence
from app.nanos.notices_barter import register_barter_kinds
from app.nanos.policies import Trade, grant_trade
from app.nanos.queries import barter as queries
from app.nanos.queries.barter_talk import about
from app.nanos.queries.credit import differences, sum_of_all
from app.nanos.rules.barter import Side, State
from app.nanos.services.receipt import FILE_KIND

_SENTENCES = (
    ("barter.offered", _l("Tausch angeboten"), "arrow-left-right", ""),
    ("barter.countered", _l("Gegenangebot: Fassung %(revision)s"), "arrow-left-right", ""),
    ("barter.accepted", _l("Fassung %(revision)s angenommen"), "handshake", "ok"),
    ("barter.declined", _l("Tausch abgelehnt"), "x", "warn"),
    ("barter.withdrawn", _l("Angebot zurückgezogen"), "undo-2", "warn"),
    ("barter.expired", _l("Angebot abgelaufen"), "timer-off", "warn"),
    ("barter.delivered", _l("Geliefert von: %(side)s"), "package-check", "ok"),
    ("barter.confirmed", _l("Empfang bestätigt von: %(side)s"), "circle-check", "ok"),
    ("barter.amendment_proposed", _l("Änderung vorgeschlagen: Fassung %(revision)s"), "file-pen", ""),
    ("barter.amendment_dropped", _l("Änderung entfällt"), "file-x", ""),
    ("barter.amended", _l("Neu vereinbart: Fassung %(revision)s"), "file-check", "ok"),
    ("barter.disputed", _l("Moderation gerufen von: %(side)s"), "scale", "warn"),
    ("barter.completed", _l("Tausch abgeschlossen (%(by)s)"), "circle-check", "ok"),
    ("barter.cancelled", _l("Tausch rückabgewickelt (%(by)s)"), "undo-2", "warn"),
    ("licence.ended", _l("Lizenz beendet"), "key-round", ""),
    ("licence.limit_set", _l("Lizenzen höchstens: %(most)s"), "key-round", ""),
    ("trader.stated", _l("Angaben für Tauschbelege: %(vat)s"), "receipt-text", ""),
    ("credit.floor_set", _l("Untergrenze der Credits: %(lowest)s"), "coins", "warn"),
    ("credit.reversed", _l("Credits zurückgenommen: %(amount)s"), "coins", "warn"),
)
_FIELDS = {"most": _l("Lizenzen höchstens"), "lowest": _l("Untergrenze"), "vat": _l("Umsatzsteuer")}
_BY = {
    "sides": _l("beide haben bestätigt"),
    "time": _l("die Frist ist um"),
    "decision": _l("durch die Moderation"),
}
_SIDES = {Side.OFFERER: _l("Anbietende Seite"), Side.PARTNER: _l("Gefragte Seite")}


def _values(data: dict[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    if data.get("side") in set(Side):
        found["side"] = _SIDES[Side(data["side"])]
    if data.get("by") in _BY:
        found["by"] = _BY[data["by"]]
    if "vat" in data:
        found["vat"] = wording.vat_word(data["vat"])
    if "most" in data:
        found["most"] = number(data["most"]) if data["most"] is not None else _("beliebig viele")
    if "lowest" in data:
        found["lowest"] = number(data["lowest"]) if data["lowest"] is not None else _("wie üblich")
    if "amount" in data:
        found["amount"] = number(data["amount"])
    return found


def _names(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return queries.barter_titles(list(ids))


def register_barter() -> None:
    """Permissions, words, notices, the conversation, navigation and metrics of exchanges."""
    grant_trade()
    register_barter_kinds()
    room_subject(queries.SUBJECT, about)
    describe_subject(
        queries.SUBJECT, _l("Tausch"), names=_names, url=lambda one: url_for("nanos.barter", barter_id=one)
    )
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"nanos.{name}", text, icon=icon, tone=tone, values=_values, fields=_FIELDS)
    file_kind(FILE_KIND, lambda actor: may(actor, Trade.read))
    queries.count_with_pages()
    observe.on_scrape("nanos-barter", read)


def read() -> Iterable[Metric]:
    """Read at each scrape."""
    family = GaugeMetricFamily("kontor_nano_barters", "Exchanges by state.", labels=["state"])
    counted = dict(db.session.execute(select(Barter.state, func.count()).group_by(Barter.state)).all())
    for state in State:
        family.add_metric([state.value], counted.get(state.value, 0))
    yield family
    licences = GaugeMetricFamily(
        "kontor_nano_licences", "Licences from exchanges by state.", labels=["state"]
    )
    held = dict(db.session.execute(select(Licence.state, func.count()).group_by(Licence.state)).all())
    for name in ("reserved", "active", "ended", "revoked"):
        licences.add_metric([name], held.get(name, 0))
    yield licences
    total = GaugeMetricFamily("kontor_nano_credits_sum", "Sum of all credit balances; must be 0.")
    total.add_metric([], sum_of_all())
    yield total
    wrong = GaugeMetricFamily(
        "kontor_nano_credit_differences", "Credit accounts and transfers that do not add up; must be 0."
    )
    wrong.add_metric([], differences())
    yield wrong
