"""The hub's slow and silent viewers: what they are owed is sent when they read again, who is gone is noticed."""

from __future__ import annotations

import select
import threading
import time
from typing import TYPE_CHECKING

from app.kit.live_metrics import DROPPED
from app.kit.websocket import PING, Link

if TYPE_CHECKING:
    from app.kit.hub import Hub

PING_EVERY = 25.0  # below the 60 s after which proxies cut idle connections
SILENT = 60.0  # a viewer that answered no ping for so long is gone
YIELD_EVERY = 128  # frames sent before others get a turn


class Keeper:
    """Two threads beside a hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stuck: set[Link] = set()
        self._change = threading.Event()

    def is_stuck(self, link: Link) -> None:
        self._stuck.add(link)
        self._change.set()

    def flush_loop(self) -> None:
        while not self._hub.stopping:
            if not self._stuck:
                self._change.wait(5.0)
                self._change.clear()
                continue
            poll, by_number = select.poll(), {}
            for link in list(self._stuck):
                number = link.fileno()
                if link.closed or number < 0:
                    self._stuck.discard(link)
                else:
                    by_number[number] = link
                    poll.register(number, select.POLLOUT)
            for number, _event in poll.poll(50) if by_number else ():
                self._stuck.discard(by_number[number])
                if not by_number[number].flush():
                    self._stuck.add(by_number[number])

    def keep_loop(self) -> None:
        while not self._hub.stopping:
            time.sleep(1.0)
            now = time.monotonic()
            for number, link in enumerate(list(self._hub.links), 1):
                if link.closed:
                    if now - link.closed_at > 2.0:
                        link.give_up()
                elif now - link.heard_at > SILENT:
                    DROPPED.labels("silent").inc()
                    link.drop()
                elif now - link.ping_at > PING_EVERY:
                    link.ping_at = now
                    link.send(PING)
                if number % YIELD_EVERY == 0:
                    time.sleep(0)
