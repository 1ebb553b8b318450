"""How privacy's events read."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.api import describe_area, describe_event


def describe() -> None:
    describe_area("privacy", _l("Datenschutz"))
    describe_event("privacy.export.made", _l("Kopie der eigenen Daten erstellt"), icon="package-check")
    describe_event(
        "privacy.erasure.scheduled", _l("Löschung des Kontos vorgemerkt"), icon="user-x", tone="warn"
    )
    describe_event("privacy.erasure.called_off", _l("Löschung des Kontos abgesagt"), icon="undo-2")
