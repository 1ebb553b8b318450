"""An organisation's own nanos."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.kit.authz import allows, current_actor
from app.nanos.policies import P
from app.nanos.queries.nano import count_own, list_own
from app.nanos.rules.nano import State
from app.nanos.views import nanos


@nanos.get("/ours")
@allows(P.nano_write)
def own() -> ResponseReturnValue:
    """All of them, whatever their state."""
    actor, state = current_actor(), request.args.get("state", "")
    page = list_own(actor, state=state, cursor=request.args.get("cursor"))
    counts = count_own(actor)
    return render_template(
        "nanos/own.html",
        page=page,
        state=state,
        counts=counts,
        organisation_id=actor.organisation_id,
        states=[one for one in State if counts.get(one)],
    )
