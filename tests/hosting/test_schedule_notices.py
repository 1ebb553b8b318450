"""People hear that something planned did not happen: why, what to do, and once a day however often it fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core.models import Mail
from app.hosting import notices
from app.hosting.models import Schedule, Server
from app.hosting.rules.schedule_action import Action
from app.hosting.services import schedule_run
from app.hosting.services.schedule import create_schedule
from app.hosting.services.schedule_run import run_due
from app.hosting.wording import _REMEDY, _WHY, planned_failure
from app.kit import clock
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict
from app.messaging.queries.notice import notices_of
from app.messaging.rules.kind import Choice
from app.messaging.services.preference import save_choices
from tests.hosting.conftest import Host
from tests.people import People

pytestmark = pytest.mark.slow


@pytest.fixture
def owned(host: Host, people: People, frozen: datetime) -> Host:
    """The servers belong to people who can be told."""
    host.owner, host.organisation_id = people.alice.actor, people.organisation_id
    host.fund()
    return host


def plan(host: Host, server_id: UUID, action: Action, every: str = "*/5 * * * *") -> UUID:
    return create_schedule(host.owner, server_id, action=action, cron=every, zone="UTC", command="list")


def told(people: People, name: str = "alice") -> list[str]:
    return [one.text for one in notices_of(getattr(people, name).actor).rows if "Zeitplan" in one.text]


def later(host: Host, minutes: float = 5) -> None:
    clock.advance(minutes * 60)
    run_due()
    host.run_jobs()


def mails() -> int:
    db.session.rollback()
    found = select(func.count()).select_from(Mail).where(Mail.dedupe.contains(":plan:"))
    return db.session.scalar(found) or 0


def test_a_refused_run_is_told_once_a_day_with_what_to_do(owned: Host, people: People) -> None:
    server_id = owned.create()
    plan(owned, server_id, Action.START)
    for _ in range(6):
        later(owned)
    expected = (
        "„Starten“ nach Zeitplan hat auf Bauwelt nicht geklappt. Der Server ist noch nicht eingerichtet. "
        "Richte ihn ein oder lösche den Zeitplan."
    )
    assert told(people) == [expected]
    assert told(people, "dora") == [expected] and told(people, "bob") == [], "owners and admins"
    row = notices_of(people.alice.actor).rows[0]
    assert row.link == f"/hosting/servers/{server_id}/schedules"
    assert mails() == 2
    tomorrow = (clock.now() + timedelta(days=1)).replace(hour=3)
    later(owned, (tomorrow - clock.now()).total_seconds() / 60)
    reasons = [text.split(". ", 1)[1][:20] for text in told(people)]
    assert len(reasons) == 3, "missed runs of the night, and the draft of the next day"


def test_missed_runs_of_many_plans_are_one_notice(owned: Host, people: People) -> None:
    server_id = owned.running()
    for _ in range(3):
        plan(owned, server_id, Action.RESTART, "0 * * * *")
    later(owned, 60 * 8)
    assert told(people) == [
        (
            "„Neu starten“ nach Zeitplan hat auf Bauwelt nicht geklappt. Innerhalb einer Stunde war es nicht möglich. "
            "Hol es von Hand nach, wenn du es noch brauchst. Der nächste Termin bleibt, wie er ist."
        )
    ]


def test_what_was_done_or_not_needed_is_not_told(owned: Host, people: People) -> None:
    server_id = owned.running()
    plan(owned, server_id, Action.START)
    plan(owned, server_id, Action.COMMAND)
    later(owned)
    assert told(people) == []


def test_a_fault_of_ours_is_noted_and_told_and_does_not_come_back_every_second(
    owned: Host, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = owned.running()
    schedule_id = plan(owned, server_id, Action.STOP)

    def broken(*_args: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setitem(schedule_run.ACTS, Action.STOP, broken)
    later(owned)
    assert "Dabei ist etwas schiefgegangen." in told(people)[0]
    db.session.rollback()
    following = db.session.get_one(Schedule, schedule_id).next_at
    assert following is not None and following > clock.now()


def test_a_zone_that_is_gone_switches_the_plan_off(owned: Host, people: People) -> None:
    schedule_id = plan(owned, owned.running(), Action.STOP)
    with transaction():
        lock(Schedule, schedule_id).zone = "Mars/Olympus"
    later(owned)
    assert "ausgeschaltet. Stell sie neu ein" in told(people)[0]


def test_without_credit_it_leads_to_the_wallet(owned: Host, people: People) -> None:
    poor = Host(owned.node, owned.run_jobs)
    poor.owner, poor.organisation_id = people.cleo.actor, people.cleo.actor.organisation_id  # type: ignore[assignment]
    server_id = poor.create("Arm")
    with transaction():
        server = lock(Server, server_id)
        server.state, server.installed_at = "stopped", clock.now()
    plan(poor, server_id, Action.START)
    later(poor)
    row = notices_of(people.cleo.actor).rows[0]
    assert (row.link, "Lade es auf" in row.text) == ("/guthaben", True)


def test_a_server_that_refuses_in_this_moment(
    owned: Host, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object) -> None:
        raise Conflict("busy")

    plan(owned, owned.running(), Action.STOP)
    monkeypatch.setitem(schedule_run.ACTS, Action.STOP, busy)
    later(owned)
    assert "nahm es in diesem Moment nicht an. Beim nächsten Termin" in told(people)[0]


def test_who_does_not_want_it_does_not_hear_of_it(owned: Host, people: People) -> None:
    save_choices(people.alice.actor, {notices.SCHEDULE_FAILED: Choice(in_app=False, by_mail=False)})
    plan(owned, owned.create(), Action.START)
    later(owned)
    assert told(people) == [] and len(told(people, "dora")) == 1
    assert mails() == 1


def test_every_reason_says_what_to_do() -> None:
    assert set(_REMEDY) == {*_WHY, "missed"}


def test_words_of_each_reason(host: Host) -> None:
    for reason in _REMEDY:
        assert planned_failure("stop", reason).count(".") >= 1
