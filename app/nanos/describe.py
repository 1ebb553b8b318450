"""How the events of nanos read, what nanos are called, and what is measured about them."""

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

from app.core.api import describe_area, describe_event, describe_subject
from app.kit import formats, observe
from app.kit.db import db
from app.nanos.models import Nano
from app.nanos.queries.nano import count_waiting, titles
from app.nanos.rules.nano import State
from app.nanos.wording import kind_word, state_word

_SENTENCES = (
    ("nano.created", _l("Nano angelegt"), "plus", ""),
    ("nano.submitted", _l("Fassung %(revision)s zur Prüfung eingereicht"), "send", ""),
    ("nano.withdrawn", _l("Anfrage für Fassung %(revision)s zurückgenommen"), "undo-2", ""),
    ("nano.published", _l("Fassung %(revision)s veröffentlicht"), "circle-check", "ok"),
    ("nano.sent_back", _l("Fassung %(revision)s zurückgeschickt"), "undo-2", "warn"),
    ("nano.retired", _l("Nano zurückgezogen"), "archive", "warn"),
    ("nano.returned", _l("Nano wieder veröffentlicht"), "archive-restore", "ok"),
    ("nano.removed", _l("Nano mit seinen Dateien gelöscht"), "trash-2", "warn"),
    ("revision.begun", _l("Fassung %(revision)s begonnen"), "file-pen", ""),
    ("revision.discarded", _l("Fassung %(revision)s verworfen"), "file-x", "warn"),
)
_FIELDS = {"state": _l("Zustand"), "retires_on": _l("Zurückziehen am"), "removes_on": _l("Löschen am")}


def _kind(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"kind": kind_word(data["kind"]), "size": formats.filesize(data.get("size"))}


def _states(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"state": state_word(State(data["state"]))} if data.get("state") in set(State) else {}


def _names(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return titles(list(ids))


def _url(nano_id: UUID) -> str:
    return url_for("nanos.show", nano_id=nano_id)


def describe() -> None:
    """Fill the registries of the ground."""
    describe_area("nanos", _l("Nanos"))
    describe_subject("nanos.nano", _l("Nano"), names=_names, url=_url)
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"nanos.{name}", text, icon=icon, tone=tone, values=_states, fields=_FIELDS)
    describe_event(
        "nanos.file.added", _l("Inhalt hinzugefügt: %(kind)s, %(size)s"), icon="file-plus", values=_kind
    )
    describe_event("nanos.file.removed", _l("Inhalt entfernt: %(kind)s"), icon="file-minus", values=_kind)
    describe_event(
        "nanos.nano.ending_planned",
        _l("Ende geplant: %(plan)s"),
        icon="calendar-clock",
        values=_plan,
        fields=_FIELDS,
    )
    describe_event("nanos.use.completed", _l("Nano durchgearbeitet"), icon="graduation-cap", tone="ok")
    observe.on_scrape("nanos", read)


def _plan(data: dict[str, Any]) -> Mapping[str, Any]:
    days = [data.get("retires_on"), data.get("removes_on")]
    return {"plan": _("%(retires)s / %(removes)s", retires=days[0] or "–", removes=days[1] or "–")}


def read() -> Iterable[Metric]:
    """Nanos by state, and how many revisions wait; read at each scrape."""
    family = GaugeMetricFamily("kontor_nanos", "Nanos by state.", labels=["state"])
    counted = dict(db.session.execute(select(Nano.state, func.count()).group_by(Nano.state)).all())
    for state in State:
        family.add_metric([state.value], counted.get(state.value, 0))
    yield family
    waiting = GaugeMetricFamily("kontor_nano_reviews_waiting", "Revisions that wait for their review.")
    waiting.add_metric([], count_waiting())
    yield waiting
