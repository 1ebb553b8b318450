"""What decides on recommendations, and the switch for them."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Malformed
from app.nanos.policies import P
from app.nanos.queries.recommend import is_quiet
from app.nanos.rules.recommend import FLOOR, MOST_PER_PROVIDER
from app.nanos.services.recommend import switch
from app.nanos.views import nanos


@nanos.get("/recommendations")
@allows(P.nano_read)
def recommendations() -> ResponseReturnValue:
    """How the list and the recommendations come about (DSA Art. 27), with the switch."""
    quiet = is_quiet(current_actor().person_id)
    return render_template("nanos/recommend/about.html", quiet=quiet, floor=FLOOR, most=MOST_PER_PROVIDER)


@nanos.post("/recommendations")
@allows(P.nano_read)
def switch_recommendations() -> ResponseReturnValue:
    """On or off, for this person."""
    wanted = request.form.get("on")
    if wanted not in ("yes", "no"):
        raise Malformed
    switch(current_actor(), on=wanted == "yes")
    flash(
        _("Empfehlungen sind eingeschaltet.") if wanted == "yes" else _("Empfehlungen sind ausgeschaltet."),
        "ok",
    )
    return htmx.go(url_for("nanos.recommendations"))
