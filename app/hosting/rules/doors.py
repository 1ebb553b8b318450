"""What the router is told about a server: what it is doing, seen from a door, and the host names that lead to it."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from app.hosting.rules.ending import CRASHES
from app.hosting.rules.route import Doing
from app.hosting.rules.server import Desired, Reason, State

LONGEST_NAME_PART = 40
MOST_PLAYERS = 100
PLAYER = re.compile(r"[A-Za-z0-9_.*-]{1,32}")
"""A player's name, also of those who come over a bridge from other editions."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


COMES_BACK = CRASHES | {Reason.RESTART, Reason.NODE_RESTARTED}
"""Ends after which the next start is a restart."""


def doing(state: State, desired: Desired, *, credit: bool, last_end: Reason | None = None) -> Doing | None:
    """None for what has no door. `credit`: the wallet covers a start; `last_end`: why the last run that ended did.

    A server that stays down after crashes is not woken: only a person tries again.
    """
    if state in (State.DRAFT, State.DELETING, State.DELETED):
        return None
    if state is State.RUNNING:
        return Doing.RUNNING
    if desired is Desired.RUNNING:
        if state is State.WAKING:
            return Doing.WAKING
        again = state is State.STOPPING or last_end in COMES_BACK
        return Doing.RESTARTING if again else Doing.STARTING
    if state in (State.ARCHIVED, State.WAKING):
        return Doing.ARCHIVED if credit else Doing.OFF
    if state in (State.STOPPED, State.STOPPING, State.ARCHIVING):
        return Doing.ASLEEP if credit else Doing.OFF
    return Doing.OFF


def name_part(name: str) -> str:
    """A server's name as part of a host name: "Bauwelt Süd" is bauwelt-sued; empty when nothing is left."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_UMLAUTS))
    plain = re.sub(r"[^a-z0-9]+", "-", folded.encode("ascii", "ignore").decode())
    return plain.strip("-")[:LONGEST_NAME_PART].strip("-")


def host_names(server_id: UUID, name: str, domain: str, taken: set[str]) -> list[str]:
    """Host names of a server; the nicer one first, unless an older server has it. Adds them to `taken`."""
    part = name_part(name)
    named = f"{part}.{domain}".lower()
    own = [f"{server_id.hex}.{domain}".lower()]
    if part and named not in taken:
        own.insert(0, named)
    taken.update(own)
    return own


def player_names(text: str) -> list[str]:
    """Names out of what a person typed, each once, in its first writing."""
    found: dict[str, str] = {}
    for name in re.split(r"[\s,;]+", text):
        if name:
            found.setdefault(name.lower(), name)
    return list(found.values())
