"""What exchanges tell people about: each step that concerns the other side, and what waits."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.messaging.api import notice_kind

_BARTER = {"barter": ("nanos.barter", "barter_id")}
_KINDS: tuple[tuple[str, Any, Any, str, str], ...] = (
    (
        "offered",
        _l("Ein Tauschangebot kommt an"),
        _l("Jemand bietet Ihnen einen Tausch an: „%(barter)s“."),
        "arrow-left-right",
        "info",
    ),
    (
        "countered",
        _l("Ein Gegenangebot kommt an"),
        _l("Zu „%(barter)s“ liegt ein Gegenangebot vor."),
        "arrow-left-right",
        "info",
    ),
    (
        "accepted",
        _l("Ein Tausch wird angenommen"),
        _l("„%(barter)s“ ist vereinbart. Jetzt liefern beide Seiten."),
        "handshake",
        "ok",
    ),
    ("declined", _l("Ein Tausch wird abgelehnt"), _l("„%(barter)s“ wurde abgelehnt."), "x", "warn"),
    (
        "withdrawn",
        _l("Ein Angebot wird zurückgezogen"),
        _l("Das Angebot zu „%(barter)s“ wurde zurückgezogen."),
        "undo-2",
        "warn",
    ),
    (
        "expired",
        _l("Ein Angebot läuft ab"),
        _l("„%(barter)s“ ist abgelaufen: Niemand hat rechtzeitig geantwortet."),
        "timer-off",
        "warn",
    ),
    (
        "delivered",
        _l("Die andere Seite liefert"),
        _l("Zu „%(barter)s“ wurde geliefert. Sehen Sie es an und bestätigen Sie."),
        "package-check",
        "ok",
    ),
    (
        "confirmed",
        _l("Die andere Seite bestätigt"),
        _l("Zu „%(barter)s“ wurde bestätigt, was Sie geliefert haben."),
        "circle-check",
        "ok",
    ),
    (
        "completed",
        _l("Ein Tausch ist abgeschlossen"),
        _l("„%(barter)s“ ist abgeschlossen. Ihr Tauschbeleg liegt bereit."),
        "circle-check",
        "ok",
    ),
    (
        "cancelled",
        _l("Ein Tausch wird rückabgewickelt"),
        _l("„%(barter)s“ ist rückabgewickelt: Was geliefert war, ist zurückgenommen."),
        "undo-2",
        "warn",
    ),
    (
        "amendment",
        _l("Eine Änderung wird vorgeschlagen"),
        _l("Zu „%(barter)s“ wird eine Änderung vorgeschlagen."),
        "file-pen",
        "info",
    ),
    (
        "dropped",
        _l("Eine Änderung entfällt"),
        _l("Zu „%(barter)s“ bleibt es bei dem, was vereinbart ist."),
        "file-x",
        "info",
    ),
    (
        "amended",
        _l("Ein Tausch wird geändert"),
        _l("„%(barter)s“ ist neu vereinbart. Beide Seiten liefern neu."),
        "file-check",
        "ok",
    ),
    (
        "disputed",
        _l("Ein Tausch geht in die Klärung"),
        _l("Zu „%(barter)s“ wurde die Moderation gerufen."),
        "scale",
        "warn",
    ),
    (
        "reminder",
        _l("Ein Tausch wartet auf Sie"),
        _l("„%(barter)s“ wartet auf Sie, und die Frist endet bald."),
        "alarm-clock",
        "warn",
    ),
)
LICENCE_ENDED = "nanos.licence_ended"


def kind(step: str) -> str:
    """The name of the notice of a step."""
    return f"nanos.barter_{step}"


def register_barter_kinds() -> None:
    """Make the kinds known; all go by mail, too, unless a person wants otherwise."""
    area = _l("Tausch")
    for order, (step, label, text, icon, tone) in enumerate(_KINDS, 60):
        notice_kind(
            kind(step),
            label=label,
            area=area,
            icon=icon,
            tone=tone,
            text=text,
            refs=_BARTER,
            by_mail=True,
            order=order,
        )
    notice_kind(
        LICENCE_ENDED, label=_l("Eine Lizenz endet"), area=area, icon="key-round",
        text=_l("Ihre Lizenz für „%(nano)s“ ist beendet."), refs={"nano": ("nanos.nano", "nano_id")}, order=80,
    )  # fmt: skip
