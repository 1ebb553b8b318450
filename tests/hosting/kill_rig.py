"""Acts on a game server's life that are hit by SIGKILL at random instants, and how long it takes until all is right again.

The same for both runtimes; what can be killed, and where the world lies, is a `House`'s to say. Times are taken from what
the platform wrote down: a look at a busy machine may come seconds later.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from app.billing.services.reconcile import find_differences
from app.core.models import Job
from app.hosting.gateways.runtime import RuntimeUnavailable
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Archive, Restore
from app.hosting.rules.archive import ArchiveState
from app.hosting.services.archive import archive_server
from app.hosting.services.backup import create_backup
from app.hosting.services.place import runtime_named
from app.hosting.services.restore import restore_backup
from app.hosting.services.server import change_server, restart_server, start_server, stop_server
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict
from tests.hosting.conftest import Host
from tests.hosting.money import check_charges

KILLS_A_CYCLE = 8
PROMISED = 60.0
"""Seconds after which no state is stuck, whatever was killed."""
LOOKING = 240.0
"""Seconds a test looks for what should have come: on a busy machine nothing is promised about when it is seen."""
RESTING = ("stopped", "archived")
GAMES = ("game", "keeper", "container")
"""The game itself. In half of the restarts it is what is hit, by all means."""
RARE = ("game", "keeper", "container", "engine")
"""They are there for a part of the time only: chosen three times as often then."""


class House(Protocol):
    """An installation of processes with everything that can be killed."""

    host: Host

    def world(self, server_id: UUID) -> Path:
        """Where the world that the row names lies."""

    def victims(self, server_id: UUID) -> Mapping[str, Callable[[], float]]:
        """What can be killed at this moment. Each kills, brings back what does not come back by itself, and returns how
        long it took in seconds until that answered (0 where the platform notices by itself).
        """


@dataclass(frozen=True)
class Kill:
    """One of them."""

    act: str
    victim: str
    after: float
    """Seconds since the order."""
    state: str
    job: str
    """What workers were doing for the server."""
    seconds: float
    """From the kill until all was right."""


class Trial:
    """A server, its world, and the kills so far."""

    def __init__(self, house: House, server_id: UUID, seed: int, megabytes: int) -> None:
        self.house, self.host, self.server_id = house, house.host, server_id
        self.dice = random.Random(seed)
        self.kills: list[Kill] = []
        self.failed: list[str] = []
        self.differences = 0
        self.compared = 0
        self.choice: tuple[str, ...] = ()
        """Who is to be killed, where that is not left to chance."""
        self.down()
        self._fill(megabytes)
        self.wanted = self.regions()

    def _fill(self, megabytes: int) -> None:
        content = random.Random(7)
        for number in range(megabytes // 4):
            (self.house.world(self.server_id) / f"region-{number}.mca").write_bytes(
                content.randbytes(4 << 20)
            )

    # --- what is there ---

    @property
    def state(self) -> str:
        return self.host.row(self.server_id).state

    def hashes(self) -> dict[str, str]:
        """Every file of the world that the row names."""
        folder = self.house.world(self.server_id)
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def regions(self) -> dict[str, str]:
        """Those no game touches."""
        return {name: value for name, value in self.hashes().items() if "region-" in name}

    def same(self, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        """File by file."""
        assert now == before, (set(before.items()) ^ set(now.items()), self.kills[-6:])
        self.compared += len(before)

    def settled(self) -> datetime | None:
        """Since when the row has been at rest and says what the runtime says; None while it does not."""
        row = self.host.row(self.server_id)
        try:
            seen = runtime_named(row.runtime).inspect(self.server_id)
        except RuntimeUnavailable:
            return None
        if row.state == "running":
            return row.state_since if (seen.state, seen.run_id) == (Existing.RUNNING, row.run_id) else None
        quiet = seen.state in (Existing.EXITED, Existing.ABSENT) and row.desired == "stopped"
        return row.state_since if row.state in RESTING and quiet else None

    # --- killing ---

    def strike(self, act: str, done: Callable[[], datetime | None] | None = None) -> None:
        """Kill one of all at a random instant of an act, and wait until all is right: the row, and what `done` says."""
        began = time.monotonic()
        time.sleep(self.dice.uniform(0, 2.0))
        victims = self.house.victims(self.server_id)
        if self.choice and not any(name in victims for name in self.choice):
            self._await_victim()
            victims = self.house.victims(self.server_id)
        rare = [name for name in RARE if name in victims]
        victim = self.dice.choice([name for name in self.choice if name in victims] or [*victims, *rare * 2])
        state, job = self.state, self._working()
        at, after = clock.now(), time.monotonic() - began
        answered = victims[victim]()
        moments: list[datetime] = []

        def right() -> bool:
            found = [self.settled(), *([done()] if done else [])]
            moments[:] = [one for one in found if one is not None]
            return len(moments) == len(found)

        self.until(right, f"{act}, {victim} killed while {state} ({job})")
        seconds = max(0.0, answered, *((one - at).total_seconds() for one in moments))
        self.kills.append(Kill(act, victim, round(after, 2), state, job, round(seconds, 1)))
        print(self.kills[-1], flush=True)
        assert seconds <= PROMISED, self.kills[-1]

    def _await_victim(self) -> None:
        """Between two games there is none: the next one is hit while it comes up, or right afterwards."""
        until = time.monotonic() + 30
        while time.monotonic() < until and not any(
            name in self.house.victims(self.server_id) for name in self.choice
        ):
            time.sleep(0.02)
        time.sleep(self.dice.uniform(0, 0.6))

    def until(self, check: Callable[[], object], what: str) -> None:
        began = time.monotonic()
        while not check():
            assert time.monotonic() - began < LOOKING, f"{what}: {self._said()}"
            time.sleep(0.1)

    def _said(self) -> str:
        row = self.host.row(self.server_id)
        jobs = db.session.execute(
            select(Job.path, Job.state, Job.attempt, Job.error)
            .where(Job.subject_id == self.server_id)
            .order_by(Job.created_at.desc())
            .limit(4)
        )
        told = [tuple(job) for job in jobs]
        return f"{row.state}, {row.desired} wanted, {row.reason}; {told}; {self.host.events(self.server_id)[-12:]}"

    def _working(self) -> str:
        db.session.rollback()
        found = db.session.scalars(
            select(Job.path)
            .where(Job.subject_id == self.server_id, Job.state == "running")
            .order_by(Job.path)
        )
        return " ".join(sorted({path.rpartition(".")[2] for path in found}))

    # --- acts, each with one kill ---

    def up(self) -> None:
        """Running, without a kill."""
        while self.state != "running":
            with contextlib.suppress(Conflict):
                start_server(self.host.owner, self.server_id)
            self.until(self.settled, "up")

    def down(self) -> None:
        """Stopped, without a kill."""
        while self.state != "stopped":
            with contextlib.suppress(Conflict):
                if self.state in RESTING:
                    start_server(self.host.owner, self.server_id)
                stop_server(self.host.owner, self.server_id)
            self.until(self.settled, "down")

    def restart(self) -> None:
        """The swap."""
        self.up()
        restart_server(self.host.owner, self.server_id)
        self.strike("restart")

    def change(self) -> None:
        """The swap with other settings. Killed before it was ready, the game may go back to the ones before."""
        self.up()
        before = self.host.row(self.server_id).settings.get("motd")
        new = f"Nummer {len(self.kills)}"
        change_server(self.host.owner, self.server_id, settings={"motd": new})
        restart_server(self.host.owner, self.server_id)
        self.strike("restart with settings")
        self.up()
        row, run = self.host.row(self.server_id), self.host.runs(self.server_id)[-1]
        assert run.settings.get("motd") == row.settings.get("motd")
        assert row.settings.get("motd") in (before, new)

    def back_up(self) -> UUID:
        """A verified backup: of the running game, or of the world at rest."""
        archive_id = create_backup(self.host.owner, self.server_id)
        self.strike(f"backup, {self.state}", lambda: self._archive(archive_id).finished_at)
        if self._archive(archive_id).state == ArchiveState.VERIFIED:
            return archive_id
        self.failed.append(f"backup: {self._archive(archive_id).failure}")
        return self.back_up()

    def _archive(self, archive_id: UUID) -> Archive:
        db.session.rollback()
        return db.session.get_one(Archive, archive_id, populate_existing=True)

    def bring_back(self, archive_id: UUID) -> None:
        """The world of a backup in the place of one that was griefed."""
        (self.house.world(self.server_id) / "region-3.mca").write_bytes(b"griefed")
        while True:
            restore_id = restore_backup(self.host.owner, self.server_id, archive_id, save_first=False)
            self.strike("restore", lambda: self._restore(restore_id).finished_at)  # noqa: B023
            if self._restore(restore_id).state == "done":
                return
            self.failed.append(f"restore: {self._restore(restore_id).failure}")

    def _restore(self, restore_id: UUID) -> Restore:
        db.session.rollback()
        return db.session.get_one(Restore, restore_id, populate_existing=True)

    def move_out(self) -> None:
        """Into the archive."""
        archive_server(self.host.owner, self.server_id)
        self.strike("archive")
        while self.state == "stopped":  # for want of the archive
            row = self.host.row(self.server_id)
            self.failed.append(f"archive: {row.archive_failure}")
            archive_server(self.host.owner, self.server_id)
            self.until(self.settled, "archived")

    def wake(self) -> None:
        """Out of the archive, into the game."""
        start_server(self.host.owner, self.server_id)
        self.strike("wake")
        if self.state == "archived":
            self.failed.append(f"wake: {self.host.row(self.server_id).archive_failure}")
        self.up()

    def move_in(self) -> bool:
        """Out of the archive, without a start. False when the start was faster than the wish to take it back."""
        runs = len(self.host.runs(self.server_id))
        while self.state == "archived":
            start_server(self.host.owner, self.server_id)
            with contextlib.suppress(Conflict):
                stop_server(self.host.owner, self.server_id)
            self.strike("wake without a start")
        self.down()
        return len(self.host.runs(self.server_id)) == runs

    # --- all of it ---

    def run(self, kills: int, few: Sequence[str]) -> None:
        """So many kills, in cycles; when there are fewer than a cycle has, those named in `few`. Prints the table."""
        try:
            if kills < KILLS_A_CYCLE:
                self.few(*few)
            for number in range(kills // KILLS_A_CYCLE):
                self.cycle(number)
            self.down()
        finally:
            print(f"\n{self.table()}")

    def few(self, restarting: str, changing: str, moving_out: str, moving_in: str) -> None:
        """One kill of each kind, for every day."""
        self.choice = (restarting,)
        self.restart()
        self.choice = (changing,)
        self.change()
        self.down()
        before = self.hashes()
        self.choice = (moving_out,)
        self.move_out()
        self.choice = (moving_in,)
        if self.move_in():
            self.same(before, self.hashes())
        self.same(self.wanted, self.regions())

    def cycle(self, number: int) -> None:
        """Eight kills, one of them at a game that restarts; what is compared is compared file by file."""
        self.choice = GAMES if number % 2 else ()
        self.restart()
        self.choice = () if number % 2 else GAMES
        self.change()
        self.choice = ()
        if number % 2:
            self.up()
            backup_id = self.back_up()
            self.down()
        else:
            self.down()
            before = self.hashes()
            backup_id = self.back_up()
        self.bring_back(backup_id)
        self.same(self.wanted, self.regions())
        if not number % 2:
            self.same(before, self.hashes())
        before = self.hashes()
        self.move_out()
        if self.move_in():
            self.same(before, self.hashes())
        self.same(self.wanted, self.regions())
        self.move_out()
        self.wake()
        self.same(self.wanted, self.regions())
        self.check_money()

    def check_money(self) -> None:
        """No drift in the ledger; every interval costs what the price list says; each instant is in one of them."""
        found = find_differences()
        self.differences += len(found)
        assert found == [], found
        check_charges(self.host, self.server_id)

    def check_phases(self) -> None:
        """Each run is charged from its start to its end, and no instant in two phases or in none."""
        phases = self.host.intervals(self.server_id)
        assert all(before[3] == after[2] for before, after in pairwise(phases)), phases
        runs = [run for run in self.host.runs(self.server_id) if run.started_at is not None]
        active = [(since, until) for meter, _, since, until in phases if meter == "hosting.active"]
        assert active == [(run.started_at, run.ended_at) for run in runs]

    def table(self) -> str:
        """The kills by victim and act: how many, and the longest until right."""
        cells: dict[tuple[str, str], list[float]] = defaultdict(list)
        for kill in self.kills:
            cells[kill.victim, kill.act].append(kill.seconds)
        if not self.kills:
            return "nothing was killed"
        acts = list(dict.fromkeys(kill.act for kill in self.kills))
        lines = ["| killed | " + " | ".join(acts) + " |", "|---" * (len(acts) + 1) + "|"]
        for victim in sorted({kill.victim for kill in self.kills}):
            row = [cells.get((victim, act), []) for act in acts]
            lines.append(
                f"| {victim} | "
                + " | ".join(f"{len(one)}: {max(one):.1f}" if one else "" for one in row)
                + " |"
            )
        longest = max(self.kills, key=lambda kill: kill.seconds)
        over = sum(1 for kill in self.kills if kill.job)
        return "\n".join(
            [
                *lines,
                f"{len(self.kills)} kills, {over} while a worker was at it; longest {longest}",
                f"median {sorted(kill.seconds for kill in self.kills)[len(self.kills) // 2]} s",
                f"{self.compared} files compared, {self.differences} differences in the ledger",
                f"refused for want of something, ordered again: {self.failed}",
            ]
        )
