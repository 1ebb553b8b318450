"""The router: the one port players connect to (docs/router.md).

`python -m jobs.router`

It needs Redis for news and nothing else; without the database, and for a while without Redis, players get in and go on
playing. SIGTERM: takes nobody new and ends when everybody has gone, or after the time that is set; a second one ends
it at once.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
from contextlib import suppress

import structlog
from redis.exceptions import RedisError

from app.hosting.gateways.router import PortTaken, Router
from app.hosting.gateways.router.options import options_from
from app.hosting.rules.route import BEATS
from app.kit import observe
from app.kit.config import Settings

log = structlog.get_logger(__name__)
TRY_AGAIN = 10.0
BEAT = 10.0


async def open_door(router: Router) -> None:
    """Listen, as soon as the port is free: the platform goes on without its router meanwhile."""
    told = False
    options = router.options
    while True:
        try:
            await router.start()
        except (
            OSError
        ) as error:  # the port of somebody else, or an address that this machine does not have yet
            if not told:
                log.warning(
                    "router_port_taken" if isinstance(error, PortTaken) else "router_not_listening",
                    port=options.port,
                    reason=error.strerror,
                    note="game servers stay reachable on their own ports; KONTOR_ROUTER_PORT chooses another",
                )
            told = True
            await asyncio.sleep(TRY_AGAIN)
        else:
            log.info("router_listening", host=options.address, port=router.port)
            return


async def beat(router: Router) -> None:
    """A sign of life in Redis, where doors are counted without asking the database."""
    key = f"{BEATS}{socket.gethostname()}:{os.getpid()}"
    while True:
        told = {
            "port": router.options.port,
            "open": router.listening,
            "connections": len(router.ends),
            "held": len(router.held),
        }
        with suppress(RedisError, OSError, TimeoutError):  # the feed says so
            await router.redis.set(key, json.dumps(told), ex=int(3 * BEAT))
        await asyncio.sleep(BEAT)


async def serve(settings: Settings) -> None:
    """Until told to stop."""
    router = Router(options_from(settings))
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def stop() -> None:
        if asked.is_set():
            log.warning("router_cut", connections=len(router.ends))
            os._exit(0)
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    opening = asyncio.ensure_future(open_door(router))
    beating = asyncio.ensure_future(beat(router))
    await asked.wait()
    opening.cancel()
    beating.cancel()
    log.info("router_draining", connections=len(router.ends), seconds=router.options.drain)
    cut = await router.drain()
    log.info("router_stopped", cut_off=cut)


def main() -> None:
    """Read the settings and serve."""
    settings = Settings()
    observe.configure(
        "router",
        level=settings.log_level,
        json={"json": True, "text": False}.get(settings.log_format, "auto"),
        sentry_dsn=settings.sentry_dsn,
    )
    gc.freeze()  # what has been imported stays: looking through it again and again would hold up packets
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
