"""Webhooks and their messages in words, reached from templates as `webhook_words.…`."""

from __future__ import annotations

from math import ceil

from flask_babel import gettext as _

from app.hosting.models.webhook import CLOSED, DROPPED, OPEN, SENT, UNCLEAR
from app.hosting.queries.webhook import Delivery, WebhookView
from app.hosting.rules.webhook import Answer, Outcome
from app.hosting.services.webhook_text import LABELS
from app.kit.formats import clock_text


def outcome_text(outcome: Outcome, pause: float = 0.0) -> str:
    """What came of an attempt, and what to do about it."""
    return {
        Outcome.SENT: _("Angekommen. Schau in deinen Kanal."),
        Outcome.LIMITED: _("Discord bittet um eine Pause. Versuch es in %(n)d s noch einmal.", n=ceil(pause)),
        Outcome.GONE: _(
            "Diesen Webhook oder seinen Kanal gibt es in Discord nicht mehr. Lege dort einen neuen an und füge seine Adresse ein."
        ),
        Outcome.REFUSED: _(
            "Discord nimmt die Adresse nicht mehr an. Kopiere sie in Discord neu und füge sie ein."
        ),
        Outcome.FORUM: _(
            "Der Kanal ist ein Forum und nimmt nur eigene Beiträge an. Wähle in Discord einen Textkanal."
        ),
        Outcome.REJECTED: _("Discord hat die Nachricht abgelehnt."),
        Outcome.TROUBLE: _("Discord hat gerade selbst Schwierigkeiten."),
        Outcome.UNREACHABLE: _("Discord war nicht zu erreichen."),
        Outcome.SILENT: _(
            "Discord hat nicht rechtzeitig geantwortet. Vielleicht ist die Nachricht trotzdem da."
        ),
    }[outcome]


def answer_note(answer: Answer) -> tuple[str, str]:
    """Text and tone of a test's result."""
    tone = "ok" if answer.outcome is Outcome.SENT else "warn" if answer.outcome is Outcome.LIMITED else "bad"
    return outcome_text(answer.outcome, answer.pause), tone


class Words:
    """What templates may call."""

    @staticmethod
    def topics(webhook: WebhookView) -> str:
        """What it tells, as a list."""
        return ", ".join(str(LABELS[topic]) for topic in webhook.topics)

    @staticmethod
    def masked(webhook: WebhookView) -> str:
        """Its address, as much as may be seen."""
        return f"discord.com/api/webhooks/…{webhook.hint}"

    @staticmethod
    def content(one: Delivery) -> str:
        """What a message was about; how often, where it was more than once."""
        if one.test:
            return _("Testnachricht")
        return ", ".join(
            f"{LABELS[told.topic]} ({told.count}×)" if told.count > 1 else str(LABELS[told.topic])
            for told in one.told
        )

    @staticmethod
    def state(webhook: WebhookView) -> tuple[str, str]:
        """Word and tone of a webhook."""
        if webhook.on:
            return _("Eingeschaltet"), "ok"
        return (_("Von Discord abgewiesen"), "bad") if webhook.off_reason else (_("Ausgeschaltet"), "neutral")

    @staticmethod
    def why_off(webhook: WebhookView) -> str:
        """Why Discord made us switch it off; empty when a person did."""
        return outcome_text(webhook.off_reason) if webhook.off_reason else ""

    @staticmethod
    def delivery(one: Delivery) -> tuple[str, str]:
        """Word and tone of a message."""
        if one.state == OPEN:
            return _("Sammelt noch"), "busy"
        if one.state == CLOSED:
            if not one.failures:
                return _("Unterwegs"), "busy"
            return _("Neuer Versuch um %(time)s", time=clock_text(one.due_at)), "warn"
        if one.state == SENT:
            return _("Angekommen"), "ok"
        if one.state == UNCLEAR:
            return _("Vielleicht angekommen"), "warn"
        return (_("Verworfen"), "neutral") if one.state == DROPPED else (_("Nicht angekommen"), "bad")

    @staticmethod
    def detail(one: Delivery) -> str:
        """Why a message is where it is."""
        if one.state == UNCLEAR:
            return _("Die Plattform wurde beim Senden unterbrochen. Noch einmal gesendet wird sie nicht.")
        if one.state == DROPPED:
            return _("Der Webhook war ausgeschaltet.")
        if one.outcome in (None, Outcome.SENT):
            return ""
        if one.outcome is Outcome.LIMITED:
            return _("Discord hat um eine Pause gebeten.")
        return outcome_text(one.outcome)
