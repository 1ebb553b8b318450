"""What plugins and their changes are called on pages."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.hosting.queries.plugin import ChangeView
from app.hosting.rules.plugin import Release
from app.hosting.rules.plugin_step import ChangeState, Kind, Step
from app.hosting.services.plugin_source import Taken, failure_words

_STABILITY = {"release": ("", ""), "beta": (_l("Beta"), "warn"), "alpha": (_l("Alpha"), "warn")}


class Words:
    """Words for templates."""

    failure = staticmethod(failure_words)

    @staticmethod
    def noun(taken: Taken) -> str:
        """What players call them."""
        return _("Mods") if taken.mods else _("Plugins")

    @staticmethod
    def stability(release: Release) -> tuple[str, str]:
        """Word and tone for what is not finished; empty for a release."""
        word, tone = _STABILITY[release.stability]
        return str(word), tone

    @staticmethod
    def step(step: Step) -> str:
        """What happens to one jar."""
        if step.new is None:
            number = step.old.release.number if step.old else ""
            return _("%(name)s %(number)s weg", name=step.title, number=number)
        if step.old is None:
            return _("%(name)s %(number)s neu", name=step.title, number=step.new.release.number)
        return _(
            "%(name)s %(old)s → %(new)s",
            name=step.title, old=step.old.release.number, new=step.new.release.number,
        )  # fmt: skip

    @staticmethod
    def steps(change: ChangeView) -> str:
        """All jars of a change."""
        return ", ".join(Words.step(step) for step in change.steps)

    @staticmethod
    def wish(change: ChangeView) -> str:
        """What a change was to do."""
        return {
            Kind.INSTALL: _("Installieren"),
            Kind.UPDATE: _("Aktualisieren"),
            Kind.REMOVE: _("Entfernen"),
            Kind.ADOPT: _("Übernehmen"),
            Kind.UNDO: _("Zurücknehmen"),
        }[change.kind]

    @staticmethod
    def kind(change: ChangeView) -> str:
        """What a change is."""
        if change.automatic:
            return _("Automatisch aktualisiert")
        return {
            Kind.INSTALL: _("Installiert"),
            Kind.UPDATE: _("Aktualisiert"),
            Kind.REMOVE: _("Entfernt"),
            Kind.ADOPT: _("Übernommen"),
            Kind.UNDO: _("Rückgängig gemacht"),
        }[change.kind]

    @staticmethod
    def state(change: ChangeView) -> tuple[str, str]:
        """Word and tone of where it stands."""
        return {
            ChangeState.WAITING: (_("Wartet"), "info"),
            ChangeState.WORKING: (_("Läuft"), "info"),
            ChangeState.DONE: (_("Erledigt"), "ok"),
            ChangeState.FAILED: (_("Nicht gelungen"), "bad"),
        }[change.state]

    @staticmethod
    def doing(change: ChangeView) -> str:
        """What an open change does or waits for."""
        if change.failure:
            return failure_words(change.failure)
        if change.backup:
            return _("Erst wird ein Backup gemacht, dann werden die Dateien geladen und geprüft.")
        return _("Die Dateien werden geladen und geprüft.")
