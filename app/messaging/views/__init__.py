"""Pages of messaging."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Flask, g, render_template
from flask_babel import lazy_gettext

from app.kit import live
from app.kit.authz import Actor, current_actor
from app.kit.dom import dom_id
from app.kit.nav import nav
from app.messaging.queries.shell import unread_notices
from app.messaging.services.notice import LIVE
from app.messaging.views.notice import messaging

__all__ = ["messaging", "register_pages"]


def bell_id(actor: Actor) -> str:
    """The bell's element id, which is its live topic."""
    assert actor.person_id is not None  # the shell shows a bell to signed-in people only
    return dom_id(LIVE, actor.person_id, "notices")


def render_bell(person_id: UUID) -> str:
    """The bell of one person, for the live connection, which renders without knowing who watches."""
    before = current_actor()
    g.actor = replace(before, person_id=person_id)
    try:
        return render_template("_layout/_bell.html")
    finally:
        g.actor = before


def register_pages(app: Flask) -> None:
    nav.shell(notices="messaging.notices", unread=unread_notices, notices_id=bell_id)
    nav.account(
        label=lazy_gettext("Mitteilungen einstellen"),
        icon="bell-ring",
        endpoint="messaging.preferences",
        order=40,
    )
    live.fragment(
        prefix=LIVE,
        aspect="notices",
        authorise=lambda actor, person_id: actor.person_id == person_id,
        render=render_bell,
    )
