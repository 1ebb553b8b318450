"""Nanos in the palette and on the page of all hits."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.api import Hit, Question, find
from app.kit.authz import Actor, may
from app.nanos.policies import P
from app.nanos.queries.document import KIND

SHORTEST = 3
"""Letters from which on looking is of use."""


def find_hits(actor: Actor, text: str, limit: int) -> Iterable[Hit]:
    """What is public, best first, by two statements; the last line leads to all of them where there are more."""
    if len(text) < SHORTEST or not may(actor, P.nano_read):
        return []
    found = find(Question(text, (KIND,), size=limit, typing=True))
    shown = found.hits if found.total <= limit else found.hits[: limit - 1]
    hits = [
        Hit(
            "".join(mark.text for mark in hit.title), url_for("nanos.show", nano_id=hit.key), "graduation-cap",
            hint=_("Nano"),
        )
        for hit in shown
    ]  # fmt: skip
    if len(shown) < found.total:
        every = ngettext("%(num)d Nano zeigen", "Alle %(num)d Nanos zeigen", found.total)
        hits.append(Hit(every, url_for("nanos.index", q=text), "search", hint=_("Nano")))
    return hits
