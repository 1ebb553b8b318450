"""Ratings, questions and answers in moderation, on each database: notices, measures with their effect, who is told and may
complain, two who decide at once, what the check finds, and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.models.event import Event
from app.kit import clock
from app.kit.authz import ANONYMOUS
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.messaging.models import Notice as Told
from app.nanos.models import Case, Comment, Decision, Nano, Rating, Score
from app.nanos.queries.statement import concerns, export, get_notice, get_statement, list_statements
from app.nanos.queries.transparency import figures
from app.nanos.queries.voice_subject import ANSWER, QUESTION, RATING, load_rating, reportable, voice_titles
from app.nanos.queries.voices import list_voices
from app.nanos.rules.case import Kind
from app.nanos.rules.measure import NOT_GENUINE, Measure
from app.nanos.services import appeal, ending, question
from app.nanos.services.decide import Wish, decide
from app.nanos.services.notice import digest, give_notice
from app.nanos.services.personal_moderation import export_moderation
from app.nanos.services.personal_voices import erase_voices
from app.nanos.services.rating import answer_rating, rate
from app.nanos.services.voice_bar import lift_comment, lift_rating
from app.nanos.services.voice_check import check_voice
from app.nanos.subjects import subject_kind
from tests.nanos import rig
from tests.nanos.test_moderation import given as given_for
from tests.nanos.test_moderation import letters, open_cases, second
from tests.nanos.voices import rated
from tests.people import People
from tests.threads import at_once

SPEECH, FRAUD = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
WORDS = Wish(
    measure="words", ground="DECISION_GROUND_INCOMPATIBLE_CONTENT", ground_text="Regeln für Nanos, Umgang", category=SPEECH,
    facts="Der Text nennt jemanden beim Namen und beleidigt ihn.", explanation="Beleidigungen haben hier keinen Platz.",
)  # fmt: skip
STARS = replace(WORDS, measure="stars", category=FRAUD, specification=(NOT_GENUINE,))
PLACES = {RATING: "ratings", QUESTION: "questions", ANSWER: "answers"}


def noticed(kind: str, voice_id: UUID, category: str = SPEECH, mail: str = "mia@example.net") -> UUID:
    """A notice by somebody without an account; gives the open item."""
    said = replace(
        given_for(voice_id),
        urls=f"http://localhost/nanos/{PLACES[kind]}/{voice_id}",
        category=category,
        email=mail,
    )
    give_notice(ANONYMOUS, said, visitor=str(uuid4()), locale="de")
    return db.session.scalars(
        select(Case.id).where(
            Case.subject_id == voice_id, Case.state == "open", Case.open_key.endswith(category)
        )
    ).one()


def spoken(people: People) -> tuple[UUID, dict[str, UUID]]:
    """A nano with a rating that is answered and a question that is answered; the things by their kind."""
    nano_id = rig.published(people)
    rating_id = rated(people, nano_id, 1, "Frau Meier ist schuld.")
    asked = question.ask(people.cleo.actor, nano_id, "Wo ist Frau Meier?")
    question.answer_question(people.alice.actor, nano_id, asked, "Im Urlaub.")
    answer = list_voices(people.cleo.actor, nano_id, "question").rows[0].answer_id
    assert answer is not None
    return nano_id, {RATING: rating_id, QUESTION: asked, ANSWER: answer}


def seen(people: People, who: str, nano_id: UUID, kind: str) -> str | None:
    db.session.rollback()
    what = "rating" if kind == RATING else "question"
    rows = list_voices(getattr(people, who).actor, nano_id, what).rows
    return (rows[0].answer if kind == ANSWER else rows[0].text) if rows else None


def mean(nano_id: UUID) -> int | None:
    db.session.rollback()
    return db.session.scalar(select(Score.mean).where(Score.nano_id == nano_id))


def complained(people: People, decision: UUID, author: str) -> UUID:
    appeal.appeal_as_provider(
        getattr(people, author).actor, decision, "Das stimmt, und es ist keine Beleidigung."
    )
    (item,) = open_cases(kind="appeal")
    return item.id


@pytest.mark.parametrize(("kind", "author"), [(RATING, "cleo"), (QUESTION, "cleo"), (ANSWER, "alice")])
def test_words_are_hidden_told_appealed_and_come_back_as_they_were(
    db_app: Flask, db_people: People, kind: str, author: str
) -> None:
    nano_id, things = spoken(db_people)
    text, stars = seen(db_people, "olga", nano_id, kind), mean(nano_id)
    item = noticed(kind, things[kind])
    decided = decide(db_people.olga.actor, item, WORDS)
    stranger = "bob" if author == "cleo" else "cleo"
    assert [seen(db_people, one, nano_id, kind) for one in (stranger, author, "olga")] == [None, text, text]
    assert mean(nano_id) == stars  # stars are nobody's words
    assert "Text ausblenden" in letters()[-1]
    told = {one.person_id for one in db.session.scalars(select(Told).where(Told.kind == "nanos.restricted"))}
    concerned = {db_people.alice.id, db_people.dora.id} if kind == ANSWER else {db_people.cleo.id}
    assert told == concerned
    assert reportable([(kind, things[kind])]) == (
        {(kind, things[kind]): db_people.other_organisation_id} if kind == RATING else {}
    )
    with pytest.raises(NotAllowed):
        other = complained(db_people, decided, author)
        appeal.decide_appeal(db_people.olga.actor, other, reverse=True, reasons="Das war so nicht richtig.")
    appeal.decide_appeal(second(), other, reverse=True, reasons="Der Name steht im Impressum des Anbieters.")
    assert seen(db_people, stranger, nano_id, kind) == text
    kinds = {
        (one.kind, one.person_id)
        for one in db.session.scalars(select(Told).where(Told.kind.like("nanos.appeal%")))
    }
    assert kinds == {("nanos.appeal_reversed", one) for one in concerned}
    names = [
        one.name
        for one in db.session.scalars(
            select(Event).where(Event.name.like("nanos.comment.%")).order_by(Event.id)
        )
    ]
    assert names == ["nanos.comment.hidden", "nanos.comment.shown"]


def test_only_a_rating_that_is_none_loses_its_stars(db_app: Flask, db_people: People) -> None:
    nano_id, things = spoken(db_people)
    rating_id, before = things[RATING], mean(nano_id)
    item = noticed(RATING, rating_id, FRAUD)
    with pytest.raises(Invalid) as unreasoned:
        decide(db_people.olga.actor, item, replace(STARS, specification=()))
    assert set(unreasoned.value.fields) == {"specification"} and mean(nano_id) == before
    for measure in ("block", "remove", "hide", "publish"):
        with pytest.raises(Invalid) as other:
            decide(db_people.olga.actor, item, replace(STARS, measure=measure))
        assert set(other.value.fields) == {"measure"}
    with pytest.raises(Invalid) as provider:
        decide(db_people.olga.actor, item, replace(STARS, on_provider="warn"))
    assert set(provider.value.fields) == {"on_provider"}
    decided = decide(db_people.olga.actor, item, STARS)
    assert before is not None and mean(nano_id) is None
    rows = {
        who: list_voices(getattr(db_people, who).actor, nano_id, "rating").rows
        for who in ("alice", "bob", "cleo", "olga")
    }
    assert [len(rows[who]) for who in ("alice", "bob", "cleo", "olga")] == [0, 0, 1, 1]
    assert rows["cleo"][0].struck and rows["cleo"][0].text == "Frau Meier ist schuld."
    with pytest.raises(Conflict):
        rate(db_people.cleo.actor, nano_id, stars=5, text="Doch gut", version=1)
    assert reportable([(RATING, rating_id)]) == {}
    (made,) = export(clock.now().date(), clock.now().date())
    assert made["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert made["category_specification"] == [NOT_GENUINE] and "Meier" not in str(made)
    item = complained(db_people, decided, "cleo")
    appeal.decide_appeal(
        second(), item, reverse=True, reasons="Sie hat das Nano nachweislich durchgearbeitet."
    )
    assert mean(nano_id) == before
    assert rate(db_people.cleo.actor, nano_id, stars=2, text="Geht so", version=1) == rating_id


def test_words_and_stars_fall_in_whatever_order(db_app: Flask, db_people: People) -> None:
    nano_id, things = spoken(db_people)
    rating_id, olga = things[RATING], db_people.olga.actor
    words = decide(olga, noticed(RATING, rating_id), WORDS)
    with pytest.raises(Conflict):
        decide(olga, noticed(RATING, rating_id), WORDS)
    stars = decide(olga, noticed(RATING, rating_id, FRAUD), STARS)
    other = second()
    appeal.decide_appeal(
        other, complained(db_people, words, "cleo"), reverse=True, reasons="Der Text war in Ordnung so."
    )
    assert mean(nano_id) is None and seen(db_people, "bob", nano_id, RATING) is None
    appeal.decide_appeal(
        other, complained(db_people, stars, "cleo"), reverse=True, reasons="Die Bewertung ist doch echt."
    )
    assert mean(nano_id) is not None and seen(db_people, "bob", nano_id, RATING) == "Frau Meier ist schuld."
    events = db.session.query(Event).count()
    with transaction():  # undone twice is undone once
        lift_rating(olga, rating_id, None, Measure.STARS, {})
        lift_rating(olga, rating_id, None, Measure.WORDS, {})
        lift_comment(olga, things[QUESTION], None, Measure.WORDS, {})
        lift_comment(olga, uuid4(), None, Measure.WORDS, {})
        lift_rating(olga, uuid4(), None, Measure.STARS, {})
    assert db.session.query(Event).count() == events


def test_two_moderators_hide_a_thing_once(db_app: Flask, db_people: People) -> None:
    _nano_id, things = spoken(db_people)
    moderators = [db_people.olga.actor, second()]
    same = noticed(QUESTION, things[QUESTION])
    results = at_once(db_app, 2, lambda number: decide(moderators[number], same, WORDS))
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "UUID"], results
    items = [noticed(RATING, things[RATING]), noticed(RATING, things[RATING], FRAUD)]
    for wish in (WORDS, STARS):
        results = at_once(db_app, 2, lambda number: decide(moderators[number], items[number], wish))  # noqa: B023
        assert sorted(type(one).__name__ for one in results) == ["Conflict", "UUID"], results
        db.session.rollback()
        left = db.session.scalars(select(Case.id).where(Case.id.in_(items), Case.state == "open")).all()
        assert len(left) == 1
        items = (
            [left[0], noticed(RATING, things[RATING], "STATEMENT_CATEGORY_VIOLENCE")]
            if wish is WORDS
            else items
        )
    names = list(
        db.session.scalars(
            select(Event.name).where(Event.name.in_(("nanos.rating.struck", "nanos.comment.hidden")))
        )
    )
    assert sorted(names) == ["nanos.comment.hidden", "nanos.comment.hidden", "nanos.rating.struck"]


def test_somebody_who_rates_while_it_is_struck_leaves_no_contradiction(
    db_app: Flask, db_people: People
) -> None:
    nano_id, things = spoken(db_people)
    item, cleo, olga = noticed(RATING, things[RATING], FRAUD), db_people.cleo.actor, db_people.olga.actor
    acts: list[Callable[[], Any]] = [
        lambda: rate(cleo, nano_id, stars=5, text="Doch gut", version=1), lambda: decide(olga, item, STARS),
    ]  # fmt: skip
    results = at_once(db_app, 2, lambda number: acts[number]())
    assert isinstance(results[1], UUID), results
    assert mean(nano_id) is None
    decision = db.session.get(Decision, results[1])
    assert decision is not None
    stars = 1 if isinstance(results[0], Conflict) else 5
    assert decision.text == ("Frau Meier ist schuld." if stars == 1 else "Doch gut")
    assert db.session.scalars(select(Rating.stars)).one() == stars


def test_what_was_decided_about_stays_readable_through_edits(db_app: Flask, db_people: People) -> None:
    nano_id, things = spoken(db_people)
    decided = decide(db_people.olga.actor, noticed(RATING, things[RATING]), WORDS)
    rate(db_people.cleo.actor, nano_id, stars=3, text="Jemand ist schuld.", version=1)
    assert seen(db_people, "bob", nano_id, RATING) is None  # an edit shows nothing again
    item_id = complained(db_people, decided, "cleo")
    item = db.session.get(Case, item_id)
    assert item is not None and item.organisation_id == db_people.other_organisation_id
    then, now = load_rating(things[RATING], item.number), load_rating(things[RATING], None)
    assert then is not None and now is not None
    assert (then.text, then.known[0][1]) == ("Frau Meier ist schuld.", "1 von 5")
    assert (now.text, now.known[0][1]) == ("Jemand ist schuld.", "3 von 5")


def test_stars_alone_can_be_reported_but_have_no_words(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    item = noticed(RATING, rated(db_people, nano_id, 1, ""), FRAUD)
    with pytest.raises(Invalid) as none:
        decide(db_people.olga.actor, item, WORDS)
    assert set(none.value.fields) == {"measure"} and open_cases()[0].id == item
    decide(db_people.olga.actor, item, STARS)
    assert mean(nano_id) is None


def test_who_is_a_stranger_neither_reports_nor_learns_nor_complains(db_app: Flask, db_people: People) -> None:
    nano_id, things = spoken(db_people)
    decided = decide(db_people.olga.actor, noticed(RATING, things[RATING], FRAUD), STARS)
    (statement,) = list_statements(db_people.cleo.actor).rows
    assert statement.title == "Bewertung: Brandschutzhelfer in zehn Minuten"
    assert get_statement(db_people.cleo.actor, statement.id).mine
    assert get_statement(db_people.olga.actor, statement.id).mine is False
    for who in ("alice", "bob"):
        with pytest.raises(NotFound):
            get_statement(getattr(db_people, who).actor, statement.id)
        with pytest.raises(NotFound):
            appeal.appeal_as_provider(getattr(db_people, who).actor, decided, "x" * 30)
    colleague = replace(db_people.alice.actor, organisation_id=db_people.other_organisation_id)
    decision = db.session.get(Decision, decided)
    assert decision is not None and not concerns(colleague, decision)  # told to who wrote it alone
    hidden = [(RATING, things[RATING]), (QUESTION, uuid4()), (ANSWER, things[QUESTION]), (RATING, nano_id)]
    errors = []
    for kind, voice_id in hidden:
        with pytest.raises(Invalid) as refused:
            noticed(kind, voice_id)
        errors.append(refused.value.fields)
    assert errors == [errors[0]] * 4 and set(errors[0]) == {"urls"}
    ending.remove(db_people.alice.actor, nano_id)
    assert reportable([(kind, one) for kind, one in things.items()]) == {}


def test_a_reply_goes_with_the_rating_it_answers(db_app: Flask, db_people: People) -> None:
    nano_id, things = spoken(db_people)
    answer_rating(db_people.alice.actor, nano_id, things[RATING], "Das tut uns leid.")
    reply = db.session.scalars(select(Comment.id).where(Comment.kind == "reply")).one()
    assert reportable([(ANSWER, reply)]) == {(ANSWER, reply): db_people.organisation_id}
    decide(db_people.olga.actor, noticed(RATING, things[RATING], FRAUD), STARS)
    assert reportable([(ANSWER, reply)]) == {}


def test_new_words_are_looked_over_and_only_point(
    db_app: Flask, db_people: People, run_jobs: Callable[..., Any]
) -> None:
    nano_id = rig.published(db_people)
    run_jobs()
    asked = question.ask(db_people.cleo.actor, nano_id, "Rufen Sie mich an: 0531 1234567. Danke!")
    rating_id = rated(db_people, nano_id, 5, "Schreibt an mia@example.net, das hilft.")
    rated_well = question.ask(db_people.cleo.actor, nano_id, "Gilt das auch für Azubis?")
    run_jobs()
    found = {one.subject_id: one for one in open_cases(kind="finding")}
    assert set(found) == {asked, rating_id} and rated_well not in found
    assert seen(db_people, "bob", nano_id, QUESTION) is not None  # nothing is hidden by a program
    decide(db_people.olga.actor, found[asked].id, Wish(measure="dismiss"))
    check_voice(QUESTION, asked, opens=True)
    assert [one.subject_id for one in open_cases(kind="finding")] == [rating_id]
    item = noticed(RATING, rating_id)
    run_jobs()
    db.session.rollback()
    case = db.session.get(Case, item)
    assert case is not None and case.hints == 1
    decided = decide(db_people.olga.actor, found[rating_id].id, WORDS)
    decision = db.session.get(Decision, decided)
    assert decision is not None and decision.automated_detection
    check_voice(RATING, rating_id, opens=True)
    assert open_cases(kind="finding") == []


def test_reports_titles_and_measures_know_the_new_kinds(db_app: Flask, db_people: People) -> None:
    _nano_id, things = spoken(db_people)
    names = voice_titles(list(things.values()))
    assert {name.partition(":")[0] for name in names.values()} == {"Bewertung", "Frage", "Antwort"}
    assert not [name for name in names.values() if "Meier" in name]
    for kind, voice_id in things.items():
        decide(db_people.olga.actor, noticed(kind, voice_id), WORDS)
        assert subject_kind(kind).measures(Kind.APPEAL) == ()
    today = clock.now().date()
    read = figures(today, today)
    assert read["notices"]["by_thing"] == dict.fromkeys(sorted(things), 1)
    assert {one: read["decisions_by_thing"][one] for one in things} == dict.fromkeys(things, 1)
    assert read["decisions"]["words"] == 3


def test_a_notice_says_how_it_went_and_a_wrong_dismissal_is_looked_at_again(
    db_app: Flask, db_people: People
) -> None:
    nano_id, things = spoken(db_people)
    said = replace(given_for(things[ANSWER]), urls=f"/nanos/answers/{things[ANSWER]}")
    secret = give_notice(ANONYMOUS, said, visitor="x", locale="de").secret
    (item,) = open_cases(kind="notice")
    decide(db_people.olga.actor, item.id, Wish(measure="dismiss", answer="Das ist harmlos."))
    (shown,) = get_notice(digest(secret)).items
    assert (shown.measure, shown.may_appeal) == ("dismiss", True)
    appeal.appeal_as_notifier(ANONYMOUS, secret, shown.id, "Das ist es nicht: Es nennt ihren Urlaub.")
    (again,) = open_cases(kind="appeal")
    other = second()
    appeal.decide_appeal(other, again.id, reverse=True, reasons="Das sehen wir uns noch einmal an.")
    (anew,) = open_cases(kind="notice")
    assert anew.organisation_id == db_people.organisation_id
    decide(other, anew.id, WORDS)
    assert seen(db_people, "cleo", nano_id, ANSWER) is None
    assert get_notice(digest(secret)).items[0].measure == "words"


def test_erasing_an_account_leaves_the_decision_without_words_and_person(
    db_app: Flask, db_people: People
) -> None:
    nano_id, things = spoken(db_people)
    decide(db_people.olga.actor, noticed(RATING, things[RATING], FRAUD), STARS)
    open_item = noticed(QUESTION, things[QUESTION])
    (mine,) = export_moderation(db_people.cleo.id)["decided_about_me"]
    assert mine["measure"] == "stars" and mine["facts"] == STARS.facts
    with transaction():
        erase_voices(db_people.cleo.id)
    decision = db.session.scalars(select(Decision).where(Decision.measure == "stars")).one()
    assert (decision.text, decision.person_id, decision.organisation_id) == ("", None, None)
    assert export_moderation(db_people.cleo.id)["decided_about_me"] == []
    assert mean(nano_id) is None  # stars of nobody that are not genuine still count for nothing
    with pytest.raises(Conflict):
        decide(db_people.olga.actor, open_item, WORDS)
    decide(db_people.olga.actor, open_item, Wish(measure="dismiss"))
    assert db.session.get(Nano, nano_id) is not None
