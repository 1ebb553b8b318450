"""Saved searches: what is new is told once, to who wants to hear it, when they want to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.services.organisation import remove_member
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotFound
from app.messaging.models import Notice
from app.nanos.models import SavedMatch
from app.nanos.queries.saved import MOST_SAVED, get_saved, list_saved, told_nanos
from app.nanos.services import ending, saved
from tests.nanos import rig
from tests.people import People, make_people, sign_in
from tests.threads import at_once

LADDER = replace(
    rig.OPEN, title="Leiterprüfung im Betrieb", outcome="Leitern prüfen", description="Holme und Sprossen"
)


def keep(people: People, text: str = "Leitern", cadence: str = "instant", **chosen: list[str]) -> UUID:
    return saved.save_search(people.cleo.actor, name="Leitern", text=text, chosen=chosen, cadence=cadence)


def notices() -> list[tuple[UUID, int]]:
    db.session.rollback()
    found = db.session.query(Notice).filter_by(kind="nanos.saved").order_by(Notice.created_at)
    return [(one.person_id, one.data["count"]) for one in found]


def test_at_once_each_nano_once_and_nothing_that_was_there(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]], frozen: object
) -> None:
    people = db_people
    rig.published(people, replace(LADDER, title="Alte Leitern"))
    clock.advance(minutes=5)
    search_id = keep(people)
    clock.advance(minutes=5)
    run_jobs()
    assert notices() == []
    rig.published(people)  # fits no ladder
    made = [rig.published(people, replace(LADDER, title=f"Leiter {n}")) for n in range(2)]
    run_jobs()
    assert notices() == [(people.cleo.id, 2)]
    assert {row.id for row in told_nanos(search_id)} == set(made)
    for _ in range(8):
        clock.advance(minutes=15)
        saved.tell_all()
    ending.retire(people.alice.actor, made[0])
    ending.bring_back(people.alice.actor, made[0])
    saved.tell_all()
    assert notices() == [(people.cleo.id, 2)]
    assert db.session.query(SavedMatch).count() == 2


def test_daily_gathers_and_silence_is_silence(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]], frozen: object
) -> None:
    people = db_people
    search_id = keep(people, "", "daily", subject=["safety"], rating=["nonsense"])
    assert get_saved(people.cleo.actor, search_id).chosen == {"subject": ["safety"]}
    for n in range(15):  # more than a page of the list
        rig.published(people, replace(LADDER, title=f"Leiter {n}"))
        clock.advance(minutes=20)
    run_jobs()
    assert notices() == []
    clock.advance(hours=20)
    assert saved.tell_all() == 1 and saved.tell_all() == 0
    assert notices() == [(people.cleo.id, 15)]
    for _ in range(2):
        saved.set_cadence(people.cleo.actor, search_id, "never")
    rig.published(people, LADDER)
    clock.advance(days=2)
    assert saved.tell_all() == 0
    saved.set_cadence(people.cleo.actor, search_id, "daily")
    clock.advance(days=2)
    assert saved.tell_all() == 0  # what came while it was silent is not told
    rig.published(people, LADDER)
    clock.advance(days=1)
    assert saved.tell_all() == 1


def test_what_was_being_published_during_a_look_is_found_by_the_next(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    people = db_people
    keep(people)
    clock.advance(minutes=10)
    rig.published(people, replace(LADDER, title="Vorher"))
    assert saved.tell_all() == 1
    with clock.freeze(
        clock.now() - timedelta(minutes=4)
    ):  # its time lies before the look, its commit after it
        rig.published(people, replace(LADDER, title="Leiter, spät sichtbar"))
    clock.advance(minutes=15)
    assert saved.tell_all() == 1


def test_who_left_the_organisation_hears_no_more(db_app: Flask, db_people: People, frozen: object) -> None:
    people = db_people
    saved.save_search(people.bob.actor, name="L", text="Leitern", chosen={}, cadence="instant")
    remove_member(people.alice.actor, people.bob.id)
    clock.advance(minutes=1)
    rig.published(people, LADDER)
    clock.advance(minutes=1)
    assert saved.tell_all() == 0 and notices() == []


def test_bad_input_and_other_peoples(db_app: Flask, db_people: People) -> None:
    people, cleo = db_people, db_people.cleo.actor
    search_id = keep(people)
    for bad in ({"name": " "}, {"name": "x" * 121}, {"cadence": "hourly"}):
        values: dict[str, Any] = {"name": "N", "text": "a", "chosen": {}, "cadence": "daily", **bad}
        with pytest.raises(Invalid) as refused:
            saved.save_search(cleo, **values)
        assert set(refused.value.fields) == set(bad)
    with pytest.raises(Invalid):
        saved.save_search(cleo, name="Alles", text=" ", chosen={"subject": ["nonsense"]}, cadence="daily")
    for act in (
        lambda: saved.set_cadence(people.bob.actor, search_id, "never"),
        lambda: saved.delete_search(people.bob.actor, search_id),
    ):
        with pytest.raises(NotFound):
            act()
    for _ in range(MOST_SAVED - 1):
        keep(people)
    with pytest.raises(Conflict):
        keep(people)


@pytest.mark.postgres
def test_several_workers_tell_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    with clock.freeze(clock.now() - timedelta(minutes=5)):
        keep(people)
    rig.published(people, LADDER)
    db.session.rollback()
    assert sum(at_once(pg_app, 4, lambda _: saved.tell_all())) == 1
    assert notices() == [(people.cleo.id, 1)]


def test_from_the_list_to_the_notice_and_out_of_it_in_one_click(
    client: FlaskClient, people: People, run_jobs: Callable[..., list[str]]
) -> None:
    rig.published(people)
    sign_in(client, people.cleo)
    assert "Noch keine Suche gespeichert" in client.get("/nanos/saved").text
    assert "Erst suchen, dann speichern" in client.get("/nanos/saved/new").text
    assert "Suche speichern" not in client.get("/nanos").text
    page = client.get("/nanos?q=leitern&subject=safety").text
    link = re.search(r'href="(/nanos/saved/new[^"]+)"', page)
    assert link is not None
    address = link[1].replace("&amp;", "&")
    assert 'value="leitern · Arbeitssicherheit' in client.get(address).text.replace("&#183;", "·")
    with clock.freeze(clock.now() - timedelta(minutes=5)):
        sent = {"name": "Meine <i>Leitern</i>", "cadence": "instant", "once": str(uuid4())}
        assert client.post(address, data={**sent, "name": ""}).status_code == 422
        assert client.post(address, data=sent).status_code == 303
        assert client.post(address, data=sent).status_code == 409
    rig.published(people, LADDER)
    run_jobs()
    search_id = list_saved(people.cleo.actor)[0].id
    page = client.get("/mitteilungen").text
    assert "Meine &lt;i&gt;Leitern&lt;/i&gt;“: 1 neues Nano." in page and "Abbestellen" in page
    assert f'action="/nanos/saved/{search_id}/silence"' in page
    assert "Leiterprüfung im Betrieb" in client.get(f"/nanos/saved/{search_id}").text
    for stranger in (people.bob, people.olga):
        sign_in(client, stranger)
        assert client.get(f"/nanos/saved/{search_id}").status_code == 404
        for end in ("silence", "cadence", "delete"):
            data = {"cadence": "daily"}
            assert client.post(f"/nanos/saved/{search_id}/{end}", data=data).status_code == 404
    sign_in(client, people.cleo)
    assert client.post(f"/nanos/saved/{search_id}/cadence", data={"cadence": "x"}).status_code == 422
    assert client.post(f"/nanos/saved/{search_id}/silence").status_code == 303
    assert list_saved(people.cleo.actor)[0].cadence == "never"
    assert client.post(f"/nanos/saved/{search_id}/delete").status_code == 303
    assert list_saved(people.cleo.actor) == []
