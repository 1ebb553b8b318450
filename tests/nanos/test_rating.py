"""Stars: what they come to, who may give them, what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.api import add_member
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.messaging.models import Notice
from app.nanos.models import Comment, Rating, RatingPast, Score
from app.nanos.queries.find import find_nanos
from app.nanos.queries.rating import own_rating, past_of
from app.nanos.queries.voices import list_voices
from app.nanos.rules.finding import Wish
from app.nanos.rules.rating import (
    AT_LEAST,
    LIMITS,
    Rater,
    Rules,
    Tally,
    has_badge,
    levels,
    may_rate,
    outside,
    read_rules,
    shares,
    weighted,
)
from app.nanos.services import ending, publishing
from app.nanos.services.nano import save_draft
from app.nanos.services.rating import answer_rating, rate
from app.nanos.services.revision import begin_revision
from app.nanos.services.score import save_rules
from tests.nanos import rig
from tests.nanos.voices import exchanged, hide, rated, show, worked_through
from tests.people import People, make_people, sign_in
from tests.threads import at_once

COUNTS = st.tuples(*[st.integers(0, 400)] * 5)
RULES = st.builds(
    Rules, prior=st.integers(*LIMITS["prior"]), weight=st.integers(*LIMITS["weight"]),
    badge_from=st.integers(*LIMITS["badge_from"]), badge_count=st.integers(*LIMITS["badge_count"]),
)  # fmt: skip


@given(COUNTS, RULES)
def test_the_mean_lies_between_what_was_said_and_the_prior(counts: tuple[int, ...], rules: Rules) -> None:
    tally = Tally(counts)  # type: ignore[arg-type]
    mean = weighted(tally, rules)
    if not any(counts):
        assert mean is None and not has_badge(tally, rules) and levels(mean) == ()
        return
    plain = 1000 * tally.total / tally.number
    assert mean is not None and 1000 <= mean <= 5000
    assert min(plain, rules.prior) - 1 <= mean <= max(plain, rules.prior) + 1
    if rules.weight == 0:
        assert abs(mean - plain) <= 0.5
    assert levels(mean) == tuple(str(stars) for stars in AT_LEAST if mean >= stars * 1000)


@given(COUNTS, RULES, st.integers(0, 4), st.integers(0, 4))
def test_a_better_rating_never_makes_it_worse(
    counts: tuple[int, ...], rules: Rules, low: int, high: int
) -> None:
    low, high = sorted((low, high))
    worse, better = list(counts), list(counts)
    worse[low] += 1
    better[high] += 1
    said = [weighted(Tally(tuple(one)), rules) for one in (worse, better)]  # type: ignore[arg-type]
    assert said[0] is not None and said[1] is not None and said[0] <= said[1]


@given(COUNTS, st.integers(1, 100), st.integers(1000, 5000), st.integers(1000, 5000))
def test_a_higher_prior_never_makes_it_worse_and_more_people_outweigh_it(
    counts: tuple[int, ...], weight: int, first: int, second: int
) -> None:
    first, second = sorted((first, second))
    tally = Tally(counts)  # type: ignore[arg-type]
    low, high = (weighted(tally, Rules(prior=one, weight=weight)) for one in (first, second))
    assert (low is None and high is None) or (low is not None and high is not None and low <= high)
    if low is not None:
        many = weighted(Tally(tuple(20 * one for one in counts)), Rules(prior=first, weight=weight))  # type: ignore[arg-type]
        plain = 1000 * tally.total / tally.number
        assert many is not None and abs(many - plain) <= abs(low - plain) + 1


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.dictionaries(st.sampled_from([*LIMITS, "x"]), st.one_of(st.integers(), st.text(), st.booleans())),
    )
)
def test_whatever_was_kept_becomes_rules_that_may_be(kept: object) -> None:
    assert outside(read_rules(kept)) == []


@given(COUNTS)
def test_bars_are_seen_where_there_is_something(counts: tuple[int, ...]) -> None:
    assert [share > 0 for share in shares(counts)] == [count > 0 for count in counts]
    assert max(shares(counts)) in (0, 100)


def test_nobody_of_the_provider_rates_whatever_they_did() -> None:
    assert [may_rate(Rater(True, a, b)) for a in (True, False) for b in (True, False)] == [False] * 4
    assert [may_rate(Rater(False, a, b)) for a, b in ((True, False), (False, True), (False, False))] == [
        True,
        True,
        False,
    ]


def give(people: People, nano_id: UUID, stars: int, text: str = "", version: int = 0) -> UUID:
    return rate(people.cleo.actor, nano_id, stars=stars, text=text, version=version)


def mean_of(nano_id: UUID) -> int | None:
    db.session.rollback()
    return db.session.query(Score.mean).filter_by(nano_id=nano_id).scalar()


def test_only_who_used_or_exchanged_it_and_nobody_of_its_provider(db_app: Flask, db_people: People) -> None:
    people, nano_id = db_people, rig.published(db_people)
    with pytest.raises(NotAllowed):
        give(people, nano_id, 5)
    worked_through(people.cleo.actor, nano_id, done=False)
    exchanged(people.cleo.actor, nano_id, state="revoked")
    exchanged(people.cleo.actor, nano_id, barter=False)
    with pytest.raises(NotAllowed):
        give(people, nano_id, 5)
    exchanged(people.cleo.actor, nano_id, state="ended")
    give(people, nano_id, 5)
    worked_through(people.bob.actor, nano_id)
    with pytest.raises(NotAllowed):
        rate(people.bob.actor, nano_id, stars=5, text="", version=0)
    add_member(people.other_organisation_id, people.bob.id, "member")
    elsewhere = replace(people.bob.actor, organisation_id=people.other_organisation_id)
    with pytest.raises(NotAllowed):  # for another organisation he stays one of the provider's people
        rate(elsewhere, nano_id, stars=5, text="", version=0)
    with pytest.raises(NotAllowed):
        rate(people.olga.actor, nano_id, stars=5, text="", version=0)


def test_one_rating_a_person_with_its_history_and_what_is_wrong_at_its_field(
    db_app: Flask, db_people: People
) -> None:
    nano_id = rig.published(db_people)
    rating_id = rated(db_people, nano_id, 5, " Gut.\r\nKurz. ")
    assert give(db_people, nano_id, 5, "Gut.\nKurz.") == rating_id  # a double click
    with pytest.raises(Conflict):
        give(db_people, nano_id, 2, "Doch nicht", version=0)
    give(db_people, nano_id, 2, "Doch nicht", version=1)
    give(db_people, nano_id, 3, "", version=2)
    cleo = db_people.cleo.actor
    assert own_rating(cleo, nano_id) == own_rating(cleo, nano_id).__class__(3, "", 3)
    assert [(one.stars, one.text) for one in past_of(cleo, nano_id, rating_id)] == [
        (2, "Doch nicht"),
        (5, "Gut.\nKurz."),
    ]
    with pytest.raises(NotFound):
        past_of(db_people.alice.actor, nano_id, rating_id)
    assert db.session.query(Rating).count() == 1 and mean_of(nano_id) == weighted(
        Tally((0, 0, 1, 0, 0)), Rules()
    )
    for stars, text, field in (
        (0, "", "stars"),
        (6, "", "stars"),
        (None, "", "stars"),
        (3, "x" * 2001, "text"),
        (3, "a\0b", "text"),
    ):
        with pytest.raises(Invalid) as refused:
            rate(cleo, nano_id, stars=stars, text=text, version=3)
        assert set(refused.value.fields) == {field}


def test_ratings_stay_through_revisions_and_end_with_the_nano(db_app: Flask, db_people: People) -> None:
    alice, nano_id = db_people.alice.actor, rig.published(db_people)
    rated(db_people, nano_id, 5)
    before = mean_of(nano_id)
    begin_revision(alice, nano_id)
    save_draft(alice, nano_id, 1, replace(rig.DETAILS, title="Neuer Titel"))
    publishing.submit(alice, nano_id)
    publishing.publish(db_people.olga.actor, nano_id, 2)
    row = find_nanos(Wish()).rows[0]
    assert (row.title, row.mean, row.ratings, bool(row.badge)) == ("Neuer Titel", before, 1, False)
    ending.retire(alice, nano_id)
    give(db_people, nano_id, 4, "", version=1)
    ending.remove(alice, nano_id)
    with pytest.raises(NotFound):
        give(db_people, nano_id, 1, "", version=2)


def test_the_list_counts_filters_and_sorts_by_stars_with_and_without_words(
    db_app: Flask, db_people: People
) -> None:
    made = [rig.published(db_people, replace(rig.OPEN, title=f"Leiter {n}")) for n in range(3)]
    save_rules(db_people.olga.actor, Rules(prior=3000, weight=0, badge_from=5000, badge_count=1))
    for nano_id, stars in zip(made, (3, 5), strict=False):
        rated(db_people, nano_id, stars)
    for text in ("", "Leiter"):
        found = find_nanos(Wish(text, sort="rating"))
        assert [row.id for row in found.rows][:2] == [made[1], made[0]] and found.total == 3
        assert [bool(row.badge) for row in found.rows] == [True, False, False]
        assert dict(found.facets["rating"]) == {"4": 1, "3": 2}
        found = find_nanos(Wish(text, {"rating": ("4",)}, sort="rating"))
        assert [row.id for row in found.rows] == [made[1]] and dict(found.facets["rating"]) == {
            "4": 1,
            "3": 2,
        }
        assert find_nanos(Wish(text, {"rating": ("4", "3")}, sort="rating")).total == 2


def test_the_operators_rules_change_all_scores(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = rig.published(db_people)
    rated(db_people, nano_id, 5)
    assert mean_of(nano_id) == 3750
    save_rules(db_people.olga.actor, Rules(prior=2000, weight=1, badge_from=3500, badge_count=1))
    run_jobs()
    assert mean_of(nano_id) == 3500
    assert find_nanos(Wish("Feuerlöscher", sort="rating")).rows[0].badge
    by_words = Wish("Feuerlöscher", {"rating": ("4",)}, sort="rating")
    assert find_nanos(by_words).total == 0
    save_rules(db_people.olga.actor, Rules(prior=5000, weight=1))
    run_jobs()
    assert find_nanos(by_words).total == 1  # the search holds it, too
    for wrong in (Rules(prior=999), Rules(weight=101), Rules(badge_from=5001), Rules(badge_count=0)):
        with pytest.raises(Invalid):
            save_rules(db_people.olga.actor, wrong)
    with pytest.raises(NotAllowed):
        save_rules(db_people.alice.actor, Rules())


def test_the_provider_answers_once_and_is_told(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]]
) -> None:
    alice, nano_id = db_people.alice.actor, rig.published(db_people)
    rating_id = rated(db_people, nano_id, 2)
    run_jobs()
    told = {(one.kind, one.person_id) for one in db.session.query(Notice) if "rating" in one.kind}
    assert told == {("nanos.rating", db_people.alice.id), ("nanos.rating", db_people.dora.id)}
    for who, where in ((db_people.cleo.actor, rating_id), (alice, db_people.cleo.id)):
        with pytest.raises(NotFound):
            answer_rating(who, nano_id, where, "Danke")
    with pytest.raises(NotAllowed):
        answer_rating(db_people.bob.actor, nano_id, rating_id, "Danke")
    answer_rating(alice, nano_id, rating_id, "Danke, wir bessern nach.")
    with pytest.raises(Conflict):
        answer_rating(alice, nano_id, rating_id, "Noch etwas")
    run_jobs()
    assert ("nanos.answered", db_people.cleo.id) in {
        (one.kind, one.person_id) for one in db.session.query(Notice)
    }
    one = list_voices(db_people.cleo.actor, nano_id, "rating").rows[0]
    assert (one.by, one.stars, one.mine, one.answer) == ("Südwind", 2, True, "Danke, wir bessern nach.")


def test_a_hidden_text_is_there_for_its_author_and_moderators_alone(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    rated(db_people, nano_id, 1, "Frau Meier ist schuld.")
    comment_id = list_voices(db_people.alice.actor, nano_id, "rating").rows[0].comment_id
    assert comment_id is not None
    with pytest.raises(NotAllowed):
        hide(db_people.alice.actor, comment_id, "Gefällt uns nicht")
    with pytest.raises(Invalid):
        hide(db_people.olga.actor, comment_id, " ")
    for _ in range(2):
        hide(db_people.olga.actor, comment_id, "Nennt eine Person.")
    seen = {
        name: list_voices(getattr(db_people, name).actor, nano_id, "rating").rows[0].text
        for name in ("alice", "bob", "cleo", "olga")
    }
    assert seen == {
        "alice": None,
        "bob": None,
        "cleo": "Frau Meier ist schuld.",
        "olga": "Frau Meier ist schuld.",
    }
    assert mean_of(nano_id) is not None  # the stars stay
    give(db_people, nano_id, 1, "Jemand ist schuld.", version=1)
    assert (
        list_voices(db_people.alice.actor, nano_id, "rating").rows[0].text is None
    )  # an edit shows nothing again
    show(db_people.olga.actor, comment_id)
    assert list_voices(db_people.alice.actor, nano_id, "rating").rows[0].text == "Jemand ist schuld."
    with pytest.raises(NotFound):
        hide(db_people.olga.actor, nano_id, "Kein Kommentar")


@pytest.mark.postgres
def test_two_clicks_are_one_rating_and_two_edits_are_one_edit(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id, cleo = rig.published(people), people.cleo.actor
    worked_through(cleo, nano_id)
    first = at_once(pg_app, 4, lambda _: rate(cleo, nano_id, stars=4, text="Gut", version=0))
    assert len(set(map(str, first))) == 1 and db.session.query(Rating).count() == 1
    db.session.rollback()
    edits = at_once(pg_app, 4, lambda n: rate(cleo, nano_id, stars=1 + n % 3, text=f"{n}", version=1))
    assert sorted(type(one) is Conflict for one in edits) == [False, True, True, True]
    db.session.rollback()
    assert (db.session.query(RatingPast).count(), db.session.query(Comment).count()) == (1, 1)
    assert sum(db.session.query(Score.one, Score.two, Score.three, Score.four, Score.five).one()) == 1


def test_from_the_page_of_a_nano_to_the_rating_and_back(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    sign_in(client, people.cleo)
    assert client.get(f"/nanos/{nano_id}/ratings/mine").status_code == 403
    assert ">Bewerten<" not in client.get(f"/nanos/{nano_id}").text
    worked_through(people.cleo.actor, nano_id)
    page = client.get(f"/nanos/{nano_id}").text
    assert (
        ">Bewerten<" in page
        and "Noch keine Bewertung." in page
        and "Alle Bewertungen sind geprüft. Wie?" in page
    )
    address = f"/nanos/{nano_id}/ratings/mine"
    assert client.get(address).status_code == 200
    wrong = client.post(address, data={"version": "0", "stars": "9", "text": "Bleibt <b>stehen</b>"})
    assert wrong.status_code == 422 and "Wählen Sie 1 bis 5 Sterne." in wrong.text
    assert "Bleibt &lt;b&gt;stehen&lt;/b&gt;" in wrong.text
    assert "Choose 1 to 5 stars." in client.post(f"{address}?lang=en", data={"version": "0"}).text
    client.get("/nanos?lang=de")
    typed = {"version": "0", "stars": "4", "text": "Hilft <i>sehr</i>"}
    assert client.post(address, data=typed).status_code == 303
    late = client.post(address, data={**typed, "text": "Aus dem anderen Fenster"})
    assert late.status_code == 409 and "Aus dem anderen Fenster" in late.text and 'value="1"' in late.text
    sign_in(client, people.bob)
    page = client.get(f"/nanos/{nano_id}").text
    assert "Hilft &lt;i&gt;sehr&lt;/i&gt;" in page and "Südwind" in page and "Cleo" not in page
    assert "3,6" in page and "(1" in client.get("/nanos").text
    sign_in(client, people.alice)
    rating_id = db.session.query(Rating.id).scalar()
    answer = f"/nanos/{nano_id}/ratings/{rating_id}/answer"
    assert client.get(answer).status_code == 200
    assert client.post(answer, data={"text": " "}).status_code == 422
    assert client.post(answer, data={"text": "Danke!"}).status_code == 303
    assert client.post(answer, data={"text": "Danke!"}).status_code == 409
    assert "Danke!" in client.get(f"/nanos/{nano_id}/ratings").text
    assert client.get(f"/nanos/{nano_id}/ratings/{rating_id}/history").status_code == 404


def test_who_has_no_part_in_it_gets_no_page(client: FlaskClient, people: People) -> None:
    draft = rig.drafted(people.alice.actor)
    sign_in(client, people.cleo)
    for end in ("ratings", "questions", "ratings/mine", f"ratings/{draft}/history"):
        assert client.get(f"/nanos/{draft}/{end}").status_code == 404, end
    for end in ("ratings/mine", "questions", f"ratings/{draft}/answer", f"questions/{draft}/answer"):
        assert client.post(f"/nanos/{draft}/{end}", data={"text": "x", "stars": "3"}).status_code == 404, end
    sign_in(client, people.alice)  # her own draft: nobody speaks about it yet
    assert client.get(f"/nanos/{draft}/ratings").status_code == 404


def test_the_operator_sets_the_rules(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    assert 'value="3,5"' in client.get("/nanos/rating-rules").text
    good = {"prior": "3,25", "weight": "10", "badge_from": "4.4", "badge_count": "5"}
    for name in good:
        for value in ("", "-1", "1e3", "٣", "9" * 30, "NaN", "4,4444"):
            wrong = client.post("/nanos/rating-rules", data={**good, name: value})
            assert wrong.status_code == 422, (name, value)
    assert client.post("/nanos/rating-rules", data=good).status_code == 303
    assert 'value="10"' in client.get("/nanos/rating-rules").text
    sign_in(client, people.alice)
    assert client.get("/nanos/rating-rules").status_code == 403


def test_what_was_advanced_is_told_as_edited(app: Flask, people: People, frozen: object) -> None:
    nano_id = rig.published(people)
    rated(people, nano_id, 5)
    clock.advance(days=1)
    give(people, nano_id, 4, "Anders", version=1)
    one = list_voices(people.bob.actor, nano_id, "rating").rows[0]
    assert one.edited_at == clock.now() and one.created_at < one.edited_at
