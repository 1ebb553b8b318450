"""The kinds of notices messaging itself sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

from app.messaging.api import notice_kind

_TEAM = lazy_gettext("Team")
_ROLES = {
    "owner": lazy_gettext("Inhaber"),
    "admin": lazy_gettext("Verwaltung"),
    "member": lazy_gettext("Mitglied"),
    "guest": lazy_gettext("Gast"),
}
_ORGANISATION = {"organisation": ("accounts.organisation", "organisation_id")}


def _role(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"role": str(_ROLES.get(data["role"], data["role"]))}


def register_own_kinds() -> None:
    notice_kind(
        "accounts.member_joined", label=lazy_gettext("Jemand kommt dazu"), area=_TEAM, icon="user-plus", order=10,
        text=lazy_gettext("%(who)s gehört jetzt dazu, Rolle: %(role)s."), values=_role,
        refs={"who": ("accounts.person", "person_id")},
    )  # fmt: skip
    notice_kind(
        "accounts.role_changed", label=lazy_gettext("Deine Rolle ändert sich"), area=_TEAM, icon="user-cog", order=11,
        text=lazy_gettext("Deine Rolle in %(organisation)s ist jetzt: %(role)s."), values=_role, refs=_ORGANISATION,
        by_mail=True,
    )  # fmt: skip
    notice_kind(
        "accounts.removed", label=lazy_gettext("Du gehörst nicht mehr dazu"), area=_TEAM, icon="user-minus", order=12,
        text=lazy_gettext("Du gehörst nicht mehr zu %(organisation)s."), refs=_ORGANISATION, by_mail=True,
    )  # fmt: skip
