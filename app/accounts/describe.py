"""How accounts' events read, who people are, and finding them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.policies import P
from app.accounts.queries.people import organisation_names, people_of, person_names
from app.core.api import (
    HIT,
    Hit,
    best,
    describe_area,
    describe_event,
    describe_subject,
    search_provider,
    use_directory,
)
from app.kit.authz import Actor, may

_ROLES = {"owner": _l("Inhaber"), "admin": _l("Verwaltung"), "member": _l("Mitglied"), "guest": _l("Gast")}
_ROLE_FIELD = {"role": _l("Rolle")}

_SENTENCES = (
    ("person.registered", _l("Konto angelegt"), "user-plus", "ok"),
    ("person.signed_in", _l("Angemeldet (%(method)s)"), "log-in", ""),
    ("person.erased", _l("Konto gelöscht"), "user-x", "warn"),
    ("person.totp_enabled", _l("Zweiter Faktor eingeschaltet"), "shield-check", "ok"),
    ("person.totp_disabled", _l("Zweiter Faktor ausgeschaltet"), "shield-off", "warn"),
    ("person.backup_code_used", _l("Mit einem Ersatzcode angemeldet"), "life-buoy", "warn"),
    ("person.backup_codes_made", _l("Neue Ersatzcodes gemacht"), "life-buoy", ""),
    ("session.ended", _l("Abgemeldet, Sitzungen: %(count)s"), "log-out", ""),
    ("password.changed", _l("Passwort geändert"), "key-round", "warn"),
    ("email.changed", _l("E-Mail-Adresse geändert"), "mail", "warn"),
    ("profile.changed", _l("Profil geändert"), "user-pen", ""),
    ("organisation.created", _l("Organisation gegründet"), "building-2", "ok"),
    ("organisation.renamed", _l("Organisation umbenannt"), "building-2", ""),
    ("membership.joined", _l("Kam dazu als %(role)s"), "user-plus", "ok"),
    ("membership.role_changed", _l("Neue Rolle: %(role)s"), "user-cog", ""),
    ("membership.left", _l("Hat die Organisation verlassen"), "user-minus", "warn"),
    ("membership.removed", _l("Wurde aus der Organisation genommen"), "user-minus", "warn"),
    ("invitation.sent", _l("Einladung verschickt, Rolle: %(role)s"), "mail-plus", ""),
    ("invitation.revoked", _l("Einladung zurückgenommen"), "mail-x", ""),
    ("token.created", _l("Zugriffstoken angelegt"), "key-round", ""),
    ("token.revoked", _l("Zugriffstoken widerrufen"), "key-round", "warn"),
)
_METHODS = {
    "password": _l("Passwort"),
    "link": _l("Link per Mail"),
    "signup": _l("Anlegen des Kontos"),
    "reset": _l("neues Passwort"),
    "invitation": _l("Einladung"),
}


def _words(data: dict[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    if "role" in data:
        found["role"] = str(_ROLES.get(data["role"], data["role"]))
    if "method" in data:
        found["method"] = str(_METHODS.get(data["method"], data["method"]))
    return found


def _known_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of people; who was erased has none and is left out."""
    return {one: name for one, name in person_names(ids).items() if name}


def find_people(actor: Actor, text: str, limit: int) -> list[Hit]:
    """The search provider: members of the actor's organisation. One query, and none before something is typed."""
    if not text or actor.organisation_id is None or not may(actor, P.MEMBER_SEE):
        return []
    where = url_for("accounts.members")
    hint = gettext("Mitglied")
    people = [Hit(one.name, where, "user", HIT, hint) for one in people_of(actor.organisation_id)]
    return best(people, text, limit)


def describe() -> None:
    """Register sentences, names and search."""
    describe_area("accounts", _l("Konten und Team"))
    describe_subject("accounts.person", _l("Person"), names=_known_names)
    describe_subject("accounts.organisation", _l("Organisation"), names=organisation_names)
    describe_subject("accounts.invitation", _l("Einladung"))
    describe_subject("accounts.token", _l("Token"))
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"accounts.{name}", text, icon=icon, tone=tone, values=_words, fields=_ROLE_FIELD)
    use_directory(
        names=_known_names,
        members=lambda organisation_id: [(one.person_id, one.name) for one in people_of(organisation_id)],
    )
    search_provider("people", find_people)
