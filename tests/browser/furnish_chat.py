"""Conversations for the pages: two of Alice's, with an edit, a deleted message, a mention and something unread."""

from __future__ import annotations

import base64
import io
from typing import Any

from app.messaging.services.block import block
from app.messaging.services.message import delete, edit, send
from app.messaging.services.report import report
from app.messaging.services.room import open_direct, set_muted
from tests.people import People

_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def conversations(people: People) -> dict[str, Any]:
    """The ids of rooms, of one of Alice's messages, of one she deleted, and of a reported one of Bob's."""
    alice, bob, dora = people.alice.actor, people.bob.actor, people.dora.actor
    room = open_direct(alice, people.bob.id)
    for number in range(56):
        send(
            bob if number % 3 else alice,
            room,
            text=f"Zeile {number} über den Bau am Hafen",
            client_id=f"client-{number:02}",
        )
    long = "https://example.org/" + "ein-sehr-langer-weg/" * 8
    said = send(alice, room, text=f"Schau dir das an, @Bob:\n{long}", client_id="client-said").line
    edit(alice, room, said.id, text=f"Schau dir das bitte an, @Bob:\n{long}")
    gone = send(alice, room, text="Das war der falsche Raum", client_id="client-gone").line
    delete(alice, room, gone.id)
    files = [("plan.png", io.BytesIO(_PICTURE)), ("Angebot.pdf", io.BytesIO(b"%PDF-1.7\n%%EOF"))]
    bobs = send(bob, room, text="@Alice, passt. Danke!", client_id="client-thanks", files=files).line
    report(alice, room, bobs.id, reason="other", note="Die Datei gehört nicht hierher.")
    blocked = open_direct(bob, people.dora.id)
    send(bob, blocked, text="Kommst du?", client_id="client-blocked")
    block(bob, blocked, people.dora.id)
    quiet = open_direct(dora, people.alice.id)
    send(dora, quiet, text="Nur zur Kenntnis: " + "viel Text " * 40, client_id="client-note")
    set_muted(alice, quiet, True)
    return {
        "room": room, "said": said.id, "gone": gone.id, "quiet": quiet, "bobs": bobs.id, "blocked": blocked,
    }  # fmt: skip
