"""Points and badges: the person's own page, for those who want it."""

from __future__ import annotations

from dataclasses import asdict

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.config import settings
from app.kit.errors import NotFound
from app.nanos.policies import P
from app.nanos.queries import points as queries
from app.nanos.rules.points import NEEDS, WORTH, points, reached, step
from app.nanos.services import points as services
from app.nanos.views import nanos


@nanos.get("/points")
@allows(P.nano_read)
def points_page() -> ResponseReturnValue:
    """One's own, or what it would be."""
    actor = current_actor()
    if not settings().nano_points or actor.person_id is None:
        raise NotFound
    choice = queries.choice_of(actor.person_id)
    if not choice.collects:
        return render_template("nanos/points/off.html")
    names = queries.colleagues(actor)
    all_deeds = queries.deeds_of([actor.person_id, *names])
    deeds = all_deeds[actor.person_id]
    return render_template(
        "nanos/points/index.html", counts=asdict(deeds), sum=points(deeds), have=reached(deeds), worth=WORTH, choice=choice,
        steps={one: step(deeds, one) for one in NEEDS}, colleagues=queries.shown(names, all_deeds),
    )  # fmt: skip


@nanos.post("/points")
@allows(P.nano_read)
def choose_points() -> ResponseReturnValue:
    """On, off, shown to colleagues or not."""
    collects = request.form.get("collects") == "1"
    services.choose(current_actor(), collects=collects, shares=collects and request.form.get("shares") == "1")
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.points_page"))
