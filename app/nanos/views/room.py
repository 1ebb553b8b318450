"""Asking the provider of a nano."""

from __future__ import annotations

from uuid import UUID

from flask.typing import ResponseReturnValue

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.nanos.policies import P
from app.nanos.services import inquiry
from app.nanos.views import nanos


@nanos.post("/<uuid:nano_id>/message")
@allows(P.nano_ask)
def ask(nano_id: UUID) -> ResponseReturnValue:
    """To the conversation with its provider."""
    return htmx.go(inquiry.ask(current_actor(), nano_id))
