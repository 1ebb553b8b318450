"""What people said and keep: given to them, and gone with their account."""

from __future__ import annotations

from flask import Flask

from app.kit.db import db, transaction
from app.nanos.models import (
    Collection,
    CollectionItem,
    Comment,
    Favourite,
    Profile,
    Rating,
    RatingPast,
    SavedSearch,
    Score,
)
from app.nanos.queries.voices import list_voices
from app.nanos.services import collection, question
from app.nanos.services.favourite import set_favourite
from app.nanos.services.personal_voices import erase_voices, export_voices
from app.nanos.services.profile import save_profile
from app.nanos.services.rating import answer_rating, rate
from app.nanos.services.saved import save_search
from tests.nanos import rig
from tests.nanos.voices import rated
from tests.people import People


def test_all_of_it_is_exported_and_what_is_personal_goes(db_app: Flask, db_people: People) -> None:
    people, cleo, alice = db_people, db_people.cleo.actor, db_people.alice.actor
    nano_id = rig.published(people)
    rating_id = rated(people, nano_id, 5, "Sehr gut")
    rate(cleo, nano_id, stars=2, text="Doch nicht", version=1)
    answer_rating(alice, nano_id, rating_id, "Schade")
    asked = question.ask(cleo, nano_id, "Warum?")
    question.answer_question(alice, nano_id, asked, "Darum")
    set_favourite(cleo, nano_id, True)
    shared = collection.create_collection(cleo, title="Geteilt", about="", sharing="public")
    collection.create_collection(cleo, title="Allein", about="", sharing="private")
    collection.put_item(cleo, shared, nano_id, "Gut")
    save_search(cleo, name="Feuer", text="Feuer", chosen={}, cadence="daily")
    save_profile(cleo, "Wir sind Südwind", 0)
    given = export_voices(cleo.person_id)  # type: ignore[arg-type]
    assert {name: len(rows) for name, rows in given.items()} == {
        "ratings": 1, "comments": 2, "favourites": 1, "collections": 2, "collected": 1, "saved_searches": 1,
    }  # fmt: skip
    assert given["ratings"][0]["before"][0]["text"] == "Sehr gut"
    db.session.rollback()
    with transaction():
        erase_voices(cleo.person_id)  # type: ignore[arg-type]
    assert {name: rows for name, rows in export_voices(cleo.person_id).items() if rows} == {}  # type: ignore[arg-type]
    assert [one.stars for one in db.session.query(Rating)] == [2] and db.session.query(
        Score
    ).one().number == 1
    for model in (RatingPast, Favourite, SavedSearch, Collection, CollectionItem, Profile):
        assert db.session.query(model).count() == 0, model
    assert [(one.kind, one.text) for one in db.session.query(Comment)] == [("reply", "Schade")]
    one = list_voices(alice, nano_id, "rating").rows[0]
    assert (one.by, one.text, one.mine, one.answer) == ("Südwind", None, False, "Schade")


def test_what_is_shared_stays_with_an_organisation_that_goes_on(db_app: Flask, db_people: People) -> None:
    people = db_people
    nano_id = rig.published(people)
    shared = collection.create_collection(people.bob.actor, title="Geteilt", about="", sharing="organisation")
    collection.create_collection(people.bob.actor, title="Allein", about="", sharing="private")
    collection.put_item(people.bob.actor, shared, nano_id)
    save_profile(people.alice.actor, "Wir", 0)
    db.session.rollback()
    with transaction():
        erase_voices(people.bob.id)
    row = db.session.query(Collection).one()
    assert (row.id, row.person_id) == (shared, None)
    assert db.session.query(CollectionItem).one().added_by is None and db.session.query(Profile).count() == 1
