"""How events of learning platforms read, and what is kept of those who learn there."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.accounts.api import sole_organisations
from app.core.api import Activity, Retention, contributor, describe_event, describe_subject
from app.kit.db import require_transaction
from app.nanos.queries.lti import platform_names
from app.nanos.services.lti import forget_organisations

_KEPT = _l("zwei Jahre nach dem letzten Aufruf, bis die Plattform getrennt oder die Person vergessen wird")
RETENTION = (
    Retention(_l("Lernende aus Lernplattformen: ihre Kennung dort, kein Name"), _KEPT, "nanos_lti_learner"),
    Retention(
        _l("Aktivitäten, aus denen sie kamen, und der Stand der Rückmeldung"), _KEPT, "nanos_lti_launch"
    ),
)
ACTIVITY = Activity(
    name=_l("Lernen aus der Lernplattform einer Organisation (LTI)"),
    purpose=_l("Nanos in der Lernplattform abspielen und ihr das Ergebnis melden"),
    basis=_l("Art. 28 DSGVO: im Auftrag der Organisation, die ihre Plattform verbindet"),
    people=_l("Lernende der Organisation"),
    data=_l("Kennung der Plattform für die Person, Fortschritt, Lernzeit, Ergebnis; weder Name noch Adresse"),
    recipients=_l("die Lernplattform: das Ergebnis; Lernpakete erfahren eine Nummer"),
    how_long=_KEPT,
)
_EVENTS = (
    ("created", _l("LMS angelegt"), "plus", ""),
    ("connected", _l("LMS verbunden: %(host)s"), "plug", "ok"),
    ("removed", _l("LMS getrennt"), "unplug", "warn"),
    ("forgotten", _l("Eine Person aus dem LMS vergessen"), "user-x", "warn"),
    ("completed", _l("Nano im LMS durchgearbeitet"), "graduation-cap", "ok"),
)


def _url(platform_id: UUID) -> str:
    return url_for("nanos.lti_platform", platform_id=platform_id)


def _erase(person_id: UUID) -> None:
    """Platforms of organisations that were theirs alone go. Joins the caller's transaction."""
    require_transaction()
    forget_organisations(sole_organisations(person_id))


def register_lti() -> None:
    """Fill the registries of the ground."""
    describe_subject("nanos.lti", _l("LMS"), names=platform_names, url=_url)
    for name, text, icon, tone in _EVENTS:
        describe_event(f"nanos.lti.{name}", text, icon=icon, tone=tone)
    contributor("nanos_lti", erase=_erase, retention=RETENTION, activities=(ACTIVITY,), order=207)
