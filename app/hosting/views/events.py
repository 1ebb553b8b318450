"""A server's history, all of it: who did what."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.api import person_names
from app.core.api import Filter, actors_of, history
from app.hosting.policies import P
from app.hosting.queries.run import runs
from app.hosting.queries.server import find_server
from app.hosting.views import hosting
from app.hosting.views.words import event_lines
from app.kit.authz import allows, current_actor
from app.kit.ids import parse_id


@hosting.get("/servers/<uuid:server_id>/events")
@allows(P.server_read)
def server_events(server_id: UUID) -> ResponseReturnValue:
    """Events page by page, of everybody or of one person, and the latest runs with their ends."""
    found = find_server(current_actor(), server_id)
    person = parse_id(request.args.get("person", ""))
    page = history(
        found.organisation_id,
        Filter(name="hosting.", subject_id=found.id, actor_id=person),
        cursor=request.args.get("cursor"),
        limit=50,
    )
    names = person_names(actors_of(found.organisation_id, found.id))
    people = sorted(((str(one), name or _("gelöschtes Konto")) for one, name in names.items()), key=_by_name)
    return render_template(
        "hosting/server/events.html",
        server=found,
        page=page,
        lines=event_lines(page.rows),
        people=[("", _("Alle")), *people],
        person=str(person or ""),
        runs=[] if person else runs(found.id),
    )


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1].casefold()
