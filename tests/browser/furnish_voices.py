"""What people say and keep at nanos: ratings with answers, questions, a provider's words, collections, a saved search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask

from app.accounts.api import add_member, create_person, find_actor_for_job
from app.kit import clock
from app.nanos.queries.collection import get_collection
from app.nanos.rules.rating import Rules
from app.nanos.services import collection, question
from app.nanos.services.favourite import set_favourite
from app.nanos.services.profile import save_profile
from app.nanos.services.rating import answer_rating, rate
from app.nanos.services.saved import save_search
from app.nanos.services.score import save_rules
from tests.nanos import rig
from tests.nanos.voices import hide, worked_through
from tests.people import PASSWORD, People

_SAID = (
    (5, "Genau richtig für die Unterweisung: kurz, klar, und man kann es gleich ausprobieren."),
    (5, ""), (5, ""), (4, "Gut gemacht. Ein Merkblatt zum Ausdrucken fehlt uns noch."), (5, ""), (3, ""), (4, ""),
)  # fmt: skip


def voices(
    app: Flask, people: People, made: dict[str, Any], work_off: Callable[[Flask], None]
) -> dict[str, Any]:
    """Ids by name."""
    alice, cleo, olga, nano = people.alice.actor, people.cleo.actor, people.olga.actor, made["nano"]
    save_rules(olga, Rules(prior=3500, weight=2, badge_from=4000, badge_count=5))
    save_profile(
        alice,
        "Wir bilden Brandschutzhelfer aus, in ganz Südostniedersachsen.\nSeit 1998, mit eigener Löschübungsanlage.",
        0,
    )
    made |= _ratings(people, nano)
    answer_rating(
        alice, nano, made["rating_of_others"], "Danke! Das Merkblatt legen wir mit der nächsten Fassung dazu."
    )
    made["question"] = question.ask(cleo, nano, "Gilt das auch für Auszubildende unter 18?")
    answered = question.ask(cleo, nano, "Dürfen wir den Film in der Kantine zeigen?")
    question.answer_question(
        alice, nano, answered, "Ja, die Lizenz erlaubt das. Nennen Sie uns nur als Quelle."
    )
    rude = question.ask(people.olga.actor, nano, "Etwas, das hier nicht stehen darf")
    hide(olga, rude, "Beleidigung")
    made |= _kept(people, nano, made["nano_barter"])
    rig.published(people, replace(rig.OPEN, title="Feuerlöscher: welcher wofür?"))
    work_off(app)
    return made


def _ratings(people: People, nano: UUID) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, (stars, text) in enumerate(_SAID):
        who = people.cleo.actor
        if number:
            person_id = create_person(
                email=f"rater{number}@example.org", name=f"Rater {number}", password=PASSWORD
            )
            add_member(people.other_organisation_id, person_id, "member")
            who = find_actor_for_job(person_id, people.other_organisation_id)
        worked_through(who, nano)
        found["rating_of_others" if text and number else "rating"] = rate(
            who, nano, stars=stars, text=text, version=0
        )
        if not number:
            found["rating"] = rate(who, nano, stars=stars, text=text + " Auch für Neue.", version=1)
            first = found["rating"]
    return {**found, "rating": first}


def _kept(people: People, nano: UUID, other: UUID) -> dict[str, Any]:
    cleo = people.cleo.actor
    set_favourite(cleo, nano, True)
    shared = collection.create_collection(
        cleo,
        title="Erste Woche im Lager",
        about="Was alle wissen müssen, die bei uns anfangen.",
        sharing="public",
    )
    collection.create_collection(cleo, title="Noch leer", about="", sharing="private")
    collection.put_item(cleo, shared, nano, "Zuerst ansehen, am besten zusammen.")
    collection.put_item(cleo, shared, other)
    item = get_collection(cleo, shared).items[0].id
    with clock.freeze(clock.now() - timedelta(minutes=5)):
        search = save_search(cleo, name="Alles über Feuer", text="Feuerlöscher", chosen={}, cadence="instant")
    return {"collection": shared, "item": item, "saved_search": search}
