"""The way to Modrinth, what a server may get from there, and what goes wrong in words for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, current_app
from flask_babel import gettext as _

from app.hosting.catalog import templates
from app.hosting.gateways.files import FileFault
from app.hosting.gateways.modrinth import Modrinth, ModrinthFault, RedisKept
from app.hosting.rules.plugin import Target
from app.hosting.rules.plugin_step import Failure
from app.hosting.services.file_faults import FilesAway
from app.kit import limits
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.errors import Conflict, NotFound, TooMany, Unavailable

EXTENSION = "kontor-modrinth"
MOST_JAR = 256 * 1024**2
"""Bytes of one jar."""
QUESTIONS = 60
"""An organisation may ask in a minute; Modrinth takes 300 from one address."""


def modrinth() -> Modrinth:
    """The client. Raises ModrinthFault away where the operator has switched it off."""
    found = current_app.extensions.get(EXTENSION)
    if found is not None:
        return found  # type: ignore[no-any-return]
    config = settings()
    if not config.modrinth_url:
        raise ModrinthFault("away")
    return Modrinth(
        config.modrinth_url, contact=config.modrinth_contact or config.public_url, kept=RedisKept()
    )


def use_modrinth(app: Flask, client: Modrinth | None) -> None:
    """Another one, for tests."""
    app.extensions[EXTENSION] = client


def polite(actor: Actor) -> None:
    """One organisation must not use up what Modrinth allows this installation. Raises TooMany."""
    found = limits.take(f"modrinth:{actor.organisation_id}", QUESTIONS, 60)
    if not found.allowed:
        raise TooMany(retry_after=found.retry_after)


@dataclass(frozen=True)
class Taken:
    """How a server takes plugins. `mods`: they are called so."""

    target: Target
    folder: str

    @property
    def mods(self) -> bool:
        return self.folder == "mods"


def takes(template: str, game_version: str) -> Taken | None:
    """What a server of this template takes; None where its game takes no plugins."""
    found = templates().get(template)
    if found is None or found.plugins is None:
        return None
    return Taken(Target(found.plugins.loaders, game_version), found.plugins.folder)


class ModrinthAway(Unavailable):
    """Modrinth cannot be asked now. Nothing was changed."""


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Turns faults of Modrinth into errors for people."""
    try:
        yield
    except ModrinthFault as fault:
        words = failure_words(failure_of(fault))
        if fault.code == "not-there":
            raise NotFound(_("Das gibt es bei Modrinth nicht mehr.")) from fault
        if fault.code in ("away", "limited", "api-gone", "broken"):
            raise ModrinthAway(words) from fault
        raise Conflict(words) from fault


_OF_MODRINTH = {
    "away": Failure.AWAY,
    "broken": Failure.AWAY,
    "limited": Failure.LIMITED,
    "api-gone": Failure.API_GONE,
    "refused": Failure.REFUSED,
    "not-there": Failure.NOT_THERE,
    "foreign": Failure.FOREIGN,
    "wrong-hash": Failure.WRONG_HASH,
    "too-large": Failure.TOO_LARGE,
}


def failure_of(error: Exception) -> Failure:
    """What an error means for a change."""
    if isinstance(error, ModrinthFault):
        return _OF_MODRINTH.get(error.code, Failure.AWAY)
    if isinstance(error, FileFault):
        return Failure.DISK_FULL if error.code == "disk-full" else Failure.IN_THE_WAY
    return Failure.NO_FILES if isinstance(error, (FilesAway, Unavailable)) else Failure.GIVEN_UP


def failure_words(failure: str) -> str:
    """Why, and what to do."""
    return {
        Failure.AWAY: _("Modrinth antwortet gerade nicht. Was installiert ist, läuft weiter."),
        Failure.LIMITED: _("Modrinth bittet um eine Pause. Versuch es in ein paar Minuten noch einmal."),
        Failure.API_GONE: _("Modrinth hat diese Schnittstelle abgeschaltet. Der Betreiber muss Kontor erneuern."),
        Failure.REFUSED: _("Modrinth hat die Anfrage abgelehnt. Der Betreiber kann im Protokoll nachsehen."),
        Failure.WRONG_HASH: _("Die Datei ist nicht die, die Modrinth nennt. Sie wurde verworfen, nichts wurde geändert."),
        Failure.TOO_LARGE: _("Die Datei ist zu groß. Es wurde nichts geändert."),
        Failure.FOREIGN: _("Die Datei liegt nicht bei Modrinth selbst. Sie wird nicht geladen."),
        Failure.NOT_THERE: _("Die Datei gibt es nicht mehr. Es wurde nichts geändert."),
        Failure.BACKUP: _("Das Backup davor ist nicht gelungen. Ohne Backup wird nichts aktualisiert."),
        Failure.NO_FILES: _("Die Dateien dieses Servers sind gerade nicht erreichbar. Es wurde nichts geändert."),
        Failure.IN_THE_WAY: _("Im Ordner liegt schon etwas mit diesem Namen. Es wurde nichts geändert."),
        Failure.DISK_FULL: _("Auf der Maschine ist nicht genug Platz. Es wurde nichts geändert."),
        Failure.CHANGED: _("Inzwischen hat jemand anders die Plugins geändert. Sieh nach und versuch es noch einmal."),
        Failure.GIVEN_UP: _("Es ist auch nach mehreren Versuchen nicht gelungen. Es wurde nichts geändert."),
    }[Failure(failure)]  # fmt: skip
