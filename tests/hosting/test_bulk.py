"""One action on many servers: each gets what its page's button would give it, once, whoever dies or comes in between."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.accounts.models import Membership
from app.billing.services.price import ensure_price_list
from app.core.models import Event, Job
from app.hosting.errors import BulkRunning
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Archive, Bulk, BulkItem, Server
from app.hosting.queries.bulk import chosen, find_bulk
from app.hosting.queries.server import ServerFilter
from app.hosting.rules.bulk import MOST, Action, BulkState
from app.hosting.services import bulk as services
from app.hosting.services import bulk_work, check
from app.hosting.services.place import use_runtimes
from app.hosting.services.setup import delete_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.kit.ids import new_id
from jobs.runtime import run
from tests.hosting.bulk_rig import draft, make, outcomes, state_of
from tests.hosting.money import give_credit
from tests.people import People, make_people
from tests.threads import at_once

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _runtime(db_app: Flask, frozen: datetime) -> None:
    use_runtimes(db_app, {"process": FakeRuntime, "docker": FakeRuntime})
    with transaction():
        ensure_price_list()


@pytest.fixture
def funded(db_people: People) -> People:
    give_credit(db_people, 500)
    return db_people


def bulk_of(bulk_id: UUID) -> Bulk:
    db.session.rollback()
    return db.session.get_one(Bulk, bulk_id, populate_existing=True)


def events(name: str) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Event).where(Event.name == name)) or 0


def test_each_server_gets_what_its_state_allows_and_the_rest_a_reason(db_app: Flask, funded: People) -> None:
    stopped = make(funded.alice, "stopped", 3)
    others = [*make(funded.alice, "running", 2), draft(funded.alice)]
    bulk_id = services.order_bulk(funded.alice.actor, Action.START, [*stopped, *others])
    job_id = bulk_of(bulk_id).job_id
    assert job_id is not None
    assert run(db_app, job_id) == "done"
    assert [state_of(one) for one in stopped] == ["starting"] * 3
    assert Counter(outcomes(bulk_id)) == {
        ("done", None): 3, ("skipped", "up"): 2, ("skipped", "draft"): 1,
    }  # fmt: skip
    assert bulk_of(bulk_id).state == BulkState.DONE
    job = db.session.get_one(Job, job_id)
    assert (job.percent, job.result) == (100, {"next": f"/hosting/bulk/{bulk_id}"})
    view = find_bulk(funded.bob.actor, bulk_id)
    assert (view.percent, view.running) == (100, False)
    assert events("hosting.bulk.finished") == 1
    actor = db.session.scalar(select(Event.actor_id).where(Event.name == "hosting.server.start_requested"))
    assert actor == funded.alice.id, "each start stands in the log under the name of who ordered all"


@pytest.mark.parametrize(
    ("action", "state", "after"),
    [
        (Action.STOP, "running", "stopping"),
        (Action.ARCHIVE, "stopped", "archiving"),
        (Action.DELETE, "stopped", "deleting"),
        (Action.BACKUP, "stopped", "stopped"),
    ],
)
def test_every_action(funded: People, action: Action, state: str, after: str) -> None:
    ids = make(funded.alice, state, 2)
    bulk_id = services.order_bulk(funded.alice.actor, action, ids)
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("done", None)] * 2
    assert [state_of(one) for one in ids] == [after] * 2
    if action is Action.BACKUP:
        assert db.session.query(Archive).filter_by(purpose="backup").count() == 2


def test_a_worker_killed_anywhere_has_done_each_once(funded: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before and after the commit of every server in turn; each worker after it goes on where it was."""

    class Killed(BaseException):
        pass

    ids = make(funded.alice, "stopped", 4)
    bulk_id = services.order_bulk(funded.alice.actor, Action.BACKUP, ids)
    turn, do = bulk_work._turn, bulk_work._do

    def after(*args: Any) -> None:
        turn(*args)
        raise Killed

    def before(*args: Any) -> Any:
        do(*args)
        raise Killed

    for _ in ids:
        for name, deadly in (("_do", before), ("_turn", after)):
            with monkeypatch.context() as patch, pytest.raises(Killed):
                patch.setattr(bulk_work, name, deadly)
                bulk_work.run_bulk(bulk_id)
            db.session.rollback()
    bulk_work.run_bulk(bulk_id)
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("done", None)] * 4
    assert db.session.query(Archive).filter_by(purpose="backup").count() == 4
    assert events("hosting.backup.begun") == 4
    assert events("hosting.bulk.finished") == 1


