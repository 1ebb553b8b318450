"""The rules of a server's life: from every state and every observation the platform gets to what the owner wants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hosting.rules.ending import (
    BACKOFF_SECONDS,
    STABLE,
    after_crash,
    after_end,
    begin_state,
    end_of_run,
    ended,
    why_ended,
)
from app.hosting.rules.offer import Button, Meter, buttons, meter
from app.hosting.rules.server import (
    ALIVE,
    FOLLOWS,
    HANG_AFTER,
    NOTHING,
    RESTING,
    Action,
    Desired,
    Do,
    Facts,
    Look,
    Reason,
    Seen,
    State,
    decide,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUN, OTHER = UUID(int=1), UUID(int=2)
UNCLEAR = (Look.NO_ANSWER, Look.UNKNOWN)


def all_facts() -> list[Facts]:
    """Every state with every combination that can be told apart."""
    found = []
    times = (None, NOW - timedelta(seconds=30), NOW - timedelta(hours=1))
    for state, desired, started, silent, installed, restart in product(
        State,
        Desired,
        times,
        times,
        (False, True),
        (None, NOW - timedelta(seconds=1), NOW + timedelta(seconds=60)),
    ):
        found.append(
            Facts(
                state, desired, run_id=RUN, installed=installed, requested_at=NOW, started_at=started,
                silent_since=silent, next_restart_at=restart, observed_at=started,
            )
        )  # fmt: skip
    return found


def all_seen() -> list[Seen]:
    return [
        Seen(look, run, NOW - timedelta(seconds=20), NOW if look is Look.EXITED else None, 0)
        for look, run in product(Look, (None, RUN, OTHER))
    ]


def test_without_a_clear_answer_nothing_is_done() -> None:
    for facts in all_facts():
        for look in UNCLEAR:
            assert decide(facts, Seen(look, RUN), NOW) == NOTHING


@pytest.mark.parametrize("state", [State.DRAFT, State.DELETED])
def test_drafts_and_deleted_servers_only_lose_strays(state: State) -> None:
    for seen in all_seen():
        do = decide(Facts(state, Desired.STOPPED), seen, NOW).do
        assert do is (Do.END_STRAY if seen.look is Look.RUNNING else Do.NOTHING)


@pytest.mark.parametrize(
    ("facts", "seen", "expected"),
    [
        (Facts(State.STARTING, Desired.RUNNING, RUN), Seen(Look.ABSENT), Do.ENSURE_START),
        (Facts(State.STARTING, Desired.RUNNING, RUN), Seen(Look.EXITED, OTHER), Do.ENSURE_START),
        (Facts(State.STARTING, Desired.RUNNING, RUN), Seen(Look.RUNNING, OTHER), Do.END_STRAY),
        (Facts(State.STARTING, Desired.RUNNING, RUN), Seen(Look.RUNNING, RUN), Do.RECORD_START),
        (
            Facts(State.STARTING, Desired.RUNNING, RUN, started_at=NOW),
            Seen(Look.RUNNING, RUN),
            Do.PROBE_READY,
        ),
        (Facts(State.STARTING, Desired.RUNNING, RUN), Seen(Look.EXITED, RUN), Do.RECORD_EXIT),
        (Facts(State.RUNNING, Desired.RUNNING, RUN, started_at=NOW), Seen(Look.EXITED, RUN), Do.RECORD_EXIT),
        (Facts(State.RUNNING, Desired.RUNNING, RUN, started_at=NOW), Seen(Look.ABSENT), Do.RECORD_GONE),
        (Facts(State.RUNNING, Desired.RUNNING, RUN, started_at=NOW), Seen(Look.RUNNING, RUN), Do.NOTHING),
        (
            Facts(State.STOPPING, Desired.STOPPED, RUN, started_at=NOW),
            Seen(Look.RUNNING, RUN),
            Do.ENSURE_STOP,
        ),
        (Facts(State.STOPPING, Desired.STOPPED, RUN), Seen(Look.ABSENT), Do.RECORD_NEVER),
        (Facts(State.STOPPED, Desired.STOPPED, RUN), Seen(Look.RUNNING, RUN), Do.END_STRAY),
        (Facts(State.STOPPED, Desired.RUNNING, RUN), Seen(Look.EXITED, RUN), Do.BEGIN),
        (Facts(State.DELETING, Desired.DELETED, RUN), Seen(Look.ABSENT), Do.ENSURE_DELETE),
        (Facts(State.INSTALLING, Desired.RUNNING), Seen(Look.ABSENT), Do.ENSURE_INSTALL),
        (Facts(State.ARCHIVING, Desired.STOPPED, RUN), Seen(Look.EXITED, RUN), Do.ENSURE_ARCHIVE),
        (Facts(State.ARCHIVING, Desired.STOPPED, RUN), Seen(Look.RUNNING, RUN), Do.END_STRAY),
        (Facts(State.ARCHIVED, Desired.STOPPED, RUN), Seen(Look.ABSENT), Do.NOTHING),
        (Facts(State.WAKING, Desired.RUNNING, RUN), Seen(Look.ABSENT), Do.ENSURE_WAKE),
    ],
)
def test_what_is_done_when(facts: Facts, seen: Seen, expected: Do) -> None:
    assert decide(facts, seen, NOW).do is expected


def test_alive_without_an_answer_is_a_hang_after_a_minute() -> None:
    facts = Facts(State.RUNNING, Desired.RUNNING, RUN, started_at=NOW, silent_since=NOW)
    seen = Seen(Look.RUNNING, RUN)
    assert decide(facts, seen, NOW + HANG_AFTER) == NOTHING
    assert decide(facts, seen, NOW + HANG_AFTER + timedelta(seconds=1)) == Action(Do.END_RUN, Reason.HANG)


def test_a_start_that_takes_too_long_is_ended() -> None:
    facts = Facts(State.STARTING, Desired.RUNNING, RUN, started_at=NOW, ready_timeout=timedelta(seconds=60))
    late = decide(facts, Seen(Look.RUNNING, RUN), NOW + timedelta(seconds=61))
    assert late == Action(Do.END_RUN, Reason.START_TIMEOUT)


# --- convergence --------------------------------------------------------------------------------------------


@dataclass
class World:
    """A row and a runtime; actions do in both what services do. Strays need two sightings."""

    facts: Facts
    seen: Seen
    now: datetime = NOW
    next_run: int = 100
    sightings: int = 0

    def step(self) -> Do:
        self.now += timedelta(seconds=10)
        action = decide(self.facts, self.seen, self.now)
        getattr(self, "do_" + action.do.name.lower())(action)
        return action.do

    def to(self, state: State, **values: object) -> None:
        assert state is self.facts.state or state in FOLLOWS[self.facts.state], (self.facts.state, state)
        self.facts = replace(self.facts, state=state, **values)  # type: ignore[arg-type]

    def do_nothing(self, _: Action) -> None: ...

    def do_ensure_install(self, _: Action) -> None:
        if self.facts.desired is Desired.RUNNING:
            self.to(State.STARTING, installed=True, run_id=self.fresh(), started_at=None, stop_reason=None)
        else:
            self.to(State.STOPPED, installed=True)

    do_ensure_wake = do_ensure_install

    def do_ensure_archive(self, _: Action) -> None:
        self.to(State.ARCHIVED)

    def fresh(self) -> UUID:
        self.next_run += 1
        return UUID(int=self.next_run)

    def do_ensure_start(self, _: Action) -> None:
        assert self.seen.look is not Look.RUNNING
        self.seen = Seen(Look.RUNNING, self.facts.run_id, self.now)

    def do_record_start(self, _: Action) -> None:
        self.to(self.facts.state, started_at=self.seen.started_at or self.now)

    def do_probe_ready(self, _: Action) -> None:
        self.to(State.RUNNING, ready_at=self.now, silent_since=None)

    def do_ensure_stop(self, _: Action) -> None:
        self.seen = Seen(Look.EXITED, self.seen.run_id, self.seen.started_at, self.now, 0)

    def do_end_run(self, action: Action) -> None:
        self.to(State.STOPPING, stop_reason=action.reason)

    def end(self) -> None:
        ours = self.seen if self.seen.run_id == self.facts.run_id else Seen(Look.ABSENT)
        ending = after_end(self.facts, why_ended(self.facts, ours), self.now)
        self.to(ending.state)
        self.facts = ended(self.facts, ending)

    do_record_exit = do_record_gone = do_record_never = lambda self, _: self.end()

    def do_begin(self, _: Action) -> None:
        if self.facts.state is State.ARCHIVED:
            self.to(State.WAKING)
            return
        self.to(
            begin_state(self.facts), run_id=self.fresh(), started_at=None, ready_at=None, silent_since=None,
            stop_reason=None, next_restart_at=None,
        )  # fmt: skip

    def do_end_stray(self, _: Action) -> None:
        self.sightings += 1
        if self.sightings >= 2:
            self.seen = Seen(Look.EXITED, self.seen.run_id, self.seen.started_at, self.now, 137)
            self.sightings = 0

    def do_ensure_delete(self, _: Action) -> None:
        self.seen = Seen(Look.ABSENT)
        self.to(State.DELETED)

    @property
    def settled(self) -> bool:
        runs = self.seen.look is Look.RUNNING
        match self.facts.state:
            case State.RUNNING:
                return runs and self.seen.run_id == self.facts.run_id
            case State.DELETED | State.DRAFT:
                return not runs
            case State.STOPPED | State.CRASHED | State.ARCHIVED:
                return not runs and self.facts.desired is not Desired.RUNNING
        return False


def consistent(facts: Facts) -> bool:
    """Rows services can write: a wish to delete is made in one move with its state, others are free."""
    if (facts.desired is Desired.DELETED) != (facts.state in (State.DELETING, State.DELETED)):
        return False
    return not (facts.state in (State.STARTING, *ALIVE) and not facts.installed)


@pytest.mark.slow
def test_from_every_state_and_observation_the_system_comes_to_rest_where_it_is_wanted() -> None:
    checked = 0
    for facts in filter(consistent, all_facts()):
        for seen in all_seen():
            if seen.look in UNCLEAR:
                continue
            world = World(facts, seen)
            for _ in range(120):
                world.step()
            assert world.settled, (facts, seen, world.facts, world.seen)
            before = world.facts
            assert world.step() is Do.NOTHING
            assert world.facts == before
            checked += 1
    assert checked > 2000


@pytest.mark.slow
@settings(deadline=None)
@given(st.data())
def test_however_often_answers_are_missing_it_still_converges(data: st.DataObject) -> None:
    facts = data.draw(st.sampled_from([f for f in all_facts() if consistent(f)]))
    world = World(facts, data.draw(st.sampled_from([s for s in all_seen() if s.look not in UNCLEAR])))
    for _ in range(150):
        if data.draw(st.booleans()):
            kept = world.seen
            world.seen = Seen(data.draw(st.sampled_from(UNCLEAR)), kept.run_id)
            assert world.step() is Do.NOTHING
            world.seen = kept
        else:
            world.step()
    assert world.settled or world.facts.next_restart_at is not None


# --- ends ---------------------------------------------------------------------------------------------------


def test_restarts_back_off_and_give_up() -> None:
    facts = Facts(State.RUNNING, Desired.RUNNING, RUN, installed=True)
    waits = []
    for _ in range(len(BACKOFF_SECONDS)):
        ending = after_end(facts, Reason.EXIT_CODE, NOW)
        assert ending.state is State.CRASHED
        assert ending.restarts
        assert ending.next_restart_at is not None
        waits.append((ending.next_restart_at - NOW).total_seconds())
        facts = replace(facts, crash_count=ending.crash_count)
    assert tuple(waits) == BACKOFF_SECONDS
    last = after_end(facts, Reason.EXIT_CODE, NOW)
    assert (last.state, last.desired, last.next_restart_at) == (State.CRASHED, Desired.STOPPED, None)


def test_a_stable_run_makes_earlier_crashes_forgotten() -> None:
    facts = Facts(State.RUNNING, Desired.RUNNING, RUN, crash_count=5, ready_at=NOW - STABLE)
    assert after_crash(facts, Reason.OUT_OF_MEMORY, NOW).crash_count == 1
    shaky = replace(facts, ready_at=NOW - STABLE + timedelta(seconds=1))
    assert after_crash(shaky, Reason.OUT_OF_MEMORY, NOW).desired is Desired.STOPPED


def test_a_person_who_stops_is_not_restarted_whatever_the_exit_code() -> None:
    facts = Facts(State.STOPPING, Desired.STOPPED, RUN, stop_reason=Reason.REQUESTED)
    seen = Seen(Look.EXITED, RUN, NOW, NOW, 137)
    ending = after_end(facts, why_ended(facts, seen), NOW)
    assert (ending.state, ending.desired) == (State.STOPPED, Desired.STOPPED)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (Seen(Look.EXITED, RUN, NOW, NOW, 0), Reason.GAME_STOPPED),
        (Seen(Look.EXITED, RUN, NOW, NOW, 1), Reason.EXIT_CODE),
        (Seen(Look.EXITED, RUN, NOW, NOW, None), Reason.EXIT_CODE),
        (Seen(Look.EXITED, RUN, NOW, NOW, 137, out_of_memory=True), Reason.OUT_OF_MEMORY),
        (Seen(Look.ABSENT), Reason.VANISHED),
        (Seen(Look.EXITED, RUN, NOW, NOW, 0, unwatched=True), Reason.NODE_RESTARTED),
        (Seen(Look.EXITED, RUN, NOW, NOW, 143, unwatched=True), Reason.NODE_RESTARTED),
        (Seen(Look.EXITED, RUN, NOW, NOW, 1, unwatched=True), Reason.EXIT_CODE),
    ],
)
def test_why_a_running_game_ended(seen: Seen, reason: Reason) -> None:
    assert why_ended(Facts(State.RUNNING, Desired.RUNNING, RUN), seen) is reason


def test_what_went_down_with_its_machine_comes_back_if_it_was_to_run() -> None:
    for desired in (Desired.RUNNING, Desired.STOPPED):
        ending = after_end(Facts(State.RUNNING, desired, RUN), Reason.NODE_RESTARTED, NOW)
        assert (ending.state, ending.desired, ending.crash_count) == (State.STOPPED, desired, 0)


times = st.one_of(st.none(), st.integers(-400, 400).map(lambda hours: NOW + timedelta(hours=hours)))


@given(times, times, times, times, st.sampled_from(Look))
def test_the_end_on_the_bill_is_never_before_the_start_nor_after_now(
    started: datetime | None,
    finished: datetime | None,
    observed: datetime | None,
    seen_start: datetime | None,
    look: Look,
) -> None:
    facts = Facts(State.RUNNING, Desired.RUNNING, RUN, started_at=started, observed_at=observed)
    end = end_of_run(facts, Seen(look, RUN, seen_start, finished), NOW)
    start = started or seen_start or NOW
    assert end >= start
    assert end <= max(NOW, start)


def test_the_runtimes_word_counts_before_our_own_clock() -> None:
    facts = Facts(State.RUNNING, Desired.RUNNING, RUN, started_at=NOW - timedelta(hours=2))
    truth = NOW - timedelta(hours=1)
    assert end_of_run(facts, Seen(Look.EXITED, RUN, None, truth), NOW) == truth


def test_time_nobody_saw_is_not_charged() -> None:
    facts = Facts(
        State.RUNNING,
        Desired.RUNNING,
        RUN,
        started_at=NOW - timedelta(hours=2),
        observed_at=NOW - timedelta(hours=1),
    )
    assert end_of_run(facts, Seen(Look.ABSENT), NOW) == NOW - timedelta(hours=1)


# --- buttons and meters -------------------------------------------------------------------------------------


def test_every_state_has_its_buttons() -> None:
    for state, desired in product(State, Desired):
        found = buttons(state, desired)
        assert len(set(found)) == len(found)
        assert (Button.START in found) == (state in (*RESTING, State.ARCHIVING))
        assert (Button.ARCHIVE in found) <= (state in (State.STOPPED, State.CRASHED))
        assert (Button.DELETE in found) == (state not in (State.DELETING, State.DELETED))
    assert Button.STOP in buttons(State.CRASHED, Desired.RUNNING)
    assert Button.STOP not in buttons(State.CRASHED, Desired.STOPPED)
    assert Button.STOP in buttons(State.WAKING, Desired.RUNNING), "it can be told not to start"
    assert Button.STOP not in buttons(State.WAKING, Desired.STOPPED)


@pytest.mark.parametrize(
    ("state", "process", "has_run", "expected"),
    [
        (State.DRAFT, False, False, Meter.NONE),
        (State.INSTALLING, False, False, Meter.NONE),
        (State.STARTING, False, False, Meter.NONE),
        (State.STARTING, True, False, Meter.ACTIVE),
        (State.RUNNING, True, False, Meter.ACTIVE),
        (State.STOPPING, True, False, Meter.ACTIVE),
        (State.STOPPED, False, True, Meter.SLEEP),
        (State.STARTING, False, True, Meter.SLEEP),
        (State.CRASHED, False, True, Meter.SLEEP),
        (State.CRASHED, False, False, Meter.NONE),
        (State.DELETING, True, True, Meter.ACTIVE),
        (State.DELETING, False, True, Meter.NONE),
        (State.DELETED, False, True, Meter.NONE),
        (State.ARCHIVING, False, True, Meter.SLEEP),
        (State.ARCHIVED, False, True, Meter.ARCHIVE),
        (State.WAKING, False, True, Meter.ARCHIVE),
    ],
)
def test_what_is_charged_in_a_state(state: State, process: bool, has_run: bool, expected: Meter) -> None:
    assert meter(state, process=process, has_run=has_run) is expected
