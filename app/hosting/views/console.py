"""The console: its tail, and commands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.policies import P
from app.hosting.queries.console import numbered_lines
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.services import power
from app.hosting.views import hosting
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Unavailable


@dataclass(frozen=True)
class Line:
    """One console line as the macro shows it."""

    text: str
    kind: str = ""
    when: str | None = None


def kind_of(text: str) -> str:
    """Warnings and errors stand out; the game's own words decide."""
    head = text[:60]
    if "ERROR" in head or "FATAL" in head:
        return "bad"
    return "warn" if "WARN" in head else ""


def tail(server: ServerDetail, limit: int = 200) -> list[Line]:
    """The last lines of the newest run; a machine that does not answer gives one line that says so."""
    return numbered_tail(server, limit)[0]


def numbered_tail(server: ServerDetail, limit: int = 200) -> tuple[list[Line], int]:
    """The same with the number of the last line, so that lines which come live are not shown twice."""
    try:
        lines, number = numbered_lines(server, limit)
    except Unavailable:
        text = _("Die Maschine antwortet gerade nicht. Die Konsole erscheint, sobald sie wieder da ist.")
        return [Line(text, "warn")], 0
    return [Line(text, kind_of(text)) for text in lines], number


def live_lines(texts: list[str]) -> str:
    """New lines as the page appends them."""
    line = current_app.jinja_env.globals["ui"].console_line  # type: ignore[attr-defined]
    return "".join(str(line(text, kind_of(text))) for text in texts)


@hosting.post("/servers/<uuid:server_id>/commands")
@allows(P.server_command)
def send_command(server_id: UUID) -> ResponseReturnValue:
    """Send one line to the game. Its answer appears in the console."""
    find_server(current_actor(), server_id)  # a stranger learns nothing, not even that the command was empty
    power.send_command(current_actor(), server_id, request.form.get("command", ""))
    if htmx.wants_fragment():
        return "", 204
    return htmx.go(url_for("hosting.server", server_id=server_id))


@hosting.get("/servers/<uuid:server_id>/console")
@allows(P.server_read)
def server_console(server_id: UUID) -> ResponseReturnValue:
    """The console alone, with a longer tail; also as plain text to keep."""
    found = find_server(current_actor(), server_id)
    lines = tail(found, 1000)
    if request.args.get("as") == "text":
        body = "\n".join(line.text for line in lines) + "\n"
        return (
            body,
            200,
            {
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Disposition": f'attachment; filename="console-{found.id}.log"',
            },
        )
    return render_template("hosting/server/console.html", server=found, lines=lines)
