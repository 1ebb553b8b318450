"""Deciding about an item of the queue: the measure with its effect, the reasons, and telling everybody concerned.

All of it is one transaction: whoever is second finds the item closed and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid
from app.kit.ids import new_id
from app.nanos.events_moderation import ModerationDecided
from app.nanos.models import Case, Decision, SampleItem, Statement
from app.nanos.policies import P
from app.nanos.queries.standing import Standing, standing_of
from app.nanos.rules.case import Kind
from app.nanos.rules.detect import names_people
from app.nanos.rules.measure import (
    ON_OFFERS,
    RESTRICTS,
    Measure,
    OnProvider,
    advised,
    is_reasoned,
    provider_fault,
)
from app.nanos.rules.notice import cleaned
from app.nanos.rules.statement import Reasons, faults, provision_of, visibility_of
from app.nanos.services.case import close, held_case
from app.nanos.services.tell import tell_notifiers, tell_restricted, trusted_among
from app.nanos.services.verdict import write_decision
from app.nanos.subjects import Subject, subject_kind
from app.nanos.wording_moderation import statement_fault

LONGEST_ANSWER = 2000


@dataclass(frozen=True)
class Wish:
    """What a moderator filled in. `days`: of a suspension. `answer`: for who gave the notice, besides the decision."""

    measure: str
    on_provider: str = ""
    days: int = 0
    ground: str = ""
    ground_text: str = ""
    explanation: str = ""
    facts: str = ""
    category: str = ""
    specification: tuple[str, ...] = ()
    also_illegal: bool = False
    answer: str = ""


def decide(actor: Actor, case_id: UUID, wish: Wish) -> UUID:
    """Close the item with this decision. Returns the decision's id.

    Raises Invalid by field, Conflict when somebody was first or holds it, or the measure is not possible any more, NotFound.
    """
    require(actor, P.moderation_decide)
    wish = _cleaned(wish)
    with transaction():
        case = held_case(case_id)
        kind = subject_kind(case.subject_type)
        about = kind.load(case.subject_id, case.number)
        measure = _measure(case, wish, about)
        close(case_id, actor=actor)
        on_provider = _on_provider(case, wish, measure)
        reasons = _reasons(case, wish, measure, on_provider, about)
        before = kind.apply(actor, case.subject_id, case.number, measure, wish.facts)
        until = clock.now() + timedelta(days=wish.days) if on_provider is OnProvider.SUSPEND else None
        decision = write_decision(
            actor, case, measure, before, about, on_provider=on_provider, until=until, answer=wish.answer
        )
        _finish(actor, case, decision, reasons)
        return decision.id


def _cleaned(wish: Wish) -> Wish:
    texts: dict[str, Any] = {
        name: cleaned(getattr(wish, name)) for name in ("ground_text", "explanation", "facts", "answer")
    }
    return replace(wish, **texts)


def _measure(case: Case, wish: Wish, about: Subject | None) -> Measure:
    allowed = subject_kind(case.subject_type).measures(Kind(case.kind))
    try:
        measure = Measure(wish.measure)
    except ValueError:
        measure = None
    if measure not in allowed:
        raise Invalid(fields={"measure": _("Wählen Sie, was geschehen soll.")})
    if len(wish.answer) > LONGEST_ANSWER:
        raise Invalid(fields={"answer": _("Höchstens %(most)d Zeichen.", most=LONGEST_ANSWER)})
    if about is None and measure is not Measure.DISMISS:
        raise Conflict(_("Der Inhalt ist nicht mehr da."))
    return measure


def _on_provider(case: Case, wish: Wish, measure: Measure) -> OnProvider:
    try:
        chosen = OnProvider(wish.on_provider)
    except ValueError:
        chosen = OnProvider.NOTHING
    standing = standing_of(case.organisation_id)
    fault = provider_fault(chosen, wish.days, restricts=measure in ON_OFFERS, warned=standing.warned)
    words = {
        "content": _("Gegen den Anbieter nur zusammen mit einer Maßnahme gegen den Inhalt."),
        "warn-first": _("Dieser Anbieter wurde im letzten Jahr nicht verwarnt. Eine Sperre setzt das voraus (Art. 23 DSA)."),
        "days": _("Wählen Sie, wie lange."),
    }  # fmt: skip
    if fault:
        raise Invalid(fields={"on_provider": words[fault]})
    return chosen


def _reasons(
    case: Case, wish: Wish, measure: Measure, on_provider: OnProvider, about: Subject | None
) -> Reasons | None:
    """The statement a restriction needs. Raises Invalid by field; None where nothing is restricted."""
    if measure not in RESTRICTS or about is None:
        return None
    today = clock.now().date()
    notice = case.kind == Kind.NOTICE
    source = (
        ("SOURCE_TRUSTED_FLAGGER" if trusted_among(case.id) else "SOURCE_ARTICLE_16")
        if notice
        else "SOURCE_VOLUNTARY"
    )
    said = Reasons(
        visibility=visibility_of(measure), provision=provision_of(on_provider), ground=wish.ground,
        ground_text=wish.ground_text, explanation=wish.explanation, facts=wish.facts, category=wish.category,
        specification=wish.specification, also_illegal=wish.also_illegal, content_type=about.content_types,
        content_date=about.content_date or today, application_date=today, source_type=source,
        end_date=today + timedelta(days=wish.days) if on_provider is OnProvider.SUSPEND else None,
        automated_detection=case.kind == Kind.FINDING, puid=case.id.hex, content_language=about.language,
    )  # fmt: skip
    found = {name: statement_fault(name, fault) for name, fault in faults(said).items()}
    if not is_reasoned(measure, wish.specification):
        found.setdefault("specification", _(
            "Sterne entfernt nur, wer hier „Unechte Bewertungen“ nennt. Eine Meinung bleibt; ihr Text lässt sich ausblenden."
        ))  # fmt: skip
    for name in ("facts", "explanation", "ground_text"):
        if name not in found and names_people(getattr(said, name)):
            found[name] = _(
                "Hier steht vermutlich eine Adresse, Telefonnummer oder Kontonummer. "
                "Begründungen enthalten keine Daten von Personen."
            )
    if found:
        raise Invalid(fields=found)
    return said


def _finish(actor: Actor, case: Case, decision: Decision, reasons: Reasons | None) -> None:
    """Statement, sample, event, and everybody who has to know."""
    if reasons is not None:
        _write_statement(
            decision, replace(reasons, automated_detection=decision.automated_detection, puid=decision.id.hex)
        )
    if case.kind == Kind.SAMPLE and case.about_id is not None:
        item = db.session.get(SampleItem, case.about_id)
        if item is not None:
            item.state = "fine" if decision.measure == Measure.DISMISS else "defect"
    record(
        ModerationDecided(case.kind, decision.measure, decision.on_provider), actor=actor,
        organisation_id=decision.organisation_id, subject=(decision.subject_type, decision.subject_id),
    )  # fmt: skip
    if reasons is not None:
        tell_restricted(decision)
    tell_notifiers(decision)


def _write_statement(decision: Decision, said: Reasons) -> None:
    db.session.add(
        Statement(
            id=new_id(), decision_id=decision.id, organisation_id=decision.organisation_id, visibility=said.visibility,
            provision=said.provision, end_date=said.end_date, ground=said.ground, ground_text=said.ground_text,
            explanation=said.explanation, also_illegal=said.also_illegal, facts=said.facts, category=said.category,
            specification=list(said.specification), content_type=list(said.content_type), content_date=said.content_date,
            application_date=said.application_date, territorial_scope=list(said.territorial_scope),
            content_language=said.content_language, source_type=said.source_type,
            automated_detection=said.automated_detection, automated_decision=said.automated_decision, puid=said.puid,
            created_at=clock.now(),
        )
    )  # fmt: skip
    db.session.flush()


def advice(standing: Standing) -> OnProvider:
    """What the rule for repeated offences suggests if the content is restricted now."""
    return advised(standing.strikes + 1, warned=standing.warned)
