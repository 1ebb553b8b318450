"""What people are told about assignments and certificates."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import format_date
from flask_babel import lazy_gettext as _l

from app.messaging.api import notice_kind

ASSIGNED, DUE_SOON, OVERDUE = "nanos.assigned", "nanos.due_soon", "nanos.overdue"
DUTY_GONE, CERTIFIED, REOPENED = "nanos.duty_gone", "nanos.certified", "nanos.reopened"
_NANO = {"nano": ("nanos.read", "nano_id")}


def _day(data: dict[str, Any]) -> dict[str, Any]:
    return {"day": format_date(date.fromisoformat(data["due_on"]), "d. MMMM y")}


def register_learning_kinds() -> None:
    """Make the kinds known, with what is switched on by default."""
    area = _l("Nanos")
    for order, (name, label, icon, tone, text) in enumerate(
        (
            (ASSIGNED, _l("Ihnen wurde ein Nano zugewiesen"), "clipboard-list", "info",
             _l("Bitte arbeiten Sie „%(nano)s“ bis zum %(day)s durch.")),
            (DUE_SOON, _l("Eine Aufgabe wird bald fällig"), "calendar-clock", "info",
             _l("„%(nano)s“ ist bis zum %(day)s durchzuarbeiten.")),
            (OVERDUE, _l("Eine Aufgabe ist überfällig"), "triangle-alert", "warn",
             _l("„%(nano)s“ war bis zum %(day)s durchzuarbeiten. Bitte holen Sie es nach.")),
        ),
        start=60,
    ):  # fmt: skip
        notice_kind(
            name, label=label, area=area, icon=icon, tone=tone, text=text, refs=_NANO, values=_day, by_mail=True, order=order,
        )  # fmt: skip
    notice_kind(
        DUTY_GONE, label=_l("Eine Aufgabe ist weggefallen"), area=area, icon="clipboard-x",
        text=_l("„%(nano)s“ gibt es nicht mehr. Niemand muss es noch durcharbeiten."), refs=_NANO, by_mail=True, order=63,
    )  # fmt: skip
    notice_kind(
        CERTIFIED, label=_l("Ein Zertifikat ist da"), area=area, icon="award", tone="ok",
        text=_l("Geschafft: Ihr Zertifikat für „%(nano)s“ ist da."), refs=_NANO, order=64,
    )  # fmt: skip
    notice_kind(
        REOPENED, label=_l("Ein Abschluss wurde zurückgenommen"), area=area, icon="rotate-ccw", tone="warn", values=_day,
        text=_l("Ihr Abschluss von „%(nano)s“ zählt nicht mehr. Bitte arbeiten Sie es bis zum %(day)s noch einmal durch."),
        refs=_NANO, by_mail=True, order=65,
    )  # fmt: skip
