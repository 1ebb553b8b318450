"""Words that pages, services, notices and the log share. In the language that is spoken when they are asked for."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kit.formats import language, number
from app.nanos.catalog import term, vocabularies
from app.nanos.rules.details import LONGEST, Fault
from app.nanos.rules.finding import DURATIONS
from app.nanos.rules.nano import Stage, State

LABELS: dict[str, Any] = {
    "title": _l("Titel"),
    "description": _l("Beschreibung"),
    "outcome": _l("Lernziel"),
    "subject": _l("Thema"),
    "type": _l("Art"),
    "level": _l("Niveau"),
    "minutes": _l("Dauer in Minuten"),
    "duration": _l("Dauer"),
    "language": _l("Sprache"),
    "licence": _l("Lizenz"),
    "terms": _l("Was Sie im Tausch möchten"),
    "region": _l("Region"),
    "audience": _l("Zielgruppe"),
    "preview": _l("Vorschau"),
    "listed": _l("Öffentlich"),
    "rating": _l("Bewertung"),
}
_STATES: dict[State, tuple[Any, str]] = {
    State.DRAFT: (_l("Entwurf"), "neutral"),
    State.REVIEW: (_l("In Prüfung"), "busy"),
    State.PUBLISHED: (_l("Veröffentlicht"), "ok"),
    State.RETIRED: (_l("Zurückgezogen"), "warn"),
    State.REMOVED: (_l("Gelöscht"), "neutral"),
}
_KINDS: dict[str, Any] = {
    "pdf": _l("PDF"),
    "mp4": _l("Video"),
    "webm": _l("Video"),
    "pptx": _l("Folien"),
    "odp": _l("Folien"),
    "h5p": _l("H5P-Paket"),
    "scorm": _l("SCORM-Paket"),
    "link": _l("Link"),
}
_CONTENT: dict[str, Any] = {
    "empty": _l("Diese Datei ist leer."),
    "unknown": _l("Diese Art von Datei geht hier nicht. Es gehen PDF, MP4, WebM, PPTX, ODP, H5P und SCORM."),
    "broken": _l("Diese Datei ist beschädigt oder mit einem Passwort geschützt."),
    "bomb": _l("Dieses Archiv würde beim Auspacken viel zu groß."),
    "unsafe": _l("In dieser Datei steckt etwas, das dort nicht hingehört. Sie wurde nicht angenommen."),
    "too-many": _l("In diesem Archiv sind zu viele Dateien."),
    "macros": _l("Diese Folien enthalten Makros. Speichern Sie sie ohne Makros."),
    "virus": _l("Der Virenscanner hat in dieser Datei etwas gefunden. Sie wurde nicht angenommen."),
}


def state_word(state: State) -> str:
    """What people call a state."""
    return str(_STATES[state][0])


def state_tone(state: State) -> str:
    """Its tag's colour."""
    return _STATES[state][1]


def stage_word(state: State, stage: Stage) -> tuple[str, str]:
    """Word and tone of a second tag beside the state: a revision on its way of something public. Empty: none."""
    if state in (State.PUBLISHED, State.RETIRED) and stage is Stage.DRAFT:
        return _("Neue Fassung im Entwurf"), "neutral"
    if state in (State.PUBLISHED, State.RETIRED) and stage is Stage.REVIEW:
        return _("Neue Fassung in Prüfung"), "busy"
    return "", ""


def term_word(vocabulary: str, slug: str | None) -> str:
    """A term in the reader's language; a dash where nothing was chosen."""
    found = term(vocabulary, slug)
    return found.word(language()) if found else "–"


def choices(vocabulary: str) -> list[tuple[str, str]]:
    """(slug, word) of a vocabulary, in its order."""
    return [(slug, one.word(language())) for slug, one in vocabularies()[vocabulary].items()]


def duration_word(bucket: str) -> str:
    """1 bis 5 Minuten."""
    first, last = DURATIONS[bucket]
    return _("%(first)d bis %(last)d Minuten", first=first, last=last)


def rating_word(stars: str) -> str:
    """Ab 4 Sternen."""
    return _("ab %(stars)s Sternen", stars=stars)


def kind_word(kind: str) -> str:
    """What people call a kind of content."""
    return str(_KINDS[kind])


def content_words(code: str) -> str:
    """Why a file is not taken."""
    return str(_CONTENT[code])


def fault_words(name: str, fault: Fault) -> str:
    """What to do about a field."""
    if fault is Fault.LONG:
        return _("Höchstens %(most)s Zeichen.", most=number(LONGEST[name]))
    if fault is Fault.MINUTES:
        return _("Ein Nano dauert 1 bis 20 Minuten.")
    if fault is Fault.CONTROL:
        return _("Hier sind Zeichen, die man nicht sehen kann. Schreiben Sie den Text neu.")
    if fault is Fault.UNKNOWN:
        return _("Wählen Sie etwas aus der Liste.")
    return _missing(name)


def _missing(name: str) -> str:
    if name == "terms":
        return _("Schreiben Sie, was Sie im Tausch möchten.")
    if name in ("title", "description", "outcome"):
        return _("Das fehlt noch.")
    return _("Wählen Sie etwas aus.") if name != "minutes" else _("Wie viele Minuten dauert es?")


_PACKAGE: dict[str, Any] = {
    "unreadable": _l("Dieses Paket lässt sich nicht lesen. Der Anbieter kann es neu hochladen."),
    "empty": _l("In diesem Paket steht nichts, das sich abspielen lässt."),
    "missing": _l("In diesem Paket fehlt eine Datei, mit der es anfängt: %(what)s"),
    "libraries": _l("In diesem Paket fehlt, womit es läuft: %(what)s"),
}


_H5P: dict[str, Any] = {
    "unreadable": _l("Diese H5P-Datei lässt sich nicht lesen. Exportieren Sie sie noch einmal."),
    "empty": _l("Diese H5P-Datei enthält nur Bausteine und keine Übung, die sich abspielen lässt."),
    "missing": _l("In dieser H5P-Datei fehlt die Datei %(what)s. Exportieren Sie sie noch einmal."),
    "libraries": _l(
        "In dieser H5P-Datei fehlt: %(what)s. Ohne das läuft sie nicht. Laden Sie sie dort, wo sie entstand, mit allen"
        " Bibliotheken herunter, zum Beispiel in Moodle oder Lumi, und hier neu hoch."
    ),
}


def h5p_words(code: str, what: str) -> str:
    """What a provider does about an H5P file that would not play."""
    return str(_H5P[code]) % {"what": what}


def no_seat_words() -> str:
    """Why somebody cannot use what their organisation has a licence for."""
    return _(
        "Alle Plätze der Lizenz Ihrer Organisation sind gerade belegt. Ein Platz wird eine Stunde nach der letzten Nutzung frei."
    )


def package_words(code: str, what: str) -> str:
    """Why a package does not play."""
    return str(_PACKAGE[code]) % {"what": what}
