"""Pages of what people say and keep: few statements, however much there is."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from app.nanos.services import collection, ending, question
from app.nanos.services.favourite import set_favourite
from app.nanos.services.rating import answer_rating
from app.nanos.services.saved import save_search
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos import rig
from tests.nanos.voices import rated
from tests.people import People, sign_in


def test_eight_statements_a_page_with_all_that_may_stand_there(db_app: Flask, db_people: People) -> None:
    people, cleo = db_people, db_people.cleo.actor
    made = [rig.published(people, replace(rig.OPEN, title=f"Nano {n}")) for n in range(4)]
    shared = collection.create_collection(cleo, title="Geteilt", about="", sharing="public")
    for nano_id in made:
        rating_id = rated(people, nano_id)
        answer_rating(people.alice.actor, nano_id, rating_id, "Danke")
        asked = question.ask(cleo, nano_id, "Warum?")
        question.answer_question(people.alice.actor, nano_id, asked, "Darum")
        set_favourite(cleo, nano_id, True)
        collection.put_item(cleo, shared, nano_id)
    search_id = save_search(cleo, name="Nano", text="Nano", chosen={}, cadence="daily")
    nano = f"/nanos/{made[0]}"
    for path in (
        "/nanos", "/nanos?rating=4", "/nanos?q=nano&rating=3&sort=rating", nano, f"{nano}/ratings", f"{nano}/questions",
        f"{nano}/ratings/mine",
        f"{nano}/collect", f"/nanos/providers/{people.organisation_id}", "/nanos/favourites", "/nanos/collections",
        "/nanos/collections?of=all", f"/nanos/collections/{shared}", "/nanos/saved", f"/nanos/saved/{search_id}",
        "/nanos/saved/new?q=nano",
    ):  # fmt: skip
        client = sign_in(db_app.test_client(), people.cleo)
        assert client.get(path).status_code == 200
        with counted() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= MOST, path + "\n" + "\n".join(seen)


def test_a_removed_nano_keeps_its_page_for_its_provider_alone(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    rated(people, nano_id)
    set_favourite(people.cleo.actor, nano_id, True)
    ending.remove(people.alice.actor, nano_id)
    sign_in(client, people.alice)
    assert client.get(f"/nanos/{nano_id}").status_code == 200
    assert client.get(f"/nanos/{nano_id}/ratings").status_code == 404
    sign_in(client, people.cleo)
    for end in ("", "/ratings", "/questions", "/collect"):
        assert client.get(f"/nanos/{nano_id}{end}").status_code == 404
    assert "Noch nichts gemerkt" in client.get("/nanos/favourites").text
    assert client.post(f"/nanos/{nano_id}/favourite", data={"on": "0"}).status_code == 303
