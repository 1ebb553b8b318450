"""What people of the demo said and keep: ratings with answers, questions, a provider's words, a collection, a saved search."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.accounts.api import find_actor_for_job, find_organisation_by_slug, people_of
from app.kit import clock
from app.kit.authz import Actor
from app.nanos.queries.collection import favourites
from app.nanos.queries.find import find_nanos
from app.nanos.rules.finding import Wish
from app.nanos.services import collection, question
from app.nanos.services.favourite import set_favourite
from app.nanos.services.profile import save_profile
from app.nanos.services.rating import answer_rating, rate
from app.nanos.services.sample import worked_through
from app.nanos.services.saved import save_search

SAMPLES = Path(__file__).with_name("voices.toml")


def seed_voices(home_id: UUID, owner_id: UUID) -> None:
    """Write it once: where the first reader keeps something already, nothing is written."""
    readers = [
        find_actor_for_job(one.person_id, home_id)
        for one in people_of(home_id, "admin", "member")
        if one.person_id != owner_id
    ]
    nanos = {row.title: row.id for row in find_nanos(Wish()).rows}
    if not readers or favourites(readers[0]).rows:
        return
    samples = tomllib.loads(SAMPLES.read_text("utf-8"))
    with clock.freeze(clock.now() - timedelta(days=2)):
        providers = {one["slug"]: _provider(one, owner_id) for one in samples["provider"]}
        for number, sample in enumerate(samples["rating"]):
            _rate(readers[number % len(readers)], providers, nanos, sample)
        for sample in samples["question"]:
            _ask(readers[0], providers, nanos, sample)
        _keep(readers[0], nanos, samples["collection"])


def _provider(sample: dict[str, Any], owner_id: UUID) -> Actor | None:
    found = find_organisation_by_slug(sample["slug"])
    if found is None:
        return None
    actor = find_actor_for_job(owner_id, found.id)
    save_profile(actor, sample["about"], 0)
    return actor


def _rate(
    reader: Actor, providers: dict[str, Actor | None], nanos: dict[str, UUID], sample: dict[str, Any]
) -> None:
    nano_id, provider = nanos.get(sample["nano"]), providers.get(sample["provider"])
    if nano_id is None or provider is None:
        return
    clock.advance(minutes=50)
    worked_through(reader, nano_id)
    rating_id = rate(reader, nano_id, stars=sample["stars"], text=sample["text"], version=0)
    if sample.get("answer"):
        clock.advance(hours=1)
        answer_rating(provider, nano_id, rating_id, sample["answer"])


def _ask(
    reader: Actor, providers: dict[str, Actor | None], nanos: dict[str, UUID], sample: dict[str, Any]
) -> None:
    nano_id, provider = nanos.get(sample["nano"]), providers.get(sample["provider"])
    if nano_id is None or provider is None:
        return
    asked = question.ask(reader, nano_id, sample["text"])
    if sample.get("answer"):
        clock.advance(minutes=30)
        question.answer_question(provider, nano_id, asked, sample["answer"])


def _keep(reader: Actor, nanos: dict[str, UUID], sample: dict[str, Any]) -> None:
    made = collection.create_collection(
        reader, title=sample["title"], about=sample["about"], sharing="organisation"
    )
    for title, note in sample["nanos"]:
        if title in nanos:
            collection.put_item(reader, made, nanos[title], note)
            set_favourite(reader, nanos[title], True)
    save_search(reader, name=sample["search"], text=sample["words"], chosen={}, cadence="daily")
