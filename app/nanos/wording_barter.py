"""Words of exchanges that pages, services, notices, receipts and the log share."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.kit.formats import money, number
from app.nanos.rules.barter import State
from app.nanos.rules.terms import HIGHEST, MOST_CREDITS, MOST_ITEMS, MOST_SEATS, Fault, Grant, Part
from app.nanos.rules.vat import Status
from app.nanos.wording import term_word

_STATES: dict[State, tuple[Any, str]] = {
    State.OFFERED: (_l("Angeboten"), "busy"),
    State.COUNTERED: (_l("Gegenangebot"), "busy"),
    State.ACCEPTED: (_l("Vereinbart"), "info"),
    State.DELIVERED: (_l("Geliefert"), "info"),
    State.DISPUTED: (_l("In Klärung"), "warn"),
    State.COMPLETED: (_l("Abgeschlossen"), "ok"),
    State.WITHDRAWN: (_l("Zurückgezogen"), "neutral"),
    State.DECLINED: (_l("Abgelehnt"), "neutral"),
    State.EXPIRED: (_l("Abgelaufen"), "neutral"),
    State.CANCELLED: (_l("Rückabgewickelt"), "bad"),
}
_LICENCES: dict[str, tuple[Any, str]] = {
    "reserved": (_l("Zugesagt"), "busy"),
    "active": (_l("Läuft"), "ok"),
    "ended": (_l("Beendet"), "neutral"),
    "revoked": (_l("Zurückgenommen"), "neutral"),
}
VAT: dict[Status, Any] = {
    Status.EXEMPT_21: _l("Steuerfrei nach § 4 Nr. 21 UStG (Bildungseinrichtung mit Bescheinigung)"),
    Status.EXEMPT_22: _l(
        "Steuerfrei nach § 4 Nr. 22 UStG (Vorträge und Kurse gemeinnütziger oder öffentlicher Träger)"
    ),
    Status.SMALL: _l("Kleinunternehmer nach § 19 UStG"),
    Status.REGULAR: _l("Regelbesteuerung (19 %)"),
}
FIELDS: dict[str, Any] = {
    "items": _l("Nanos"),
    "credits": _l("Credits"),
    "value": _l("Vereinbarter Wert"),
    "days": _l("Laufzeit der Lizenz"),
    "seats": _l("Plätze"),
    "territory": _l("Gebiet"),
    "adapts": _l("Anpassen"),
    "passes_on": _l("Weitergeben"),
}


def state_word(state: State) -> str:
    """What people call a state."""
    return str(_STATES[state][0])


def state_tone(state: State) -> str:
    """Its tag's colour."""
    return _STATES[state][1]


def licence_state(state: str) -> tuple[str, str]:
    """Word and tone of a licence's state."""
    word, tone = _LICENCES[state]
    return str(word), tone


def vat_word(status: str) -> str:
    """A provider's status in words; a dash for none."""
    return str(VAT[Status(status)]) if status in set(Status) else "–"


def credit_word(amount: int) -> str:
    """12 Credits."""
    return ngettext("%(num)d Credit", "%(num)d Credits", amount)


def days_word(days: int | None) -> str:
    """How long a licence runs."""
    if days is None:
        return _("unbefristet")
    if days % 365 == 0:
        return ngettext("%(num)d Jahr", "%(num)d Jahre", days // 365)
    return ngettext("%(num)d Tag", "%(num)d Tage", days)


def grant_words(grant: Grant) -> list[str]:
    """A licence in a few phrases."""
    seats = _("die ganze Organisation") if grant.seats is None else seats_word(grant.seats)
    return [
        days_word(grant.days),
        seats,
        term_word("regions", grant.territory) if grant.territory else _("überall"),
        _("anpassen erlaubt") if grant.adapts else _("unverändert"),
        _("weitergeben erlaubt") if grant.passes_on else _("nicht weitergeben"),
    ]


def seats_word(seats: int) -> str:
    """How many people may use it."""
    return ngettext("%(num)d Platz", "%(num)d Plätze", seats)


def part_word(part: Part) -> str:
    """What a side gives, on one line."""
    said = [_("„%(title)s“", title=item.title) for item in part.items]
    if part.credits:
        said.append(credit_word(part.credits))
    return ", ".join(said) or "–"


def value_word(name: str, value: Any) -> str:
    """A value of a field as the history of an exchange shows it."""
    if name == "items":
        return ", ".join(_("„%(title)s“", title=one) for one in value) or "–"
    if name == "value":
        return money(value)
    if name == "days":
        return days_word(value)
    if name == "seats":
        return _("die ganze Organisation") if value is None else seats_word(value)
    if name == "territory":
        return term_word("regions", value) if value else _("überall")
    if name in ("adapts", "passes_on"):
        return _("ja") if value else _("nein")
    return number(value)


def fault_words(fault: Fault) -> str:
    """What to do about a field."""
    words: dict[Fault, str] = {
        Fault.NOTHING: _("Ein Tausch hat zwei Seiten: Wählen Sie mindestens ein Nano oder Credits."),
        Fault.CREDITS_ONLY: _("Mindestens eine Seite gibt ein Nano."),
        Fault.MANY: _("Höchstens %(most)d Nanos, jedes einmal.", most=MOST_ITEMS),
        Fault.CREDITS: _("Eine ganze Zahl von 0 bis %(most)s.", most=number(MOST_CREDITS)),
        Fault.BOTH: _("Credits gibt nur eine Seite: Nehmen Sie den Unterschied."),
        Fault.VALUE: _("Ein Betrag von 0 bis %(most)s, zum Beispiel 120,00.", most=money(HIGHEST)),
        Fault.ZERO: _("Ein Wert von 0 geht nur, wenn alles unter einer offenen Lizenz steht."),
        Fault.DAYS: _("Wählen Sie etwas aus der Liste."),
        Fault.SEATS: _("Eine ganze Zahl von 1 bis %(most)s, oder leer.", most=number(MOST_SEATS)),
        Fault.TERRITORY: _("Wählen Sie etwas aus der Liste."),
    }
    return words[fault]


def floor_words(left: int) -> str:
    """There are not enough credits; `left` are."""
    return _("Dafür reichen die Credits nicht: Es sind noch %(left)s verfügbar.", left=number(max(0, left)))
