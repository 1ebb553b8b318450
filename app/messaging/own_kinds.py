"""The kinds of notices messaging itself sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.messaging.api import notice_kind

_TEAM = lazy_gettext("Team")
_CHAT = lazy_gettext("Unterhaltungen")
_ROLES = {
    "owner": lazy_gettext("Inhaber"),
    "admin": lazy_gettext("Verwaltung"),
    "member": lazy_gettext("Mitglied"),
    "guest": lazy_gettext("Gast"),
}
_ORGANISATION = {"organisation": ("accounts.organisation", "organisation_id")}


def _role(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"role": str(_ROLES.get(data["role"], data["role"]))}


def _waiting(data: dict[str, Any]) -> Mapping[str, Any]:
    messages, rooms = int(data["messages"]), int(data["rooms"])
    return {
        "messages": ngettext("%(num)d ungelesene Nachricht", "%(num)d ungelesene Nachrichten", messages),
        "rooms": ngettext("%(num)d Unterhaltung", "%(num)d Unterhaltungen", rooms),
    }


def register_own_kinds() -> None:
    notice_kind(
        "messaging.mention", label=lazy_gettext("Jemand erwähnt Sie"), area=_CHAT, icon="at-sign", order=20,
        text=lazy_gettext("%(who)s hat Sie in einer Unterhaltung erwähnt."), refs={"who": ("accounts.person", "person_id")},
    )  # fmt: skip
    notice_kind(
        "messaging.digest", label=lazy_gettext("Nachrichten warten ungelesen"), area=_CHAT, icon="messages-square",
        order=21, text=lazy_gettext("%(messages)s in %(rooms)s."), values=_waiting, in_app=False, by_mail=True,
        template="messaging/digest",
    )  # fmt: skip
    notice_kind(
        "messaging.report_upheld", label=_l("Über Ihre Meldung ist entschieden"), area=_CHAT, icon="shield-check", order=22,
        text=_l("Die Nachricht, die Sie gemeldet haben, ist entfernt."),
    )  # fmt: skip
    notice_kind(
        "messaging.report_dismissed", label=_l("Ihre Meldung hatte keine Folgen"), area=_CHAT, icon="shield", order=23,
        text=_l("Die Nachricht, die Sie gemeldet haben, bleibt stehen: Sie verstößt nicht gegen die Regeln."),
    )  # fmt: skip
    notice_kind(
        "messaging.removed", label=_l("Ihre Nachricht wurde entfernt"), area=_CHAT, icon="trash-2", tone="warn", order=24,
        text=_l("Die Moderation hat eine Ihrer Nachrichten entfernt, weil sie gegen die Regeln verstößt."), by_mail=True,
    )  # fmt: skip
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
