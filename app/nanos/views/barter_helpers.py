"""What templates of exchanges may call, reached as `trade.…`."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.kit.formats import datetime_text
from app.nanos import wording_barter as wording
from app.nanos.queries.barter import BarterView, RevisionView
from app.nanos.rules.barter import BOUND, OPEN, Act, Side, State
from app.nanos.rules.terms import Change


@dataclass(frozen=True)
class NextStep:
    """What happens next and who must act, in words; `icon` and `tone` say it again."""

    title: str
    text: str
    icon: str
    tone: str = ""


class TradeHelpers:
    """What templates may call."""

    state = staticmethod(wording.state_word)
    tone = staticmethod(wording.state_tone)
    licence_state = staticmethod(wording.licence_state)
    credits = staticmethod(wording.credit_word)
    grant = staticmethod(wording.grant_words)
    part = staticmethod(wording.part_word)
    vat = staticmethod(wording.vat_word)
    sides = tuple(Side)

    @staticmethod
    def may(deal: BarterView, act: str) -> bool:
        """Whether the reader may do this now."""
        return Act(act) in deal.acts

    @staticmethod
    def primary(deal: BarterView) -> str:
        """The one act that stands out; empty for none."""
        order = (Act.AGREE, Act.ACCEPT, Act.CONFIRM, Act.DELIVER)
        return next((one.value for one in order if one in deal.acts), "")

    @staticmethod
    def stage(deal: BarterView) -> int:
        """How far it is on the way, from 1 to 4; 0 where it left the way."""
        order = {
            State.OFFERED: 1,
            State.COUNTERED: 1,
            State.ACCEPTED: 2,
            State.DELIVERED: 3,
            State.COMPLETED: 5,
        }
        return order.get(deal.state, 0)

    @staticmethod
    def opens(deal: BarterView) -> bool:
        """Whether what was delivered is still with who got it."""
        return deal.state is not State.CANCELLED

    @staticmethod
    def who(deal: BarterView, side: Side) -> str:
        """The name of a side; one's own is "Sie"."""
        return _("Sie") if side is deal.side else deal.names[side]

    @staticmethod
    def change(deal: BarterView, change: Change) -> str:
        """Who gives what, otherwise: Südwind, Credits."""
        return f"{TradeHelpers.who(deal, change.side)} · {wording.FIELDS[change.name]}"

    @staticmethod
    def value(change: Change, after: bool) -> str:
        """Before or after, in words."""
        return wording.value_word(change.name, change.after if after else change.before)

    @staticmethod
    def pending(deal: BarterView) -> RevisionView | None:
        """The amendment that waits for an answer."""
        return deal.revisions[deal.deal.pending - 1] if deal.deal.pending else None

    @staticmethod
    def next(deal: BarterView) -> NextStep:
        """What happens next, until when, who must act."""
        if deal.side is None:
            return _for_moderator(deal)
        due = datetime_text(deal.deal.due_at)
        if deal.state in OPEN:
            return _answer(deal, deal.names[deal.side.other], due)
        if deal.state in BOUND:
            return _fulfil(deal, deal.side, deal.names[deal.side.other], due)
        return _rest(deal, due)


def _for_moderator(deal: BarterView) -> NextStep:
    if deal.state is State.DISPUTED:
        text = _(
            "Ohne Entscheidung bis %(due)s wird der Tausch rückabgewickelt.",
            due=datetime_text(deal.deal.due_at),
        )
        return NextStep(_("Dieser Tausch wartet auf eine Entscheidung"), text, "scale", "warn")
    return NextStep(_("Dieser Tausch ist entschieden"), deal.reason, "circle-check")


def _answer(deal: BarterView, other: str, due: str) -> NextStep:
    if deal.turn:
        text = _(
            "Nehmen Sie an, machen Sie ein Gegenangebot, oder lehnen Sie ab. Ohne Antwort läuft es am %(due)s ab.",
            due=due,
        )
        return NextStep(
            _("Sie sind dran: %(other)s wartet auf Ihre Antwort", other=other), text, "hand", "accent"
        )
    text = _(
        "%(other)s kann annehmen, ein Gegenangebot machen oder ablehnen. Ohne Antwort läuft es am %(due)s ab.",
        other=other,
        due=due,
    )
    return NextStep(_("%(other)s ist dran", other=other), text, "hourglass")


def _fulfil(deal: BarterView, side: Side, other: str, due: str) -> NextStep:
    if deal.deal.pending and deal.deal.author is not side:
        text = _("Stimmen Sie zu, wird neu vereinbart und beide liefern neu. Sonst bleibt alles, wie es ist.")
        return NextStep(
            _("Sie sind dran: %(other)s schlägt eine Änderung vor", other=other), text, "file-pen", "accent"
        )
    rules = deal.deal
    if side.other in rules.delivered and side not in rules.confirmed:
        text = _(
            "Sehen Sie sich an, was Sie bekommen haben, und bestätigen Sie. Ohne Einwand gilt es am %(due)s als bestätigt.",
            due=due,
        )
        if deal.state is State.ACCEPTED:
            text = _(
                "Sehen Sie sich an, was Sie bekommen haben, und liefern Sie selbst bis %(due)s.", due=due
            )
        return NextStep(
            _("Sie sind dran: %(other)s hat geliefert", other=other), text, "package-check", "accent"
        )
    if side not in rules.delivered:
        text = _(
            "Mit einem Klick bekommt %(other)s Zugang. Liefern nicht beide bis %(due)s, wird alles rückabgewickelt.",
            other=other,
            due=due,
        )
        return NextStep(_("Sie sind dran: liefern"), text, "package", "accent")
    if side.other not in rules.delivered:
        text = _(
            "Sie haben geliefert. Liefert %(other)s nicht bis %(due)s, wird alles rückabgewickelt.",
            other=other,
            due=due,
        )
        return NextStep(_("%(other)s ist dran: liefern", other=other), text, "hourglass")
    text = _("Ohne Einwand bis %(due)s ist der Tausch abgeschlossen.", due=due)
    return NextStep(_("%(other)s sieht sich an, was Sie geliefert haben", other=other), text, "hourglass")


def _rest(deal: BarterView, due: str) -> NextStep:
    if deal.state is State.DISPUTED:
        text = _(
            "Die Moderation liest diese Seite mit dem Gespräch und entscheidet. Ohne Entscheidung wird am %(due)s "
            "rückabgewickelt.",
            due=due,
        )
        return NextStep(_("Die Moderation klärt diesen Tausch"), text, "scale", "warn")
    if deal.state is State.COMPLETED:
        text = _(
            "Beide Seiten haben, was vereinbart war. Laden Sie Ihren Beleg, und bewerten Sie, was Sie bekommen haben."
        )
        return NextStep(_("Abgeschlossen"), text, "circle-check", "ok")
    if deal.state is State.CANCELLED:
        text = _(
            "Lizenzen sind zurückgenommen, Credits zurückgebucht. Es ist, als wäre nichts getauscht worden."
        )
        return NextStep(_("Rückabgewickelt"), text, "undo-2", "bad")
    words = {
        State.DECLINED: _("Das Angebot wurde abgelehnt. Nichts wurde getauscht."),
        State.WITHDRAWN: _("Das Angebot wurde zurückgezogen. Nichts wurde getauscht."),
        State.EXPIRED: _("Niemand hat rechtzeitig geantwortet. Nichts wurde getauscht."),
    }
    return NextStep(wording.state_word(deal.state), words[deal.state], "circle-slash")
