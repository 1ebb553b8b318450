"""What a server must look like, and whether it may start: faults by field, said in words people can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.api import get_setting
from app.hosting.catalog import templates
from app.hosting.errors import NoCredit, NoRoom
from app.hosting.models import Archive, Restore, Server
from app.hosting.rules.backup import OPEN
from app.hosting.rules.server import ALIVE, State
from app.hosting.rules.template import Template
from app.hosting.services import charge
from app.kit.db import db
from app.kit.errors import Conflict, Invalid

LONGEST_NAME = 60
MOST_SERVERS = 500
MOST_MEMORY_MB = 64 * 1024
"""Default limits of an organisation; the operator changes them by the settings `hosting.max_servers` and
`hosting.max_memory_mb`."""


def require_room(server: Server) -> None:
    """Raises NoRoom when the organisation's memory is used up. Joins the caller's transaction."""
    limit = int(get_setting(server.organisation_id, "hosting.max_memory_mb", MOST_MEMORY_MB))
    busy = db.session.scalar(
        select(func.coalesce(func.sum(Server.memory_mb), 0)).where(
            Server.organisation_id == server.organisation_id,
            Server.id != server.id,
            Server.state.in_([*(state.value for state in ALIVE), State.INSTALLING.value, State.WAKING.value]),
        )
    )
    if (busy or 0) + server.memory_mb > limit:
        raise NoRoom(
            _(
                "Alle laufenden Server zusammen dürfen %(limit)s MB belegen. Stoppe zuerst einen anderen.",
                limit=limit,
            )
        )


def require_no_restore(server: Server) -> None:
    """Raises Conflict while another world is being brought into a server. Joins the caller's transaction."""
    found = db.session.scalar(
        select(Restore.id).where(Restore.server_id == server.id, Restore.state.in_(OPEN)).limit(1)
    )
    if found is not None:
        raise Conflict(_("Gerade wird ein Backup wiederhergestellt. Warte, bis das fertig ist."))


def require_not_copied(server: Server) -> None:
    """Raises Conflict while a new server gets its world from a backup of this one: the backups go with their server.

    Joins the caller's transaction.
    """
    found = db.session.scalar(
        select(Restore.id)
        .join(Archive, Archive.id == Restore.archive_id)
        .where(Archive.server_id == server.id, Restore.server_id != server.id, Restore.state.in_(OPEN))
        .limit(1)
    )
    if found is not None:
        raise Conflict(
            _("Aus einem Backup dieses Servers entsteht gerade ein neuer. Lösche ihn, wenn das fertig ist.")
        )


def require_credit(server: Server) -> None:
    """Raises NoCredit with what is missing, or NoRoom. Joins the caller's."""
    require_room(server)
    if not charge.affordable(server.organisation_id, server.memory_mb):
        raise NoCredit(
            _("Das Guthaben reicht nicht für einen Start. Lade es auf und versuch es noch einmal.")
        )


def known_template(slug: str) -> Template:
    found = templates().get(slug)
    if found is None:
        raise Invalid(fields={"template": _("Diese Vorlage gibt es nicht.")})
    return found


def checked_settings(
    template: Template, name: str, memory_mb: int, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings to keep. Raises Invalid with every fault at once."""
    faults: dict[str, str] = {}
    plain = name.strip()
    if not plain:
        faults["name"] = _("Gib dem Server einen Namen.")
    elif len(plain) > LONGEST_NAME:
        faults["name"] = _("Höchstens %(most)s Zeichen, das sind %(now)s.", most=LONGEST_NAME, now=len(plain))
    elif not plain.isprintable():
        faults["name"] = _("Der Name enthält Zeichen, die man nicht sieht.")
    if memory_mb not in template.memory.choices_mb:
        choices = ", ".join(str(choice) for choice in template.memory.choices_mb)
        faults["memory_mb"] = _("Wähle eine dieser Größen in MB: %(choices)s.", choices=choices)
    known = {setting.key: setting for setting in template.settings}
    for key, fault in template.check_settings(values).items():
        faults[f"settings.{key}"] = _fault(fault, known.get(key))
    if faults:
        raise Invalid(fields=faults)
    return {key: value for key, value in values.items() if value != known[key].default}


def _fault(code: str, setting: Any) -> str:
    if code == "range":
        return _("Erlaubt ist %(least)s bis %(most)s.", least=setting.minimum, most=setting.maximum)
    if code == "length":
        return _("Höchstens %(most)s Zeichen.", most=setting.max_length)
    return {
        "type": _("Dieser Wert passt nicht."),
        "characters": _("Enthält Zeichen, die man nicht sieht."),
        "choice": _("Wähle einen der Werte aus der Liste."),
        "unknown": _("Diese Einstellung gibt es hier nicht."),
    }[code]


def check_limits(organisation_id: UUID, name: str, except_id: UUID | None) -> None:
    rows = db.session.execute(
        select(Server.id, Server.name_folded).where(
            Server.organisation_id == organisation_id, Server.state != State.DELETED.value
        )
    ).all()
    if any(other == name.casefold() and row_id != except_id for row_id, other in rows):
        raise Invalid(fields={"name": _("So heißt schon einer deiner Server.")})
    most = int(get_setting(organisation_id, "hosting.max_servers", MOST_SERVERS))
    if except_id is None and len(rows) >= most:
        raise Conflict(_("Mehr als %(most)s Server gehen nicht.", most=most))
