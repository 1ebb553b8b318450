"""How events of ratings, questions and collections read, what those things are called, and what is measured of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _l
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import String, cast, func, literal, select, union_all

from app.core.api import describe_event, describe_subject
from app.kit import observe
from app.kit.db import db
from app.nanos.models import Collection, Comment, Favourite, Rating, SavedSearch
from app.nanos.queries.collection import collection_names
from app.nanos.queries.saved import search_names
from app.nanos.wording_voices import sharing_word

_SENTENCES = (
    ("rating.given", _l("Nano bewertet: %(stars)s von 5 Sternen"), "star", ""),
    ("rating.edited", _l("Bewertung geändert: %(stars)s von 5 Sternen"), "star", ""),
    ("rating.answered", _l("Bewertung beantwortet"), "reply", ""),
    ("rating.rules_changed", _l("Regeln für Bewertungen geändert"), "sliders-horizontal", ""),
    ("question.asked", _l("Frage zu einem Nano gestellt"), "message-circle-question-mark", ""),
    ("question.answered", _l("Frage beantwortet"), "reply", ""),
    ("comment.hidden", _l("Text ausgeblendet"), "eye-off", "warn"),
    ("comment.shown", _l("Text wieder gezeigt"), "eye", ""),
    ("rating.struck", _l("Bewertung als unecht entfernt"), "star-off", "warn"),
    ("rating.restored", _l("Bewertung zählt wieder"), "star", ""),
    ("profile.changed", _l("Anbieterseite geändert"), "building-2", ""),
    ("collection.deleted", _l("Sammlung gelöscht"), "trash-2", "warn"),
)
_FIELDS = {
    "prior": _l("Anfangswert (Tausendstel Sterne)"), "weight": _l("Gewicht des Anfangswerts"),
    "badge_from": _l("Abzeichen ab (Tausendstel Sterne)"), "badge_count": _l("Abzeichen ab Bewertungen"),
}  # fmt: skip


def _sharing(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"sharing": sharing_word(data["sharing"])}


def _collections(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return collection_names(list(ids))


def _searches(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    return search_names(list(ids))


def _url(collection_id: UUID) -> str:
    return url_for("nanos.collection", collection_id=collection_id)


def describe_voices() -> None:
    """Fill the registries of the ground."""
    describe_subject("nanos.collection", _l("Sammlung"), names=_collections, url=_url)
    describe_subject("nanos.saved_search", _l("Gespeicherte Suche"), names=_searches)
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"nanos.{name}", text, icon=icon, tone=tone, fields=_FIELDS)
    describe_event(
        "nanos.collection.shared", _l("Sammlung geteilt: %(sharing)s"), icon="users", values=_sharing
    )
    observe.on_scrape("nanos_voices", read)


_GAUGES = (
    ("ratings", "kontor_nano_ratings", "Ratings by stars.", "stars"),
    ("comments", "kontor_nano_comments", "Comments, questions and answers by kind.", "kind"),
    ("collections", "kontor_nano_collections", "Collections by who sees them.", "sharing"),
    ("searches", "kontor_nano_saved_searches", "Saved searches by when they tell.", "cadence"),
    ("favourites", "kontor_nano_favourites", "Nanos that people keep.", "of"),
)


def read() -> Iterable[Metric]:
    """What people say and keep, in one statement at each scrape."""
    columns: dict[str, Any] = {
        "ratings": Rating.stars, "comments": Comment.kind, "collections": Collection.sharing,
        "searches": SavedSearch.cadence,
    }  # fmt: skip
    parts: list[Any] = [
        select(literal(name), cast(column, String), func.count()).group_by(column)
        for name, column in columns.items()
    ]
    parts.append(select(literal("favourites"), literal("people"), func.count(Favourite.id)))
    found: dict[str, dict[str, int]] = {}
    for name, value, count in db.session.execute(union_all(*parts)):
        found.setdefault(name, {})[str(value)] = count
    for name, metric, text, label in _GAUGES:
        family = GaugeMetricFamily(metric, text, labels=[label])
        for value, count in sorted(found.get(name, {}).items()):
            family.add_metric([value], count)
        yield family
