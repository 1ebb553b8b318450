"""Learning weights from texts, with scikit-learn. What comes out is numbers; what is run later is rules/rank.py.

Loaded on first use: it takes seconds and 100 MB, and only the training job wants it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from app.nanos.rules.rank import MOST_LETTERS, MOST_WORDS, TOKEN


@dataclass(frozen=True)
class Skill:
    """On decisions that were held back: area under the curve, and the share of measures among the first tenth of the queue
    beside the share among all."""

    auc: float
    precision: float
    baseline: float
    held_back: int


def learn(texts: Sequence[str], labels: Sequence[bool]) -> dict[str, Any]:
    """The weights: under each word its inverse document frequency and its coefficient, and the intercept."""
    extraction: Any = import_module("sklearn.feature_extraction.text")
    linear: Any = import_module("sklearn.linear_model")
    vectors = extraction.TfidfVectorizer(
        token_pattern=f"(?u){TOKEN}", lowercase=True, sublinear_tf=True, min_df=2, max_features=MOST_WORDS
    )
    model = linear.LogisticRegression(class_weight="balanced", C=4.0, max_iter=1000)
    model.fit(vectors.fit_transform([text[:MOST_LETTERS] for text in texts]), list(labels))
    words = {
        word: [float(vectors.idf_[index]), float(model.coef_[0][index])]
        for word, index in sorted(vectors.vocabulary_.items())
    }
    return {"words": words, "intercept": float(model.intercept_[0])}


def skill(ranks: Sequence[float], labels: Sequence[bool]) -> Skill:
    """How well ranks order decisions that were not learnt from; both outcomes must be among them."""
    metrics: Any = import_module("sklearn.metrics")
    order = sorted(range(len(ranks)), key=lambda one: -ranks[one])
    first = order[: max(1, len(order) // 10)]
    return Skill(
        float(metrics.roc_auc_score(list(labels), list(ranks))),
        sum(labels[one] for one in first) / len(first), sum(labels) / len(labels), len(labels),
    )  # fmt: skip
