"""A server's history, all of it."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.core.api import Filter, history
from app.hosting.policies import P
from app.hosting.queries.server import find_server, runs
from app.hosting.views import hosting
from app.hosting.views.words import event_line
from app.kit.authz import allows, current_actor


@hosting.get("/servers/<uuid:server_id>/events")
@allows(P.server_read)
def server_events(server_id: UUID) -> ResponseReturnValue:
    """Events page by page, and the latest runs with their ends."""
    found = find_server(current_actor(), server_id)
    page = history(
        found.organisation_id, Filter(subject_id=found.id), cursor=request.args.get("cursor"), limit=50
    )
    lines = [event_line(event) for event in page.rows]
    return render_template(
        "hosting/server/events.html", server=found, page=page, lines=lines, runs=runs(found.id)
    )
