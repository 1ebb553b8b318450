"""Changes the number of players of servers, evenly over time, as a process of its own: in production, too, who writes is
not who listens. `python -m benchmarks.counting` reads its order as one JSON line and ends when its input ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import update

from app.factory import create_app
from app.hosting.models import Server
from app.kit import live
from app.kit.config import Settings
from app.kit.db import after_commit, db, transaction
from app.kit.dom import dom_id


def change(server_id: UUID, value: int, *, tell: bool = True) -> tuple[float, float]:
    """Write the number; returns the Unix time of the commit and the seconds it took."""
    began = time.time()
    committed: list[float] = []
    with transaction():
        db.session.execute(update(Server).where(Server.id == server_id).values(players_online=value))
        after_commit(lambda: committed.append(time.time()))
        if tell:
            live.changed("hosting-server", server_id, "players")
    return committed[0], committed[0] - began


def count(app: Flask, servers: list[UUID], every: float, value: int) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    step, due = every / len(servers), time.monotonic()
    with app.app_context():
        while True:
            value += 1
            for server_id in servers:
                at, took = change(server_id, value)
                sys.stdout.write(
                    json.dumps([dom_id("hosting-server", server_id, "players"), value, at, took]) + "\n"
                )
                due += step
                if ended.wait(max(0.0, due - time.monotonic())):
                    sys.stdout.flush()
                    return
            sys.stdout.flush()


def main() -> None:
    order = json.loads(sys.stdin.readline())
    settings = Settings(
        var_dir=Path(order["folder"]),
        database_url=order["database_url"],
        redis_url=order["redis_url"],
        log_level="ERROR",
    )
    app = create_app(settings)
    count(app, [UUID(one) for one in order["servers"]], order["every"], order["value"])


if __name__ == "__main__":
    main()
