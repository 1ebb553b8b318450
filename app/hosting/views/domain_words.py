"""Own domains in words, reached from templates as `words.…`."""

from __future__ import annotations

from flask_babel import gettext as _

from app.hosting.queries.domain import DomainView
from app.hosting.rules.domain import (
    USUAL_PORT,
    Match,
    Record,
    Verdict,
    address_records,
    alias_records,
    service_records,
)
from app.hosting.rules.domain_life import State
from app.hosting.rules.host_name import spoken
from app.hosting.services.domain_look import TAKEN
from app.kit.formats import date_text


class Words:
    """What templates may call."""

    spoken = staticmethod(spoken)

    @staticmethod
    def state(domain: DomainView) -> tuple[str, str]:
        """Word and tone."""
        if domain.checking:
            return _("wird geprüft"), "info"
        return {
            State.PENDING: (_("wartet auf DNS-Einträge"), "neutral"),
            State.VERIFIED: (_("führt hierher"), "ok"),
            State.ELSEWHERE: (_("zeigt woanders hin"), "warn"),
            State.LAPSED: (_("abgeschaltet"), "bad"),
        }[domain.state]

    @staticmethod
    def advice(domain: DomainView) -> tuple[str, str]:
        """What the last look means and what to do; text and tone, empty where all is well or nobody has looked."""
        if domain.until is not None:
            text = _(
                "Diese Domain zeigt woanders hin. Setze die Einträge von unten, sonst wird sie am %(day)s abgeschaltet.",
                day=date_text(domain.until),
            )
            return text, "warn"
        tone = "bad" if domain.state is State.LAPSED else "warn" if domain.state is State.VERIFIED else "info"
        return {
            TAKEN: (
                _(
                    "Deine Einträge stimmen, aber die Domain gehört schon zu einem anderen Server, bis sie dort entfernt wird."
                ),
                "warn",
            ),
            Verdict.UNPROVEN.value: (
                _(
                    "Die Domain führt hierher. Es fehlt der Beweis, dass sie dir gehört: der CNAME oder der TXT-Eintrag unten."
                ),
                tone,
            ),
            Verdict.ELSEWHERE.value: (
                _("Für diese Domain gibt es Einträge, aber sie führen woanders hin. Ersetze sie durch die von unten."),
                tone,
            ),
            Verdict.MISSING.value: (
                _(
                    "Noch kein Eintrag gefunden. Neue Einträge sind meist nach ein paar Minuten da, selten erst nach Stunden."
                ),
                tone,
            ),
            Verdict.UNCLEAR.value: (
                _("DNS hat nicht geantwortet. Das zählt nicht gegen dich; wir fragen wieder."),
                tone,
            ),
        }.get(domain.verdict or "", ("", ""))  # fmt: skip

    @staticmethod
    def ways(domain: DomainView) -> list[tuple[str, str, list[Record], bool]]:
        """The three ways to set it up: heading, for whom it is, the records, and whether it stands open."""
        goal, seen = domain.goal, domain.seen
        ways = [
            (
                _("Am einfachsten: ein CNAME-Eintrag"),
                _(
                    "Für Namen mit etwas davor, wie mc.deine-domain.de. Er führt hierher und beweist, dass die Domain dir gehört."
                ),
                alias_records(goal, seen),
            ),
            (
                _("Ohne CNAME: TXT und Adressen"),
                _("Für die Domain selbst (deine-domain.de), wo kein CNAME erlaubt ist. Nimm alle Einträge."),
                address_records(goal, seen),
            ),
            (
                _("Neben einer Webseite: TXT und SRV"),
                _("Wenn unter dem Namen schon etwas anderes läuft. Nur Minecraft folgt diesem Eintrag."),
                service_records(goal, seen),
            ),
        ]
        if goal.port != USUAL_PORT:
            ways[2] = (
                ways[2][0],
                _("Damit muss niemand den Port %(port)d tippen.", port=goal.port),
                ways[2][2],
            )
        done = [all(one.match is Match.FOUND for one in records) and len(records) > 0 for *_, records in ways]
        done[1] = done[1] and len(ways[1][2]) > 1
        first = done.index(True) if any(done) else 0
        return [(*way, place == first) for place, way in enumerate(ways)]

    @staticmethod
    def match(record: Record) -> tuple[str, str]:
        """Word and tone of one record."""
        return {
            Match.FOUND: (_("gefunden"), "ok"),
            Match.DIFFERS: (_("steht anders da"), "warn"),
            Match.MISSING: (_("fehlt"), "neutral"),
            Match.SILENT: (_("keine Antwort"), "warn"),
            Match.UNSEEN: (_("noch nicht geprüft"), "neutral"),
        }[record.match]
