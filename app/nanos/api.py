"""The door of nanos for other products. Frozen values out; every call starts with the actor.

`find_published` and `get_nano`: what everybody reads. `licences_held`: what an organisation may use and until when.
`may_use`: the same for one nano, now. `completions`: what its people have worked through, as numbers alone.
"""

from __future__ import annotations

from uuid import UUID

from app.kit.authz import Actor, require
from app.nanos.policies import P, Trade
from app.nanos.queries.completion import Completion, completions
from app.nanos.queries.entitlement import holds_licence
from app.nanos.queries.find import Found, FoundNano, find_nanos
from app.nanos.queries.licence import LicenceRow, held
from app.nanos.queries.nano import NanoView, get_nano
from app.nanos.rules.details import Details
from app.nanos.rules.finding import Wish
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.terms import Grant

__all__ = [
    "Completion",
    "Details",
    "Found",
    "FoundNano",
    "Grant",
    "LicenceRow",
    "NanoView",
    "P",
    "Stage",
    "State",
    "Wish",
    "completions",
    "find_published",
    "get_nano",
    "licences_held",
    "may_use",
]


def find_published(actor: Actor, wish: Wish) -> Found:
    """A page of what is published and fits. Raises NotAllowed."""
    require(actor, P.nano_read)
    return find_nanos(wish)


def licences_held(actor: Actor) -> list[LicenceRow]:
    """What the actor's organisation has from exchanges, with terms and dates; what ends first comes first. Raises NotAllowed."""
    require(actor, Trade.read)
    return held(actor)


def may_use(actor: Actor, nano_id: UUID) -> bool:
    """Whether the actor's organisation may use its content now: own, openly licensed, or by a licence that runs.

    Raises NotFound for what the actor may not know of.
    """
    return get_nano(actor, nano_id, named=False).takes or holds_licence(actor, nano_id)
