"""How events of modules read, what is measured of them, and modules as what can be moderated."""

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
from app.nanos.models import Module
from app.nanos.queries.module_list import module_titles
from app.nanos.rules.module import STEPS
from app.nanos.rules.nano import State
from app.nanos.services import module_bar
from app.nanos.services.personal_module import contribute_modules
from app.nanos.subjects import moderation_subject
from app.nanos.wording import state_word

_PARTS = {"words": _l("Texte"), "units": _l("Einheiten"), "needs": _l("Voraussetzungen")}
_FIELDS = {"state": _l("Zustand")}


def _names(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return module_titles(list(ids))


def _url(module_id: UUID) -> str:
    return url_for("nanos.module", module_id=module_id)


def _states(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"state": state_word(State(data["state"]))} if data.get("state") in set(State) else {}


def _parts(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"part": _PARTS.get(data["part"], data["part"])}


def register_modules() -> None:
    """Fill the registries of the ground, and say how modules are moderated."""
    contribute_modules()
    describe_subject("nanos.module", _l("Modul"), names=_names, url=_url)
    for name, text, icon, tone in (
        ("created", _l("Modul angelegt"), "plus", ""),
        ("published", _l("Modul veröffentlicht"), "circle-check", "ok"),
        ("retired", _l("Modul zurückgezogen"), "archive", "warn"),
        ("deleted", _l("Entwurf eines Moduls gelöscht"), "trash-2", "warn"),
    ):
        describe_event(f"nanos.module.{name}", text, icon=icon, tone=tone, values=_states, fields=_FIELDS)
    describe_event("nanos.module.changed", _l("Modul geändert: %(part)s"), icon="pencil", values=_parts)
    moderation_subject(
        "nanos.module", label=_l("Modul"), hold=module_bar.hold_module, load=module_bar.load_module, titles=module_titles,
        apply=module_bar.bar_module, undo=module_bar.lift_module, measures=module_bar.measures_for_module,
        place="/nanos/modules/",
    )  # fmt: skip
    observe.on_scrape("nanos_modules", read)


def read() -> Iterable[Metric]:
    """Modules by state, as the database has them at each scrape."""
    family = GaugeMetricFamily("kontor_nano_modules", "Modules by state.", labels=["state"])
    counted = dict(db.session.execute(select(Module.state, func.count()).group_by(Module.state)).all())
    for state in STEPS:
        family.add_metric([state.value], counted.get(state.value, 0))
    yield family
