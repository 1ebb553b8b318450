"""How the events of assignments and certificates read, and what is measured about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _l
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from app.core.api import describe_event, describe_subject
from app.kit import observe
from app.kit.db import db
from app.nanos.models import Duty
from app.nanos.queries.certificate import count_issued
from app.nanos.queries.nano import read_titles
from app.nanos.services.ending import today
from app.nanos.wording_learning import why_word

_SENTENCES = (
    ("use.repeated", _l("Nano noch einmal durchgearbeitet"), "graduation-cap", "ok"),
    ("assignment.created", _l("Nano zugewiesen, fällig am %(due_on)s"), "clipboard-list", ""),
    ("assignment.ended", _l("Zuweisung beendet, %(open)s offen"), "clipboard-x", "warn"),
    ("duty.done", _l("Aufgabe erledigt"), "list-checks", "ok"),
    ("duty.withdrawn", _l("Aufgabe einer Person zurückgenommen"), "undo-2", "warn"),
    ("duty.reopened", _l("Abschluss einer Person zurückgenommen"), "rotate-ccw", "warn"),
    ("certificate.issued", _l("Zertifikat ausgestellt"), "award", "ok"),
    ("badge_key.made", _l("Schlüssel %(serial)s für Zertifikate angelegt"), "key-round", "ok"),
    ("badge_key.revoked", _l("Schlüssel %(serial)s für Zertifikate widerrufen"), "key-round", "warn"),
)


def _names(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return read_titles(list(ids))


def _url(nano_id: UUID) -> str:
    return url_for("nanos.show", nano_id=nano_id)


def _keys(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return {one: str(_l("Schlüssel für Zertifikate")) for one in ids}


def _keys_url(_key_id: UUID) -> str:
    return url_for("nanos.badge_keys")


def _why(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"why": why_word(data["why"])}


def describe_learning() -> None:
    """Fill the registries of the ground."""
    describe_subject("nanos.read", _l("Nano"), names=_names, url=_url)
    describe_subject("nanos.badge_key", _l("Schlüssel für Zertifikate"), names=_keys, url=_keys_url)
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"nanos.{name}", text, icon=icon, tone=tone)
    describe_event(
        "nanos.certificate.revoked",
        _l("Zertifikat widerrufen: %(why)s"),
        icon="award",
        tone="warn",
        values=_why,
    )
    observe.on_scrape("nanos_learning", read)


def read() -> Iterable[Metric]:
    """Parts of assignments by state, those past their last day, and certificates by state; read at each scrape."""
    duties = GaugeMetricFamily("kontor_nano_duties", "Parts of assignments by state.", labels=["state"])
    counted = dict(db.session.execute(select(Duty.state, func.count()).group_by(Duty.state)).all())
    for state in ("open", "done", "withdrawn", "left", "gone"):
        duties.add_metric([state], counted.get(state, 0))
    yield duties
    late = GaugeMetricFamily("kontor_nano_duties_overdue", "Open parts of assignments past their last day.")
    past = select(func.count()).select_from(Duty).where(Duty.state == "open", Duty.due_on < today())
    late.add_metric([], db.session.scalar(past) or 0)
    yield late
    issued = GaugeMetricFamily("kontor_nano_certificates", "Certificates by state.", labels=["state"])
    known = count_issued()
    for state in ("valid", "revoked"):
        issued.add_metric([state], known.get(state, 0))
    yield issued
