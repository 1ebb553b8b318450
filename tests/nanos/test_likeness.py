"""Like texts: the rule by properties, the stored signatures and who is told what on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.nanos.models import Likeness, LikenessBand, NanoFile, Revision
from app.nanos.queries.likeness import alike_nanos
from app.nanos.queries.nano import get_open
from app.nanos.rules.likeness import ALIKE, BANDS, LEAST_PAIRS, PLACES, alike, bands, pairs_of, signature
from app.nanos.services.ending import remove
from app.nanos.services.likeness import sign, sign_missing
from app.nanos.services.nano import save_draft
from app.nanos.services.publishing import publish, submit
from app.nanos.services.revision import begin_successor, discard
from tests.nanos import rig
from tests.people import People, sign_in

WORDS = st.lists(st.text("abcdefgh", min_size=4, max_size=6), min_size=60, max_size=120, unique=True)
LONG = (
    "Vor jedem Aufstieg werden Holme, Sprossen und Gelenke der Leiter auf Risse geprüft. Beschädigte Leitern werden sofort "
    "gesperrt und der Werkstatt gemeldet. Der Anstellwinkel liegt bei siebzig Grad, die oberste Sprosse wird nie betreten. "
    "Einmal im Jahr trägt eine befähigte Person das Ergebnis der Kontrolle in das Prüfbuch ein und klebt die Plakette."
)
OTHER = (
    "Sauerteig lebt von Hefen und Bakterien, die Mehl und Wasser in Ruhe vergären lassen. Gefüttert wird täglich mit gleichen "
    "Mengen, bei Wärme häufiger. Gebacken wird im gusseisernen Topf, damit der Dampf die Kruste lange weich hält."
)


@given(WORDS)
def test_a_text_is_like_itself_however_it_is_spelt(words: list[str]) -> None:
    text = " ".join(words)
    sign_of = signature(text)
    assert alike(sign_of, sign_of) == 100
    assert signature(text.upper().replace(" ", ",\n ")) == sign_of
    assert len(sign_of) == 4 * PLACES and len(bands(sign_of)) == BANDS
    assert all(0 <= value < 2**63 for value in bands(sign_of))


@given(WORDS, st.integers(0, 60))
def test_what_is_said_is_about_what_is_shared(words: list[str], kept: int) -> None:
    """96 places: three standard deviations of the estimate are 15 hundredths at most."""
    one = " ".join(words)
    other = " ".join(words[:kept] + [f"{word}zz" for word in words[kept:]])
    mine, theirs = pairs_of(one), pairs_of(other)
    shared = 100 * len(mine & theirs) / len(mine | theirs)
    said = alike(signature(one), signature(other))
    assert abs(said - shared) <= 25
    assert said == alike(signature(other), signature(one))


@given(st.text(max_size=60))
def test_of_a_short_text_nothing_is_said(text: str) -> None:
    found = signature(text)
    assert bool(found) == (len(pairs_of(text)) >= LEAST_PAIRS)
    assert found or (bands(found) == [] and alike(found, signature(LONG)) == 0)


def test_a_changed_word_leaves_most_and_another_topic_nothing() -> None:
    changed = LONG.replace("Werkstatt", "Leitung").replace("siebzig", "fünfundsechzig")
    assert alike(signature(LONG), signature(changed)) >= 75
    assert set(bands(signature(LONG))) & set(bands(signature(changed)))
    assert alike(signature(LONG), signature(OTHER)) < 10
    assert not set(bands(signature(LONG))) & set(bands(signature(OTHER)))


def told(who: Actor, nano_id: UUID) -> list[UUID]:
    nano = get_open(who, nano_id)
    return [one.nano_id for one in alike_nanos(who, nano_id, nano.revision_id)]


def draft(who: Actor, text: str, title: str = "Leitern sicher benutzen") -> UUID:
    """A draft that was saved as people save it."""
    nano_id = rig.drafted(who, replace(rig.DETAILS, title=title))
    now = get_open(who, nano_id)
    save_draft(who, nano_id, now.version, replace(now.details, description=text))
    return nano_id


def test_who_writes_the_same_again_is_told_and_a_stranger_only_of_what_is_public(
    db_app: Flask, db_people: People
) -> None:
    alice, cleo, olga = db_people.alice.actor, db_people.cleo.actor, db_people.olga.actor
    first = draft(alice, LONG)
    copied = draft(cleo, LONG.replace("siebzig", "fünfundsechzig"), "Leitern benutzen")
    other = draft(cleo, OTHER, "Brot backen")
    assert told(cleo, copied) == told(cleo, other) == told(alice, first) == [], (
        "a draft is its provider's own"
    )
    again = draft(alice, LONG)
    assert told(alice, again) == [first]
    submit(cleo, copied)
    submit(alice, again)
    assert set(told(olga, again)) == {copied}, "who reviews knows what waits, and no draft"
    publish(olga, again, 1)
    assert told(cleo, copied) == [again]
    assert told(alice, first) == [again]
    found = alike_nanos(cleo, copied, get_open(cleo, copied).revision_id)[0]
    assert found.title == "Leitern sicher benutzen" and not found.ours and ALIKE <= found.share < 100
    remove(alice, again)
    assert told(cleo, copied) == []


def test_what_was_copied_on_purpose_is_no_news(db_app: Flask, db_people: People) -> None:
    alice = db_people.alice.actor
    first = rig.published(db_people, replace(rig.DETAILS, description=LONG))
    after = begin_successor(alice, first)
    sign_missing()
    assert told(alice, after) == []


def test_a_changed_text_has_a_new_signature_and_the_old_bands_are_gone(
    db_app: Flask, db_people: People
) -> None:
    alice = db_people.alice.actor
    first, second = draft(alice, LONG), draft(alice, LONG)
    assert told(alice, second) == [first]
    now = get_open(alice, second)
    save_draft(
        alice,
        second,
        now.version,
        replace(now.details, title="Brot", outcome="Brot backen", description=OTHER),
    )
    assert told(alice, second) == told(alice, first) == []
    assert db.session.scalar(select(func.count()).select_from(LikenessBand)) == 2 * BANDS
    discard(alice, second)
    assert db.session.scalar(select(func.count()).select_from(LikenessBand)) == BANDS


def test_what_has_no_signature_gets_one_and_a_second_run_finds_nothing(
    db_app: Flask, db_people: People
) -> None:
    alice = db_people.alice.actor
    first, second = draft(alice, LONG), draft(alice, LONG)
    with transaction():
        db.session.execute(delete(LikenessBand))
        db.session.execute(delete(Likeness))
    assert told(alice, first) == []
    assert sign_missing() == 2
    assert told(alice, first) == [second]
    assert sign_missing() == 0
    with transaction():
        file = db.session.scalars(select(NanoFile).limit(1)).one()
        file.created_at = clock.now() + timedelta(minutes=1)
    assert sign_missing() == 1, "a file came later"


def test_the_text_of_files_counts(db_app: Flask, db_people: People) -> None:
    alice = db_people.alice.actor
    first, second = (
        rig.drafted(alice),
        rig.drafted(alice, replace(rig.DETAILS, title="Ganz anders", outcome="Anderes")),
    )
    with transaction():
        for file in db.session.scalars(select(NanoFile)).all():
            file.text = LONG
        db.session.flush()
        sign(db.session.scalars(select(Revision.id)).all())
    assert told(alice, first) == [second]


def test_the_pages_say_how_alike_and_lead_there(db_app: Flask, db_people: People) -> None:
    first = rig.published(db_people, replace(rig.DETAILS, title="Leitern <prüfen>", description=LONG))
    mine = draft(db_people.cleo.actor, LONG, "Leitern prüfen")
    client = sign_in(db_app.test_client(), db_people.cleo)
    client.get(f"/nanos/{mine}/draft")
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        page = client.get(f"/nanos/{mine}/draft").text
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in seen if not one.startswith("BEGIN")]) <= 8
    assert "Ähnlicher Text" in page and "Leitern &lt;prüfen&gt;" in page and f'href="/nanos/{first}"' in page
    assert " % gleich" in page
    submit(db_people.cleo.actor, mine)
    client = sign_in(db_app.test_client(), db_people.olga)
    assert "Ähnlicher Text" in client.get(f"/nanos/{mine}/review", follow_redirects=True).text
