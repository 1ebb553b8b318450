"""Who takes part in the storm over the chat: readers who do what the page's script does, and speakers who are killed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from html import unescape
from typing import Any
from uuid import UUID

from app.kit.config import ROOT
from benchmarks.site import Site
from benchmarks.swarm import Viewer

_DATA = re.compile(rb'<data value="([^"]*)">')
_NEWEST = re.compile(rb'data-seq="(\d+)"')


class Reader:
    """One person's open page, as chat.js has it: what it shows, and whether it is asking for what is missing."""

    def __init__(self, room_id: UUID, viewer: Viewer) -> None:
        self.room_id, self.viewer = room_id, viewer
        self.shown: list[tuple[int, str, str]] = []
        self.asked: Future[list[dict[str, Any]]] | None = None
        self.behind = False
        self.live = self.fetched = self.again = 0

    @property
    def seq(self) -> int:
        return self.shown[-1][0] if self.shown else 0

    def take(self, body: bytes) -> None:
        newest = _NEWEST.search(body)
        if newest is not None and int(newest[1]) > self.seq:
            self.behind = True
        for found in _DATA.findall(body):
            message = json.loads(unescape(found.decode()))
            if message["seq"] == self.seq + 1:
                self.show(message)
                self.live += 1
            elif message["seq"] > self.seq:
                self.behind = True
            else:
                self.again += 1

    def show(self, message: dict[str, Any]) -> None:
        self.shown.append((message["seq"], message["id"], "".join(part for part, _ in message["parts"])))

    def ask(self, pool: ThreadPoolExecutor, origin: str) -> None:
        """Ask for what is missing, one question at a time, until an answer comes."""
        if self.asked is not None and self.asked.done():
            with suppress(Exception):
                for message in self.asked.result():
                    if message["seq"] == self.seq + 1:
                        self.show(message)
                        self.fetched += 1
            self.asked = None
        if self.behind and self.asked is None:
            self.behind = False
            self.asked = pool.submit(self._missed, origin, self.seq)

    def _missed(self, origin: str, seq: int) -> list[dict[str, Any]]:
        address = f"{origin}/nachrichten/{self.room_id}/stand?nach={seq}&aenderung=0"
        request = urllib.request.Request(address, headers={"Cookie": f"kontor_session={self.viewer.cookie}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                news = json.load(answer)
        except (OSError, ValueError):
            time.sleep(0.5)
            self.behind = True
            return []
        self.behind = self.behind or bool(news["more"])
        return list(news["messages"])


class Speaker:
    """A process that says its part, and goes on where it was when it is killed."""

    def __init__(self, site: Site, order: dict[str, Any], number: int) -> None:
        self.order, self.log = order, site.folder / f"said-{number}"
        self.total, self.killed = int(order["rate"] * order["seconds"]), 0
        self.log.write_bytes(b"")
        self.start(0)

    def start(self, first: int) -> None:
        order = self.order | {"from": first, "begin": time.time() + 2.0}
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.talking"], cwd=ROOT, stdin=subprocess.PIPE, stdout=out,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.close()

    def accepted(self) -> set[int]:
        found = set()
        for line in self.log.read_text().splitlines():
            with suppress(ValueError):  # cut in the middle of a line
                found.add(json.loads(line)[5])
        return found

    def kill(self) -> None:
        """What it was doing is unknown: it begins a little earlier, with the same client ids."""
        self.process.kill()
        self.process.wait()
        self.killed += 1
        done = self.accepted()
        first = next((turn for turn in range(self.total) if turn not in done), self.total)
        self.start(max(0, first - 20))

    @property
    def done(self) -> bool:
        if self.process.poll() is None:
            return False
        if self.process.returncode != 0:
            self.kill()
            return False
        return True
