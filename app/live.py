"""The `live` process: WebSockets and nothing else, under a gunicorn of its own.

Pages only listen here; writing is always a POST to the web process. A socket belongs to a signed-in browser session,
comes from our own origin, and each topic is authorised on its own. Sessions are looked at again every few seconds.
"""

from __future__ import annotations

import gc
import json
import os
import socket as sockets
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from flask import Flask, g

from app.accounts.api import Standing, standing_of
from app.core.api import beat
from app.factory import create_app
from app.kit import observe
from app.kit.authz import Actor, current_actor
from app.kit.config import Settings
from app.kit.db import db
from app.kit.errors import KontorError
from app.kit.hub import Hub
from app.kit.hub_again import Again
from app.kit.i18n import speaking
from app.kit.live import Fragment, find
from app.kit.live_feed import Feed
from app.kit.live_view import View, Viewer
from app.kit.websocket import POLICY, RESTART, Link, wants_websocket
from app.messaging.api import people_here

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

log = structlog.get_logger(__name__)

MOST_TOPICS = 300  # a list of two hundred servers, and room
MESSAGES = 30  # a socket may send in ten seconds
CHECK_EVERY = 10.0
CHECK_PARTS = 10
BEAT_EVERY = 10.0
TRY_LATER = 1013
DATABASE_WORK = 8  # at a time: below the connection pool's size

StandingOf = Callable[[set[UUID]], dict[UUID, Standing]]


def allowed_origin(origin: str, host: str, settings: Settings) -> bool:
    """Our own pages only. On this machine's own names (127.0.0.1, localhost) the name people typed counts."""
    public, given = urlsplit(settings.public_url), urlsplit(origin)
    if (given.scheme, given.netloc) == (public.scheme, public.netloc):
        return True
    if (given.scheme, given.port) != (public.scheme, public.port):
        return False
    here = {"127.0.0.1", "localhost", "::1"}
    return {public.hostname, given.hostname} <= here and given.hostname == urlsplit(f"//{host}").hostname


