"""Writing nanos, on each database: their life, their revisions, their files, uploads in pieces, and people who collide."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.core.api import Filter, history
from app.core.models import File
from app.core.services.file import store
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.messaging.models import Notice
from app.nanos.models import Nano, NanoFile, Revision, Upload, UploadPiece
from app.nanos.queries.file import upload_of
from app.nanos.queries.find import find_nanos
from app.nanos.queries.nano import count_waiting, get_nano, get_open
from app.nanos.rules.finding import Wish
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.upload import PIECE_BYTES, Misplaced
from app.nanos.services import ending, personal, publishing, upload
from app.nanos.services.file import remove_file
from app.nanos.services.nano import create_nano, save_draft
from app.nanos.services.revision import begin_revision, begin_successor, discard
from tests.nanos import rig
from tests.people import People, make_people
from tests.threads import at_once


def together(app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
    """All of them at the same moment; errors are results."""
    return at_once(app, len(acts), lambda number: acts[number]())


def state_of(nano_id: UUID) -> str:
    db.session.rollback()
    return db.session.query(Nano.state).filter_by(id=nano_id).scalar()


def events(people: People, nano_id: UUID) -> list[str]:
    return [one.name for one in reversed(history(people.organisation_id, Filter(subject_id=nano_id)).rows)]


def test_a_life_from_draft_to_removed(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.drafted(alice)
    assert find_nanos(Wish()).total == 0
    publishing.submit(alice, nano_id)
    publishing.withdraw(alice, nano_id)
    publishing.submit(alice, nano_id)
    assert count_waiting() == 1
    publishing.send_back(olga, nano_id, 1, "Bitte die Quelle nennen.")
    assert get_open(alice, nano_id).reason == "Bitte die Quelle nennen."
    publishing.submit(alice, nano_id)
    publishing.publish(olga, nano_id, 1)
    assert find_nanos(Wish()).total == 1
    ending.retire(alice, nano_id)
    assert find_nanos(Wish()).total == 0
    ending.bring_back(alice, nano_id)
    ending.remove(alice, nano_id)
    assert state_of(nano_id) == "removed"
    for name in ("retire", "remove", "bring_back"):
        with pytest.raises((NotFound, Conflict)):
            getattr(ending, name)(alice, nano_id)
    assert (
        db.session.query(NanoFile).count()
        == db.session.query(File).filter_by(kind="nanos.content").count()
        == 0
    )
    assert [name.removeprefix("nanos.") for name in events(db_people, nano_id)] == [
        "nano.created", "file.added", "nano.submitted", "nano.withdrawn", "nano.submitted", "nano.sent_back",
        "nano.submitted", "nano.published", "nano.retired", "nano.returned", "nano.removed",
    ]  # fmt: skip
    run_jobs()
    told = {(one.kind, one.person_id) for one in db.session.query(Notice) if one.kind.startswith("nanos.")}
    assert {kind for kind, _ in told} == {"nanos.published", "nanos.sent_back"}
    assert {person for _, person in told} == {db_people.alice.id, db_people.dora.id}


def test_who_may_not_is_refused_by_the_services_too(db_app: Flask, db_people: People) -> None:
    nano_id = rig.drafted(db_people.bob.actor)
    with pytest.raises(NotAllowed):
        publishing.submit(db_people.bob.actor, nano_id)
    with pytest.raises(NotFound):
        publishing.submit(db_people.cleo.actor, nano_id)
    publishing.submit(db_people.alice.actor, nano_id)
    with pytest.raises(NotAllowed):
        publishing.publish(db_people.alice.actor, nano_id, 1)
    for stranger in (db_people.cleo.actor, db_people.olga.actor):
        with pytest.raises((NotFound, NotAllowed)):
            save_draft(stranger, nano_id, 1, rig.DETAILS)


def test_a_revision_keeps_the_nano_and_another_outcome_makes_another(
    db_app: Flask, db_people: People
) -> None:
    alice, olga = db_people.alice.actor, db_people.olga.actor
    nano_id = rig.published(db_people)
    begin_revision(alice, nano_id)
    begin_revision(alice, nano_id)  # goes on with the one that is there
    draft = get_open(alice, nano_id)
    assert (draft.number, draft.stage) == (2, Stage.DRAFT)
    with pytest.raises(Invalid) as wrong:
        save_draft(alice, nano_id, draft.version, replace(rig.DETAILS, outcome="Sie können Wunden verbinden"))
    assert set(wrong.value.fields) == {"outcome"}
    spelt = replace(rig.DETAILS, outcome="Sie KOENNEN einen Feuerlöscher richtig einsetzen!", title="Neu")
    save_draft(alice, nano_id, draft.version, spelt)
    assert get_nano(db_people.cleo.actor, nano_id).details.title == rig.DETAILS.title
    publishing.submit(alice, nano_id)
    assert find_nanos(Wish()).rows[0].title == rig.DETAILS.title
    publishing.publish(olga, nano_id, 2)
    assert [row.id for row in find_nanos(Wish()).rows] == [
        nano_id
    ]  # the same nano: what speaks about it stays
    assert sorted(db.session.query(Revision.state).filter_by(nano_id=nano_id)) == [("current",), ("past",)]
    made = begin_successor(alice, nano_id)
    new = get_open(alice, made)
    assert (new.follows_id, new.details.outcome, new.details.title) == (nano_id, "", "Neu")
    with pytest.raises(NotFound):
        begin_successor(db_people.cleo.actor, nano_id)


def test_bytes_stay_as_long_as_one_revision_has_them(db_app: Flask, db_people: People) -> None:
    alice = db_people.alice.actor
    nano_id = rig.published(db_people)
    begin_revision(alice, nano_id)
    shared = db.session.query(NanoFile).filter_by(revision_id=get_open(alice, nano_id).revision_id).one()
    remove_file(alice, nano_id, shared.id)
    assert db.session.query(File).filter_by(kind="nanos.content").count() == 1
    assert not discard(alice, nano_id)
    assert db.session.query(NanoFile).count() == 1
    gone = rig.drafted(alice, data=rig.mp4())
    assert discard(alice, gone)
    assert (
        db.session.query(Nano).count() == db.session.query(File).filter_by(kind="nanos.content").count() == 1
    )


def test_the_calendar_retires_and_removes_on_its_days(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    alice = db_people.alice.actor
    nano_id = rig.published(db_people)
    day = ending.today()
    ending.plan_ending(
        alice,
        nano_id,
        retires_on=day + timedelta(days=1),
        removes_on=day + timedelta(days=3),
        replacement_id=None,
    )
    assert ending.end_due() == 0
    clock.advance(hours=12)  # midnight in Berlin lies before midnight in UTC
    assert (ending.end_due(), state_of(nano_id)) == (1, "retired")
    assert ending.end_due() == 0
    clock.advance(days=2)
    assert (ending.end_due(), state_of(nano_id)) == (1, "removed")
    assert ending.end_due() == 0


def test_the_reader_finds_text_and_a_picture(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = rig.drafted(db_people.alice.actor)
    run_jobs()
    row = db.session.query(NanoFile).one()
    assert (row.look, row.pages) == ("done", 1) and "Fluchtwege frei halten" in row.text
    with store().open(db.session.get_one(File, row.thumbnail_id).key) as picture:
        assert picture.read(8) == b"\x89PNG\r\n\x1a\n"
    broken = b"%PDF-1.7\n" + b"garbage " * 50 + b"\n%%EOF"
    rig.put(db_people.alice.actor, nano_id, broken)
    run_jobs()
    assert sorted(look for (look,) in db.session.query(NanoFile.look)) == ["done", "failed"]


def send(actor: Any, nano_id: UUID, data: bytes, piece: int = PIECE_BYTES) -> UUID:
    upload_id = upload.begin_upload(actor, nano_id, name="film.mp4", size=len(data))
    for at in range(0, len(data), piece):
        upload.add_piece(actor, nano_id, upload_id, at, data[at : at + piece])
    return upload_id


def test_an_upload_goes_on_where_it_ended_and_is_the_same_file(db_app: Flask, db_people: People) -> None:
    alice = db_people.alice.actor
    nano_id = create_nano(alice, rig.DETAILS)
    data = rig.mp4() + random.Random(1).randbytes(70_000)
    upload_id = upload.begin_upload(alice, nano_id, name="film.mp4", size=len(data))
    upload.add_piece(alice, nano_id, upload_id, 0, data[:30_000])
    for offset in (0, 29_999, 30_001):  # sent twice, torn, from somewhere else
        with pytest.raises(Misplaced) as told:
            upload.add_piece(alice, nano_id, upload_id, offset, data[offset : offset + 10])
        assert told.value.offset == 30_000
    with pytest.raises(Misplaced):
        upload.finish_upload(alice, nano_id, upload_id)
    with pytest.raises(Invalid):
        upload.add_piece(alice, nano_id, upload_id, 30_000, data[30_000:] + b"more")
    with pytest.raises(NotFound):
        upload.add_piece(db_people.cleo.actor, nano_id, upload_id, 30_000, data[30_000:])
    upload.add_piece(db_people.bob.actor, nano_id, upload_id, 30_000, data[30_000:])
    upload.finish_upload(alice, nano_id, upload_id)
    row = db.session.query(NanoFile).one()
    assert row.file_id is not None
    with store().open(db.session.get_one(File, row.file_id).key) as kept:
        assert kept.read() == data
    assert db.session.query(UploadPiece).count() == 0
    with pytest.raises(Conflict):
        upload.finish_upload(alice, nano_id, upload_id)


def test_a_refused_upload_leaves_nothing_and_too_many_are_held_back(
    db_app: Flask, db_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = db_people.alice.actor
    nano_id = create_nano(alice, rig.DETAILS)
    upload_id = send(alice, nano_id, b"<script>" * 2000)
    with pytest.raises(Invalid):
        upload.finish_upload(alice, nano_id, upload_id)
    assert upload_of(alice, nano_id, upload_id).state == "refused"
    assert db.session.query(UploadPiece).count() == db.session.query(NanoFile).count() == 0
    for _ in range(upload.MOST_OPEN):
        upload.begin_upload(alice, nano_id, name="x", size=10)
    with pytest.raises(TooMany):
        upload.begin_upload(alice, nano_id, name="x", size=10)
    with clock.freeze(clock.now() + timedelta(hours=21)):
        assert upload.forget_old() == upload.MOST_OPEN + 1
    assert db.session.query(Upload).count() == 0
    monkeypatch.setattr(settings(), "nano_storage_mb", 1)
    with pytest.raises(Invalid):
        upload.begin_upload(alice, nano_id, name="x", size=2 * 1024**2)


@pytest.mark.postgres
def test_two_who_publish_and_one_who_takes_it_back(pg_app: Flask) -> None:
    people = make_people(pg_app)
    alice, olga = people.alice.actor, people.olga.actor
    for _ in range(6):
        nano_id = rig.drafted(alice)
        publishing.submit(alice, nano_id)
        db.session.rollback()
        outcomes = together(
            pg_app,
            [
                lambda n=nano_id: publishing.publish(olga, n, 1),
                lambda n=nano_id: publishing.send_back(olga, n, 1, "Bitte die Quelle nennen."),
                lambda n=nano_id: publishing.withdraw(alice, n),
            ],
        )
        assert sum(one is None for one in outcomes) == 1
        assert all(one is None or isinstance(one, Conflict) for one in outcomes)
        decided = [
            name
            for name in events(people, nano_id)
            if name.split(".")[-1] in ("published", "sent_back", "withdrawn")
        ]
        assert len(decided) == 1
        stage = db.session.query(Revision.state).filter_by(nano_id=nano_id).scalar()
        assert (state_of(nano_id), stage) in (("published", "current"), ("draft", "draft"))


@pytest.mark.postgres
def test_the_same_piece_from_two_tabs_counts_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    alice = people.alice.actor
    nano_id = create_nano(alice, rig.DETAILS)
    data = rig.mp4()
    upload_id = upload.begin_upload(alice, nano_id, name="x.mp4", size=len(data))
    db.session.rollback()
    acts = [lambda: upload.add_piece(alice, nano_id, upload_id, 0, data)] * 4
    outcomes = together(pg_app, acts)
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    db.session.rollback()
    assert db.session.query(UploadPiece).count() == 1
    finishes = [lambda: upload.finish_upload(alice, nano_id, upload_id)] * 3
    outcomes = together(pg_app, finishes)
    assert sum(isinstance(one, UUID) for one in outcomes) == 1
    db.session.rollback()
    assert db.session.query(NanoFile).count() == 1


def test_a_person_who_goes_leaves_numbers_and_a_lonely_organisation_its_nanos(
    db_app: Flask, db_people: People
) -> None:
    ours = rig.published(db_people)
    theirs = rig.published(db_people, replace(rig.OPEN, title="Cleos Nano"), db_people.cleo.actor)
    assert len(personal.export_nanos(db_people.alice.id)["revisions"]) == 1
    assert len(personal.export_nanos(db_people.olga.id)["reviews"]) == 2
    with transaction():
        personal.erase_nanos(db_people.cleo.id)
        personal.erase_nanos(db_people.olga.id)
    assert (state_of(ours), state_of(theirs)) == ("published", "removed")
    assert db.session.query(Revision).filter(Revision.reviewed_by.is_not(None)).count() == 0
    assert State(get_nano(db_people.bob.actor, ours).state) is State.PUBLISHED
