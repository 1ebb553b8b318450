"""Moderation: an item of each kind, a statement with a complaint, a notice with its secret, a report, a second operator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.accounts.api import create_person
from app.kit import clock
from app.kit.authz import ANONYMOUS
from app.kit.db import db
from app.nanos.models import Case, NoticeItem, Statement
from app.nanos.rules.notice import Given
from app.nanos.services.appeal import appeal_as_provider
from app.nanos.services.case import claim
from app.nanos.services.checking import check_revision
from app.nanos.services.decide import Wish, decide
from app.nanos.services.notice import give_notice
from app.nanos.services.sampling import draw_sample
from app.nanos.services.transparency import make, order
from app.nanos.services.transparency import publish as publish_report
from tests.people import People, Someone


def second_operator() -> Someone:
    """Another operator, for complaints."""
    otto = create_person(
        email="otto@example.org", name="Otto", password="vier Katzen auf dem Dach", is_operator=True
    )
    return Someone(otto, "Otto", "otto@example.org", None)


def moderation(people: People, made: dict[str, Any]) -> dict[str, Any]:
    """An item of each kind, a statement with a complaint, a notice with its secret, a report."""
    olga, alice = people.olga.actor, people.alice.actor
    draw_sample("seed")
    text = "Das Bild auf Seite 2 ist von mir und ohne Erlaubnis kopiert. Fragen an 0531 1234567."
    category = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
    given = Given(
        f"/nanos/{made['nano']}\n/nanos/{made['nano_barter']}",
        text,
        category,
        "Mia Muster",
        "mia@example.net",
        True,
    )
    receipt = give_notice(ANONYMOUS, given, visitor="x", locale="de")
    noticed = {
        one.subject_id: one.id for one in db.session.scalars(select(Case).where(Case.kind == "notice"))
    }
    decided = decide(
        olga, noticed[made["nano_barter"]],
        Wish(
            measure="hide", ground="DECISION_GROUND_ILLEGAL_CONTENT", ground_text="§ 106 UrhG", category=category,
            explanation="Der Verlag hat der Vervielfältigung nicht zugestimmt.", facts="Auf Seite 2 steht ein fremdes Bild.",
        ),
    )  # fmt: skip
    appeal_as_provider(alice, decided, "Wir haben das Bild selbst gezeichnet, die Vorlage liegt bei.")
    for one in noticed:
        check_revision(one, 0)
    claim(olga, noticed[made["nano"]])
    last = clock.now().date()
    report = order(olga, last, last)
    make(report)
    publish_report(olga, report)
    review = db.session.scalars(select(Case.id).where(Case.subject_id == made["nano_review"])).one()
    item = db.session.scalars(
        select(NoticeItem.id).where(NoticeItem.case_id == noticed[made["nano_barter"]])
    ).one()
    return {
        "case_notice": noticed[made["nano"]], "case_review": review, "case_done": noticed[made["nano_barter"]],
        "case_appeal": db.session.scalars(select(Case.id).where(Case.kind == "appeal")).one(),
        "case_sample": db.session.scalars(select(Case.id).where(Case.kind == "sample", Case.state == "open")).first(),
        "statement": db.session.scalars(select(Statement.id)).one(), "notice_secret": receipt.secret, "notice_item": item,
        "transparency": report,
    }  # fmt: skip
