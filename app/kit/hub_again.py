"""Looking anew at who watches a topic, when who may see it has changed."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Container, Iterable
from typing import Any

import structlog

from app.kit.hub import Hub

log = structlog.get_logger(__name__)


class Again:
    """One thread that asks again. `authorised(actor, topics)` gives those the actor may watch now."""

    def __init__(self, hub: Hub, authorised: Callable[[Any, list[str]], Container[str]]) -> None:
        self._hub, self._authorised = hub, authorised
        self._topics: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.signals = 0
        """How often anything was withdrawn: who subscribed meanwhile is looked at again."""
        hub.on_again = self._heard

    def _heard(self, topic: str) -> None:
        self.signals += 1
        self._topics.put(topic)

    def ask(self, topics: Iterable[str]) -> None:
        """Look at these again soon."""
        for topic in topics:
            self._topics.put(topic)

    def run(self) -> None:
        """For ever; when the database is away, once more a second later."""
        while not self._hub.stopping:
            topic = self._topics.get()
            try:
                self.look(topic)
            except Exception:
                log.warning("live.again_failed", topic=topic, exc_info=True)
                time.sleep(1.0)
                self._topics.put(topic)

    def look(self, topic: str) -> None:
        """From whom the topic was withdrawn, they hear no more of it."""
        for link in self._hub.watching(topic):
            viewer = link.viewer
            if viewer is None or topic not in self._authorised(viewer.actor, [topic]):
                self._hub.withdraw(link, topic)
                if viewer is not None:
                    viewer.topics.pop(topic, None)
