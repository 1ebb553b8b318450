"""Who may give which role to whom. Owners decide about owners; admins about everybody else."""

from __future__ import annotations

ROLES = ("owner", "admin", "member", "guest")
"""From the one who may most to the one who may nothing by it: a guest has only what is shared with them."""


def can_give(giver: str | None, role: str) -> bool:
    """Whether somebody with the role `giver` may invite or appoint people to `role`."""
    if giver == "owner":
        return role in ROLES
    return giver == "admin" and role in ("admin", "member", "guest")


def can_change(changer: str | None, current: str, wanted: str) -> bool:
    """Whether `changer` may turn a member with `current` into `wanted`."""
    return can_give(changer, current) and can_give(changer, wanted)


def can_remove(remover: str | None, current: str) -> bool:
    """Whether `remover` may put somebody with the role `current` out of the organisation."""
    return can_give(remover, current)


def leaves_no_owner(current: str, wanted: str | None, owners: int) -> bool:
    """Whether the change (None: leaving) takes the last of `owners` owners away."""
    return current == "owner" and wanted != "owner" and owners <= 1
