"""Words of moderation that pages, services, mails, notices and the report share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.nanos.rules.case import Kind
from app.nanos.rules.detect import Hint
from app.nanos.rules.measure import Measure, OnProvider
from app.nanos.rules.sampling import Trust
from app.nanos.rules.statement import ILLEGAL, INCOMPATIBLE, LONGEST

KINDS: dict[Kind, tuple[Any, str]] = {
    Kind.REVIEW: (_l("Prüfung"), "info"),
    Kind.NOTICE: (_l("Meldung"), "warn"),
    Kind.SAMPLE: (_l("Stichprobe"), "neutral"),
    Kind.FINDING: (_l("Automatischer Fund"), "busy"),
    Kind.APPEAL: (_l("Beschwerde"), "bad"),
}
MEASURES: dict[Measure, tuple[Any, Any]] = {
    Measure.DISMISS: (_l("Keine Maßnahme"), _l("Der Inhalt bleibt, wie er ist.")),
    Measure.PUBLISH: (_l("Veröffentlichen"), _l("Genau die Fassung, die hier zu sehen ist.")),
    Measure.SEND_BACK: (
        _l("Zurückschicken"),
        _l("Nicht veröffentlicht; der Anbieter ändert sie und reicht sie neu ein."),
    ),
    Measure.HIDE: (
        _l("Nicht mehr finden lassen"),
        _l("Aus Suche und Listen; wer die Adresse hat, sieht die Seite."),
    ),
    Measure.BLOCK: (_l("Sperren"), _l("Zurückgezogen; der Anbieter kann es nicht selbst zurückholen.")),
    Measure.REMOVE: (
        _l("Entfernen"),
        _l("Niemand sieht es mehr. Die Dateien werden gelöscht, wenn die Frist für Beschwerden vorbei ist."),
    ),
    Measure.WORDS: (
        _l("Text ausblenden"),
        _l(
            "Den Text liest nur noch, wer ihn schrieb, und die Moderation. Sterne einer Bewertung zählen weiter."
        ),
    ),
    Measure.STARS: (
        _l("Mit Sternen entfernen"),
        _l("Nur für unechte Bewertungen: Andere sehen sie nicht mehr, und ihre Sterne zählen nicht."),
    ),
}
ON_PROVIDER: dict[OnProvider, Any] = {
    OnProvider.NOTHING: _l("Nichts"),
    OnProvider.WARN: _l("Verwarnen"),
    OnProvider.SUSPEND: _l("Einreichen sperren"),
}
CATEGORIES: dict[str, Any] = {
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS": _l("Urheber-, Marken- oder andere Schutzrechte"),
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": _l("Datenschutz und Privatsphäre"),
    "ILLEGAL_OR_HARMFUL_SPEECH": _l("Beleidigung, Hetze, Verleumdung"),
    "SCAMS_AND_FRAUD": _l("Betrug und Täuschung"),
    "CONSUMER_INFORMATION": _l("Fehlende oder falsche Angaben für Verbraucher"),
    "PROTECTION_OF_MINORS": _l("Schutz von Kindern und Jugendlichen"),
    "VIOLENCE": _l("Gewalt"),
    "SELF_HARM": _l("Selbstverletzung"),
    "CYBER_VIOLENCE": _l("Gewalt im Netz"),
    "CYBER_VIOLENCE_AGAINST_WOMEN": _l("Gewalt im Netz gegen Frauen"),
    "RISK_FOR_PUBLIC_SECURITY": _l("Gefahr für die öffentliche Sicherheit"),
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS": _l("Schaden für Debatte oder Wahlen"),
    "UNSAFE_AND_PROHIBITED_PRODUCTS": _l("Gefährliche oder verbotene Produkte"),
    "ANIMAL_WELFARE": _l("Tierschutz"),
    "OTHER_VIOLATION_TC": _l("Anderer Verstoß gegen die Regeln"),
    "NOT_SPECIFIED_NOTICE": _l("Etwas anderes"),
}
SPECIFICATIONS: dict[str, Any] = {
    "COPYRIGHT_INFRINGEMENT": _l("Urheberrecht"), "TRADEMARK_INFRINGEMENT": _l("Marke"),
    "MISSING_PROCESSING_GROUND": _l("Daten ohne Rechtsgrund"), "HATE_SPEECH": _l("Hassrede"),
    "DEFAMATION": _l("Verleumdung"), "PHISHING": _l("Phishing"),
    "INAUTHENTIC_USER_REVIEWS": _l("Unechte Bewertungen"), "MISINFORMATION": _l("Falschinformation"),
    "OTHER": _l("Sonstiges"),
}  # fmt: skip
GROUNDS: dict[str, Any] = {
    INCOMPATIBLE: _l("Verstößt gegen die Regeln der Plattform"),
    ILLEGAL: _l("Rechtswidrig"),
}
HINTS: dict[Hint, Any] = {
    Hint.EMAIL: _l("E-Mail-Adresse"), Hint.PHONE: _l("Telefonnummer"), Hint.IBAN: _l("Kontonummer (IBAN)"),
    Hint.CARD: _l("Kartennummer"), Hint.DOMAIN: _l("Link auf gesperrte Domain"),
    Hint.COPYRIGHT: _l("Hinweis auf fremde Rechte"), Hint.SPAM: _l("Zeichen von Werbung"), Hint.FOUL: _l("Schimpfwort"),
}  # fmt: skip
TRUSTS: dict[Trust, Any] = {
    Trust.NEW: _l("neu"), Trust.WATCHED: _l("beobachtet"), Trust.USUAL: _l("üblich"), Trust.PROVEN: _l("bewährt"),
}  # fmt: skip


def kind_word(kind: str) -> str:
    """Why something is in the queue."""
    return str(KINDS[Kind(kind)][0])


def measure_word(measure: str) -> str:
    """What was decided."""
    return str(MEASURES[Measure(measure)][0])


def category_word(category: str) -> str:
    """A category of the database in words; itself where it is none."""
    return str(CATEGORIES.get(category.removeprefix("STATEMENT_CATEGORY_"), category))


def specification_word(keyword: str) -> str:
    """A keyword of the database in words."""
    return str(SPECIFICATIONS.get(keyword.removeprefix("KEYWORD_"), keyword))


def specification_words(keywords: Iterable[str]) -> str:
    """All of a statement, in its order."""
    return ", ".join(specification_word(one) for one in keywords)


def statement_fault(name: str, fault: str) -> str:
    """What to do about a field of a statement of reasons."""
    if fault == "long":
        return _("Höchstens %(most)d Zeichen.", most=LONGEST.get(name, 500))
    if fault == "short":
        return _("Bitte ausführlicher: Wer betroffen ist, muss es nachvollziehen können.")
    if name == "category":
        return _("Wählen Sie, worum es geht.")
    if name == "ground":
        return _("Wählen Sie, worauf sich die Entscheidung stützt.")
    return _("Das fehlt noch.") if fault == "missing" else _("Wählen Sie etwas aus der Liste.")


def notice_fault(name: str, fault: str, most: int) -> str:
    """What to do about a field of a notice."""
    words = {
        ("urls", "missing"): _("Nennen Sie die genaue Adresse, eine je Zeile."),
        ("urls", "many"): _("Höchstens %(most)d Adressen auf einmal.", most=most),
        ("urls", "foreign"): _("Nennen Sie Adressen von Inhalten dieser Plattform, so wie sie oben im Browser stehen."),
        ("category", "missing"): _("Wählen Sie, worum es geht."),
        ("explanation", "missing"): _("Schreiben Sie, warum das rechtswidrig ist."),
        ("explanation", "short"): _("Bitte ausführlicher: Aus der Begründung muss hervorgehen, warum das rechtswidrig ist."),
        ("name", "missing"): _("Wie heißen Sie?"),
        ("email", "missing"): _("An diese Adresse schreiben wir, was entschieden wurde."),
        ("email", "wrong"): _("Das ist keine E-Mail-Adresse."),
        ("good_faith", "missing"): _("Ohne diese Erklärung dürfen wir die Meldung nicht annehmen."),
    }  # fmt: skip
    return words.get((name, fault)) or _("Das ist zu lang.")
