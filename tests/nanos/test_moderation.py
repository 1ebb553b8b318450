"""Moderation on each database: the queue, measures with their effect, notices, appeals, samples, and people who collide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.api import create_person, find_actor_for_job
from app.core.models.mail import Mail
from app.core.services.mail import compose
from app.kit import clock
from app.kit.authz import ANONYMOUS, Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.messaging.models import Notice as Told
from app.nanos.models import Appeal, Case, Check, Decision, Nano, NanoFile, Notice, SampleItem, Statement
from app.nanos.queries.file import files_of
from app.nanos.queries.find import find_nanos
from app.nanos.queries.moderation import Wanted, list_cases
from app.nanos.queries.nano import get_nano, get_open
from app.nanos.queries.sampling import quality
from app.nanos.queries.standing import standing_of
from app.nanos.queries.statement import export, get_notice, get_statement
from app.nanos.rules.case import CLAIM
from app.nanos.rules.finding import Wish as Search
from app.nanos.rules.notice import Given
from app.nanos.services import (
    appeal,
    case,
    checking,
    ending,
    moderation_settings,
    moderation_tidy,
    publishing,
    sampling,
)
from app.nanos.services.decide import Wish, decide
from app.nanos.services.notice import digest, give_notice
from app.nanos.services.personal_moderation import erase_moderation, export_moderation
from app.nanos.services.revision import begin_revision
from tests.nanos import rig
from tests.people import People
from tests.threads import at_once

COPYRIGHT = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
REASONED = Wish(
    measure="remove", ground="DECISION_GROUND_ILLEGAL_CONTENT", ground_text="§ 106 UrhG", category=COPYRIGHT,
    facts="Auf Seite 3 steht ein ganzes Kapitel aus einem fremden Buch.",
    explanation="Der Verlag hat der Vervielfältigung nicht zugestimmt.",
)  # fmt: skip


def second(name: str = "Otto") -> Actor:
    """Another operator."""
    return find_actor_for_job(
        create_person(
            email=f"{name.lower()}@example.org",
            name=name,
            password="vier Katzen auf dem Dach",
            is_operator=True,
        ),
        None,
    )


def given(nano_id: UUID, **changes: Any) -> Given:
    base = Given(
        f"http://localhost/nanos/{nano_id}", "Das Bild auf Seite 2 ist von mir und ohne Erlaubnis kopiert.", COPYRIGHT,
        "Mia Muster", "mia@example.net", True,
    )  # fmt: skip
    return replace(base, **changes)


def noticed(nano_id: UUID, **changes: Any) -> UUID:
    """A notice by somebody without an account; gives the open case."""
    give_notice(ANONYMOUS, given(nano_id, **changes), visitor=str(uuid4()), locale="de")
    return db.session.scalars(select(Case.id).where(Case.kind == "notice", Case.state == "open")).one()


def open_cases(**which: str) -> list[Case]:
    db.session.rollback()
    return list(db.session.scalars(select(Case).filter_by(state="open", **which)))


def nano(nano_id: UUID) -> Nano:
    db.session.rollback()
    found = db.session.get(Nano, nano_id, populate_existing=True)
    assert found is not None
    return found


def letters(to: str = "mia@example.net") -> list[str]:
    rows = db.session.scalars(select(Mail).where(Mail.recipient == to).order_by(Mail.created_at, Mail.id))
    return [str(compose(row)["Subject"]) + "\n" + compose(row).get_content() for row in rows]


def test_a_submission_is_an_item_and_any_end_of_it_closes_the_item(db_app: Flask, db_people: People) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.drafted(alice)
    publishing.submit(alice, nano_id)
    (item,) = open_cases()
    assert (item.kind, item.number, item.subject_id) == ("review", 1, nano_id)
    case.claim(olga, item.id)
    publishing.withdraw(alice, nano_id)
    db.session.rollback()
    item = db.session.get(Case, item.id, populate_existing=True)
    assert item is not None and (item.state, item.claimed_by, item.open_key) == ("withdrawn", None, None)
    publishing.submit(alice, nano_id)
    (item,) = open_cases()
    decide(olga, item.id, Wish(measure="publish"))
    assert nano(nano_id).state == "published" and open_cases() == []
    with pytest.raises(Conflict):
        decide(olga, item.id, Wish(measure="publish"))


def test_two_moderators_never_hold_the_same_item(db_app: Flask, db_people: People) -> None:
    alice, moderators = db_people.alice.actor, [db_people.olga.actor, second(), second("Ida")]
    for _number in range(2):
        publishing.submit(alice, rig.drafted(alice))
    taken = at_once(db_app, 3, lambda number: case.claim_next(moderators[number]))
    held = [one for one in taken if one is not None]
    assert len(held) == len(set(held)) == 2, taken
    one = held[0]
    holder = next(who for who, what in zip(moderators, taken, strict=True) if what == one)
    other = next(who for who in moderators if who.person_id != holder.person_id)
    with pytest.raises(Conflict) as told:
        case.claim(other, one)
    assert holder.name in told.value.message
    with pytest.raises(Conflict):
        decide(other, one, Wish(measure="publish"))
    case.release(other, one)  # not theirs: nothing happens
    assert next(row for row in open_cases() if row.id == one).claimed_by == holder.person_id
    assert case.claim_next(holder) == one
    with clock.freeze(clock.now() + CLAIM + timedelta(seconds=1)):
        case.claim(other, one)
        with pytest.raises(Conflict):
            decide(holder, one, Wish(measure="publish"))


def test_of_two_decisions_at_the_same_moment_one_counts(db_app: Flask, db_people: People) -> None:
    alice, moderators = db_people.alice.actor, [db_people.olga.actor, second()]
    nano_id = rig.drafted(alice)
    publishing.submit(alice, nano_id)
    (item,) = open_cases()
    wishes = [Wish(measure="publish"), replace(REASONED, measure="send_back")]
    item_id = item.id
    results = at_once(db_app, 2, lambda number: decide(moderators[number], item_id, wishes[number]))
    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    assert sum(isinstance(one, UUID) for one in results) == 1, results
    db.session.rollback()
    assert db.session.query(Decision).count() == 1
    assert nano(nano_id).state in ("published", "draft")


def test_a_provider_who_withdraws_while_somebody_decides_leaves_no_contradiction(
    db_app: Flask, db_people: People
) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.drafted(alice)
    publishing.submit(alice, nano_id)
    (item,) = open_cases()
    item_id = item.id
    acts = [
        lambda: publishing.withdraw(alice, nano_id),
        lambda: decide(olga, item_id, Wish(measure="publish")),
    ]
    results = at_once(db_app, 2, lambda number: acts[number]())
    assert sum(isinstance(one, (Conflict, NotFound)) for one in results) == 1, results
    assert open_cases() == []
    assert (nano(nano_id).state == "published") == (db.session.query(Decision).count() == 1)


@pytest.mark.parametrize(
    ("measure", "state", "bar"),
    [("hide", "published", "hidden"), ("block", "retired", "blocked"), ("remove", "removed", "removed")],
)
def test_a_measure_has_its_effect_and_a_reversed_one_comes_back_as_it_was(
    db_app: Flask, db_people: People, measure: str, state: str, bar: str
) -> None:
    alice, olga, cleo = db_people.alice.actor, db_people.olga.actor, db_people.cleo.actor
    nano_id = rig.published(db_people, rig.OPEN)
    before = get_nano(cleo, nano_id)
    decided = decide(olga, noticed(nano_id), replace(REASONED, measure=measure))
    assert (nano(nano_id).state, nano(nano_id).bar) == (state, bar)
    assert find_nanos(Search()).total == 0
    assert find_nanos(Search(text="Brandschutzhelfer")).total == 0
    if measure == "hide":
        assert get_nano(cleo, nano_id).details == before.details
    if measure == "block":
        with pytest.raises(Conflict):
            ending.bring_back(alice, nano_id)
        begin_revision(alice, nano_id)
        with pytest.raises(Conflict) as refused:
            publishing.submit(alice, nano_id)
        assert "gesperrt" in refused.value.message
    if measure == "remove":
        with pytest.raises(NotFound):
            get_nano(cleo, nano_id)
        assert get_nano(alice, nano_id).bar == "removed"
        assert db.session.query(NanoFile).count() == 1  # kept while somebody may complain
    appeal.appeal_as_provider(alice, decided, "Wir haben eine Erlaubnis des Verlags, sie liegt bei.")
    (item,) = open_cases(kind="appeal")
    appeal.decide_appeal(second(), item.id, reverse=True, reasons="Die Erlaubnis wurde vorgelegt und gilt.")
    assert (nano(nano_id).state, nano(nano_id).bar) == ("published", "")
    after = get_nano(cleo, nano_id)
    assert (after.details, after.published_at, after.number) == (
        before.details,
        before.published_at,
        before.number,
    )
    assert [one.sha256 for one in files_of(after.revision_id)] == [
        one.sha256 for one in files_of(before.revision_id)
    ]
    assert find_nanos(Search()).total == find_nanos(Search(text="Brandschutzhelfer")).total == 1


def test_an_appeal_is_decided_by_somebody_else_once_and_in_time(db_app: Flask, db_people: People) -> None:
    alice, olga, other = db_people.alice.actor, db_people.olga.actor, second()
    decided = decide(olga, noticed(rig.published(db_people)), REASONED)
    with pytest.raises(NotAllowed):
        appeal.appeal_as_provider(db_people.bob.actor, decided, "x" * 30)
    with pytest.raises(NotFound):
        appeal.appeal_as_provider(db_people.cleo.actor, decided, "x" * 30)
    with pytest.raises(Invalid):
        appeal.appeal_as_provider(alice, decided, "kurz")
    with clock.freeze(clock.now() + timedelta(days=185)), pytest.raises(Conflict):
        appeal.appeal_as_provider(alice, decided, "Wir haben eine Erlaubnis des Verlags.")
    appeal.appeal_as_provider(alice, decided, "Wir haben eine Erlaubnis des Verlags.")
    with pytest.raises(Conflict):
        appeal.appeal_as_provider(alice, decided, "Wir haben eine Erlaubnis des Verlags.")
    (item,) = open_cases(kind="appeal")
    with pytest.raises(NotAllowed):
        appeal.decide_appeal(olga, item.id, reverse=False, reasons="Das bleibt so, wie es ist.")
    item_id = item.id
    results = at_once(
        db_app, 2,
        lambda number: appeal.decide_appeal(other, item_id, reverse=bool(number), reasons="Nach Prüfung der Unterlagen."),
    )  # fmt: skip
    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    db.session.rollback()
    state = db.session.scalars(select(Appeal.state)).one()
    assert db.session.scalars(select(Decision.state).where(Decision.id == decided)).one() == (
        "reversed" if state == "reversed" else "in_force"
    )
    kinds = set(db.session.scalars(select(Told.kind)))
    assert {"nanos.restricted", f"nanos.appeal_{state}"} <= kinds


def test_a_stronger_measure_stays_when_the_weaker_one_is_reversed(db_app: Flask, db_people: People) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.published(db_people)
    first = decide(olga, noticed(nano_id), replace(REASONED, measure="hide"))
    latter = decide(olga, noticed(nano_id, category="STATEMENT_CATEGORY_SCAMS_AND_FRAUD"), REASONED)
    other = second()
    for decision, state, bar in ((first, "removed", "removed"), (latter, "published", "")):
        appeal.appeal_as_provider(alice, decision, "Das ist nicht richtig, sehen Sie bitte noch einmal nach.")
        (item,) = open_cases(kind="appeal")
        appeal.decide_appeal(other, item.id, reverse=True, reasons="Das wurde falsch beurteilt, Verzeihung.")
        assert (nano(nano_id).state, nano(nano_id).bar) == (state, bar)


def test_repeat_offenders_are_warned_before_they_are_suspended(db_app: Flask, db_people: People) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    wanted = replace(REASONED, measure="block", on_provider="suspend", days=30)
    item = noticed(rig.published(db_people))
    with pytest.raises(Invalid) as early:
        decide(olga, item, wanted)
    assert set(early.value.fields) == {"on_provider"}
    with pytest.raises(Invalid):
        decide(olga, item, Wish(measure="dismiss", on_provider="warn"))
    decide(olga, item, replace(REASONED, measure="block", on_provider="warn"))
    assert standing_of(db_people.organisation_id).warned
    draft = rig.drafted(alice)
    decided = decide(olga, noticed(rig.published(db_people)), wanted)
    with pytest.raises(Conflict) as refused:
        publishing.submit(alice, draft)
    assert "nichts einreichen" in refused.value.message
    publishing.submit(db_people.cleo.actor, rig.drafted(db_people.cleo.actor))  # others may
    statement = db.session.scalars(select(Statement).where(Statement.decision_id == decided)).one()
    assert statement.provision == "DECISION_PROVISION_PARTIAL_SUSPENSION" and statement.end_date is not None
    with clock.freeze(clock.now() + timedelta(days=31)):
        publishing.submit(alice, draft)
        publishing.withdraw(alice, draft)
    appeal.appeal_as_provider(alice, decided, "Das war ein Versehen, wir haben es gleich berichtigt.")
    (item_,) = open_cases(kind="appeal")
    appeal.decide_appeal(second(), item_.id, reverse=True, reasons="Die Sperre war nicht verhältnismäßig.")
    publishing.submit(alice, draft)  # lifted with the decision


def test_a_restriction_needs_all_reasons_and_no_persons(db_app: Flask, db_people: People) -> None:
    olga, item = db_people.olga.actor, noticed(rig.published(db_people))
    with pytest.raises(Invalid) as bare:
        decide(olga, item, Wish(measure="remove"))
    assert set(bare.value.fields) == {"facts", "ground", "ground_text", "explanation", "category"}
    with pytest.raises(Invalid) as named:
        decide(olga, item, replace(REASONED, facts="Gemeldet hat es mia@example.net, siehe Seite 3."))
    assert set(named.value.fields) == {"facts"}
    assert open_cases()[0].id == item  # nothing happened
    decided = decide(olga, item, REASONED)
    (made,) = export(clock.now().date() - timedelta(days=1), clock.now().date())
    assert made["source_type"] == "SOURCE_ARTICLE_16" and made["decision_visibility"] == [
        "DECISION_VISIBILITY_CONTENT_REMOVED"
    ]
    assert made["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED" and made["puid"] == decided.hex
    assert "mia" not in str(made).lower() and "Olga" not in str(made)
    statement = db.session.scalars(select(Statement.id)).one()
    assert get_statement(db_people.bob.actor, statement).may_appeal
    with pytest.raises(NotFound):
        get_statement(db_people.cleo.actor, statement)


def test_a_notice_is_confirmed_joined_and_answered(
    db_app: Flask, db_people: People, run_jobs: Callable[..., Any]
) -> None:
    nano_id = rig.published(db_people)
    first = give_notice(ANONYMOUS, given(nano_id), visitor="a", locale="de")
    latter = give_notice(
        ANONYMOUS, given(nano_id, email="tom@example.net", name="Tom"), visitor="b", locale="en"
    )
    (item,) = open_cases(kind="notice")
    assert item.reports == 2
    assert first.number in letters()[0] and first.secret in letters()[0] and latter.number not in letters()[0]
    decide(db_people.olga.actor, item.id, Wish(measure="dismiss", answer="Das Bild ist gemeinfrei."))
    answered = letters()[1]
    assert ("gemeinfrei" in answered and "Ein Mensch" in answered) or "Entschieden hat ein Mensch" in answered
    assert "kostenlos beschweren" in answered
    assert "free of charge" in letters("tom@example.net")[1] or "Tom" not in answered
    seen = get_notice(digest(first.secret))
    assert seen.items[0].measure == "dismiss" and seen.items[0].may_appeal
    with pytest.raises(NotFound):
        get_notice(digest("x" + first.secret[1:]))
    appeal.appeal_as_notifier(
        ANONYMOUS, first.secret, seen.items[0].id, "Nein, das Bild ist von 2021 und von mir."
    )
    with pytest.raises(NotFound):
        appeal.appeal_as_notifier(
            ANONYMOUS, latter.secret, seen.items[0].id, "Das ist nicht meine Meldung gewesen."
        )
    (complaint,) = open_cases(kind="appeal")
    appeal.decide_appeal(second(), complaint.id, reverse=True, reasons="Das Bild ist nicht gemeinfrei.")
    (again,) = open_cases(kind="notice")
    decide(db_people.olga.actor, again.id, REASONED)
    assert nano(nano_id).bar == "removed"
    assert get_notice(digest(first.secret)).items[0].measure == "remove"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"urls": ""}, "urls"), ({"urls": "https://evil.example/nanos/x"}, "urls"), ({"urls": "javascript:alert(1)"}, "urls"),
        ({"urls": "http://localhost/nanos/00000000-0000-4000-8000-000000000000"}, "urls"),
        ({"urls": "http://[::1"}, "urls"), ({"urls": "x " * 9000}, "urls"), ({"explanation": "zu kurz"}, "explanation"),
        ({"explanation": "a" * 200_000}, "explanation"), ({"email": "mia@example.net\nBcc: x@evil.example"}, "email"),
        ({"email": "mia@example.net, x@evil.example"}, "email"), ({"email": "a" * 300 + "@example.net"}, "email"),
        ({"email": ""}, "email"), ({"name": ""}, "name"), ({"good_faith": False}, "good_faith"), ({"category": "x"}, "category"),
    ],
)  # fmt: skip
def test_a_hostile_notice_is_refused_at_its_field(
    app: Flask, people: People, changes: dict[str, Any], field: str
) -> None:
    nano_id = rig.published(people)
    with pytest.raises(Invalid) as wrong:
        give_notice(ANONYMOUS, given(nano_id, **changes), visitor="x", locale="de")
    assert set(wrong.value.fields) == {field}
    assert (
        db.session.query(Notice).count()
        == db.session.query(Mail).filter_by(recipient="mia@example.net").count()
        == 0
    )


def test_drafts_are_nobodys_business_and_children_are_reported_without_a_name(
    app: Flask, people: People
) -> None:
    draft = rig.drafted(people.alice.actor)
    with pytest.raises(Invalid):
        give_notice(ANONYMOUS, given(draft), visitor="x", locale="de")
    minors = {"category": "STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "name": "", "email": ""}
    give_notice(ANONYMOUS, given(rig.published(people), **minors), visitor="x", locale="de")
    item = open_cases(kind="notice")[0]
    assert item.priority == 365


def test_a_name_with_line_breaks_reaches_no_header(app: Flask, people: People) -> None:
    give_notice(
        ANONYMOUS, given(rig.published(people), name="Mia\r\nBcc: x@evil.example"), visitor="x", locale="de"
    )
    for row in db.session.scalars(select(Mail).where(Mail.template.like("nanos/notice%"))):
        message = compose(row)
        assert message["Bcc"] is None and message["To"] == "mia@example.net"


def test_notices_are_limited_by_address_and_only_signed_in_flaggers_are_trusted(
    app: Flask, people: People
) -> None:
    nano_id = rig.published(people)
    from app.nanos.queries.moderation_settings import chosen

    moderation_settings.save(people.olga.actor, replace(chosen(), flaggers=("cleo@example.org",)))
    for _number in range(10):
        give_notice(ANONYMOUS, given(nano_id, email="cleo@example.org"), visitor="same", locale="de")
    with pytest.raises(TooMany):
        give_notice(ANONYMOUS, given(nano_id), visitor="same", locale="de")
    assert open_cases(kind="notice")[0].priority == 0  # an address that is typed proves nothing
    give_notice(people.cleo.actor, given(nano_id), visitor="same", locale="de")
    assert open_cases(kind="notice")[0].priority == 30
    decide(people.olga.actor, open_cases(kind="notice")[0].id, REASONED)
    assert db.session.scalars(select(Statement.source_type)).one() == "SOURCE_TRUSTED_FLAGGER"


def test_the_check_points_at_places_and_moves_an_item_by_three_days_at_most(
    db_app: Flask, db_people: People, run_jobs: Callable[..., Any]
) -> None:
    alice = db_people.alice.actor
    plain = rig.drafted(alice)
    publishing.submit(alice, plain)
    clock_later = clock.now() + timedelta(days=2)
    with clock.freeze(clock_later):
        loud = rig.drafted(
            alice,
            replace(
                rig.DETAILS,
                description="Konto DE89 3704 0044 0532 0130 00, ruf 0531 1234567, mail an a.b@firma.de, Jetzt kaufen!",
            ),
        )
        publishing.submit(alice, loud)
        run_jobs()
    order = [row.title for row in list_cases(None, Wanted()).rows]
    assert len(order) == 2
    first = list_cases(None, Wanted()).rows[0]
    assert first.hints == 4 and first.rank is None
    check = db.session.scalars(select(Check).where(Check.subject_id == loud)).one()
    assert {one[1] for one in check.findings} == {"iban", "phone", "email", "spam"}
    assert "DE89" not in str(check.findings)


def test_a_finding_that_was_dismissed_does_not_come_back(db_app: Flask, db_people: People) -> None:
    from app.nanos.queries.moderation_settings import chosen

    olga = db_people.olga.actor
    rig.published(db_people, replace(rig.DETAILS, description="Mehr dazu auf https://www.boese.example/x"))
    assert checking.check_public() == 0
    moderation_settings.save(
        olga,
        replace(chosen(), domains=moderation_settings.read_words("https://www.boese.example/", "domains")),
    )
    assert checking.check_public() == 1
    (item,) = open_cases(kind="finding")
    decide(olga, item.id, Wish(measure="dismiss"))
    assert checking.check_public() == 0 and open_cases() == []


def test_the_weekly_sample_is_drawn_once_and_feeds_the_bound(db_app: Flask, db_people: People) -> None:
    olga = db_people.olga.actor
    ids = [rig.published(db_people) for _number in range(3)] + [
        rig.published(db_people, actor=db_people.cleo.actor)
    ]
    results = at_once(db_app, 2, lambda _number: sampling.draw_sample("seed"))
    assert sum(isinstance(one, UUID) for one in results) == 1 and not [
        one for one in results if isinstance(one, Exception)
    ]
    items = open_cases(kind="sample")
    assert {one.subject_id for one in items} == set(ids)
    decide(olga, items[0].id, Wish(measure="dismiss"))
    decide(olga, items[1].id, replace(REASONED, measure="hide"))
    found = quality()
    assert (found.checked, found.defects) == (2, 1) and found.bound > 0.9 and not found.reached
    with clock.freeze(clock.now() + timedelta(days=7)):
        assert sampling.draw_sample() is not None
    db.session.rollback()
    assert sorted(db.session.scalars(select(SampleItem.state))) == [
        "defect",
        "fine",
        "gone",
        "gone",
        "open",
        "open",
        "open",
    ]


def test_files_of_what_was_removed_go_when_nobody_can_complain_any_more(
    db_app: Flask, db_people: People
) -> None:
    nano_id = rig.published(db_people)
    decide(db_people.olga.actor, noticed(nano_id), REASONED)
    assert moderation_tidy.purge_removed() == 0
    with clock.freeze(clock.now() + timedelta(days=190)):
        assert moderation_tidy.purge_removed() == 1
        assert moderation_tidy.purge_removed() == 0
    assert db.session.query(NanoFile).count() == 0


def test_who_gave_notice_is_forgotten_after_the_term_and_on_erasure(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    decide(db_people.olga.actor, noticed(nano_id), Wish(measure="dismiss"))
    give_notice(
        db_people.cleo.actor, given(nano_id, email="cleo@example.org", name="Cleo"), visitor="y", locale="de"
    )
    assert [one["name"] for one in export_moderation(db_people.cleo.id)["notices"]] == ["Cleo"]
    with clock.freeze(clock.now() + timedelta(days=366)):
        moderation_tidy.tidy()
    rows = {
        one.forgotten_at is None: one
        for one in db.session.scalars(select(Notice).execution_options(populate_existing=True))
    }
    assert (
        rows[False].name == rows[False].email == rows[False].explanation == "" and rows[True].name == "Cleo"
    )
    assert letters() == []
    with transaction():
        erase_moderation(db_people.cleo.id)
        erase_moderation(db_people.olga.id)
    db.session.rollback()
    assert set(db.session.scalars(select(Notice.name))) == {""}
    assert set(db.session.scalars(select(Decision.decided_by))) == {None}


def test_what_is_sent_back_on_appeal_waits_again(db_app: Flask, db_people: People) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.drafted(alice)
    publishing.submit(alice, nano_id)
    decided = decide(olga, open_cases()[0].id, replace(REASONED, measure="send_back"))
    assert "fremden Buch" in (get_open(alice, nano_id).reason or "")
    appeal.appeal_as_provider(alice, decided, "Das Kapitel ist von uns selbst geschrieben.")
    appeal.decide_appeal(
        second(), open_cases(kind="appeal")[0].id, reverse=True, reasons="Stimmt, das ist belegt worden."
    )
    (item,) = open_cases(kind="review")
    decide(olga, item.id, Wish(measure="publish"))
    assert nano(nano_id).state == "published"
