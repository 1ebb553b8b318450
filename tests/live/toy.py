"""A small site for the live process: counters in a table, viewers named by a cookie, ended sessions in a table.

Run by gunicorn as `tests.live.toy:create()`. The live parts are the real ones; only the modules above the kit are not.
"""

from __future__ import annotations

from uuid import UUID

from flask import Flask, g, request
from flask_babel import gettext
from markupsafe import escape
from sqlalchemy import text

from app.accounts.api import Standing
from app.kit import live
from app.kit.authz import ANONYMOUS, Actor, current_actor, init_authz, use_actor_loader
from app.kit.config import Settings
from app.kit.db import db
from app.kit.dom import dom_id
from app.kit.errors import NotFound
from app.kit.i18n import choose_locale, init_i18n
from app.live import LiveApp

FORBIDDEN = UUID(int=0xF0)
BIG = UUID(int=0xB1)
ADMIN = UUID(int=8)
"""The one who comes as an admin and stays one; the others are members."""
ORGANISATION = UUID(int=1)


def load_actor() -> Actor:
    """The cookie `who=<number>.<role>.<locale>` names the viewer."""
    parts = request.cookies.get("who", "").split(".")
    if len(parts) != 3:
        return ANONYMOUS
    number = UUID(int=int(parts[0]))
    return Actor(number, ORGANISATION, parts[1], locale=parts[2], session_id=number)


def value_of(row_id: UUID) -> int:
    found = db.session.execute(text("SELECT n FROM toy WHERE id = :id"), {"id": row_id.hex}).scalar()
    if found is None:
        raise NotFound
    return int(found)


def render_value(row_id: UUID) -> str:
    filling = "x" * 60_000 if row_id == BIG else ""
    return (
        f'<b id="{dom_id("toy-counter", row_id, "value")}" data-live>{value_of(row_id)} '
        f"{choose_locale()} {current_actor().role} {gettext('Server')}{filling}</b>"
    )


def render_log(row_id: UUID) -> str:
    upto = value_of(row_id)
    lines = "".join(f"<p>line {n}</p>" for n in range(max(1, upto - 4), upto + 1))
    return f'<div id="{dom_id("toy-counter", row_id, "log")}" data-live data-position="{upto}">{lines}</div>'


def standing_of(sessions: set[UUID]) -> dict[UUID, Standing]:
    """A row in `ended` says what has become of a session."""
    gone = dict(db.session.execute(text("SELECT id, what FROM ended")).tuples().all())
    found = {}
    for number in sessions:
        what = gone.get(number.hex)
        if what != "ended":
            usual = "admin" if number == ADMIN else "member"
            role = {"removed": None, "promoted": "admin"}.get(what or "", usual)
            found[number] = Standing(number, ORGANISATION, role, False)
    return found


class _Interface:
    @staticmethod
    def console_line(line: str) -> str:
        return f"<p>{escape(line)}</p>"


def create(settings: Settings | None = None) -> LiveApp:
    settings = settings or Settings()
    app = Flask("toy")
    app.extensions["kontor-settings"] = settings
    app.config.update(SECRET_KEY="toy", SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url)
    db.init_app(app)
    init_i18n(app)
    init_authz(app)
    app.jinja_env.globals["ui"] = _Interface
    use_actor_loader(load_actor)

    def authorise(actor: Actor, row_id: UUID) -> bool:
        return g.actor == actor and actor.role is not None and row_id != FORBIDDEN

    live.fragment(prefix="toy-counter", aspect="value", authorise=authorise, render=render_value)
    live.fragment(prefix="toy-counter", aspect="log", authorise=authorise, render=render_log, stream=True)
    process = LiveApp(app, standing_of)
    process.start()
    return process
