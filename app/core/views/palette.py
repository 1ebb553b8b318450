"""Search: the palette's lines and the same as a page."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.core.queries.search import GROUPS, search
from app.core.rules.search import clean
from app.kit.authz import current_actor, signed_in
from app.kit.htmx import wants_fragment

palette = Blueprint("search", __name__)


@palette.get("/suche")
@signed_in("Each provider returns only what the person may open.")
def results() -> ResponseReturnValue:
    """`?q=…`: the whole page, or only the lines for the palette (htmx answers vary by header)."""
    text = clean(request.args.get("q", ""))
    template = "core/search/_palette.html" if wants_fragment() else "core/search/page.html"
    return render_template(template, text=text, groups=search(current_actor(), text), titles=GROUPS)
