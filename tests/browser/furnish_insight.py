"""Numbers of nanos, two published quarters, and a shelf of recommendations for Cleo."""

from __future__ import annotations

from typing import Any

from app.nanos.demo.numbers import sample_counts, sample_quarters
from app.nanos.queries.file import files_of
from app.nanos.queries.nano import get_nano
from app.nanos.rules.content import Kind
from app.nanos.services.recommend import find_neighbours
from app.nanos.services.use import finish
from tests.people import People


def insight(people: People, made: dict[str, Any]) -> None:
    """Beside what `nanos` has made."""
    sample_counts([made["nano"], made["nano_retired"]])
    sample_quarters()
    seen = files_of(get_nano(people.cleo.actor, made["nano"]).revision_id)
    finish(people.cleo.actor, made["nano"], next(one.id for one in seen if one.kind is Kind.PDF))
    find_neighbours()
