"""How work on a server ended stays on its page until somebody has seen it."""

from __future__ import annotations

from uuid import UUID

from app.hosting.policies import P
from app.hosting.services.life import show
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import transaction


def see_results(actor: Actor, server_id: UUID) -> None:
    """Everything that has ended until now was seen; what ends later is told again. NotFound for strangers."""
    require(actor, P.server_power)
    with transaction():
        owned(actor, server_id).results_seen_at = clock.now()
        show(server_id, "situation")
