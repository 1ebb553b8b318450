"""Ranking the queue: how likely a measure is, from words, with the weights a job has learnt. Pure and small.

What is learnt elsewhere arrives here as plain numbers (JSON), never as code: words with their weights, nothing to run.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEAST_DECISIONS, LEAST_EACH, LEAST_AUC = 60, 15, 0.65
"""Below so many decisions, of each outcome, or below so much skill on held-back decisions, the ranking is off."""
MOST_LETTERS, MOST_WORDS = 20_000, 4_000
TOKEN = r"[^\W\d_]{3,}"  # noqa: S105 - of a text
_TOKEN = re.compile(TOKEN)


@dataclass(frozen=True)
class Opinion:
    """`rank` from 0 to 1; `words` are what spoke for it or (negative) against it, the strongest first."""

    rank: float
    words: tuple[tuple[str, float], ...]


def words_in(text: str) -> list[str]:
    """The words that count: letters only, three and more, in small letters."""
    return _TOKEN.findall(text[:MOST_LETTERS].lower())


def judge(text: str, weights: dict[str, Any], most: int = 5) -> Opinion:
    """TF-IDF and logistic regression: the same numbers as the library that learnt the weights."""
    table: dict[str, list[float]] = weights["words"]
    counts = Counter(word for word in words_in(text) if word in table)
    values = {word: (1 + math.log(count)) * table[word][0] for word, count in counts.items()}
    length = math.sqrt(sum(value * value for value in values.values())) or 1.0
    parts = {word: value / length * table[word][1] for word, value in values.items()}
    score = weights["intercept"] + sum(parts.values())
    strongest = sorted(parts.items(), key=lambda one: (-abs(one[1]), one[0]))[:most]
    return Opinion(
        _sigmoid(score), tuple((word, round(part, 3)) for word, part in strongest if abs(part) > 1e-6)
    )


def _sigmoid(score: float) -> float:
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    return math.exp(score) / (1 + math.exp(score))


def usable(raw: object) -> bool:
    """Whether weights read from the database are such: finite numbers under words, no more than are ever kept."""
    if not isinstance(raw, dict) or not isinstance(raw.get("words"), dict) or len(raw["words"]) > MOST_WORDS:
        return False
    numbers = [raw.get("intercept")]
    for word, pair in raw["words"].items():
        if not isinstance(word, str) or not isinstance(pair, list) or len(pair) != 2:
            return False
        numbers += pair
    return all(isinstance(one, (int, float)) and math.isfinite(one) for one in numbers)


def enough(labels: Sequence[bool]) -> str:
    """ "" where there is enough to learn from, else why not: "few" or "one-sided"."""
    if len(labels) < LEAST_DECISIONS:
        return "few"
    if min(sum(labels), len(labels) - sum(labels)) < LEAST_EACH:
        return "one-sided"
    return ""
