"""Telling the counter what a page has shown; what a browser fetched on suspicion was seen by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import request

from app.kit.authz import current_actor
from app.nanos.rules.insight import Counted
from app.nanos.services import insight


def _really() -> bool:
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method != "HEAD" and "prefetch" not in purpose


def count_act(kind: Counted, nano_id: UUID, organisation_id: UUID) -> None:
    """The person of this request did this with a nano of that organisation."""
    if _really():
        insight.seen(current_actor(), kind, nano_id, organisation_id)


def count_list(typed: str, subjects: Sequence[str], nano_ids: Sequence[UUID]) -> None:
    """They were shown these."""
    if _really():
        insight.listed(current_actor(), typed, subjects, nano_ids)
