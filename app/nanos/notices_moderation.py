"""What moderation tells people about."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.messaging.api import notice_kind

RESTRICTED, APPEAL_UPHELD, APPEAL_REVERSED = (
    "nanos.restricted",
    "nanos.appeal_upheld",
    "nanos.appeal_reversed",
)
_NANO = {"nano": ("nanos.content", "nano_id")}


def register_moderation_kinds() -> None:
    """Make the kinds known. A decision is always mailed, too: it must reach who is concerned (Art. 17 DSA)."""
    area = _l("Nanos")
    notice_kind(
        RESTRICTED, label=_l("Über einen Inhalt wurde entschieden"), area=area, icon="gavel", tone="warn",
        text=_l(
            "„%(nano)s“: Die Moderation hat eine Maßnahme getroffen. Begründung, Folgen und wie Sie sich beschweren "
            "können, lesen Sie in der Entscheidung."
        ),
        refs=_NANO, by_mail=True, forced_mail=True, order=55,
    )  # fmt: skip
    notice_kind(
        APPEAL_UPHELD, label=_l("Ihre Beschwerde ist entschieden: Es bleibt dabei"), area=area, icon="gavel", tone="warn",
        text=_l("„%(nano)s“: Ihre Beschwerde wurde geprüft. Die Entscheidung bleibt bestehen; warum, steht auf ihrer Seite."),
        refs=_NANO, by_mail=True, forced_mail=True, order=56,
    )  # fmt: skip
    notice_kind(
        APPEAL_REVERSED, label=_l("Ihre Beschwerde hatte Erfolg"), area=area, icon="circle-check", tone="ok",
        text=_l("„%(nano)s“: Ihre Beschwerde hatte Erfolg, die Maßnahme ist aufgehoben."),
        refs=_NANO, by_mail=True, forced_mail=True, order=57,
    )  # fmt: skip