class LiveApp:
    """WSGI application of the process."""

    def __init__(self, app: Flask, standing_of: StandingOf = standing_of) -> None:
        self.app, self._standing_of = app, standing_of
        self.settings: Settings = app.extensions["kontor-settings"]
        self.hub = Hub(self.render, self.lines)
        self.feed = Feed(self.settings.redis_address, self.hub.take, self.hub.all_old)
        self.again = Again(self.hub, self._authorised)
        self._database = threading.BoundedSemaphore(DATABASE_WORK)
        self._name = f"live@{sockets.gethostname()}:{os.getpid()}"

    def start(self) -> None:
        self.hub.start()
        self.feed.start()
        for work in (self._check_loop, self._beat_loop, self.again.run):
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        """Before a restart: browsers are told to come back."""
        self.feed.stopping = True
        self.hub.stop()

    # --- requests ---------------------------------------------------------------------------------------

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/live":
            return self.open(environ, start_response)
        if path in ("/healthz", "/readyz", "/metrics"):
            return self.app(environ, start_response)
        return self._plain(start_response, "404 Not Found")

    @staticmethod
    def _plain(start_response: StartResponse, status: str) -> Iterable[bytes]:
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
        return [status.encode()]

    def open(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Check who comes, then stay with the socket until it ends."""
        if not wants_websocket(environ):
            return self._plain(start_response, "426 Upgrade Required")
        if not allowed_origin(environ.get("HTTP_ORIGIN", ""), environ.get("HTTP_HOST", ""), self.settings):
            return self._plain(start_response, "403 Forbidden")
        try:
            with self._database, self.app.request_context(environ):
                actor = current_actor()
        except Exception:
            log.warning("live.no_actor", exc_info=True)
            return self._plain(start_response, "503 Service Unavailable")
        link = Link(environ)
        if not actor.signed_in or actor.token_scopes is not None:
            self._turn_away(link)
        else:
            self._serve(link, actor)
        raise StopIteration  # gunicorn's word for "the socket was taken care of"

    def _turn_away(self, link: Link) -> None:
        """Say why and leave. The hub watches this one too: who never answers the close must not keep a thread for ever."""
        self.hub.attach(link)
        try:
            link.close(POLICY, "signed out")
            for _ignored in link.messages():
                pass
        finally:
            self.hub.detach(link, ())

    def _serve(self, link: Link, actor: Actor) -> None:
        link.viewer = viewer = Viewer(actor)
        self.hub.attach(link)
        try:
            for text in link.messages():
                self._take(link, viewer, text)
        finally:
            self.hub.detach(link, viewer.topics)

    def _take(self, link: Link, viewer: Viewer, text: str) -> None:
        now = time.monotonic()
        if now - viewer.window > 10:
            viewer.window, viewer.count = now, 0
        viewer.count += 1
        if viewer.count > MESSAGES:
            link.close(TRY_LATER, "too many messages")
            return
        try:
            asked = json.loads(text)["subscribe"]
            wanted = [topic for topic in asked if isinstance(topic, str)]
        except (ValueError, KeyError, TypeError):
            return  # nothing else is said here
        room = MOST_TOPICS - len(viewer.topics)
        fresh = [topic for topic in dict.fromkeys(wanted) if topic not in viewer.topics][:room]
        again = [topic for topic in dict.fromkeys(wanted) if topic in viewer.topics]
        signals = self.again.signals
        try:
            authorised = self._authorised(viewer.actor, fresh)
        except Exception:
            log.warning("live.not_authorised", exc_info=True)
            link.close(RESTART, "try again")
            return
        viewer.topics |= authorised
        by_view: dict[View, list[str]] = {}
        for topic in [*again, *authorised]:
            by_view.setdefault(viewer.topics[topic], []).append(topic)
        for view, keys in by_view.items():
            self.hub.subscribe(link, view, keys)
        if signals != self.again.signals:  # what was withdrawn meanwhile found nobody here
            self.again.ask(authorised)

    def _authorised(self, actor: Actor, topics: list[str]) -> dict[str, View]:
        """Those of `topics` this actor may watch, each with how it looks to them; the others are passed over in silence."""
        granted = {}
        with self._database, self.app.test_request_context("/live", base_url=self.settings.public_url):
            g.actor = actor
            for topic in topics:
                view = self._view_of(actor, topic)
                if view is not None:
                    granted[topic] = view
        return granted

    @staticmethod
    def _view_of(actor: Actor, topic: str) -> View | None:
        found = find(topic)
        if found is None:
            return None
        try:
            viewer = found[0].viewed_by(actor, found[1])
        except KontorError:
            return None
        return View.of(viewer) if viewer is not None else None

    # --- rendering --------------------------------------------------------------------------------------

    def render(self, fragment: Fragment, row_id: UUID, view: View) -> str | None:
        """The fragment as this kind of viewer sees it; None when the row is gone."""
        # Not behind `_database`: a crowd that comes back must not keep those who are there from the news.
        with self.app.test_request_context("/live", base_url=self.settings.public_url):
            g.actor = Actor(
                locale=view.locale,
                timezone=view.timezone,
                role=view.role,
                is_operator=view.is_operator,
                organisation_id=view.organisation_id,
                granted=view.granted,
                granted_on=view.granted_on,
            )
            g.csrf_token = (
                ""  # each browser has its own: it sends it as a header, which counts where the field is empty
            )
            with speaking(view.locale, view.timezone):
                try:
                    return str(fragment.render(row_id))
                except KontorError:
                    return None

    def lines(self, fragment: Fragment, texts: list[str]) -> str:
        """New lines of a stream, escaped."""
        if fragment.plain and fragment.lines is not None:
            return fragment.lines(texts)
        with self.app.test_request_context("/live", base_url=self.settings.public_url):
            if fragment.lines is not None:
                return fragment.lines(texts)
            line = self.app.jinja_env.globals["ui"].console_line  # type: ignore[attr-defined]
            return "".join(str(line(text)) for text in texts)

    # --- sessions that ended, rights that changed -------------------------------------------------------

    def _check_loop(self) -> None:
        """A tenth of the sockets each second: a look at thousands at once would be felt by everybody."""
        turn = 0
        while not self.hub.stopping:
            time.sleep(CHECK_EVERY / CHECK_PARTS)
            turn = (turn + 1) % CHECK_PARTS
            try:
                self.check_sessions(
                    [link for link in list(self.hub.links) if (id(link) >> 6) % CHECK_PARTS == turn]
                )
            except Exception:
                log.warning("live.check_failed", exc_info=True)

    def check_sessions(self, links: list[Link]) -> None:
        """Close what belongs to an ended session (1008); let those whose rights changed come back anew (1012)."""
        links = [link for link in links if link.viewer is not None and not link.closed]
        wanted = {link.viewer.actor.session_id for link in links if link.viewer.actor.session_id is not None}
        with self._database, self.app.app_context():
            found = self._standing_of(wanted) if wanted else {}
        for link in links:
            actor = link.viewer.actor
            now = found.get(actor.session_id)
            if now is None or (now.role is None and actor.role is not None):
                link.close(POLICY, "signed out")
            elif (now.organisation_id, now.role, now.is_operator) != (
                actor.organisation_id,
                actor.role,
                actor.is_operator,
            ) or not self._still_granted(link.viewer):
                link.close(RESTART, "changed")

    def _still_granted(self, viewer: Viewer) -> bool:
        """Whether what was granted on single things is still as it was when their parts were subscribed."""
        watched = {view: topic for topic, view in viewer.topics.items() if view.granted}
        if not watched:
            return True
        with self._database, self.app.test_request_context("/live", base_url=self.settings.public_url):
            g.actor = viewer.actor
            return all(self._view_of(viewer.actor, topic) == view for view, topic in watched.items())

    def _beat_loop(self) -> None:
        while not self.hub.stopping:
            try:
                with self._database, self.app.app_context():
                    beat(self._name, "live")
                    people_here(
                        {one.viewer.actor.person_id for one in list(self.hub.links) if one.viewer is not None}
                    )
                    db.session.remove()
            except Exception:
                log.warning("live.beat_failed")
            time.sleep(BEAT_EVERY)


def create_live_app(settings: Settings | None = None) -> LiveApp:
    """What gunicorn runs: `gunicorn -c deploy/gunicorn/live.py 'app.live:create_live_app()'`."""
    app = create_app(settings)
    observe.configure("live", level=app.extensions["kontor-settings"].log_level)
    live = LiveApp(app)
    live.start()
    # Each look of the collector stops everybody. Young objects are looked at often and in a few milliseconds; thousands of
    # sockets, which live long and would take most of a second, about once an hour.
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 10, 1_000)
    return live
