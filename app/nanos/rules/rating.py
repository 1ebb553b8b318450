"""Stars: what they come to, and who may give them. Pure: thousandths of a star as whole numbers, so that both databases
and every page say the same.

The mean is Bayesian: it begins as if `weight` people had given `prior` stars, so that one rating does not put a nano above
one that a hundred people found good, and it moves towards what people say the more of them there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LEAST, MOST = 1, 5
STARS = tuple(range(LEAST, MOST + 1))
THOUSAND = 1000
AT_LEAST = (4, 3)
"""The choices of the list, the highest first: at least so many stars."""
LONGEST_COMMENT = 2000
RULES = "nanos.rating_rules"
"""Under which the operator's choice is kept."""


@dataclass(frozen=True)
class Rules:
    """What the operator chooses. `prior` and `badge_from` in thousandths of a star; `weight` is how many ratings the prior
    counts as; a nano carries the badge from `badge_from` on, given by at least `badge_count` people.
    """

    prior: int = 3500
    weight: int = 5
    badge_from: int = 4400
    badge_count: int = 25


LIMITS: dict[str, tuple[int, int]] = {
    "prior": (LEAST * THOUSAND, MOST * THOUSAND), "weight": (0, 100),
    "badge_from": (LEAST * THOUSAND, MOST * THOUSAND), "badge_count": (1, 10_000),
}  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """How often 1, 2, 3, 4, 5 stars were given."""

    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    @property
    def number(self) -> int:
        return sum(self.counts)

    @property
    def total(self) -> int:
        """All stars together."""
        return sum(stars * count for stars, count in zip(STARS, self.counts, strict=True))


def weighted(tally: Tally, rules: Rules) -> int | None:
    """The Bayesian mean in thousandths, rounded half up; None where nobody has rated."""
    return mean_of(tally.number, tally.total, rules)


def mean_of(number: int, total: int, rules: Rules) -> int | None:
    """The same of so many ratings with so many stars together."""
    if not number:
        return None
    people = number + rules.weight
    return (2 * (THOUSAND * total + rules.prior * rules.weight) + people) // (2 * people)


def has_badge(tally: Tally, rules: Rules) -> bool:
    """Whether it is rated well enough, by enough people."""
    mean = weighted(tally, rules)
    return mean is not None and mean >= rules.badge_from and tally.number >= rules.badge_count


def levels(mean: int | None) -> tuple[str, ...]:
    """The choices of the list that it belongs to."""
    return tuple(str(stars) for stars in AT_LEAST if mean is not None and mean >= stars * THOUSAND)


def read_rules(kept: Any) -> Rules:
    """The rules out of what was kept; what is missing or cannot be is as it is without a choice."""
    given: Mapping[str, Any] = kept if isinstance(kept, Mapping) else {}
    values = asdict(Rules())
    for name, (low, high) in LIMITS.items():
        value = given.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            values[name] = value
    return Rules(**values)


def outside(rules: Rules) -> list[str]:
    """The fields whose value cannot be."""
    return [name for name, (low, high) in LIMITS.items() if not low <= getattr(rules, name) <= high]


def shares(counts: Sequence[int]) -> list[int]:
    """Each count in hundredths of the largest, for bars; a count that is not zero is seen."""
    largest = max(counts, default=0)
    return [max(2, round(100 * count / largest)) if count else 0 for count in counts]


@dataclass(frozen=True)
class Rater:
    """What decides whether somebody may rate a nano."""

    of_provider: bool
    completed: bool
    exchanged: bool


def may_rate(rater: Rater) -> bool:
    """Only who has worked through it or whose organisation has exchanged for it, and never one of the provider's people."""
    return not rater.of_provider and (rater.completed or rater.exchanged)
