"""The buttons of a running game: start, stop, restart, kill, a console command. And everything at once."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import record
from app.hosting import events, tasks
from app.hosting.models import Server
from app.hosting.policies import P
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.services import charge
from app.hosting.services.check import require_credit, require_no_restore
from app.hosting.services.ending import order_end
from app.hosting.services.life import begin, set_state
from app.hosting.services.setup import owned
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid
from app.kit.secrets import seal

LONGEST_COMMAND = 200


def start_server(actor: Actor, server_id: UUID) -> None:
    """Start a stopped or crashed server. A second click finds it starting and gets Conflict. Raises NoCredit."""
    require(actor, P.server_power)
    with transaction():
        order_start(owned(actor, server_id), actor)


def order_start(server: Server, actor: Actor) -> None:
    """The start itself. Joins the caller's transaction; the row is locked. Raises as `start_server` does."""
    if server.state not in (State.STOPPED, State.CRASHED, State.ARCHIVING, State.ARCHIVED):
        raise Conflict(_not_now(server.state))
    require_no_restore(server)
    require_credit(server)
    server.crash_count = 0
    begin(server, actor, automatic=False)


def stop_server(actor: Actor, server_id: UUID) -> None:
    """Stop with save. Also takes back a restart the platform has planned. Raises Conflict when there is nothing to stop."""
    require(actor, P.server_power)
    with transaction():
        order_stop(owned(actor, server_id), actor)


def order_stop(server: Server, actor: Actor) -> None:
    """The stop itself. Joins the caller's transaction; the row is locked. Raises as `stop_server` does."""
    if server.state == State.CRASHED and server.desired == Desired.RUNNING:
        set_state(server, State.STOPPED, desired=Desired.STOPPED.value, next_restart_at=None)
    elif server.state in (State.STARTING, State.RUNNING) or (
        server.state == State.STOPPING and server.desired == Desired.RUNNING
    ):
        order_end(server, actor, Reason.REQUESTED, Desired.STOPPED)
    elif server.state == State.WAKING and server.desired == Desired.RUNNING:
        set_state(server, State.WAKING, desired=Desired.STOPPED.value)
    else:
        raise Conflict(_not_now(server.state))


def restart_server(actor: Actor, server_id: UUID) -> None:
    """Stop with save and start again, with changed settings if there are any."""
    require(actor, P.server_power)
    with transaction():
        order_restart(owned(actor, server_id), actor)


def order_restart(server: Server, actor: Actor) -> None:
    """The restart itself. Joins the caller's transaction; the row is locked. Raises as `restart_server` does."""
    if server.state != State.RUNNING:
        raise Conflict(_not_now(server.state))
    order_end(server, actor, Reason.RESTART, Desired.RUNNING)


def kill_server(actor: Actor, server_id: UUID) -> None:
    """End every process at once, without saving."""
    require(actor, P.server_power)
    with transaction():
        server = owned(actor, server_id)
        if server.state not in (State.STARTING, State.RUNNING, State.STOPPING):
            raise Conflict(_not_now(server.state))
        order_end(server, actor, Reason.KILLED, Desired.STOPPED, hard=True)


def send_command(actor: Actor, server_id: UUID, line: str) -> UUID:
    """Type a line into the game's console. At most once: a lost worker loses the command. Returns the job's id.

    The text is sealed in the job's row; the event says only how long it was.
    """
    require(actor, P.server_command)
    text = command_text(line)
    with transaction():
        return order_command(owned(actor, server_id), actor, text)


def command_text(line: str) -> str:
    """The line as the game gets it. Raises Invalid at `line`."""
    text = line.strip()
    if not text:
        raise Invalid(fields={"line": _("Gib einen Befehl ein.")})
    if len(text) > LONGEST_COMMAND:
        raise Invalid(fields={"line": _("Höchstens %(most)s Zeichen.", most=LONGEST_COMMAND)})
    if any(not char.isprintable() for char in text):
        raise Invalid(fields={"line": _("Enthält Zeichen, die man nicht sieht.")})
    return text


def order_command(server: Server, actor: Actor, text: str) -> UUID:
    """The job that types a checked line. Joins the caller's transaction; the row is locked. Raises Conflict."""
    if server.state != State.RUNNING:
        raise Conflict(_("Der Server läuft nicht."))
    record(
        events.CommandSent(len(text)), actor=actor, organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
    )  # fmt: skip
    return tasks.command.later(
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
        server_id=str(server.id), run_id=str(server.run_id), sealed=seal(text),
    )  # fmt: skip


def stop_all(organisation_id: UUID, reason: Reason) -> int:
    """Stop every server of an organisation with save, and take back planned restarts. Returns how many."""
    wanted = select(Server.id).where(
        Server.organisation_id == organisation_id, Server.desired == Desired.RUNNING.value
    )
    return sum(stop_one(server_id, reason) for server_id in list(db.session.scalars(wanted)))


def stop_one(server_id: UUID, reason: Reason) -> bool:
    """The platform stops a server and takes back planned restarts. False when nobody wanted it to run."""
    with transaction():
        server = lock(Server, server_id)
        if server.desired != Desired.RUNNING:
            return False
        if server.state in (State.STARTING, State.RUNNING, State.STOPPING):
            order_end(server, SYSTEM, reason, Desired.STOPPED)
        elif server.state in (State.STOPPED, State.CRASHED):
            set_state(
                server,
                State(server.state),
                desired=Desired.STOPPED.value,
                next_restart_at=None,
                reason=reason.value,
            )
        else:  # installing or waking goes on, nothing is charged for it, but it does not start afterwards
            server.desired = Desired.STOPPED.value
        return True


def _not_now(state: str) -> str:
    return {
        State.DRAFT: _("Richte den Server zuerst ein."),
        State.INSTALLING: _("Der Server wird noch eingerichtet."),
        State.STARTING: _("Der Server startet schon."),
        State.RUNNING: _("Der Server läuft schon."),
        State.STOPPING: _("Der Server wird gerade gestoppt."),
        State.STOPPED: _("Der Server ist schon gestoppt."),
        State.CRASHED: _("Der Server läuft nicht."),
        State.ARCHIVING: _("Der Server ist schon gestoppt."),
        State.ARCHIVED: _("Der Server ist schon gestoppt."),
        State.WAKING: _("Die Welt wird gerade zurückgeholt."),
        State.DELETING: _("Der Server wird gerade gelöscht."),
    }[State(state)]
