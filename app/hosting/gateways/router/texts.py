"""What players read at the door. Nobody is signed in there: German and English stand together unless one is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from app.hosting.rules.route import Doing, Route


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages."""

    de: str
    en: str

    def speak(self, language: str, between: str = "\n", **values: object) -> str:
        """In the chosen language, or in both."""
        texts = {"de": [self.de], "en": [self.en]}.get(language, [self.de, self.en])
        return between.join(text.format(**values) for text in texts)


STATUS = {
    Doing.ASLEEP: Said("schläft – beitreten weckt auf", "asleep – join to wake"),
    Doing.ARCHIVED: Said("im Archiv – beitreten weckt auf", "archived – join to wake"),
    Doing.WAKING: Said("wird geweckt …", "waking up …"),
    Doing.STARTING: Said("startet …", "starting …"),
    Doing.RESTARTING: Said("startet neu …", "restarting …"),
    Doing.OFF: Said("aus – hier weckt beitreten nicht auf", "off – joining does not wake it"),
}
SLEEPS_ON = Said("schläft – nur der Besitzer weckt auf", "asleep – only its owner wakes it")
SILENT = Said("antwortet gerade nicht", "is not answering right now")
NOWHERE = Said("Diese Adresse gehört zu keinem Server.", "No server has this address.")

WORD = {
    Doing.ASLEEP: Said("schläft", "asleep"),
    Doing.ARCHIVED: Said("im Archiv", "archived"),
    Doing.WAKING: Said("wird geweckt", "waking"),
    Doing.STARTING: Said("startet", "starting"),
    Doing.RESTARTING: Said("startet neu", "restarting"),
    Doing.OFF: Said("aus", "off"),
    Doing.RUNNING: Said("antwortet nicht", "silent"),
}
NOTHING = Said("kein Server", "no server")

KICKS = {
    "later": Said(
        "Der Server wacht gerade auf. Versuch es in etwa {seconds} Sekunden noch einmal.",
        "The server is waking up. Try again in about {seconds} seconds.",
    ),
    "again": Said(
        "Der Server startet gerade neu. Versuch es in etwa {seconds} Sekunden noch einmal.",
        "The server is restarting. Try again in about {seconds} seconds.",
    ),
    "off": Said(
        "Der Server ist aus. Beitreten weckt ihn nicht auf: Guthaben aufgebraucht oder so eingestellt. Frag den Besitzer.",
        "The server is off. Joining does not wake it: no credit left, or set that way. Ask its owner.",
    ),
    "not_allowed": Said(
        "Der Server schläft, und dein Name steht nicht auf der Liste derer, die ihn wecken.",
        "The server is asleep, and your name is not on the list of those who may wake it.",
    ),
    "too_many": Said(
        "Zu viele Versuche, Server zu wecken. Warte eine Minute.",
        "Too many attempts to wake servers. Wait a minute.",
    ),
    "silent": Said(
        "Der Server antwortet gerade nicht. Versuch es gleich noch einmal.",
        "The server is not answering right now. Try again in a moment.",
    ),
    "away": Said(
        "Der Server schläft und lässt sich gerade nicht wecken. Versuch es gleich noch einmal.",
        "The server is asleep and cannot be woken right now. Try again in a moment.",
    ),
    "unknown": Said(
        "Diese Adresse gehört zu keinem Server. Ist sie richtig geschrieben?",
        "No server has this address. Is it spelt correctly?",
    ),
}


def status_text(route: Route | None, language: str) -> str:
    """The lines of the server list for a server that does not answer itself."""
    if route is None:
        return NOWHERE.speak(language)
    said = STATUS.get(route.doing, SILENT)
    if route.doing.sleeps and not route.wakes:
        said = SLEEPS_ON
    return _named(route, said.speak(language))


def _named(route: Route, text: str) -> str:
    return f"{route.name}: {text}" if route.name else text


def status_version(route: Route | None, language: str) -> str:
    """A word for the place of the version, with the version: some clients look for it there."""
    word = (NOTHING if route is None else WORD[route.doing]).speak(language, " · ")
    return f"{word} {route.version}".rstrip() if route is not None else word


def kick_text(reason: str, language: str, seconds: float = 0) -> str:
    """Why a player does not get in, and when to try again."""
    return KICKS[reason].speak(language, "\n\n", seconds=max(5, round(seconds)))
