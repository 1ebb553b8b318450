"""Words for launches from learning platforms: what went wrong, for who sees it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

_FAULTS = {
    "issuer": _l("Die Plattform-ID stimmt nicht mit der hinterlegten überein."),
    "client": _l("Die Client-ID stimmt nicht mit der hinterlegten überein."),
    "deployment": _l("Diese Deployment-ID ist hier nicht hinterlegt."),
    "target": _l("Die Aktivität zeigt nicht auf ein Nano. Als Adresse gehört die Seite des Nanos hinein."),
    "state": _l(
        "Dieser Aufruf wurde nicht hier begonnen oder ist zu alt. Öffnen Sie die Aktivität noch einmal."
    ),
    "replay": _l("Dieser Aufruf wurde schon benutzt. Öffnen Sie die Aktivität noch einmal."),
    "signature": _l("Die Unterschrift der Lernplattform stimmt nicht."),
    "claims": _l("Die Nachricht der Lernplattform ist unvollständig."),
    "subject": _l("Die Lernplattform nennt keine Kennung der lernenden Person."),
    "message": _l("Diese Art von Aufruf gibt es hier nicht."),
    "kinds": _l("Die Lernplattform nimmt an dieser Stelle keine Links auf Aktivitäten an."),
    "expired": _l("Die Nachricht ist zu alt, oder die Uhr der Lernplattform geht falsch."),
    "denied": _l("Die Lernplattform hat den Aufruf abgelehnt."),
    "gone": _l("Dieses Nano gibt es nicht mehr."),
    "licence": _l("Ihre Organisation hat für dieses Nano gerade keine Lizenz."),
    "seats": _l("Alle Plätze der Lizenz sind gerade belegt. Versuchen Sie es später noch einmal."),
    "empty": _l("Dieses Nano hat nichts, was sich hier lernen lässt."),
    "over": _l("Diese Sitzung ist zu Ende. Öffnen Sie die Aktivität in Ihrer Lernplattform noch einmal."),
    "barred": _l("Diese Adresse führt in ein Netz, das von hier nicht angesprochen werden darf."),
    "away": _l("Unter dieser Adresse antwortet gerade niemand mit Schlüsseln."),
    "keys": _l(
        "Unter dieser Adresse liegen keine Schlüssel, die wir prüfen können (RSA, mindestens 2048 Bit)."
    ),
}


def fault_words(code: str) -> str:
    """The sentence of a fault."""
    return str(_FAULTS[code]) if code in _FAULTS else _("Der Aufruf ist nicht gelungen.")
