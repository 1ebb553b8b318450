"""Recommendations against what is popular and against chance, on interactions that are held back.

The data is made up: nanos whose words come from their topic, people who like one to three topics, some of what they do follows
what many do, some follows nothing. It says whether the method finds such tastes, not how well it will please real people. The
second world has no tastes at all: there nothing can beat what is popular, and a method that says so would be wrong.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.nanos.rules.recommend import Item, Reason, neighbours, rank, weigh_words
from benchmarks.table import table

TOPICS, TOPIC_WORDS, COMMON_WORDS, AT = 24, 40, 120, 10
Ranker = Callable[[Sequence[int]], list[int]]


@dataclass(frozen=True)
class World:
    """Nanos, what each person finished in order, and what is held back of each: the last."""

    items: dict[int, Item]
    providers: dict[int, int]
    known: list[list[int]]
    held: list[int]


def make(seed: int, nanos: int, people: int, taste: float) -> World:
    """`taste`: the share of choices that follow one's topics; of the rest, half follow what is popular."""
    dice = random.Random(seed)
    topic = {key: dice.randrange(TOPICS) for key in range(nanos)}
    pull = {key: 1 / (rank_ + 1) ** 0.8 for rank_, key in enumerate(dice.sample(range(nanos), nanos))}
    items = {key: _item(dice, topic[key]) for key in range(nanos)}
    by_topic = [[key for key in range(nanos) if topic[key] == one] or [0] for one in range(TOPICS)]
    every = list(range(nanos))
    known, held = [], []
    for _person in range(people):
        likes, mine = dice.sample(range(TOPICS), dice.randint(1, 3)), []
        for _choice in range(4 + int(dice.expovariate(0.2))):
            chance = dice.random()
            pool = by_topic[dice.choice(likes)] if chance < taste else every
            plain = taste <= chance < taste + (1 - taste) / 2
            mine.append(dice.choice(pool) if plain else dice.choices(pool, [pull[key] for key in pool])[0])
        mine = list(dict.fromkeys(mine))
        if len(mine) > 1:
            known.append(mine[:-1])
            held.append(mine[-1])
    return World(items, {key: dice.randrange(60) for key in every}, known, held)


def _item(dice: random.Random, topic: int) -> Item:
    def words(own: int, common: int) -> str:
        found = [_word(topic * TOPIC_WORDS + dice.randrange(TOPIC_WORDS)) for _ in range(own)]
        return " ".join(found + [_word(-1 - dice.randrange(COMMON_WORDS)) for _ in range(common)])

    text = weigh_words(words(2, 2), words(6, 14))
    return Item(text, f"s{topic // 3}", dice.choice("abc"), dice.random() < 0.5, dice.random() < 0.1)


def _word(number: int) -> str:
    """A word of letters only."""
    sign, number = ("q" if number < 0 else "w"), abs(number)
    return sign + "".join(chr(97 + number // 26**place % 26) for place in range(3))


def rankers(world: World, seed: int) -> dict[str, Ranker]:
    """Ours, its halves, and what it has to beat; each gives ten that the person does not know."""
    popular = [key for key, _count in Counter(key for mine in world.known for key in mine).most_common()]
    dice = random.Random(seed)
    every = list(world.items)

    def ours(items: dict[int, Item], used: list[list[int]]) -> Ranker:
        near = neighbours(items, used)

        def ranked(mine: Sequence[int]) -> list[int]:
            reasons: dict[int, list[Reason]] = {}
            for source in mine[-20:]:
                for other, found in near[source].items():
                    if other not in mine:
                        reasons.setdefault(other, []).append(Reason(source, found.score, done=True))
            return [key for key, _reason in rank(reasons, world.providers, AT)]

        return ranked

    speechless = {key: Item({}, str(key), str(key), False, False) for key in every}
    return {
        "content and co-use": ours(world.items, [list(reversed(mine)) for mine in world.known]),
        "content alone": ours(world.items, []),
        "co-use alone": ours(speechless, [list(reversed(mine)) for mine in world.known]),
        "popularity": lambda mine: [key for key in popular if key not in mine][:AT],
        "random": lambda mine: [key for key in dice.sample(every, AT + len(mine)) if key not in mine][:AT],
    }


def judge(world: World, ranker: Ranker) -> tuple[float, float, float]:
    """Recall@10, mean reciprocal rank within ten, share of all nanos that anybody is shown."""
    hits, reciprocal, shown = 0, 0.0, set()
    for mine, wanted in zip(world.known, world.held, strict=True):
        found = ranker(mine)
        shown.update(found)
        if wanted in found:
            hits += 1
            reciprocal += 1 / (found.index(wanted) + 1)
    return hits / len(world.held), reciprocal / len(world.held), len(shown) / len(world.items)


def run(*, small: bool = False) -> None:
    """Three seeds each, means and the spread of Recall@10."""
    nanos, people, seeds = (300, 400, 2) if small else (1000, 1500, 3)
    for title, taste in (("with tastes (0.6 of choices)", 0.6), ("without tastes", 0.0)):
        found: dict[str, list[tuple[float, float, float]]] = {}
        began = time.monotonic()
        for seed in range(seeds):
            world = make(seed, nanos, people, taste)
            for name, ranker in rankers(world, seed).items():
                found.setdefault(name, []).append(judge(world, ranker))
        base = _mean([one[0] for one in found["popularity"]]) or math.nan
        rows = [
            [
                name, f"{_mean([one[0] for one in each]):.3f}", f"{min(each)[0]:.3f} to {max(each)[0]:.3f}",
                f"{_mean([one[1] for one in each]):.3f}", f"{_mean([one[2] for one in each]):.2f}",
                f"{_mean([one[0] for one in each]) / base:.2f}",
            ]
            for name, each in found.items()
        ]  # fmt: skip
        columns = ["method", "Recall@10", "of the seeds", "MRR@10", "nanos shown", "ratio to popularity"]
        heading = f"Recommendations, synthetic, {title}: {nanos} nanos, {people} people, last one held back"
        sys.stdout.write(table(heading, columns, rows))
        sys.stdout.write(f"({time.monotonic() - began:.0f} s)\n")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
