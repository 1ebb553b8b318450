"""Nanos in every state: a film and a handout that are public, by licence and by barter, waiting, sent back, retired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Flask

from app.nanos.demo.files import film
from app.nanos.queries.file import files_of
from app.nanos.queries.nano import get_nano
from app.nanos.services import ending, use
from app.nanos.services.file import add_link
from app.nanos.services.nano import create_nano, save_draft
from app.nanos.services.publishing import publish, send_back, submit
from tests.browser.furnish_learning import learning
from tests.browser.furnish_lti import furnish_lti
from tests.browser.furnish_moderation import moderation, second_operator
from tests.browser.furnish_module import modules
from tests.browser.furnish_voice_moderation import voice_moderation
from tests.browser.furnish_voices import voices
from tests.nanos import packages, rig
from tests.people import People


def nanos(app: Flask, people: People, work_off: Callable[[Flask], None]) -> dict[str, Any]:
    """Ids by name."""
    alice, olga = people.alice.actor, people.olga.actor
    nano = rig.drafted(alice, replace(rig.OPEN, title="Brandschutz im Büro: die ersten drei Minuten"))
    rig.put(alice, nano, film(("Ruhe bewahren", "Alarm schlagen", "Menschen warnen")), "film.webm")
    add_link(alice, nano, "https://example.org/merkblatt")
    submit(alice, nano)
    publish(olga, nano, 1)
    made: dict[str, Any] = {"nano": nano, "nano_barter": rig.published(people)}
    other = replace(
        rig.OPEN, title="Pivot-Tabellen", outcome="Eine Liste auswerten", subject="it", type="worksheet"
    )
    made["nano_retired"] = rig.published(people, other)
    ending.plan_ending(alice, made["nano_retired"], retires_on=None, removes_on=None, replacement_id=nano)
    ending.retire(alice, made["nano_retired"])
    made["nano_draft"] = create_nano(alice, replace(rig.DETAILS, title="Noch ohne Inhalt", minutes=None))
    made["nano_review"] = rig.drafted(alice, replace(rig.OPEN, title="Wartet auf Prüfung"))
    submit(alice, made["nano_review"])
    made["nano_back"] = rig.drafted(alice, replace(rig.DETAILS, title="Schichtübergabe ohne Lücken"))
    submit(alice, made["nano_back"])
    send_back(olga, made["nano_back"], 1, "Auf Seite 2 stehen Namen.\nBitte machen Sie sie unkenntlich.")
    played(people, made)
    same = "Holme, Sprossen und Gelenke der Leiter vor jedem Aufstieg auf Risse prüfen, beschädigte Leitern sofort sperren."
    ladder = replace(
        rig.OPEN, title="Leitern sicher benutzen", outcome="Leitern vor dem Aufstieg prüfen", description=same
    )
    made["nano_ladder"] = rig.published(people, ladder)
    copied = replace(ladder, title="Leitern und Tritte sicher benutzen")
    made["nano_alike"] = rig.drafted(people.cleo.actor, copied)
    save_draft(people.cleo.actor, made["nano_alike"], 1, copied)
    made |= learning(people)
    work_off(app)
    made = voices(app, people, made, work_off)
    made |= modules(people, made)
    made |= furnish_lti(people, made["nano"])
    made |= moderation(people, made)
    return made | voice_moderation(people, made) | {"otto": second_operator()}


def played(people: People, made: dict[str, Any]) -> None:
    """A package that plays, and what Cleo has learned."""
    alice, cleo = people.alice.actor, people.cleo.actor
    made["nano_package"] = create_nano(alice, replace(rig.OPEN, title="Phishing erkennen", listed=True))
    made["package"] = rig.put(alice, made["nano_package"], packages.lesson(), "phishing.zip")
    submit(alice, made["nano_package"])
    publish(people.olga.actor, made["nano_package"], 1)
    for file in files_of(get_nano(cleo, made["nano"]).revision_id):
        made[f"nano_{file.kind.value}"] = file.id
    use.finish(cleo, made["nano"], made["nano_pdf"])