def test_a_lost_job_is_taken_up_and_an_endless_one_given_up(funded: People) -> None:
    ids = make(funded.alice, "stopped", 2)
    bulk_id = services.order_bulk(funded.alice.actor, Action.START, ids)
    first = bulk_of(bulk_id).job_id
    assert bulk_work.resume() == 1
    assert bulk_of(bulk_id).job_id == first, "its job is open"
    with transaction():
        db.session.execute(update(Job).where(Job.id == first).values(state="failed"))
    bulk_work.resume()
    assert bulk_of(bulk_id).job_id != first
    clock.advance(hours=7)
    bulk_work.resume()
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("failed", "broken")] * 2
    assert bulk_of(bulk_id).state == BulkState.DONE
    clock.advance(days=91)
    bulk_work.resume()
    assert db.session.query(BulkItem).count() == db.session.query(Bulk).count() == 0


def test_the_money_ends_in_the_middle(funded: People, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([True, True, False, False])
    monkeypatch.setattr(check.charge, "affordable", lambda *_: next(left))
    ids = make(funded.alice, "stopped", 4)
    bulk_id = services.order_bulk(funded.alice.actor, Action.START, ids)
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("done", None)] * 2 + [("failed", "no-credit")] * 2
    assert [state_of(one) for one in ids] == ["starting", "starting", "stopped", "stopped"]


def test_what_breaks_for_one_leaves_the_others(funded: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make(funded.alice, "stopped", 3)
    real = bulk_work.order_start

    def fragile(server: Any, actor: Any) -> None:
        real(server, actor)
        if server.id == ids[1]:
            raise RuntimeError("nobody foresaw this")
        if server.id == ids[2]:
            raise Conflict("Gerade nicht.")

    monkeypatch.setitem(bulk_work.ACTS, Action.START, fragile)
    bulk_id = services.order_bulk(funded.alice.actor, Action.START, ids)
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("done", None), ("failed", "broken"), ("failed", "refused")]
    assert [state_of(one) for one in ids] == ["starting", "stopped", "stopped"]
    assert [item.words for item in find_bulk(funded.alice.actor, bulk_id).items] == [
        None, None, "Gerade nicht.",
    ]  # fmt: skip


def test_cancelled_in_the_middle_the_rest_stays(funded: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make(funded.alice, "stopped", 5)
    bulk_id = services.order_bulk(funded.alice.actor, Action.START, ids)
    turn = bulk_work._turn

    def two(bulk: UUID, server: UUID) -> None:
        turn(bulk, server)
        if server == ids[1]:
            assert services.cancel_bulk(funded.dora.actor, bulk) == 3

    monkeypatch.setattr(bulk_work, "_turn", two)
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("done", None)] * 2 + [("cancelled", None)] * 3
    assert [state_of(one) for one in ids[2:]] == ["stopped"] * 3
    assert bulk_of(bulk_id).state == BulkState.CANCELLED
    with pytest.raises(Conflict):
        services.cancel_bulk(funded.alice.actor, bulk_id)
    services.order_bulk(funded.alice.actor, Action.START, ids)


def test_what_is_done_is_what_was_listed(funded: People) -> None:
    """A server that comes to match after the list is not touched; a listed one that matches no more is, if it still fits."""
    ids = make(funded.alice, "running", 3)
    wanted = ServerFilter(group="running")
    listed = [one.id for one in chosen(funded.alice.actor, Action.STOP, wanted) if one.refusal is None]
    assert set(listed) == set(ids)
    late = make(funded.alice, "running", 1, name="Spät")[0]
    with transaction():
        put_state(ids[0], "starting", "running")
        put_state(ids[1], "stopped", "stopped")
    bulk_id = services.order_bulk(funded.alice.actor, Action.STOP, listed)
    bulk_work.run_bulk(bulk_id)
    assert [state_of(one) for one in ids] == ["stopping", "stopped", "stopping"]
    assert state_of(late) == "running"
    assert Counter(outcomes(bulk_id)) == {("done", None): 2, ("skipped", "down"): 1}


def put_state(server_id: UUID, state: str, desired: str) -> None:
    db.session.execute(update(Server).where(Server.id == server_id).values(state=state, desired=desired))


def test_a_server_deleted_meanwhile_is_left_out(funded: People) -> None:
    ids = make(funded.alice, "stopped", 2)
    bulk_id = services.order_bulk(funded.alice.actor, Action.DELETE, ids)
    delete_server(funded.dora.actor, ids[0])
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("skipped", "deleting"), ("done", None)]
    assert events("hosting.server.delete_requested") == 2


