"""Sample numbers: a quarter of a year of views, words, two published quarters, and something somebody has learned."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from app.kit import clock
from app.kit.authz import Actor
from app.nanos.catalog import vocabularies
from app.nanos.queries.file import files_of
from app.nanos.queries.find import find_nanos
from app.nanos.queries.insight import has_numbers
from app.nanos.queries.nano import get_nano
from app.nanos.rules.content import Kind
from app.nanos.rules.finding import Wish
from app.nanos.rules.insight import month_of
from app.nanos.rules.secrecy import Fact
from app.nanos.rules.trend import Side, quarter_before
from app.nanos.services.insight import write_once
from app.nanos.services.recommend import find_neighbours
from app.nanos.services.trend import freeze
from app.nanos.services.use import finish

DAYS, ORGANISATIONS, LEARNED = 90, 6, 2
_FOUND = ("brandschutz", "fluchtweg", "excel", "pflege", "konflikt")
_MISSED = ("kran wartung", "ladungssicherung", "gefahrgut")


def seed_numbers(learner: Actor) -> None:
    """What the pages of numbers need; written once."""
    shown = find_nanos(Wish()).rows
    sample_counts([row.id for row in shown])
    sample_quarters()
    done = 0
    for row in shown:
        nano = get_nano(learner, row.id)
        papers = [one.id for one in files_of(nano.revision_id) if one.kind is Kind.PDF]
        if nano.looks and not nano.ours and papers and done < LEARNED:
            finish(learner, row.id, papers[0])
            done += 1
    find_neighbours()


def sample_counts(nano_ids: Iterable[UUID]) -> None:
    """Ninety days up to today: more on working days, slowly more, fewer at each step."""
    wanted, today = list(nano_ids), clock.now().date()
    if not wanted or has_numbers(wanted):
        return
    dice, found = random.Random(4), dict[str, int]()
    for nano_id in wanted:
        liked = dice.uniform(0.4, 1.6)
        for back in range(DAYS):
            _day(found, dice, nano_id, today - timedelta(days=back), liked * (1.3 - back / DAYS))
        for word in dice.sample(_FOUND, 3):
            found[f"m|{month_of(today).isoformat()}|{nano_id}|{word}|-"] = dice.randint(5, 40)
    for number in range(ORGANISATIONS):
        for word in _FOUND:
            found[f"w|{month_of(today).isoformat()}||{word}|0|sample-{word}-{number}"] = dice.randint(2, 9)
        for phrase in _MISSED:
            found[f"w|{month_of(today).isoformat()}||{phrase}|1|sample-{phrase}-{number}"] = dice.randint(
                1, 4
            )
    write_once(f"sample-{wanted[0]}", found)


def _day(found: dict[str, int], dice: random.Random, nano_id: UUID, day: date, much: float) -> None:
    count = max(0, round(dice.gauss(90, 20) * much * (0.3 if day.weekday() > 4 else 1)))
    for kind, share in (
        ("found", 1.0),
        ("viewed", 0.2),
        ("viewers", 0.7),
        ("played", 0.45),
        ("completed", 0.55),
    ):
        count = count if kind == "found" else sum(dice.random() < share for _ in range(count))
        if count:
            found[f"n|{day.isoformat()}|{nano_id}|{kind}"] = count


def sample_quarters() -> None:
    """The two that are over, with people nobody knows."""
    last = quarter_before(clock.now().date())
    first = date(int(last[:4]), int(last[5:]) * 3 - 2, 1)
    for quarter, people in ((quarter_before(first), 2200), (last, 2900)):
        dice = random.Random(quarter)
        freeze(quarter, {Side.demand: _facts(dice, people, 25), Side.supply: _facts(dice, people // 9, 14)})


def _facts(dice: random.Random, people: int, organisations: int) -> list[Fact]:
    """Some subjects and regions are asked for more than others, some hardly."""
    subjects, regions = list(vocabularies()["subjects"]), list(vocabularies()["regions"])
    liked, near = [dice.uniform(0.2, 2) for _ in subjects], [dice.uniform(0.15, 2) for _ in regions]
    return [
        Fact(
            dice.choices(subjects, liked)[0], dice.choices(regions, near)[0], f"person {number}",
            f"organisation {dice.randrange(organisations)}",
        )
        for number in range(people)
    ]  # fmt: skip
