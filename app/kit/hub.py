"""The hub of one `live` process: who watches what, and who renders it.

A topic is rendered once for all viewers who would see the same (language, time zone, role) and the encoded frame is
handed to each without waiting. However often a topic changes, it is rendered at most every `GAP` seconds. A new viewer
gets the whole fragment first; after an outage of Redis everything is rendered again, because messages were missed.
Plain threads and locks: under gevent's monkey patch the same code runs on greenlets.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from app.kit.hub_keep import YIELD_EVERY, Keeper
from app.kit.hub_topics import Group, Topic, gone_frame, partial_frame
from app.kit.live import Fragment, find
from app.kit.live_metrics import DELIVERY, DROPPED, FRAMES, RENDERS, SOCKETS
from app.kit.websocket import RESTART, Link

log = structlog.get_logger(__name__)

GAP = 0.25  # seconds between two renderings of a topic
FRESH = 2.0  # seconds a kept frame is good enough for a new viewer

Render = Callable[[Fragment, Any, Any], str | None]
_POSITION = re.compile(r'data-position="(\d+)"')


class Hub:
    """`render(fragment, row_id, view)` gives the element, None when it is gone; `lines(fragment, texts)` a stream's new lines."""

    def __init__(
        self, render: Render, lines: Callable[[Fragment, list[str]], str], *, renderers: int = 4
    ) -> None:
        self._render, self._lines_html, self._renderers = render, lines, renderers
        self.links: set[Link] = set()
        self.topics: dict[str, Topic] = {}
        self._work = threading.Condition()
        self._heap: list[tuple[float, int, str]] = []
        self._tick = itertools.count()
        self.on_again: Callable[[str], None] = lambda key: None
        self.keeper = Keeper(self)
        self.stopping = False

    # --- viewers ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads of this process; after the fork."""
        for work in (*[self._render_loop] * self._renderers, self.keeper.flush_loop, self.keeper.keep_loop):
            threading.Thread(target=work, daemon=True).start()

    def attach(self, link: Link) -> None:
        link.on_stuck = self.keeper.is_stuck
        with self._work:
            self.links.add(link)
            SOCKETS.set(len(self.links))
        if self.stopping:
            link.close(RESTART)

    def detach(self, link: Link, topics: Iterable[str]) -> None:
        with self._work:
            self.links.discard(link)
            SOCKETS.set(len(self.links))
            for key in topics:
                self._forget(link, key)
        if link.dropped:
            DROPPED.labels("slow").inc()

    def _forget(self, link: Link, key: str) -> None:
        topic = self.topics.get(key)
        if topic is None:
            return
        for view, group in list(topic.groups.items()):
            group.links.pop(link, None)
            group.waiting.pop(link, None)
            if not group.links and not group.waiting:
                del topic.groups[view]
        if not topic.groups:
            del self.topics[key]

    def watching(self, key: str) -> list[Link]:
        """Who watches a topic now."""
        with self._work:
            topic = self.topics.get(key)
            groups = topic.groups.values() if topic is not None else ()
            return [link for group in groups for link in (*group.links, *group.waiting)]

    def withdraw(self, link: Link, key: str) -> None:
        """This viewer may not see the topic any more: it gets no further word of it, and is told so."""
        with self._work:
            self._forget(link, key)
        link.send(gone_frame(key))

    def subscribe(self, link: Link, view: Any, keys: Iterable[str]) -> None:
        """Add an authorised viewer; the whole fragment follows, from the kept frame when it is fresh."""
        ready: list[bytes] = []
        with self._work:
            if link not in self.links:
                return
            now = time.monotonic()
            for key in keys:
                topic = self.topics.get(key)
                if topic is None:
                    found = find(key)
                    if found is None:
                        continue
                    topic = self.topics[key] = Topic(key, *found)
                group = topic.group_of(view)
                fresh = group.frame is not None and now - group.at < FRESH and not topic.old
                if fresh and group.frame is not None and not topic.fragment.stream:
                    group.links[link] = None
                    ready.append(group.frame)
                else:
                    group.waiting[link] = None
                    self._plan(topic, now)
        for frame in ready:
            self._send_all([link], frame)

    # --- news -------------------------------------------------------------------------------------------

    def take(self, raw: bytes | str) -> None:
        """A message from Redis: topics are old, one has new lines, or who may see it has changed."""
        try:
            message: dict[str, Any] = json.loads(raw)
            keys = message["topics"] if "topics" in message else [message["topic"]]
        except (ValueError, KeyError, TypeError):
            log.warning("live.bad_message")
            return
        if message.get("again"):
            self.on_again(keys[0])
            return
        with self._work:
            for key in keys:
                topic = self.topics.get(key)
                if topic is not None:
                    self._note(topic, message)

    def _note(self, topic: Topic, message: dict[str, Any]) -> None:
        now = time.monotonic()
        if within := float(message.get("within") or 0.0):
            # Not all at the same moment; and what is told while one is waiting wants another after it.
            topic.late_until = now + within * random.uniform(1.0, 1.4)
            if not topic.late_at:
                topic.late_at = topic.late_until
                self._plan(topic, topic.late_at)
            return
        topic.asked_at = topic.asked_at or float(message.get("at") or time.time())
        if topic.fragment.stream and "lines" in message:
            last = int(message.get("position") or -1)
            count = len(message["lines"])
            topic.lines += [
                (last - count + 1 + i if last >= 0 else -1, t) for i, t in enumerate(message["lines"])
            ]
            self._plan(topic, max(now, topic.shown_at + topic.stream_gap))
        else:
            topic.old = True
            self._plan(topic, max(now, topic.shown_at + GAP))

    def all_old(self) -> None:
        """Messages may have been missed: show everybody everything again."""
        with self._work:
            now = time.monotonic()
            for topic in self.topics.values():
                topic.old = True
                self._plan(topic, now)

    def _plan(self, topic: Topic, due: float) -> None:
        if topic.busy or (topic.due is not None and topic.due <= due):
            return
        topic.due = due
        heapq.heappush(self._heap, (due, next(self._tick), topic.key))
        self._work.notify()

    # --- rendering --------------------------------------------------------------------------------------

    def _next(self) -> Topic:
        with self._work:
            while True:
                now = time.monotonic()
                if self._heap and self._heap[0][0] <= now:
                    due, _tick, key = heapq.heappop(self._heap)
                    topic = self.topics.get(key)
                    if topic is None or topic.due != due or topic.busy:
                        continue
                    topic.busy, topic.due = True, None
                    if topic.late_at and topic.late_at <= now:
                        topic.old = True
                        topic.late_at = topic.late_until if topic.late_until > now else 0.0
                    return topic
                self._work.wait(self._heap[0][0] - now if self._heap else 5.0)

    def _render_loop(self) -> None:
        while not self.stopping:
            topic = self._next()
            again = GAP
            try:
                self._show(topic)
            except Exception:
                RENDERS.labels("failed").inc()
                log.warning("live.render_failed", topic=topic.key, exc_info=True)
                again = 2.0  # the viewers keep what they have; try again when the database may be back
                with self._work:
                    topic.old = True
            with self._work:
                topic.busy = False
                topic.shown_at = time.monotonic()
                if self.topics.get(topic.key) is not topic:
                    continue
                if topic.old:
                    self._plan(topic, topic.shown_at + again)
                elif topic.lines:
                    self._plan(topic, topic.shown_at + topic.stream_gap)
                if topic.late_at:
                    self._plan(topic, topic.late_at)
                if any(group.waiting for group in topic.groups.values()):
                    self._plan(topic, topic.shown_at + (0.0 if again == GAP else again))

    def _show(self, topic: Topic) -> None:
        with self._work:
            old, topic.old = topic.old, False
            lines, topic.lines = topic.lines, []
            asked, topic.asked_at = topic.asked_at, 0.0
            groups = list(topic.groups.values())
        began = time.monotonic()
        for group in groups:
            if lines and not old:
                self._send_lines(topic, group, lines)
        if lines:
            topic.cost = time.monotonic() - began
        for group in groups:
            if old or group.waiting:
                self._send_whole(topic, group, to_all=old)
        if asked:
            DELIVERY.observe(max(0.0, time.time() - asked))

    def _send_whole(self, topic: Topic, group: Group, *, to_all: bool) -> None:
        with self._work:
            newcomers = list(group.waiting)
        began = time.monotonic()
        html = self._render(topic.fragment, topic.row_id, group.view)
        RENDERS.labels("shown" if html is not None else "gone").inc()
        frame = partial_frame(topic.key, "outerMorph", html) if html is not None else None
        with self._work:
            for link in newcomers:
                if group.waiting.pop(link, link) is None:
                    group.links[link] = None
            group.frame, group.at = frame, began
            if html is not None and topic.fragment.stream:
                found = _POSITION.search(html[:400])
                group.position = int(found[1]) if found else -1
            receivers = list(group.links) if to_all else newcomers
        if frame is not None:
            self._send_all(receivers, frame)

    def _send_lines(self, topic: Topic, group: Group, lines: list[tuple[int, str]]) -> None:
        fresh = [text for position, text in lines if position < 0 or position > group.position]
        group.position = max(group.position, lines[-1][0])
        if fresh and group.links:
            with self._work:
                receivers = list(group.links)
            self._send_all(
                receivers, partial_frame(topic.key, "beforeend", self._lines_html(topic.fragment, fresh))
            )

    def _send_all(self, links: list[Link], frame: bytes) -> None:
        sent = 0
        for number, link in enumerate(links, 1):
            sent += link.send(frame)
            if number % YIELD_EVERY == 0:
                time.sleep(0)
        FRAMES.inc(sent)

    def stop(self) -> None:
        """Say goodbye so that browsers come back at once: "service restart"."""
        self.stopping = True
        for link in list(self.links):
            link.close(RESTART, "restart")
