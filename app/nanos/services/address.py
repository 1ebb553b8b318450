"""Addresses of packages: whoever has one gets the files of one package, for one person, for a while. No cookie is asked.

The key in the address is sealed: a package reads its own address, and must not learn from it who looks at it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import current_app

from app.accounts.api import find_actor_for_job
from app.kit import clock
from app.kit.authz import Actor, may
from app.kit.errors import NotFound
from app.kit.secrets import seal, unseal
from app.nanos.policies import P
from app.nanos.queries.lti import guest_of
from app.nanos.queries.use import Piece, piece_of
from app.nanos.rules.lti import LtiFault

HOURS = 4
"""An address outlives no working day: who goes on later opens the page anew."""
_MARK = "nanos.content"


@dataclass(frozen=True)
class Pass:
    """What an address opens."""

    actor: Actor
    piece: Piece
    part: str
    frames: str = ""
    """Origins that show our page in a frame of theirs."""


def make_key(actor: Actor, piece: Piece, part: str, launch_id: UUID | None = None) -> str:
    """For one person, one piece, one part of it, `HOURS` from now on. `launch_id`: they come from a learning platform."""
    until = clock.now() + timedelta(hours=HOURS)
    said = [
        _MARK, str(actor.person_id), str(actor.organisation_id or ""), str(piece.nano_id), str(piece.file_id), part,
        int(until.timestamp()), str(launch_id or ""),
    ]  # fmt: skip
    return seal(json.dumps(said))


def open_key(key: str) -> Pass:
    """Raises NotFound: none of ours, too old, or the person may not look any more. Asked anew with each file."""
    try:
        mark, person, organisation, nano, file, part, until, launch = json.loads(unseal(key))
        ids = [UUID(person), UUID(organisation) if organisation else None, UUID(nano), UUID(file)]
        late = datetime.fromtimestamp(until, UTC) <= clock.now()
    except (ValueError, TypeError):
        raise NotFound from None
    if mark != _MARK or late:
        raise NotFound
    actor, frames = _looks(ids[0], ids[1], launch)  # type: ignore[arg-type]
    if not may(actor, P.nano_read):
        raise NotFound
    return Pass(actor, piece_of(actor, ids[2], ids[3]), part, frames)  # type: ignore[arg-type]


def _looks(person_id: UUID, organisation_id: UUID | None, launch: str) -> tuple[Actor, str]:
    """Who looks, and in whose frame. Raises NotFound."""
    if not launch:
        return find_actor_for_job(person_id, organisation_id), ""
    try:
        guest = guest_of(UUID(launch))
    except LtiFault:
        raise NotFound from None
    return guest.actor, guest.frames


def learner_of(opened: Pass) -> str:
    """A number for the person that a package may know: another one with each provider, and no way back from it."""
    return learner_number(opened.actor, str(opened.piece.organisation_id))


def learner_number(actor: Actor, towards: str) -> str:
    """The same person is another number towards everybody else."""
    key = current_app.extensions["kontor-keys"][-1].encode()
    said = f"nanos.learner:{towards}:{actor.person_id}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]
