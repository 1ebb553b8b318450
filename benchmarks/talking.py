"""Says things in rooms at an even rate, as a process of its own: who writes is not who listens.

`python -m benchmarks.talking` reads its order as one JSON line, sends through the service that the POST calls (every message
is committed before anybody hears of it), writes a line for each message that was accepted, and ends by itself.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any
from uuid import UUID

from flask import Flask

from app.kit import live
from app.kit.authz import Actor
from app.kit.db import db
from app.messaging.services.message import send
from benchmarks.talk_site import app_of

THREADS = 4
_accepted = threading.local()
_append = live.append


def _noted(*args: Any, **values: Any) -> None:
    """The first thing after the commit: from here on it counts."""
    _accepted.at = time.time()
    _append(*args, **values)


def speak(app: Flask, order: dict[str, Any], number: int, begin: float) -> None:
    """Every message whose turn is this thread's: at its moment, whatever the others do; again until it is accepted."""
    organisation, places = UUID(order["organisation"]), order["places"]
    first = order.get("from", 0)
    for turn in range(first, int(order["rate"] * order["seconds"])):
        if turn % len(places) % THREADS != number:  # a person does not say two things at once
            continue
        room, person = places[turn % len(places)]
        actor = Actor(person_id=UUID(person), organisation_id=organisation, role="member", name="Bench")
        due = begin + (turn - first) / order["rate"]
        time.sleep(max(0.0, due - time.time()))
        began = time.time()
        seq = accepted(app, actor, UUID(room), turn, order["name"])
        line = [UUID(room).hex, seq, _accepted.at, _accepted.at - began, began - due, turn]
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def accepted(app: Flask, actor: Actor, room_id: UUID, turn: int, name: str) -> int:
    """The number the message has. The client id stays the same with each attempt."""
    while True:
        try:
            with app.app_context():
                sent = send(actor, room_id, text=f"Hallo Nummer {turn}", client_id=f"{name}-{turn:08d}")
                db.session.remove()
        except Exception as error:
            sys.stderr.write(f"{turn}: {error!r}\n")
            time.sleep(0.2)
            continue
        if not sent.fresh:
            _accepted.at = time.time()
        return sent.line.seq


def main() -> None:
    order = json.loads(sys.stdin.readline())
    app = app_of(order)
    live.append = _noted
    threads = [
        threading.Thread(target=speak, args=(app, order, number, order["begin"])) for number in range(THREADS)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


if __name__ == "__main__":
    main()
