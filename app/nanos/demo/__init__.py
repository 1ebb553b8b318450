"""A dozen nanos of three providers, written by the services. Running it again changes nothing."""

from __future__ import annotations

import io
import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.accounts.api import create_organisation, find_actor_for_job, find_organisation_by_slug, people_of
from app.kit import clock
from app.kit.authz import Actor, may
from app.kit.errors import Unavailable
from app.nanos.demo.barters import Traders, seed_barters
from app.nanos.demo.exercise import exercise
from app.nanos.demo.files import film, handout, package
from app.nanos.demo.learning import seed_learning
from app.nanos.demo.moderation import seed_moderation
from app.nanos.demo.modules import seed_modules
from app.nanos.demo.numbers import seed_numbers
from app.nanos.demo.voices import seed_voices
from app.nanos.policies import P
from app.nanos.queries.nano import count_own
from app.nanos.rules.details import Details
from app.nanos.services.file import add_link, take_file
from app.nanos.services.nano import create_nano, save_draft
from app.nanos.services.publishing import publish, send_back, submit

SLUG = "musterbetrieb"
SAMPLES = Path(__file__).with_name("nanos.toml")
Sample = dict[str, Any]


@dataclass(frozen=True)
class _Cast:
    """Who acts: the owner of the demo, in the provider's organisation, and the same person as an operator."""

    provider: Actor
    operator: Actor
    back: str
    """What is written where one is sent back."""


def seed() -> None:
    """Write what is missing. Providers that have a nano are left alone."""
    home = find_organisation_by_slug(SLUG)
    if home is None:
        return
    owner = people_of(home.id, "owner")[0].person_id
    operator = find_actor_for_job(owner, home.id)
    if not may(operator, P.review_decide):
        return
    samples = tomllib.loads(SAMPLES.read_text("utf-8"))
    _seed_nanos(owner, operator, samples)
    _exchange(owner, operator)
    seed_voices(home.id, owner)
    seed_modules(operator)
    seed_moderation(operator, owner, samples["moderation"])
    seed_learning(home.id, owner, samples["training"])
    seed_numbers(operator)


def _seed_nanos(owner: UUID, operator: Actor, samples: dict[str, Any]) -> None:
    for one in samples["provider"]:
        found = find_organisation_by_slug(one["slug"])
        organisation_id = found.id if found else create_organisation(owner_id=owner, **one)
        provider = find_actor_for_job(owner, organisation_id)
        if not count_own(provider):
            for number, sample in enumerate(
                sample for sample in samples["nano"] if sample["provider"] == one["slug"]
            ):
                with clock.freeze(clock.now() - timedelta(days=3 + 5 * number, hours=number)):
                    _write(_Cast(provider, operator, samples["back"]), sample)


def _exchange(owner: UUID, home: Actor) -> None:
    """The demo's organisation and two of the providers exchange."""
    found = [find_organisation_by_slug(slug) for slug in ("vhs-okeraue", "technik-akademie-salzgitter")]
    school, academy = (find_actor_for_job(owner, one.id if one else None) for one in found)
    said = tomllib.loads(SAMPLES.with_name("barters.toml").read_text("utf-8"))
    seed_barters(Traders(home, school, academy, said["lines"], said["details"]))


def _write(cast: _Cast, sample: Sample) -> UUID:
    """One nano, as far as it got: a draft, waiting, sent back, or public."""
    details = Details(**{**sample["details"], "audience": tuple(sample["details"]["audience"])})
    nano_id = create_nano(cast.provider, details)
    _fill(cast.provider, nano_id, sample)
    if sample["state"] == "draft":
        save_draft(cast.provider, nano_id, 1, replace(details, outcome="", minutes=None))
        return nano_id
    clock.advance(minutes=40)
    submit(cast.provider, nano_id)
    clock.advance(hours=5)
    if sample["state"] == "back":
        send_back(cast.operator, nano_id, 1, cast.back)
    elif sample["state"] == "public":
        publish(cast.operator, nano_id, 1)
    return nano_id


def _fill(provider: Actor, nano_id: UUID, sample: Sample) -> None:
    title = str(sample["details"]["title"])
    points = tuple(sample.get("points", ()))
    if sample["content"] == "link":
        add_link(provider, nano_id, sample["link"])
        return
    try:
        data, name = {
            "pdf": lambda: (handout(title, points), "handout.pdf"),
            "film": lambda: (film(points), "film.webm"),
            "scorm": lambda: (package(title, points), "lernpaket.zip"),
            "h5p": lambda: (exercise(title), "uebung.h5p"),
        }[sample["content"]]()
    except Unavailable:  # no fonts on this machine: then without paper
        add_link(provider, nano_id, f"https://lernen.example.org/{nano_id.hex[-8:]}")
        return
    take_file(provider, nano_id, name, io.BytesIO(data), len(data))
