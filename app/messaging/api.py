"""The door of messaging for the modules above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from app.kit.authz import Actor
from app.messaging.kinds import add_kind
from app.messaging.queries.presence import say_here
from app.messaging.queries.shell import add_count, counted
from app.messaging.rules.kind import Kind, Off
from app.messaging.services.message import send
from app.messaging.services.notice import notify
from app.messaging.services.room import open_subject, reauthorise, remove
from app.messaging.subjects import About, RoomAbout, add_subject

__all__ = [
    "RoomAbout",
    "let_out",
    "notice_kind",
    "notify",
    "open_room",
    "people_here",
    "room_path",
    "room_subject",
    "say",
    "shell_count",
    "shell_number",
    "subject_changed",
]
shell_number = counted
"""`shell_number(actor, name)`: what `shell_count` counted, for badges."""


def room_subject(subject_type: str, about: About) -> None:
    """Register a kind of thing that rooms belong to ("nanos.barter"); done in `register`.

    `about(actor, ids)` says for each of these things that the actor may read what its room is called, which page it leads
    to and whether they may write there; it leaves out all others, for whom the room then is not there (404). It is asked
    with every request, once for all rooms of a list, in at most two queries.
    """
    add_subject(subject_type, about)


def open_room(
    subject: tuple[str, UUID], *, organisation_id: UUID | None = None, person_ids: Iterable[UUID] = ()
) -> UUID:
    """The room of a thing, made when it is missing, and these people in it. Joins the caller's transaction.

    Who is in it has it in their list and hears of new messages; whoever else may read the thing can open it all the same.
    """
    return open_subject(*subject, organisation_id, person_ids)


def let_out(subject: tuple[str, UUID], person_id: UUID) -> None:
    """Somebody lost access to the thing: its room leaves their list. Joins the caller's transaction."""
    remove(*subject, person_id)


def people_here(person_ids: Iterable[UUID]) -> None:
    """The live process says whose pages are open."""
    say_here(person_ids)


def subject_changed(subject: tuple[str, UUID]) -> None:
    """Who may read a thing has changed: whoever has its room open and may not any more hears nothing further, at once.

    Pages, lists, search and numbers ask `about` each time anyway; this is for what is already open. After the commit.
    """
    reauthorise(*subject)


def room_path(room_id: UUID) -> str:
    """The address of a room's page, for links and notices."""
    return f"/nachrichten/{room_id}"


def say(actor: Actor, room_id: UUID, text: str, *, client_id: str) -> int:
    """Send a message as the actor; the number it has in the room. Errors: see `services.message.send`."""
    return send(actor, room_id, text=text, client_id=client_id).line.seq


def shell_count(name: str, table: Any, where: ColumnElement[bool]) -> None:
    """Count rows with every page, in the statement the shell runs anyway; done in `register`.

    `where` names the actor's organisation as `bindparam("organisation_id")`, which is NULL for guests.
    """
    add_count(name, table, where)


def notice_kind(
    name: str,
    *,
    label: Any,
    text: Any,
    area: Any = "",
    icon: str = "bell",
    tone: str = "info",
    in_app: bool = True,
    by_mail: bool = False,
    forced_mail: bool = False,
    template: str = "messaging/notice",
    values: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    refs: Mapping[str, tuple[str, str]] | None = None,
    order: int = 100,
    off: Off | None = None,
) -> None:
    """Register a kind of notice; done in `register`.

    `label` names it on the settings page ("Guthaben geht zur Neige"), `text` is the notice itself with %(name)s for
    values of its data, `area` the heading it stands under. `values` and `refs`: see `rules.kind.Kind`. `in_app` and
    `by_mail` are the defaults. `off`: the word on a button beside the notice, and from its data the path it posts to.
    `template` is another mail than the usual one; it gets text, label, link and data.
    """
    add_kind(
        Kind(
            name,
            label,
            text,
            area,
            icon,
            tone,
            in_app,
            by_mail,
            forced_mail,
            template,
            values,
            refs or {},
            order,
            off,
        )
    )
