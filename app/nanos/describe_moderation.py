"""How moderation reads in logs and is measured; and nanos as what can be moderated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from app.core.api import describe_event, describe_subject
from app.kit import clock, observe
from app.kit.db import db
from app.nanos.models import Appeal, Case, Decision
from app.nanos.notices_moderation import register_moderation_kinds
from app.nanos.queries import subject
from app.nanos.queries.moderation import count_open, count_with_pages
from app.nanos.queries.nano import titles
from app.nanos.rules.case import Kind
from app.nanos.rules.measure import Measure, OnProvider
from app.nanos.services import enforce
from app.nanos.services.personal_moderation import contribute_moderation
from app.nanos.subjects import moderation_subject, subject_titles
from app.nanos.wording_moderation import ON_PROVIDER, category_word, kind_word, measure_word

_SENTENCES = (
    ("case.claimed", _l("In der Moderation übernommen"), "hand", ""),
    ("case.released", _l("In der Moderation zurückgegeben"), "undo-2", ""),
    (
        "moderation.decided",
        _l("Moderation: %(kind)s entschieden, %(measure)s%(on_provider)s"),
        "gavel",
        "warn",
    ),
    ("notice.received", _l("Meldung eingegangen: %(category)s"), "flag", "warn"),
    ("appeal.made", _l("Beschwerde gegen eine Entscheidung"), "scale", ""),
    ("appeal.decided", _l("Über eine Beschwerde entschieden: %(result)s"), "scale", ""),
    ("sample.drawn", _l("Stichprobe %(week)s gezogen: %(size)s Nanos"), "dices", ""),
    (
        "ranking.trained",
        _l("Reihenfolge der Moderation gelernt aus %(decisions)s Entscheidungen"),
        "brain",
        "",
    ),
    ("moderation.configured", _l("Moderation eingerichtet"), "settings", ""),
    (
        "transparency.published",
        _l("Transparenzbericht %(first)s bis %(last)s veröffentlicht"),
        "file-text",
        "",
    ),
)


def _values(data: dict[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    if data.get("measure") in set(Measure):
        found["measure"] = measure_word(data["measure"])
        chosen = OnProvider(data.get("on_provider") or "")
        found["on_provider"] = f", {ON_PROVIDER[chosen]}" if chosen else ""
    if data.get("kind") in set(Kind):
        found["kind"] = kind_word(data["kind"])
    if data.get("category"):
        found["category"] = category_word(data["category"])
    if data.get("result"):
        found["result"] = _("aufgehoben") if data["result"] == "reversed" else _("bestätigt")
    return found


def _names(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    wanted = list(ids)
    rows = db.session.execute(select(Case.id, Case.subject_id).where(Case.id.in_(wanted))).all()
    known = subject_titles([one for _case, one in rows])
    return {case: known[one] for case, one in rows if one in known}


def _contents(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return subject_titles(list(ids))


def _url(case_id: UUID) -> str:
    return url_for("nanos.moderation_case", case_id=case_id)


def register_moderation() -> None:
    """Fill the registries of the ground, and say how nanos are moderated."""
    register_moderation_kinds()
    count_with_pages()
    contribute_moderation()
    describe_subject("nanos.content", _l("Inhalt"), names=_contents)
    describe_subject("nanos.case", _l("Moderation"), names=_names, url=_url)
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"nanos.{name}", text, icon=icon, tone=tone, values=_values)
    moderation_subject(
        "nanos.nano", label=_l("Nano"), hold=enforce.hold, load=subject.load, titles=titles, apply=enforce.apply,
        undo=enforce.undo,
    )  # fmt: skip
    observe.on_scrape("nanos_moderation", read)


def read() -> Iterable[Metric]:
    """The queue, decisions and appeals, as the database has them at each scrape."""
    counts = count_open()
    waiting = GaugeMetricFamily(
        "kontor_nano_moderation_open", "Items of the moderators' queue by kind.", labels=["kind"]
    )
    for kind in Kind:
        waiting.add_metric([kind.value], counts.get(kind.value, 0))
    yield waiting
    oldest = db.session.scalar(select(func.min(Case.created_at)).where(Case.state == "open"))
    age = GaugeMetricFamily(
        "kontor_nano_moderation_oldest_seconds", "How long the oldest open item has waited."
    )
    age.add_metric([], (clock.now() - oldest).total_seconds() if oldest else 0)
    yield age
    decided = CounterMetricFamily(
        "kontor_nano_moderation_decisions", "Decisions by measure.", labels=["measure"]
    )
    rows = db.session.execute(select(Decision.measure, func.count()).group_by(Decision.measure)).all()
    found: dict[str, int] = {measure: count for measure, count in rows}  # noqa: C416
    for measure in Measure:
        decided.add_metric([measure.value], found.get(measure.value, 0))
    yield decided
    appeals = CounterMetricFamily(
        "kontor_nano_moderation_appeals", "Appeals by how they ended.", labels=["result"]
    )
    states = dict(db.session.execute(select(Appeal.state, func.count()).group_by(Appeal.state)).all())
    for state in ("open", "upheld", "reversed"):
        appeals.add_metric([state], states.get(state, 0))
    yield appeals
