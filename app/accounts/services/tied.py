"""What modules above tie to an invitation or a membership, and hear about in the very transaction that changes it.

A seat on a server waits for an invitation to be accepted and ends with the membership. An event would come later: in
between somebody would belong here and see nothing, or see what they no longer may.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from app.kit.authz import Actor


class Tied(Protocol):
    """Each joins the caller's transaction, in which the organisation is locked."""

    def accepted(self, invitation_id: UUID, person_id: UUID) -> None:
        """The invited person belongs to the organisation from now on."""

    def replaced(self, old_id: UUID, new_id: UUID) -> None:
        """The address was asked anew; only the new invitation counts."""

    def withdrawn(self, invitation_id: UUID, actor: Actor) -> None:
        """It was taken back."""

    def gone(self, organisation_id: UUID, person_id: UUID, actor: Actor) -> None:
        """The person does not belong to the organisation any more."""


_tied: dict[str, Tied] = {}


def tie(name: str, tied: Tied) -> None:
    """Plug a module in; under the same name it replaces what was there: an application may be made twice."""
    _tied[name] = tied


def all_tied() -> list[Tied]:
    """Everybody who wants to hear."""
    return list(_tied.values())
