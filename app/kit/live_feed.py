"""The one Redis subscription of a `live` process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import redis
import structlog

from app.kit.cache import REDIS_DOWN
from app.kit.live import CHANNEL

log = structlog.get_logger(__name__)


class Feed:
    """Reads the channel for ever. `missed` is called after each (new) subscription: what was said before is unknown."""

    def __init__(self, address: str, take: Callable[[bytes], None], missed: Callable[[], None]) -> None:
        self._address, self._take, self._missed = address, take, missed
        self.connected = threading.Event()
        self.stopping = False

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        wait = 0.1
        while not self.stopping:
            link = redis.Redis.from_url(
                self._address,
                socket_timeout=5,
                socket_connect_timeout=2,
                health_check_interval=10,
                retry=None,
            )
            try:
                self._read(link)
                wait = 0.1
            except REDIS_DOWN:
                if self.connected.is_set():
                    log.warning("live.redis_gone")
                self.connected.clear()
            except Exception:
                log.exception("live.feed_failed")
                self.connected.clear()
            finally:
                link.close()
            time.sleep(wait)
            wait = min(wait * 2, 2.0)

    def _read(self, link: redis.Redis) -> None:
        with link.pubsub() as channel:  # type: ignore[no-untyped-call]
            channel.subscribe(CHANNEL)
            while not self.stopping:
                message = channel.get_message(timeout=2.0)
                if message is None:
                    continue
                if message["type"] == "subscribe":  # also when the client library has reconnected by itself
                    self.connected.set()
                    self._missed()
                elif message["type"] == "message":
                    self._take(message["data"])
