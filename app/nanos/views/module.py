"""Modules for who learns: the list, one; and an organisation's own."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.kit.authz import allows, current_actor
from app.nanos.policies import P
from app.nanos.queries.module import get_module
from app.nanos.queries.module_list import LONGEST_QUERY, count_subjects, find_modules, own_modules
from app.nanos.views import nanos
from app.nanos.views.index import Choice
from app.nanos.wording import choices


@nanos.get("/modules")
@allows(P.nano_read)
def modules() -> ResponseReturnValue:
    """What is published; `?q=` words of titles, `?subject=` that of a nano in it."""
    query, wanted = request.args.get("q", "")[:LONGEST_QUERY], request.args.get("subject", "")
    counts = count_subjects(query)
    subjects = [
        Choice(value, word, counts.get(value, 0), value == wanted)
        for value, word in choices("subjects")
        if counts.get(value) or value == wanted
    ]
    subject = wanted if any(one.chosen for one in subjects) else ""
    return render_template(
        "nanos/module/list.html", query=query, subject=subject, subjects=subjects,
        page=find_modules(query, subject, cursor=request.args.get("cursor")),
    )  # fmt: skip


@nanos.get("/modules/<uuid:module_id>")
@allows(P.nano_read)
def module(module_id: UUID) -> ResponseReturnValue:
    """One, in its order, with how far the reader is."""
    return render_template("nanos/module/show.html", module=get_module(current_actor(), module_id))


@nanos.get("/modules/ours")
@allows(P.module_write)
def module_own() -> ResponseReturnValue:
    """All of the organisation, whatever their state."""
    page = own_modules(current_actor(), cursor=request.args.get("cursor"))
    return render_template("nanos/module/ours.html", page=page)
