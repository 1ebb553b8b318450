"""What people say at nanos, in moderation: a rating that is reported, a question that was hidden and its complaint, a finding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kit.authz import ANONYMOUS
from app.kit.db import db
from app.nanos.models import Case, Decision, Rating, Statement
from app.nanos.rules.measure import NOT_GENUINE
from app.nanos.rules.notice import Given
from app.nanos.services import question
from app.nanos.services.appeal import appeal_as_provider
from app.nanos.services.case import claim
from app.nanos.services.decide import Wish, decide
from app.nanos.services.notice import give_notice
from app.nanos.services.voice_check import check_voice
from tests.people import People

FRAUD = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
_WHY = "Diese Bewertung ist nicht echt: Derselbe Satz steht unter drei anderen Nanos."


def _noticed(place: str, voice_id: UUID, category: str, text: str) -> UUID:
    given = Given(f"/nanos/{place}/{voice_id}", text, category, "Mia Muster", "mia@example.net", True)
    give_notice(ANONYMOUS, given, visitor=str(voice_id), locale="de")
    return db.session.scalars(
        select(Case.id).where(Case.subject_id == voice_id, Case.kind == "notice", Case.state == "open")
    ).one()


def voice_moderation(people: People, made: dict[str, Any]) -> dict[str, Any]:
    """Ids by name."""
    olga, cleo = people.olga.actor, people.cleo.actor
    reported = _noticed("ratings", made["rating_of_others"], FRAUD, _WHY)
    claim(olga, reported)
    rude = question.ask(cleo, made["nano"], "Kann Frau Meier das überhaupt? Die kann doch sonst auch nichts.")
    hidden = decide(
        olga, _noticed("questions", rude, SPEECH, "Hier wird eine Kollegin beim Namen genannt und beleidigt."),
        Wish(
            measure="words", ground="DECISION_GROUND_INCOMPATIBLE_CONTENT", ground_text="Regeln für Nanos, Umgang miteinander",
            facts="Die Frage nennt eine Person beim Namen und setzt sie herab.", category=SPEECH,
            explanation="Beleidigungen haben hier keinen Platz. Fragen Sie nach dem Inhalt, das ist willkommen.",
        ),
    )  # fmt: skip
    appeal_as_provider(
        cleo, hidden, "Das war nicht böse gemeint, Frau Meier ist meine Chefin und lacht darüber."
    )
    struck = db.session.scalars(
        select(Rating.id).where(Rating.nano_id == made["nano"], Rating.stars == 3)
    ).one()
    decide(
        olga, _noticed("ratings", struck, FRAUD, _WHY),
        Wish(
            measure="stars", ground="DECISION_GROUND_INCOMPATIBLE_CONTENT", ground_text="Regeln für Nanos, Bewertungen",
            facts="Das Konto hat an einem Tag zwölf Nanos mit denselben Sternen bewertet.", category=FRAUD,
            explanation="Bewertungen müssen auf eigener Erfahrung beruhen.", specification=(NOT_GENUINE,),
        ),
    )  # fmt: skip
    asked = question.ask(cleo, made["nano"], "Rufen Sie mich bitte zurück? Meine Nummer ist 0531 1234567.")
    check_voice("nanos.question", asked, opens=True)
    finding, appeal = (
        db.session.scalars(select(Case.id).where(Case.subject_id == one, Case.state == "open")).one()
        for one in (asked, rude)
    )
    statement = select(Statement.id).join(Decision, Decision.id == Statement.decision_id)
    return {
        "case_rating": reported, "case_question": finding, "case_appeal_voice": appeal, "question_hidden": rude,
        "rating_struck": struck,
        "statement_voice": db.session.scalars(statement.where(Decision.subject_id == rude)).one(),
    }  # fmt: skip
