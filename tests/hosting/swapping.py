"""Somebody who looks at the server list all the time, and somebody who counts the games in a world's folder."""

from __future__ import annotations

import json
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from app.hosting.rules import minecraft
from app.hosting.rules.minecraft import Intent
from app.hosting.services.server import restart_server
from app.kit import clock
from app.kit.db import db
from tests.hosting.conftest import Host
from tests.hosting.router.door import Client
from tests.services.nodejs import Bot, NodeTools

TEXTS = {
    "startet neu": "restarting",
    "startet": "starting",
    "schläft": "asleep",
    "im Archiv": "archived",
    "geweckt": "waking",
    "antwortet gerade nicht": "silent",
    "aus – ": "off",
}
"""What the router says, in the order in which it is looked for."""


class Looking(ABC):
    """Does something again and again in a thread, as long as a `with` lasts."""

    pause = 0.03

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def look(self) -> None:
        """Once."""

    def _run(self) -> None:
        while not self._over.is_set():
            self.look()
            time.sleep(self.pause)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(15)


@dataclass(frozen=True)
class Answer:
    """What the server list showed: `game` for the game's own answer, a word for the router's, `dead: …` for none."""

    at: float
    seconds: float
    what: str


class Pings(Looking):
    """Status pings through the router, one after the other."""

    def __init__(self, port: int, host: str) -> None:
        super().__init__()
        self.port, self.host = port, host
        self.answers: list[Answer] = []

    def look(self) -> None:
        began = time.monotonic()
        what = shown(self.port, self.host)
        self.answers.append(Answer(began, time.monotonic() - began, what))

    @property
    def last(self) -> str:
        return self.answers[-1].what if self.answers else ""

    @property
    def dead(self) -> list[Answer]:
        return [one for one in self.answers if one.what.startswith("dead")]

    def story(self) -> str:
        """What was shown, in order, with how long."""
        parts: list[list[object]] = []
        for one in self.answers:
            if parts and parts[-1][0] == one.what:
                parts[-1][2] = one.at
            else:
                parts.append([one.what, one.at, one.at])
        return ", ".join(f"{what} {until - since:.1f} s" for what, since, until in parts)  # type: ignore[operator]


def shown(port: int, host: str) -> str:
    """What somebody reads in the server list."""
    try:
        client = Client(port)
        try:
            client.send(minecraft.handshake(host, port, Intent.STATUS) + minecraft.frame(0, b""))
            head = client.read(3)
            size, at = minecraft.read_varint(head, 0)  # type: ignore[misc]
            body = head[at:] + client.read(size + at - 3)
            length, start = minecraft.read_varint(body, 1)  # type: ignore[misc]
            told = json.loads(body[start : start + length])
        finally:
            client.close()
    except (OSError, TypeError, ValueError) as error:
        return f"dead: {error!r}"
    text = json.dumps(told["description"], ensure_ascii=False)
    return next((word for said, word in TEXTS.items() if said in text), "game")


class Holders(Looking):
    """How many games have a world at the same time."""

    def __init__(self, now: Callable[[], Collection[object]]) -> None:
        super().__init__()
        self.now = now
        self.most = self.looks = 0

    def look(self) -> None:
        self.most = max(self.most, len(self.now()))
        self.looks += 1


def processes_in(folder: Path) -> set[int]:
    """Processes that work in a folder: games are started in that of their world."""
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                if os.readlink(f"{entry.path}/cwd") == str(folder):
                    found.add(int(entry.name))
    return found


def join(
    tools: NodeTools, port: int, player: str, host: str, until: Callable[[Bot], None] = lambda _: None
) -> Bot:
    """A player in the game. `until` is done once the client is connected; on a slow machine it comes back when the
    router asks it to.
    """
    for _ in range(4):
        bot = tools.bot(port, player, version="1.21.4", typed=host)
        try:
            bot.wait_for("connected", 60)
            until(bot)
            bot.wait_for("joined", 60)
            return bot
        except AssertionError:
            if not any("noch einmal" in str(told.get("reason")) for told in bot.seen):
                raise
    raise AssertionError(f"{player} was asked to try again and again")


def see(bot: Bot, wanted: str, seconds: float, otherwise: Callable[[], object] = lambda: "") -> None:
    """Wait until the client sees this block at 3, 20, 3. `otherwise` adds to what is said when it does not."""
    began = time.monotonic()
    seen: list[str] = []
    while (block := bot.block(3, 20, 3)) != wanted:
        if block not in seen:
            seen.append(block)
        assert time.monotonic() - began < seconds, (
            f"no {wanted} within {seconds} s but {', then '.join(seen)}; {otherwise()}"
        )
        time.sleep(0.05)


def restart(host: Host, server_id: UUID, wait: Callable[[Callable[[], bool], float], object]) -> float:
    """Restart and wait until the next run takes players. Seconds from the order until then, as the platform wrote it down."""
    before = host.row(server_id).run_id
    ordered = clock.now()
    restart_server(host.owner, server_id)

    def over() -> bool:
        row = host.row(server_id)
        return row.run_id != before and row.state == "running"

    wait(over, 120)
    row = host.row(server_id)
    db.session.rollback()
    assert row.ready_at is not None
    return (row.ready_at - ordered).total_seconds()
