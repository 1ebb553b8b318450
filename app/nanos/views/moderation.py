"""The moderators' queue and its items: claiming, giving back, deciding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.api import operator_ids
from app.kit import clock, htmx, live
from app.kit.authz import Actor, allows, current_actor, may
from app.kit.dom import dom_id
from app.kit.errors import Invalid
from app.nanos.models import Case
from app.nanos.policies import P
from app.nanos.queries import moderation as queries
from app.nanos.queries.case_page import Opened, look_around, open_item
from app.nanos.queries.likeness import Alike, alike_nanos
from app.nanos.queries.subject import place_words
from app.nanos.rules.case import Kind, held
from app.nanos.rules.detect import pieces
from app.nanos.rules.measure import ON_OFFERS, OnProvider
from app.nanos.services import appeal, case, decide
from app.nanos.services.case import LIVE, QUEUE, QUEUE_LIVE
from app.nanos.subjects import Subject, subject_kind, subject_labels
from app.nanos.views import nanos
from app.nanos.views.moderation_forms import AppealDecisionForm, DecideForm


def queue_context(counts: dict[str, int]) -> dict[str, Any]:
    """The head of the queue: how much is open of each kind."""
    return {"counts": counts, "total": sum(counts.values()), "head_id": dom_id(QUEUE_LIVE, QUEUE, "head")}


@nanos.get("/moderation")
@allows(P.moderation_decide)
def moderation() -> ResponseReturnValue:
    """What is open, in the order in which it should be looked at."""
    wanted = queries.Wanted(
        *(request.args.get(name, "")[:most] for name, most in (("kind", 10), ("holder", 10), ("about", 20)))
    )
    page = queries.list_cases(current_actor().person_id, wanted, cursor=request.args.get("cursor"))
    return render_template(
        "nanos/moderation/queue.html",
        page=page,
        wanted=wanted,
        kinds=list(Kind),
        things=subject_labels(),
        live_prefix=LIVE,
        **queue_context(queries.count_open()),
    )


@nanos.get("/reviews")
@allows(P.moderation_decide)
def reviews() -> ResponseReturnValue:
    """Revisions that wait are items of the queue."""
    return redirect(url_for("nanos.moderation", kind=Kind.REVIEW.value))


@nanos.post("/moderation/next")
@allows(P.moderation_decide)
def claim_next() -> ResponseReturnValue:
    """Take the first free item."""
    found = case.claim_next(current_actor())
    if found is None:
        flash(_("Es ist nichts frei."), "info")
        return htmx.go(url_for("nanos.moderation"))
    return htmx.go(url_for("nanos.moderation_case", case_id=found))


def _context(opened: Opened, about: Subject | None) -> dict[str, Any]:
    """What is shown of an item, whoever looks."""
    row, around = opened.case, look_around(opened, about)
    kind = Kind(row.kind)
    texts = [
        (place_words(where), pieces(text, [(one[2], one[3], one[1]) for one in around.findings if one[0] == where]))
        for where, text in (about.texts.items() if about else ())
    ]  # fmt: skip
    return {
        "case": row, "line": around.line, "about": about, "texts": texts, "findings": around.findings, "kind": kind,
        "notices": around.notices, "former": around.former, "complaint": around.complaint, "sample": opened.sample,
        "decision": opened.decision, "standing": opened.standing, "advice": decide.advice(opened.standing),
        "state_id": dom_id(LIVE, row.id, "state"), "alike": _alike(row, about) if kind is Kind.REVIEW else [],
    }  # fmt: skip


def _alike(row: Case, about: Subject | None) -> list[Alike]:
    """Other nanos that say much the same as the revision that waits."""
    if row.state != "open" or about is None or about.revision_id is None:
        return []
    return list(alike_nanos(current_actor(), row.subject_id, about.revision_id))


def _page(
    case_id: UUID, form: DecideForm, complaint_form: AppealDecisionForm, status: int = 200
) -> ResponseReturnValue:
    opened, actor = open_item(case_id), current_actor()
    row = opened.case
    kind = subject_kind(row.subject_type)
    about = kind.load(row.subject_id, row.number)
    measures = kind.measures(Kind(row.kind))
    form.prepare(measures)
    made = _context(opened, about)
    complaint = made["complaint"]
    own = complaint is not None and complaint.first_by == actor.person_id
    mine = row.state == "open" and row.claimed_by == actor.person_id and held(row.claimed_until, clock.now())
    return (
        render_template(
            "nanos/moderation/case.html", form=form, complaint_form=complaint_form, measures=measures, mine=mine,
            own_decision=own, alone=own and len(operator_ids()) < 2, thing=kind.label,
            on_offer=bool(ON_OFFERS & set(kind.measures(Kind.NOTICE))), **made,
        ),
        status,
    )  # fmt: skip


@nanos.get("/moderation/cases/<uuid:case_id>")
@allows(P.moderation_decide)
def moderation_case(case_id: UUID) -> ResponseReturnValue:
    """One item; looking at it claims nothing."""
    form = DecideForm(formdata=None, data={"on_provider": OnProvider.NOTHING.value})
    return _page(case_id, form, AppealDecisionForm(formdata=None))


@nanos.post("/moderation/cases/<uuid:case_id>/claim")
@allows(P.moderation_decide)
def claim_case(case_id: UUID) -> ResponseReturnValue:
    """Hold it for twenty minutes."""
    case.claim(current_actor(), case_id)
    return htmx.go(url_for("nanos.moderation_case", case_id=case_id))


@nanos.post("/moderation/cases/<uuid:case_id>/release")
@allows(P.moderation_decide)
def release_case(case_id: UUID) -> ResponseReturnValue:
    """Give it back."""
    case.release(current_actor(), case_id)
    return htmx.go(url_for("nanos.moderation"))


def _decided(case_id: UUID) -> ResponseReturnValue:
    """On to the queue, where the next one is one button away."""
    flash(_("Entschieden."), "ok")
    return htmx.go(url_for("nanos.moderation"))


@nanos.post("/moderation/cases/<uuid:case_id>/decide")
@allows(P.moderation_decide)
def decide_case(case_id: UUID) -> ResponseReturnValue:
    """Take a measure, or none."""
    form = DecideForm()
    try:
        decide.decide(current_actor(), case_id, form.wish())
    except Invalid as error:
        form.prepare(())
        form.validate()
        form.take_errors(error)
        return _page(case_id, form, AppealDecisionForm(formdata=None), 422)
    return _decided(case_id)


@nanos.post("/moderation/cases/<uuid:case_id>/appeal")
@allows(P.moderation_decide)
def decide_complaint(case_id: UUID) -> ResponseReturnValue:
    """Uphold the first decision, or reverse it."""
    form = AppealDecisionForm()
    form.validate()
    try:
        appeal.decide_appeal(
            current_actor(),
            case_id,
            reverse=request.form.get("result") == "reversed",
            reasons=form.reasons.data or "",
        )
    except Invalid as error:
        form.take_errors(error)
        return _page(case_id, DecideForm(formdata=None), form, 422)
    return _decided(case_id)


def _watches(actor: Actor, _row_id: UUID) -> bool:
    return may(actor, P.moderation_decide)


def _render_claim(case_id: UUID) -> str:
    return render_template("nanos/moderation/_claim.html", row=queries.find_row(case_id), live_prefix=LIVE)


def _render_state(case_id: UUID) -> str:
    line = queries.find_row(case_id)
    return render_template(
        "nanos/moderation/_state.html", line=line, state_id=dom_id(LIVE, case_id, "state"),
        decision=queries.decision_of(case_id) if line.state != "open" else None,
    )  # fmt: skip


def _render_head(_id: UUID) -> str:
    return render_template("nanos/moderation/_head.html", **queue_context(queries.count_open()))


live.fragment(prefix=LIVE, aspect="claim", authorise=_watches, render=_render_claim)
live.fragment(prefix=LIVE, aspect="state", authorise=_watches, render=_render_state)
live.fragment(prefix=QUEUE_LIVE, aspect="head", authorise=_watches, render=_render_head)