def test_members_do_nothing_with_many_servers(funded: People) -> None:
    ids = make(funded.alice, "stopped", 2)
    for action in Action:
        with pytest.raises(NotAllowed):
            services.order_bulk(funded.bob.actor, action, ids)
    bulk_id = services.order_bulk(funded.alice.actor, Action.DELETE, ids)
    with pytest.raises(NotAllowed):
        services.cancel_bulk(funded.bob.actor, bulk_id)
    with pytest.raises(NotFound):
        services.cancel_bulk(funded.cleo.actor, bulk_id)
    services.cancel_bulk(funded.alice.actor, bulk_id)
    bulk_work.run_bulk(services.order_bulk(funded.dora.actor, Action.START, ids))
    assert [state_of(one) for one in ids] == ["starting"] * 2


def test_who_loses_the_right_does_no_more_by_it(funded: People) -> None:
    ids = make(funded.alice, "stopped", 2)
    bulk_id = services.order_bulk(funded.dora.actor, Action.DELETE, ids)
    with transaction():
        db.session.execute(
            update(Membership).where(Membership.person_id == funded.dora.id).values(role="member")
        )
    bulk_work.run_bulk(bulk_id)
    assert outcomes(bulk_id) == [("failed", "not-allowed")] * 2
    assert [state_of(one) for one in ids] == ["stopped"] * 2


def test_servers_of_others_are_left_out(funded: People) -> None:
    ours, theirs = make(funded.alice, "stopped")[0], make(funded.cleo, "stopped")[0]
    assert [one.id for one in chosen(funded.alice.actor, Action.DELETE, [ours, theirs, new_id()])] == [ours]
    with pytest.raises(NotFound):
        services.order_bulk(funded.alice.actor, Action.DELETE, [theirs, new_id()])
    bulk_id = services.order_bulk(funded.alice.actor, Action.DELETE, [ours, theirs])
    bulk_work.run_bulk(bulk_id)
    assert (state_of(ours), state_of(theirs)) == ("deleting", "stopped")
    assert len(outcomes(bulk_id)) == 1
    with pytest.raises(NotFound):
        find_bulk(funded.cleo.actor, bulk_id)


def test_one_at_a_time_the_same_form_once_and_not_without_end(funded: People) -> None:
    alice, ids = funded.alice.actor, make(funded.alice, "stopped", 2)
    first = services.order_bulk(alice, Action.START, ids, once="form")
    assert services.order_bulk(alice, Action.START, ids, once="form") == first
    with pytest.raises(BulkRunning) as busy:
        services.order_bulk(funded.dora.actor, Action.STOP, ids)
    assert busy.value.bulk_id == first
    theirs = services.order_bulk(funded.cleo.actor, Action.START, make(funded.cleo, "stopped"))
    assert theirs != first, "others are not held up"
    with pytest.raises(Invalid):
        services.order_bulk(alice, Action.START, [new_id() for _ in range(MOST + 1)])
    services.cancel_bulk(alice, first)
    for _ in range(services.MOST_AN_HOUR - 1):
        services.cancel_bulk(alice, services.order_bulk(alice, Action.START, ids))
    with pytest.raises(TooMany):
        services.order_bulk(alice, Action.START, ids)


@pytest.mark.slow
def test_five_hundred_in_one_go(funded: People) -> None:
    ids = make(funded.alice, "stopped", MOST)
    bulk_id = services.order_bulk(funded.alice.actor, Action.DELETE, ids)
    bulk_work.run_bulk(bulk_id)
    assert Counter(outcomes(bulk_id)) == {("done", None): MOST}


@pytest.mark.postgres
def test_two_people_and_two_workers_at_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    give_credit(people, 500)
    ids = make(people.alice, "stopped", 12)
    use_runtimes(pg_app, {"process": FakeRuntime, "docker": FakeRuntime})
    actors = [people.alice.actor, people.dora.actor]
    found = at_once(pg_app, 6, lambda n: services.order_bulk(actors[n % 2], Action.BACKUP, ids))
    assert Counter(type(one).__name__ for one in found) == {"UUID": 1, "BulkRunning": 5}
    bulk_id = next(one for one in found if isinstance(one, UUID))
    assert all(isinstance(one, UUID) or one.bulk_id == bulk_id for one in found)
    at_once(pg_app, 3, lambda _: bulk_work.run_bulk(bulk_id))
    assert outcomes(bulk_id) == [("done", None)] * 12
    assert db.session.query(Archive).filter_by(purpose="backup").count() == 12
    assert events("hosting.bulk.finished") == 1
