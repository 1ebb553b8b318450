"""The rules of moderation: statements, samples, what a check points at, the order of the queue, addresses in notices."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta  # type: ignore[import-untyped]

from app.nanos.gateways.learning import learn, skill
from app.nanos.rules import detect, notice, rank, sampling
from app.nanos.rules.case import NORMAL, PER_RANK, TRUSTED, URGENT, sort_at
from app.nanos.rules.measure import Measure, OnProvider, advised, provider_fault
from app.nanos.rules.statement import (
    CATEGORIES,
    CONTENT_TYPES,
    GROUNDS,
    ILLEGAL,
    SOURCES,
    SPECIFICATIONS,
    SUSPENDED,
    VISIBILITIES,
    Reasons,
    document,
    faults,
)

LISTS = detect.Lists(
    frozenset({"arschloch"}), ("alle rechte vorbehalten",), ("jetzt kaufen",), frozenset({"boese.example"})
)
WHOLE = Reasons(
    visibility="DECISION_VISIBILITY_CONTENT_REMOVED", provision="", ground=ILLEGAL, ground_text="§ 106 UrhG",
    explanation="Der Verlag hat der Vervielfältigung nicht zugestimmt.", facts="Auf Seite 3 steht ein fremdes Kapitel.",
    category=CATEGORIES[0], content_type=("CONTENT_TYPE_TEXT",), content_date=date(2026, 1, 1),
    application_date=date(2026, 2, 1), source_type="SOURCE_ARTICLE_16", automated_detection=False, puid="a1",
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> Reasons:
    """Statements somebody could give."""
    texts = st.text(
        st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=20, max_size=400
    )
    applied = draw(st.dates(date(2024, 1, 1), date(2030, 1, 1)))
    suspends = draw(st.booleans())
    return Reasons(
        visibility=draw(st.sampled_from([*VISIBILITIES.values()] + ([""] if suspends else []))),
        provision=SUSPENDED if suspends else "", ground=draw(st.sampled_from(GROUNDS)), ground_text=draw(texts),
        explanation=draw(texts), facts=draw(texts), category=draw(st.sampled_from(CATEGORIES)),
        content_type=tuple(draw(st.sets(st.sampled_from(CONTENT_TYPES), min_size=1))),
        specification=tuple(draw(st.sets(st.sampled_from(SPECIFICATIONS)))), content_date=date(2024, 1, 1),
        application_date=applied, source_type=draw(st.sampled_from(SOURCES)), automated_detection=draw(st.booleans()),
        puid=draw(st.uuids()).hex, also_illegal=draw(st.booleans()),
        end_date=applied + timedelta(days=draw(st.integers(0, 90))) if suspends else None,
    )  # fmt: skip


REQUIRED = {
    "decision_facts", "decision_ground", "content_type", "category", "content_date", "application_date", "source_type",
    "automated_detection", "automated_decision", "puid", "territorial_scope",
}  # fmt: skip


@given(statements())
def test_every_statement_has_the_fields_of_the_database(said: Reasons) -> None:
    assert faults(said) == {}
    made = json.loads(json.dumps(document(said)))
    assert set(made) >= REQUIRED and all(made[name] not in (None, "") for name in REQUIRED)
    assert made["decision_visibility"] or made["decision_provision"]
    kind = "illegal_content" if said.ground == ILLEGAL else "incompatible_content"
    assert made[f"{kind}_explanation"] and not [
        name for name in made if name.startswith(("illegal_", "incompatible_")) and not name.startswith(kind)
    ]
    assert ("end_date_service_restriction" in made) == (said.end_date is not None)
    assert ("decision_visibility_other" in made) == (said.visibility == "DECISION_VISIBILITY_OTHER")
    assert (
        made["automated_detection"] in ("Yes", "No")
        and made["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"visibility": ""}, "measure"), ({"visibility": "x"}, "measure"), ({"provision": "x"}, "on_provider"),
        ({"facts": ""}, "facts"), ({"facts": "a" * 5001}, "facts"), ({"facts": "kurz"}, "facts"), ({"facts": " " * 40}, "facts"),
        ({"explanation": "a" * 2001}, "explanation"), ({"ground_text": "a" * 501}, "ground_text"),
        ({"ground_text": " "}, "ground_text"),
        ({"ground": ""}, "ground"), ({"category": "x"}, "category"), ({"content_type": ()}, "content_type"),
        ({"content_type": ("x",)}, "content_type"), ({"specification": ("x",)}, "specification"), ({"puid": "a b"}, "puid"),
        ({"puid": "a" * 501}, "puid"), ({"source_type": "x"}, "source_type"), ({"automated_decision": "x"}, "automated_decision"),
        ({"end_date": date(2026, 1, 1)}, "end_date"), ({"territorial_scope": ("Deutschland",)}, "territorial_scope"),
    ],
)  # fmt: skip
def test_a_statement_with_a_gap_is_none(change: dict[str, object], field: str) -> None:
    said = replace(WHOLE, **change)  # type: ignore[arg-type]
    assert set(faults(said)) == {field}
    with pytest.raises(ValueError, match=field):
        document(said)


@given(st.integers(0, 40), st.integers(0, 400))
def test_the_bound_is_clopper_pearsons(defects: int, more: int) -> None:
    checked = defects + more
    bound = sampling.upper_bound(defects, checked)
    known = (
        1.0 if checked == 0 or defects == checked else float(beta.ppf(0.95, defects + 1, checked - defects))
    )
    assert math.isclose(bound, known, abs_tol=1e-9)


def test_149_without_a_defect_are_the_fewest_below_two_percent() -> None:
    assert sampling.upper_bound(0, 149) < 0.02 < sampling.upper_bound(0, 148)
    assert sampling.still_needed(0) == 149
    assert (
        sampling.upper_bound(1, sampling.still_needed(1))
        < 0.02
        <= sampling.upper_bound(1, sampling.still_needed(1) - 1)
    )


@given(
    st.dictionaries(st.sampled_from(list(sampling.Trust)), st.lists(st.uuids(), max_size=30, unique=True), min_size=1),
    st.integers(1, 60), st.text(max_size=8), st.randoms(),
)  # fmt: skip
def test_the_draw_is_the_same_again_and_takes_of_every_stratum(
    strata: dict[sampling.Trust, list[UUID]], size: int, seed: str, shuffle: object
) -> None:
    drawn = sampling.draw(strata, size, seed)
    mixed = {trust: sorted(ids, key=lambda _one: shuffle.random()) for trust, ids in strata.items()}  # type: ignore[attr-defined]
    assert sampling.draw(mixed, size, seed) == drawn
    total = sum(len(ids) for ids in strata.values())
    assert len(drawn) == min(size, total)
    assert all(one in strata[trust] for one, trust in drawn)
    filled = {trust for trust, ids in strata.items() if ids}
    if size >= len(filled):
        assert {trust for _one, trust in drawn} == filled


def test_another_seed_draws_others_and_watched_providers_are_drawn_more_often() -> None:
    ids = [uuid4() for _number in range(200)]
    strata = {sampling.Trust.WATCHED: ids[:100], sampling.Trust.PROVEN: ids[100:]}
    first, other = (sampling.draw(strata, 50, seed) for seed in ("a", "b"))
    assert {one for one, _trust in first} != {one for one, _trust in other}
    assert [trust for _one, trust in first].count(sampling.Trust.WATCHED) == 40


def test_trust_follows_history() -> None:
    old = timedelta(days=400)
    assert sampling.trust_of(sampling.Record(50, 1, old)) is sampling.Trust.WATCHED
    assert sampling.trust_of(sampling.Record(50, 0, timedelta(days=3))) is sampling.Trust.NEW
    assert sampling.trust_of(sampling.Record(2, 0, old)) is sampling.Trust.NEW
    assert sampling.trust_of(sampling.Record(5, 0, old)) is sampling.Trust.USUAL
    assert sampling.trust_of(sampling.Record(10, 0, old)) is sampling.Trust.PROVEN


@given(
    st.floats(0, 1),
    st.sampled_from([NORMAL, TRUSTED, URGENT]),
    st.timedeltas(timedelta(0), timedelta(days=300)),
)
def test_suspicion_moves_an_item_by_three_days_at_most(value: float, priority: int, wait: timedelta) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    older, newer = sort_at(now - wait, priority, 0.0), sort_at(now, priority, value)
    assert (newer < older) == (PER_RANK * value > wait)
    assert sort_at(now, URGENT, 0) < sort_at(now - wait, TRUSTED, 1) if wait < timedelta(days=300) else True


def test_nobody_is_suspended_who_was_not_warned() -> None:
    for strikes in range(20):
        assert advised(strikes, warned=False) is not OnProvider.SUSPEND
    assert provider_fault(OnProvider.SUSPEND, 30, restricts=True, warned=False) == "warn-first"
    assert provider_fault(OnProvider.SUSPEND, 31, restricts=True, warned=True) == "days"
    assert provider_fault(OnProvider.SUSPEND, 30, restricts=True, warned=True) == ""
    assert provider_fault(OnProvider.WARN, 0, restricts=False, warned=False) == "content"
    assert Measure.DISMISS not in VISIBILITIES


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Schreib an max.muster+x@firma.co.uk!", "email"), ("Ruf 0531/123456-78 an", "phone"), ("+49 (0)151 23456789", "phone"),
        ("Konto DE89 3704 0044 0532 0130 00.", "iban"), ("IBAN: GB82WEST12345698765432", "iban"),
        ("Karte 4111-1111-1111-1111", "card"), ("siehe http://www.boese.example/a", "domain"),
        ("auf shop.boese.example", "domain"),
        ("ALLE RECHTE VORBEHALTEN", "copyright"), ("Jetzt kaufen.", "spam"), ("WOW!!!!!", "spam"), ("Du Arschloch", "foul"),
    ],
)  # fmt: skip
def test_the_check_points_at_the_place(text: str, hint: str) -> None:
    found = detect.look("x", text, LISTS)
    assert [one.hint.value for one in found] == [hint]
    assert text[found[0].start : found[0].start + found[0].length].strip()


@pytest.mark.parametrize(
    "text",
    [
        "In 10 bis 12 Minuten, Seite 3 von 20, Version 2.0.1", "DE89 3704 0044 0532 0131 00 hat eine falsche Prüfziffer",
        "Art. 16 Abs. 2 DSA, BGBl. 2024 I Nr. 149", "Am 12.11.2026 um 14:30 Uhr", "ISBN 978-3-16-148410-0",
        "boese.example.org ist eine andere Seite", "Die Arschlochkarte ziehen", "1.234.567,89 Euro", "@name ohne Adresse",
    ],
)  # fmt: skip
def test_the_check_leaves_honest_words_alone(text: str) -> None:
    assert detect.look("x", text, LISTS) == []


@given(st.text(max_size=300))
def test_any_text_is_checked_and_cut_without_losing_a_letter(text: str) -> None:
    found = detect.look("x", text, LISTS)
    assert all(one.start >= 0 and one.start + one.length <= len(text) for one in found)
    assert (
        "".join(part for part, _hint in detect.pieces(text, [(o.start, o.length, o.hint) for o in found]))
        == text
    )


@given(st.integers(10**17, 10**18 - 1), st.integers(1, 96))
def test_an_account_number_with_another_check_digit_is_none(number: int, shift: int) -> None:
    digits = 98 - int(f"{number}131400") % 97
    wrong = (digits - 2 + shift) % 97 + 2
    assert detect.iban_holds(f"DE{digits:02}{number}")
    assert wrong == digits or not detect.iban_holds(f"DE{wrong:02}{number}")


def test_what_was_learnt_gives_the_numbers_of_the_library() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    good = [f"Brandschutz im Betrieb Lektion {'Feuer' * (n % 3)} Übung Nummer" for n in range(40)]
    bad = [f"Jetzt kaufen Gewinn {'Casino' * (n % 4)} gratis Angebot Übung" for n in range(40)]
    texts, labels = good + bad, [False] * 40 + [True] * 40
    weights = json.loads(json.dumps(learn(texts, labels)))
    assert rank.usable(weights)
    vectors = TfidfVectorizer(
        token_pattern=f"(?u){rank.TOKEN}", sublinear_tf=True, min_df=2, max_features=rank.MOST_WORDS
    )
    model = LogisticRegression(class_weight="balanced", C=4.0, max_iter=1000).fit(
        vectors.fit_transform(texts), labels
    )
    for text in [*texts, "", "Kauf Brandschutz gratis gratis gratis"]:
        known = float(model.predict_proba(vectors.transform([text]))[0][1])
        assert math.isclose(rank.judge(text, weights).rank, known, abs_tol=1e-9)
    words = dict(rank.judge("Casino Gewinn Übung", weights).words)
    assert words["gewinn"] > 0
    measured = skill([rank.judge(text, weights).rank for text in texts], labels)
    assert measured.auc == 1.0 and measured.precision == 1.0 and measured.baseline == 0.5


@pytest.mark.parametrize(
    "raw",
    [
        None, [], {"words": []}, {"words": {"a": [1, 2]}}, {"words": {"a": [1]}, "intercept": 0},
        {"words": {"a": ["x", 1]}, "intercept": 0}, {"words": {"a": [float("nan"), 1]}, "intercept": 0},
    ],
)  # fmt: skip
def test_weights_that_are_none_are_not_used(raw: object) -> None:
    assert not rank.usable(raw)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/nanos/{id}", "//evil.example/nanos/{id}", "https://lernen.example@evil.example/nanos/{id}",
        "https://x@lernen.example/nanos/{id}", "https://lernen.example:444/nanos/{id}", "ftp://lernen.example/nanos/{id}",
        "javascript:/nanos/{id}", "https://lernen.example/other/{id}", "https://lernen.example/nanos/x{id}", "http://[bad/nanos/{id}",
    ],
)  # fmt: skip
def test_addresses_of_others_are_none_of_ours(url: str) -> None:
    assert notice.thing_in(url.format(id=uuid4()), "https://lernen.example") is None


def test_our_addresses_are_known_in_every_spelling() -> None:
    one = uuid4()
    for url in (
        f"https://lernen.example/nanos/{one}",
        f"https://LERNEN.example/nanos/{str(one).upper()}/draft?x=1#y",
        f"/nanos/{one}",
    ):
        assert notice.thing_in(url, "https://lernen.example") == ("nanos.nano", one)
    assert notice.thing_in(f"https://a.example/base/nanos/{one}", "https://a.example/base") == (
        "nanos.nano",
        one,
    )


EARLY, LATE = datetime(2024, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001 - the strategy adds the zone


@given(st.datetimes(EARLY, LATE, timezones=st.just(UTC)))
def test_six_months_are_six_months(at: datetime) -> None:
    until = notice.appeal_until(at)
    assert timedelta(days=180) <= until - at <= timedelta(days=185)
    assert until.day in (at.day, 28, 29, 30)
