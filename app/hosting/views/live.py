"""Live fragments of a server: the same templates the page includes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import render_template

from app.hosting.queries.sample import series
from app.hosting.queries.server import ServerDetail, may_see, server_detail
from app.hosting.views import facts
from app.hosting.views.backup_words import context as backup_context
from app.hosting.views.chart import default_window, metrics_chart
from app.hosting.views.console import live_lines, numbered_tail
from app.hosting.views.going_on import going_on
from app.hosting.views.monitoring import render_now
from app.hosting.views.plugin import render_going_on
from app.kit import live
from app.kit.errors import NotFound

PREFIX, SUBJECT = "hosting-server", "server_id"


def _render(template: str, more: Callable[[ServerDetail], dict[str, Any]]) -> Callable[[UUID], str]:
    def render(server_id: UUID) -> str:
        server = server_detail(server_id)
        if server is None:
            raise NotFound
        return render_template(f"hosting/server/{template}.html", server=server, **more(server))

    return render


def _chart(server: ServerDetail) -> dict[str, Any]:
    window = default_window(server)
    chart = metrics_chart(server, series(server.id, window), window)
    return {"chart": chart, "window": window, "following": True}


def _log(server: ServerDetail) -> dict[str, Any]:
    lines, position = numbered_tail(server)
    return {"lines": lines, "position": position}


FRAGMENTS: dict[str, tuple[str, Callable[[ServerDetail], dict[str, Any]]]] = {
    "status": ("_status", lambda server: {}),
    "situation": (
        "_situation",
        lambda server: {
            "installation": facts.installation(server),
            "rest": facts.rest(server),
            "work": going_on(server),
        },
    ),
    "cost": ("_cost", lambda server: {"cost": facts.cost_facts(server)}),
    "players": ("_players", lambda server: {}),
    "metrics": ("_metrics", _chart),
    "events": ("_events", lambda server: {"timeline": facts.timeline(server.organisation_id, server.id)}),
    "row": ("_tag_live", lambda server: {}),
}


def render_backups(server_id: UUID) -> str:
    """What there is of backups, and what is going on."""
    server = server_detail(server_id)
    if server is None:
        raise NotFound
    return render_template("hosting/backup/_overview.html", **backup_context(server))


def register_fragments() -> None:
    """Tell the live process how each part of a server looks."""
    for aspect, (template, more) in FRAGMENTS.items():
        live.fragment(
            prefix=PREFIX, aspect=aspect, authorise=may_see, render=_render(template, more), subject=SUBJECT
        )
    for aspect, part in (
        ("plugins", render_going_on), ("monitoring", render_now), ("backups", render_backups),
    ):  # fmt: skip
        live.fragment(prefix=PREFIX, aspect=aspect, authorise=may_see, render=part, subject=SUBJECT)
    console = _render("_console_log", _log)
    live.fragment(
        prefix=PREFIX, aspect="console", authorise=may_see, render=console, stream=True, lines=live_lines,
        subject=SUBJECT,
    )  # fmt: skip
