"""What goes wrong with a game's files, in words for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from flask_babel import gettext as _

from app.hosting.gateways.files import FileFault
from app.hosting.rules.files import BadName
from app.kit.errors import Conflict, Invalid, KontorError, NotFound, Unavailable


class FilesAway(Conflict):
    """The files cannot be reached now. `why`: archived, moving (into the archive or back), none, out-of-reach."""

    def __init__(self, why: str) -> None:
        super().__init__(away_words(why))
        self.why = why


class EditConflict(Conflict):
    """The file is not what was loaded: nothing was written. `current` is its text, None when it is no text any more."""

    def __init__(self, current: str | None, base: str) -> None:
        super().__init__(_("Die Datei wurde inzwischen geändert. Gespeichert wurde nichts."))
        self.current = current
        self.base = base


def away_words(why: str) -> str:
    """Why there are no files to see, and what to do."""
    return {
        "archived": _("Die Welt liegt im Archiv. Starte den Server, dann sind die Dateien wieder da."),
        "moving": _("Die Welt kommt gerade aus dem Archiv oder geht hinein. Versuch es gleich noch einmal."),
        "none": _("Sie entstehen, wenn der Server zum ersten Mal startet."),
        "out-of-reach": _(
            "Die Dateien dieses Servers liegen, wo diese Seite nicht hinkommt. Der Betreiber kann sie freigeben."
        ),
    }[why]


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Turns faults of the gateway and of names into errors for people."""
    try:
        yield
    except FileFault as fault:
        raise told(fault) from fault
    except BadName as error:
        raise Invalid(name_words(error.code), {"name": name_words(error.code)}) from error


def told(fault: FileFault) -> KontorError:
    """The error for people."""
    if fault.code in ("gone", "no-folder"):
        return NotFound(_("Das gibt es in diesem Ordner nicht mehr."))
    if fault.code == "disk-full":
        return Unavailable(_("Auf der Maschine ist nicht genug Platz. Es wurde nichts geändert."))
    words = {
        "link": _("Das ist eine Verknüpfung. Sie wird nicht geöffnet, weil sie überallhin führen kann."),
        "special": _("Das ist keine gewöhnliche Datei. Sie lässt sich hier nicht öffnen."),
        "foreign": _("Diese Datei gehört nicht dem Spiel. Sie wird nicht geöffnet."),
        "folder": _("Das ist ein Ordner."),
        "exists": _("Diesen Namen gibt es hier schon."),
        "denied": _("Das Spiel hat diese Datei gesperrt."),
        "long": _("Der Name ist zu lang."),
        "too-many": _("Das sind zu viele Dateien auf einmal. Nimm einen Ordner darunter."),
        "too-deep": _("Die Ordner sind zu tief verschachtelt. Nimm einen Ordner darunter."),
        "too-large": _("Die Datei ist dafür zu groß."),
        "no-text": _("Das ist keine Textdatei. Du kannst sie herunterladen."),
        "partly": _("Nicht alles ließ sich löschen. Was übrig ist, steht noch da."),
        "broken": _("Das Archiv lässt sich nicht lesen: beschädigt, verschlüsselt oder weder ZIP noch TAR."),
        "bomb": _("Das Archiv wird entpackt zu groß. Es wurde nichts entpackt."),
        "unsafe": _(
            "Das Archiv enthält Namen oder Verknüpfungen, die nicht erlaubt sind. Es wurde nichts entpackt."
        ),
    }
    return Conflict(words.get(fault.code) or _("Das hat die Maschine abgelehnt. Es wurde nichts geändert."))


def name_words(code: str) -> str:
    """What is wrong with a name."""
    return {
        "empty": _("Gib einen Namen ein."),
        "dots": _("So darf nichts heißen."),
        "long": _("Der Name ist zu lang."),
        "characters": _("Der Name enthält Zeichen, die nicht erlaubt sind."),
        "reserved": _("Namen mit diesem Anfang braucht die Plattform selbst."),
        "deep": _("Die Ordner sind zu tief verschachtelt."),
    }[code]
