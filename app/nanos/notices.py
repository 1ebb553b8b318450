"""What nanos tell people about."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.messaging.api import notice_kind

PUBLISHED, SENT_BACK, ENDED = "nanos.published", "nanos.sent_back", "nanos.ended"
_NANO = {"nano": ("nanos.nano", "nano_id")}


def register_kinds() -> None:
    """Make the kinds known, with what is switched on by default."""
    area = _l("Nanos")
    notice_kind(
        PUBLISHED, label=_l("Ein Nano ist veröffentlicht"), area=area, icon="circle-check", tone="ok",
        text=_l("„%(nano)s“ ist geprüft und veröffentlicht."), refs=_NANO, by_mail=True, order=50,
    )  # fmt: skip
    notice_kind(
        SENT_BACK, label=_l("Ein Nano kommt aus der Prüfung zurück"), area=area, icon="undo-2", tone="warn",
        text=_l("„%(nano)s“ wurde nicht veröffentlicht. Auf seiner Seite steht, was zu ändern ist."),
        refs=_NANO, by_mail=True, order=51,
    )  # fmt: skip
    notice_kind(
        ENDED, label=_l("Ein Nano endet an seinem Datum"), area=area, icon="calendar-x",
        text=_l("„%(nano)s“ ist nicht mehr öffentlich, wie Sie es geplant hatten."), refs=_NANO, order=52,
    )  # fmt: skip
