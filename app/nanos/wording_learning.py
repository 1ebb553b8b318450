"""Words for assignments, certificates and badges."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.nanos.rules.duty import Standing
from app.nanos.rules.points import Badge

_STANDINGS = {
    Standing.OPEN: (_l("offen"), "info", "circle"),
    Standing.OVERDUE: (_l("überfällig"), "bad", "triangle-alert"),
    Standing.DONE: (_l("erledigt"), "ok", "circle-check"),
    Standing.LATE: (_l("spät erledigt"), "warn", "circle-check"),
    Standing.WITHDRAWN: (_l("zurückgenommen"), "neutral", "undo-2"),
    Standing.LEFT: (_l("ausgeschieden"), "neutral", "log-out"),
    Standing.GONE: (_l("Nano gelöscht"), "neutral", "trash-2"),
}
_WHYS = {
    "holder": _l("von der Inhaberin oder dem Inhaber"),
    "withdrawn": _l("der Abschluss wurde zurückgenommen"),
    "erased": _l("das Konto wurde gelöscht"),
}
_BADGES = {
    Badge.FIRST: (_l("Angefangen"), _l("das erste Nano durchgearbeitet"), "footprints"),
    Badge.CURIOUS: (_l("Neugierig"), _l("5 Nanos durchgearbeitet"), "telescope"),
    Badge.LEARNED: (_l("Belesen"), _l("25 Nanos durchgearbeitet"), "library"),
    Badge.RELIABLE: (_l("Verlässlich"), _l("5 Aufgaben in der Zeit erledigt"), "calendar-check"),
    Badge.GIVING: (_l("Gebend"), _l("ein eigenes Nano veröffentlicht"), "hand-heart"),
    Badge.TEACHER: (_l("Lehrend"), _l("10 eigene Nanos veröffentlicht"), "presentation"),
    Badge.CAREFUL: (_l("Sorgfältig"), _l("10 Nanos für andere geprüft"), "search-check"),
}
DEEDS = {
    "completed": _l("Nanos durchgearbeitet"),
    "repeated": _l("Nanos wiederholt"),
    "in_time": _l("Aufgaben in der Zeit erledigt"),
    "published": _l("Eigene Nanos veröffentlicht"),
    "reviewed": _l("Nanos für andere geprüft"),
}
SHOWS = {
    "initials": (_l("Nur die Anfangsbuchstaben"), _l("Genug, um es mit Ihnen zusammen zu prüfen.")),
    "name": (_l("Der volle Name"), _l("Wer die Nummer hat, liest Ihren Namen.")),
    "nothing": (_l("Nichts"), _l("Nur, dass es echt ist und wofür.")),
}


def standing_word(standing: Standing) -> str:
    """How it stands, in a word."""
    return str(_STANDINGS[standing][0])


def standing_tone(standing: Standing) -> str:
    """The colour of it."""
    return _STANDINGS[standing][1]


def standing_icon(standing: Standing) -> str:
    """The picture of it."""
    return _STANDINGS[standing][2]


def why_word(why: str) -> str:
    """Why a certificate is revoked."""
    return str(_WHYS.get(why, _("unbekannt")))


def badge_words(badge: Badge) -> tuple[str, str, str]:
    """Its name, what it takes, its picture."""
    name, text, icon = _BADGES[badge]
    return str(name), str(text), icon
