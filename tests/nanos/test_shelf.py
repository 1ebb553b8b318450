"""Favourites and collections: who sees them, who changes them, and in which order."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.api import add_member, create_person
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.nanos.models import CollectionItem, Favourite
from app.nanos.queries.collection import favourites, get_collection, list_collections
from app.nanos.rules.shelf import SHARINGS, Reader, may_change, may_own, may_see, moved
from app.nanos.services import collection as service
from app.nanos.services import ending
from app.nanos.services.favourite import set_favourite
from tests.nanos import rig
from tests.people import People, make_people, sign_in
from tests.threads import at_once

READERS = st.builds(Reader, maker=st.booleans(), colleague=st.booleans(), manager=st.booleans())


@given(READERS, st.sampled_from(SHARINGS))
def test_who_owns_changes_and_who_changes_sees(reader: Reader, sharing: str) -> None:
    assert not may_own(reader, sharing) or may_change(reader, sharing)
    assert not may_change(reader, sharing) or (may_see(reader, sharing) and reader.colleague)
    if sharing == "private" and not reader.maker:
        assert not may_see(reader, sharing)
    if may_see(reader, "private"):
        assert may_see(reader, "organisation")
    if may_see(reader, "organisation"):
        assert may_see(reader, "public")


@given(st.lists(st.integers(0, 30), unique=True, max_size=12), st.integers(0, 30), st.integers(-3, 20))
def test_moving_keeps_all_and_twice_is_once(order: list[int], one: int, to: int) -> None:
    new = moved(order, one, to)
    assert sorted(new) == sorted(order) and moved(new, one, to) == new
    assert [other for other in new if other != one] == [other for other in order if other != one]
    if one in order and 1 <= to <= len(order):
        assert new[to - 1] == one


def made(actor: Actor, sharing: str = "private", title: str = "Brandschutz für Neue") -> UUID:
    return service.create_collection(actor, title=title, about="", sharing=sharing)


def test_a_favourite_is_on_or_off_however_often(db_app: Flask, db_people: People) -> None:
    cleo, nano_id = db_people.cleo.actor, rig.published(db_people)
    for _ in range(2):
        set_favourite(cleo, nano_id, True)
    assert [row.id for row in favourites(cleo).rows] == [nano_id]
    assert favourites(db_people.bob.actor).rows == []
    for _ in range(2):
        set_favourite(cleo, nano_id, False)
    assert favourites(cleo).rows == []
    for hidden in (rig.drafted(db_people.alice.actor), uuid4()):
        with pytest.raises(NotFound):
            set_favourite(cleo, hidden, True)
    with pytest.raises(NotFound):  # one's own draft may be thrown away: nothing hangs on it
        set_favourite(db_people.alice.actor, rig.drafted(db_people.alice.actor), True)


def test_a_private_one_is_its_makers_alone(db_app: Flask, db_people: People) -> None:
    people, nano_id = db_people, rig.published(db_people)
    private, ours, everybodys = (made(people.bob.actor, sharing) for sharing in SHARINGS)
    sees = {
        name: [one.id for one in list_collections(getattr(people, name).actor, "ours").rows]
        for name in ("bob", "alice", "cleo")
    }
    assert {name: set(ids) for name, ids in sees.items()} == {
        "bob": {private, ours, everybodys}, "alice": {ours, everybodys}, "cleo": set(),
    }  # fmt: skip
    assert [one.id for one in list_collections(people.cleo.actor, "public").rows] == [everybodys]
    assert [one.id for one in list_collections(people.olga.actor, "public").rows] == [everybodys]
    for who, what in (
        (people.alice, private),
        (people.cleo, private),
        (people.cleo, ours),
        (people.olga, ours),
    ):
        with pytest.raises(NotFound):
            get_collection(who.actor, what)
        with pytest.raises((NotFound, NotAllowed)):
            service.put_item(who.actor, what, nano_id)
    service.put_item(people.alice.actor, ours, nano_id)  # colleagues work on it
    with pytest.raises(NotAllowed):
        service.put_item(people.cleo.actor, everybodys, nano_id)
    found = get_collection(people.cleo.actor, everybodys)
    assert (found.changes, found.owns, found.by) == (False, False, "Nordlicht")


def test_sharing_and_deleting_is_for_its_maker_and_who_answers_for_the_organisation(
    db_app: Flask, db_people: People
) -> None:
    people = db_people
    eve = create_person(email="eve@example.org", name="Eve", password="vier Katzen auf dem Dach")
    add_member(people.organisation_id, eve, "member")
    colleague = replace(people.bob.actor, person_id=eve)
    ours = made(people.bob.actor, "organisation")
    words = {"title": "Neu", "about": ""}
    service.save_collection(colleague, ours, **words, sharing="organisation", version=1)
    with pytest.raises(NotAllowed):
        service.save_collection(colleague, ours, **words, sharing="public", version=2)
    with pytest.raises(NotAllowed):
        service.delete_collection(colleague, ours)
    with pytest.raises(Conflict):
        service.save_collection(people.bob.actor, ours, **words, sharing="public", version=1)
    service.save_collection(people.bob.actor, ours, **words, sharing="public", version=2)
    service.delete_collection(people.alice.actor, ours)
    with pytest.raises(NotFound):
        get_collection(people.bob.actor, ours)
    for wrong in ({"title": " "}, {"title": "x" * 121}, {"about": "x" * 2001}, {"sharing": "world"}):
        with pytest.raises(Invalid) as refused:
            service.create_collection(
                people.bob.actor, **{"title": "T", "about": "", "sharing": "private", **wrong}
            )
        assert set(refused.value.fields) == set(wrong)


def titles(actor: Actor, collection_id: UUID) -> list[str]:
    db.session.rollback()
    return [item.nano.title if item.nano else "–" for item in get_collection(actor, collection_id).items]


def test_an_order_with_notes_that_survives_what_ends(db_app: Flask, db_people: People) -> None:
    people, bob = db_people, db_people.bob.actor
    ids = [rig.published(people, replace(rig.OPEN, title=name)) for name in "ABC"]
    mine = made(bob)
    for nano_id in (*ids, ids[0]):
        service.put_item(bob, mine, nano_id, "Zuerst das")
    items = get_collection(bob, mine).items
    for _ in range(2):
        service.move_item(bob, mine, items[2].id, 1)
    assert titles(bob, mine) == ["C", "A", "B"]
    service.write_note(bob, mine, items[2].id, "Danach das")
    with pytest.raises(Invalid):
        service.write_note(bob, mine, items[2].id, "x" * 501)
    ending.retire(people.alice.actor, ids[0])
    assert titles(bob, mine) == ["C", "–", "B"]
    for _ in range(2):
        service.take_item(bob, mine, items[0].id)
    found = get_collection(bob, mine)
    assert [(one.position, one.note) for one in found.items] == [(1, "Danach das"), (2, "Zuerst das")]
    assert found.minutes == 20
    with pytest.raises(NotFound):
        service.put_item(bob, mine, ids[0])


@pytest.mark.postgres
def test_many_at_once_leave_one_favourite_and_no_gap(pg_app: Flask) -> None:
    people = make_people(pg_app)
    ids = [rig.published(people, replace(rig.OPEN, title=name)) for name in "ABCD"]
    ours = made(people.bob.actor, "organisation")
    db.session.rollback()
    assert at_once(pg_app, 4, lambda _: set_favourite(people.cleo.actor, ids[0], True)) == [None] * 4
    assert db.session.query(Favourite).count() == 1
    db.session.rollback()
    who = [people.bob.actor, people.alice.actor]
    assert at_once(pg_app, 8, lambda n: service.put_item(who[n % 2], ours, ids[n // 2])) == [None] * 8
    items = sorted(one for (one,) in db.session.query(CollectionItem.position))
    assert items == [1, 2, 3, 4]
    held = [one for (one,) in db.session.query(CollectionItem.id)]
    db.session.rollback()
    assert at_once(pg_app, 4, lambda n: service.move_item(who[n % 2], ours, held[n], 1 + n)) == [None] * 4
    assert sorted(one for (one,) in db.session.query(CollectionItem.position)) == [1, 2, 3, 4]


def test_the_pages(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    sign_in(client, people.cleo)
    assert "Noch nichts gemerkt" in client.get("/nanos/favourites").text
    for _ in range(2):
        assert client.post(f"/nanos/{nano_id}/favourite", data={"on": "1"}).status_code == 303
    assert 'aria-pressed="true"' in client.get(f"/nanos/{nano_id}").text
    assert "Brandschutzhelfer" in client.get("/nanos/favourites").text
    assert "Keine weitere Sammlung" in client.get(f"/nanos/{nano_id}/collect").text
    form = {"title": "Für <b>Neue</b>", "about": "", "sharing": "private", "once": str(uuid4())}
    assert client.post("/nanos/collections/new", data={**form, "title": " "}).status_code == 422
    address = client.post("/nanos/collections/new", data=form).location
    assert client.post("/nanos/collections/new", data=form).status_code == 409
    put = {"collection": address.rsplit("/", 1)[1], "note": "Zuerst"}
    assert client.post(f"/nanos/{nano_id}/collect", data={"collection": "x"}).status_code == 422
    assert client.post(f"/nanos/{nano_id}/collect", data=put).status_code == 303
    page = client.get(address).text
    assert "Für &lt;b&gt;Neue&lt;/b&gt;" in page and "Zuerst" in page and "10 Minuten" in page
    item = get_collection(people.cleo.actor, UUID(put["collection"])).items[0].id
    assert client.get(f"{address}/items/{item}/note").status_code == 200
    assert client.post(f"{address}/items/{item}/note", data={"note": "Neu"}).status_code == 303
    assert client.post(f"{address}/items/{item}/move", data={"to": "zwei"}).status_code == 303
    stale = {"title": "T", "about": "", "sharing": "public", "version": "7"}
    assert client.post(f"{address}/change", data=stale).status_code == 409
    every = ["", "/change", "/delete", f"/items/{item}/note"]
    acts = ["/change", "/delete", f"/items/{item}/note", f"/items/{item}/move", f"/items/{item}/remove"]
    for stranger in (people.alice, people.olga):
        sign_in(client, stranger)
        wanted = {404} if stranger is people.alice else {403, 404}
        assert {client.get(address + end).status_code for end in every} <= wanted
        assert {client.post(address + end, data=stale).status_code for end in acts} <= wanted
        assert client.get(address).status_code == 404
    sign_in(client, people.cleo)
    assert client.post(f"{address}/change", data={**stale, "version": "1"}).status_code == 303
    sign_in(client, people.alice)
    assert client.get(address).status_code == 200 and client.get(f"{address}/change").status_code == 404
    assert client.post(f"{address}/delete").status_code == 403
