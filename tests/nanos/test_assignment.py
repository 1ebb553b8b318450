"""Assignments: what is owed is done by working through it since it was asked for, once, by those who are there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from app.accounts.services.organisation import remove_member
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.messaging.models import Notice
from app.nanos.models import Assignment, Certificate, Duty, NanoFile, Use
from app.nanos.rules.duty import LEAD, SOON, Standing, counting, next_due, reminder, standing, year_later
from app.nanos.services import assignment as assignments
from app.nanos.services import duty as duties
from app.nanos.services import use as uses
from app.nanos.services.assignment import Wish
from app.nanos.services.ending import remove, retire, today
from app.nanos.services.learning_personal import erase_learning, export_learning
from app.nanos.services.records import forget_old
from tests.nanos import rig
from tests.people import People, make_people, sign_in

days = st.dates(date(2026, 1, 1), date(2040, 12, 31))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(days, days, days)
def test_the_last_day_is_in_time(due_on: date, done_on: date, day: date) -> None:
    assert (standing("open", due_on, None, day) is Standing.OVERDUE) == (day > due_on)
    assert (standing("done", due_on, done_on, day) is Standing.LATE) == (done_on > due_on)
    assert standing("withdrawn", due_on, None, day) is Standing.WITHDRAWN


@given(st.lists(st.none() | moments, max_size=4), moments, st.booleans())
def test_an_older_completion_counts_only_when_that_was_said(
    known: list[Any], begins: datetime, before: bool
) -> None:
    found = counting(known, begins, counts_before=before)
    later = [one for one in known if one is not None and one >= begins]
    if later:
        assert found == min(later)
    elif before:
        assert found == max((one for one in known if one is not None), default=None)
    else:
        assert found is None


@given(days, st.integers(-800, 800))
def test_a_yearly_round_is_never_more_than_a_year_and_its_lead_away(due_on: date, shift: int) -> None:
    done_on = due_on + timedelta(days=shift)
    following = next_due(due_on, done_on)
    assert timedelta(days=365) <= following - done_on <= timedelta(days=366) + LEAD
    assert following > due_on or done_on < due_on
    assert year_later(date(2028, 2, 29)) == date(2029, 2, 28)


@given(days, st.integers(-30, 30), st.integers(0, 2))
def test_each_reminder_goes_out_once(due_on: date, shift: int, told: int) -> None:
    day = due_on + timedelta(days=shift)
    wanted = reminder(due_on, told, day)
    assert wanted == 0 or wanted > told
    assert reminder(due_on, max(told, wanted), day) == 0
    if wanted == 1:
        assert due_on - SOON <= day <= due_on


def finish(actor: Actor, nano_id: UUID) -> None:
    """Through with its one PDF."""
    row = db.session.query(NanoFile).filter_by(kind="pdf").filter(NanoFile.revision_id.is_not(None))
    ids = [one.id for one in row if _nano_of(one) == nano_id]
    uses.finish(actor, nano_id, ids[0])


def _nano_of(file: NanoFile) -> UUID:
    from app.nanos.models import Revision

    found = db.session.get(Revision, file.revision_id)
    assert found is not None
    return found.nano_id


def wish(who: People, **more: Any) -> Wish:
    values: dict[str, Any] = {
        "people": (who.bob.id, who.dora.id),
        "due_on": today() + timedelta(days=30),
        **more,
    }
    return Wish(**values)


def part(person_id: UUID, number: int = 1) -> Duty:
    return db.session.query(Duty).filter_by(person_id=person_id, round=number).populate_existing().one()


def test_who_is_asked_is_told_once_and_done_when_through(
    db_app: Flask, db_people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    people = db_people
    nano_id, once = rig.published(people, rig.OPEN), str(uuid4())
    made = assignments.assign(people.alice.actor, nano_id, wish(people), once=once)
    again = assignments.assign(people.alice.actor, nano_id, wish(people), once=once)
    assert (made.people, again.id) == (2, made.id) and db.session.query(Duty).count() == 2
    run_jobs()
    assert {one.person_id for one in db.session.query(Notice).filter_by(kind="nanos.assigned")} == {
        people.bob.id,
        people.dora.id,
    }
    duties.tell_round(made.id, 1)
    assert db.session.query(Notice).filter_by(kind="nanos.assigned").count() == 2
    clock.advance(days=1)
    finish(people.bob.actor, nano_id)
    assert part(people.bob.id).state == "done" and part(people.bob.id).completed_at == clock.now()
    finish(people.bob.actor, nano_id)
    assert db.session.query(Certificate).count() == 1
    with pytest.raises(Invalid):
        assignments.assign(
            people.alice.actor, nano_id, wish(people, people=(people.dora.id,)), once=str(uuid4())
        )
    more = assignments.assign(people.dora.actor, nano_id, wish(people, everyone=True), once=str(uuid4()))
    assert (more.people, more.had) == (2, 1)


def test_an_earlier_completion_counts_only_when_said_and_otherwise_begins_anew(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    people, bob = db_people, db_people.bob
    nano_id = rig.published(people, rig.OPEN)
    finish(bob.actor, nano_id)
    first = clock.now()
    clock.advance(days=10)
    made = assignments.assign(
        people.alice.actor, nano_id, wish(people, people=(bob.id,), counts_before=True), once=str(uuid4())
    )
    assert part(bob.id).state == "done" and part(bob.id).completed_at == first
    assignments.end(people.alice.actor, made.id)
    other = assignments.assign(people.alice.actor, nano_id, wish(people, people=(bob.id,)), once=str(uuid4()))
    mine = db.session.query(Duty).filter_by(assignment_id=other.id).one()
    assert mine.state == "open"
    use = db.session.query(Use).populate_existing().one()
    assert (use.progress, use.completed_at, use.restarted_at) == (0, first, clock.now())
    clock.advance(days=1)
    finish(bob.actor, nano_id)
    db.session.refresh(mine)
    assert mine.state == "done" and mine.completed_at == clock.now()
    db.session.refresh(use)
    assert (use.progress, use.completed_at, use.repeated_at) == (100, first, clock.now())
    assert db.session.query(Certificate).count() == 2


def test_reminders_by_day_and_never_at_night(db_app: Flask, db_people: People, frozen: object) -> None:
    people = db_people
    nano_id = rig.published(people, rig.OPEN)
    assignments.assign(people.alice.actor, nano_id, wish(people, people=(people.bob.id,)), once=str(uuid4()))
    assert duties.remind() == 0
    clock.advance(days=23)
    clock.advance(hours=-7)
    assert duties.remind() == 0, "six in the morning"
    clock.advance(hours=7)
    assert (duties.remind(), duties.remind()) == (1, 0)
    clock.advance(days=8)
    assert (duties.remind(), duties.remind()) == (1, 0)
    kinds = [
        one.kind for one in db.session.query(Notice).filter_by(person_id=people.bob.id).order_by(Notice.id)
    ]
    assert [one for one in kinds if "due" in one] == ["nanos.due_soon", "nanos.overdue"]


def test_a_yearly_round_begins_before_its_day(
    db_app: Flask, db_people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    people, bob = db_people, db_people.bob
    nano_id = rig.published(people, rig.OPEN)
    assignments.assign(
        people.alice.actor, nano_id, wish(people, people=(bob.id,), renews=True), once=str(uuid4())
    )
    clock.advance(days=20)
    finish(bob.actor, nano_id)
    due_on = part(bob.id).due_on
    assert duties.renew() == 0
    clock.advance(days=365 + 10 - 60)
    assert (duties.renew(), duties.renew()) == (1, 0)
    second = part(bob.id, 2)
    assert second.state == "open" and second.due_on == year_later(due_on)
    assert db.session.query(Use).populate_existing().one().progress == 0
    finish(bob.actor, nano_id)
    assert part(bob.id, 2).state == "done"


def test_who_leaves_owes_nothing_and_who_joins_gets_what_everyone_has(
    db_app: Flask, db_people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    people = db_people
    nano_id = rig.published(people, rig.OPEN)
    assignments.assign(people.alice.actor, nano_id, wish(people, people=(), everyone=True), once=str(uuid4()))
    assert db.session.query(Duty).count() == 3
    remove_member(people.alice.actor, people.bob.id)
    run_jobs()
    assert part(people.bob.id).state == "left"
    clock.advance(days=40)
    from app.accounts.api import add_member

    add_member(people.organisation_id, people.cleo.id, "member")
    run_jobs()
    assert part(people.cleo.id).due_on == today() + SOON
    assert duties.person_came(people.organisation_id, people.cleo.id) == 0


def test_what_is_retired_stays_playable_and_what_is_removed_is_told(
    db_app: Flask, db_people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    people = db_people
    nano_id = rig.published(people, rig.OPEN)
    cleo = people.cleo
    made = assignments.assign(cleo.actor, nano_id, Wish((cleo.id,), due_on=today()), once=str(uuid4()))
    retire(people.alice.actor, nano_id)
    with pytest.raises(Conflict):
        assignments.assign(cleo.actor, nano_id, Wish((cleo.id,), due_on=today()), once=str(uuid4()))
    row = db.session.query(NanoFile).filter(NanoFile.revision_id.is_not(None)).one()
    uses.begin(cleo.actor, nano_id, row.id)
    remove(people.alice.actor, nano_id)
    run_jobs()
    assert part(cleo.id).state == "gone"
    assert db.session.get(Assignment, made.id, populate_existing=True).state == "ended"  # type: ignore[union-attr]
    assert db.session.query(Notice).filter_by(kind="nanos.duty_gone", person_id=cleo.id).count() == 1


def test_who_may_and_what_is_wrong(db_app: Flask, db_people: People, frozen: object) -> None:
    people = db_people
    nano_id = rig.published(people, rig.OPEN)
    barter = rig.published(people, replace(rig.DETAILS, title="Nur im Tausch"))
    with pytest.raises(NotAllowed):
        assignments.assign(people.bob.actor, nano_id, wish(people), once="1")
    with pytest.raises(Conflict):
        assignments.assign(people.cleo.actor, barter, Wish((people.cleo.id,), due_on=today()), once="1")
    with pytest.raises(Invalid) as wrong:
        assignments.assign(
            people.alice.actor, nano_id, Wish((people.cleo.id,), due_on=None, note="x" * 501), once="1"
        )
    assert set(wrong.value.fields) == {"people", "due_on", "note"}
    made = assignments.assign(people.alice.actor, nano_id, wish(people), once="1")
    with pytest.raises(NotFound):
        assignments.end(people.cleo.actor, made.id)
    with pytest.raises(NotFound):
        assignments.withdraw(people.cleo.actor, part(people.bob.id).id)
    assignments.withdraw(people.alice.actor, part(people.bob.id).id)
    with pytest.raises(Conflict):
        assignments.withdraw(people.alice.actor, part(people.bob.id).id)
    assert assignments.end(people.alice.actor, made.id) == 1
    with pytest.raises(Conflict):
        assignments.end(people.alice.actor, made.id)


@pytest.mark.postgres
def test_many_at_once_make_one_part_and_one_certificate(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id = rig.published(people, rig.OPEN)
    row = db.session.query(NanoFile).filter(NanoFile.revision_id.is_not(None)).one().id
    alice, bob, once = people.alice.actor, people.bob.actor, str(uuid4())
    failed: list[BaseException] = []
    asked = Wish((people.bob.id,), due_on=today())

    def act(number: int) -> None:
        with pg_app.app_context():
            try:
                if number % 2:
                    assignments.assign(alice, nano_id, asked, once=once if number < 5 else str(uuid4()))
                else:
                    uses.finish(bob, nano_id, row)
            except (Invalid, Conflict):
                pass
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
    duties.heal()
    assert db.session.query(Duty).filter_by(state="open").count() <= 1
    use = db.session.query(Use).populate_existing().one()
    for one in db.session.query(Duty).filter_by(state="open").populate_existing():
        assert use.restarted_at is not None or use.completed_at is None, one
    finish(bob, nano_id)
    assert db.session.query(Duty).filter_by(state="open").count() == 0
    numbers = [one.position for one in db.session.query(Certificate)]
    assert len(numbers) == len(set(numbers))


def test_erased_people_leave_a_number_and_old_records_go(app: Flask, people: People, frozen: object) -> None:
    first, second = rig.published(people, rig.OPEN), rig.published(people, replace(rig.OPEN, title="Zweites"))
    for nano_id in (first, second):
        assignments.assign(
            people.alice.actor, nano_id, wish(people, people=(people.bob.id,)), once=str(uuid4())
        )
    finish(people.bob.actor, first)
    said = export_learning(people.bob.id)
    assert len(said["duties"]) == 2 and said["certificates"][0]["holder"] == "Bob"
    with transaction():
        erase_learning(people.bob.id)
    rows = db.session.query(Duty).populate_existing().all()
    assert {one.state for one in rows} == {"done", "left"} and len({one.alias for one in rows}) == 1
    assert all(one.person_id is None and len(one.alias) == 8 for one in rows)
    gone = db.session.query(Certificate).populate_existing().one()
    assert (gone.state, gone.why, gone.holder, gone.person_id) == ("revoked", "erased", "", None)
    clock.advance(days=5 * 365)
    assert forget_old() == 0
    clock.advance(days=2 * 365)
    assert forget_old() == 2


def test_the_pages(
    client: FlaskClient, people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    sign_in(client, people.alice)
    assert "Noch keine Schulung" in client.get("/nanos/assignments").text
    assert "Noch keine Schulung" in client.get("/nanos/assignments/matrix").text
    assert "Noch nichts nachzuweisen" in client.get("/nanos/assignments/records").text
    assert "Nichts zu tun" in client.get("/nanos/tasks").text
    nano_id = rig.published(people, rig.OPEN)
    assert "Zuweisen" in client.get(f"/nanos/{nano_id}").text
    url = f"/nanos/{nano_id}/assign"
    assert "Bob" in client.get(url).text
    wrong = client.post(url, data={"once": "1", "due_on": "morgen"})
    assert wrong.status_code == 422 and "Jahr-Monat-Tag" in wrong.text
    assert client.post(url, data={"once": "1", "due_on": "2020-01-01"}).status_code == 422
    sent = {
        "once": str(uuid4()),
        "due_on": "2026-12-01",
        "people": [str(people.bob.id), str(people.dora.id)],
        "note": "=1+1",
    }
    made = client.post(url, data=sent)
    assert made.status_code == 303
    assert client.post(url, data=sent).location == made.location
    page = client.get(made.location).text
    assert "0 von 2" in page and "Bob" in page
    assert "offen" in client.get("/nanos/assignments/matrix").text
    sign_in(client, people.bob)
    mine = client.get("/nanos/tasks").text
    assert "Jetzt lernen" in mine and rig.OPEN.title in mine
    assert client.get(made.location).status_code == 403
    assert "Zuweisen" not in client.get(f"/nanos/{nano_id}").text
    finish(people.bob.actor, nano_id)
    assert "Erledigt am" in client.get("/nanos/tasks?state=done").text
    sign_in(client, people.cleo)
    assert client.get(made.location).status_code == 404
    assert client.post(f"{made.location}/end").status_code == 404
    sign_in(client, people.dora)
    page = client.get("/nanos/assignments/records").text
    assert "50 %" in page and "1 von 2" in page
    csv = client.get("/nanos/assignments/records.csv").text
    assert "Bob" in csv and "erledigt" in csv and "2026-12-01" in csv
    client.post("/nanos/assignments/records", data={"since": "2026-01-01", "until": "2026-12-31"})
    assert [one for one in run_jobs() if "records.make" in one] == ["jobs.nanos.records.make: done"]
    assert client.get(f"{made.location}/end").status_code == 200
    assert client.post(f"{made.location}/end").status_code == 303
    assert client.post(f"{made.location}/end").status_code == 409


@pytest.mark.parametrize(
    "path",
    [
        "tasks",
        "assignments",
        "assignments/matrix",
        "assignments/records",
        "certificates",
        "points",
        "assignments/{one}",
    ],
)
def test_eight_statements_a_page(client: FlaskClient, people: People, frozen: object, path: str) -> None:
    nanos = [rig.published(people, replace(rig.OPEN, title=f"Nano {number}")) for number in range(3)]
    made = [
        assignments.assign(people.alice.actor, one, wish(people, everyone=True), once=str(uuid4()))
        for one in nanos
    ]
    finish(people.alice.actor, nanos[0])
    sign_in(client, people.alice)
    client.post("/nanos/points", data={"collects": "1"})
    address = f"/nanos/{path.format(one=made[0].id)}"
    assert client.get(address).status_code == 200
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get(address)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) <= (14 if path == "points" else 8), "\n".join(seen)
