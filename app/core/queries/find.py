"""Looking something up in the index of all products."""

from __future__ import annotations

from time import perf_counter

from app.core.gateways.search import search_backend
from app.core.rules.finding import PUBLIC, Found, Question
from app.kit.authz import Actor
from app.kit.observe import counter, histogram

SEARCH_SECONDS = histogram("kontor_search_duration_seconds", "Time to answer a search", ("kind",))
SEARCH_EMPTY = counter("kontor_search_empty_total", "Searches with words that found nothing", ("kind",))
SEARCH_CORRECTED = counter(
    "kontor_search_corrected_total", "Searches in which a word was read as another one", ("kind",)
)


def find(question: Question) -> Found:
    """Answer a question. `question.visible` decides what may be found: `visible_to(actor)`, unless you know better."""
    began = perf_counter()
    found = search_backend().find(question)
    kind = "+".join(sorted(question.kinds))
    SEARCH_SECONDS.labels(kind).observe(perf_counter() - began)
    if question.text.strip() and not found.total and not question.typing:
        SEARCH_EMPTY.labels(kind).inc()
    if found.corrected:
        SEARCH_CORRECTED.labels(kind).inc()
    return found


def visible_to(actor: Actor) -> tuple[str, ...]:
    """The visibilities of what this person may find: everybody's and their organisation's."""
    return (PUBLIC, str(actor.organisation_id)) if actor.organisation_id else (PUBLIC,)
