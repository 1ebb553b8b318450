"""Nanos over the API: found and read like on the pages, offered with versions, files given to who may have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.kit import clock
from app.kit.authz import ANONYMOUS
from app.kit.db import db, transaction
from app.kit.errors import NotAllowed, NotFound
from app.nanos import api as door
from app.nanos.models import Use
from app.nanos.queries.completion import LEAST
from app.nanos.rules.finding import Wish
from app.nanos.services.ending import retire
from app.nanos.services.publishing import publish
from tests.api.conftest import Caller, caller
from tests.architecture.test_page_queries import counted
from tests.nanos import rig
from tests.nanos.voices import exchanged, worked_through
from tests.people import People

NEW = {
    "title": "Leiter sicher stellen", "description": "Was vor dem ersten Schritt zu sehen ist.",
    "outcome": "Sie stellen eine Leiter sicher auf", "subject": "safety", "type": "video", "level": "start", "minutes": 6,
    "language": "de", "licence": "cc-by", "region": "03101", "audience": ["employees"],
}  # fmt: skip


def told(answer: TestResponse, status: int = 200) -> Any:
    """The JSON of an answer with this status."""
    assert answer.status_code == status, answer.text
    return answer.json


def wrong(answer: TestResponse) -> set[str]:
    return {one["field"] for one in told(answer, 422)["errors"]}


def sent(ask: Caller, path: str, data: bytes, **headers: str) -> TestResponse:
    """A piece, as bytes."""
    return ask.client.open(
        f"/api/v1{path}", method="PUT", data=data,
        headers={"Authorization": f"Bearer {ask.token}", "Content-Type": "application/octet-stream", **headers},
    )  # fmt: skip


def test_found_with_the_pages_facets_and_counts(db_app: Flask, db_people: People) -> None:
    for number in range(14):
        rig.published(db_people, replace(rig.OPEN, title=f"Löschen {number}", minutes=1 + number))
    ask = caller(db_app, db_people.cleo, "nanos:read")
    first = told(ask("GET", "/nanos?licence=cc-by&sort=short"))
    assert (first["total"], len(first["data"])) == (14, 12)
    assert first["facets"]["duration"] == {"1-5": 5, "6-10": 5, "11-15": 4}
    rest = told(ask("GET", f"/nanos?licence=cc-by&sort=short&cursor={first['next_cursor']}"))
    assert [one["minutes"] for one in first["data"] + rest["data"]] == list(range(1, 15))
    assert rest["next_cursor"] is None
    assert told(ask("GET", "/nanos?duration=1-5,11-15"))["total"] == 9
    assert told(ask("GET", "/nanos?q=Loeschen+3"))["total"] >= 1


@pytest.mark.parametrize("name", ["subject", "duration", "rating", "sort", "around", "radius", "cursor"])
def test_what_nobody_knows_is_named(app: Flask, people: People, name: str) -> None:
    assert wrong(caller(app, people.cleo)("GET", f"/nanos?{name}=nirgends")) == {name}


def test_one_with_its_facts_and_document(db_app: Flask, db_people: People) -> None:
    open_one, bartered = rig.published(db_people, rig.OPEN), rig.published(db_people)
    ask = caller(db_app, db_people.cleo, "nanos:read")
    one = told(ask("GET", f"/nanos/{open_one}"))
    (file,) = one["files"]
    assert (one["title"], one["provider"], one["open_licence"], one["ours"]) == (
        rig.OPEN.title,
        "Nordlicht",
        True,
        False,
    )
    assert (file["may_look"], file["may_take"], file["size"]) == (True, True, len(rig.pdf()))
    other = told(ask("GET", f"/nanos/{bartered}"))
    assert [(one["may_look"], one["may_take"]) for one in other["files"]] == [(False, False)]
    amb = ask("GET", f"/nanos/{open_one}/amb")
    assert amb.mimetype == "application/ld+json" and (amb.json or {})["name"] == rig.OPEN.title


def test_bytes_go_to_who_may_take_them(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people)
    ask = caller(db_app, db_people.cleo, "nanos:read")
    path = f"/nanos/{nano_id}/files/{told(ask('GET', f'/nanos/{nano_id}'))['files'][0]['id']}"
    assert ask("GET", path).status_code == 404
    exchanged(db_people.cleo.actor, nano_id)
    assert told(ask("GET", f"/nanos/{nano_id}"))["files"][0]["may_take"]
    answer = ask("GET", path)
    assert (answer.status_code, answer.data) == (200, rig.pdf())
    part = ask("GET", path, Range="bytes=0-3")
    assert (part.status_code, part.data) == (206, b"%PDF")
    assert caller(db_app, db_people.cleo, "messages:read")("GET", path).status_code == 403
    assert db_app.test_client().get(f"/api/v1{path}").status_code == 401


def test_what_may_only_be_looked_at_is_not_handed_out(app: Flask, people: People) -> None:
    nano_id = rig.published(people, replace(rig.DETAILS, preview=True))
    ask = caller(app, people.cleo)
    (file,) = told(ask("GET", f"/nanos/{nano_id}"))["files"]
    assert (file["may_look"], file["may_take"]) == (True, False)
    assert ask("GET", f"/nanos/{nano_id}/files/{file['id']}").status_code == 404


def draft(ask: Caller, **headers: str) -> Any:
    return told(ask("POST", "/nanos", NEW, **headers), 201)


def uploaded(ask: Caller, nano_id: str, data: bytes) -> str:
    path = f"/nanos/{nano_id}/uploads"
    upload = told(ask("POST", path, {"name": "leiter.pdf", "size": len(data)}), 201)
    half = len(data) // 2
    told(sent(ask, f"{path}/{upload['id']}?offset=0", data[:half]))
    told(sent(ask, f"{path}/{upload['id']}?offset=0", data[:half]), 409)
    assert told(ask("GET", f"{path}/{upload['id']}"))["received"] == half
    told(ask("POST", f"{path}/{upload['id']}/finish"), 409)
    told(sent(ask, f"{path}/{upload['id']}?offset={half}", data[half:]))
    return str(told(ask("POST", f"{path}/{upload['id']}/finish"), 201)["id"])


def test_from_a_draft_to_its_end(db_app: Flask, db_people: People) -> None:
    ask = caller(db_app, db_people.alice, "nanos:write")
    made = draft(ask)
    nano_id = made["id"]
    assert (made["state"], made["version"], made["missing"]) == ("draft", 1, ["files"])
    assert wrong(ask("POST", f"/nanos/{nano_id}/submit")) == {"files"}
    file_id = uploaded(ask, nano_id, rig.pdf("Leiter"))
    told(ask("POST", f"/nanos/{nano_id}/links", {"url": "https://example.org/leiter"}), 201)
    changed = told(ask("PATCH", f"/nanos/{nano_id}/draft", {"version": 1, "minutes": 7}))
    assert (changed["version"], changed["minutes"], changed["title"]) == (2, 7, NEW["title"])
    told(ask("PATCH", f"/nanos/{nano_id}/draft", {"version": 1, "minutes": 8}), 409)
    assert ask("POST", f"/nanos/{nano_id}/submit").status_code == 204
    told(ask("PATCH", f"/nanos/{nano_id}/draft", {"version": 2, "minutes": 8}), 409)
    assert ask("POST", f"/nanos/{nano_id}/withdraw").status_code == 204
    assert ask("POST", f"/nanos/{nano_id}/submit").status_code == 204
    told(ask("POST", f"/nanos/{nano_id}/retire"), 409)
    publish(db_people.olga.actor, UUID(nano_id), 1)
    own = told(ask("GET", "/nanos/own?state=published"))
    assert [(one["id"], one["stage"]) for one in own["data"]] == [(nano_id, "current")]
    assert own["counts"] == {"published": 1}
    assert told(ask("POST", f"/nanos/{nano_id}/revision"), 201)["revision"] == 2
    assert ask("DELETE", f"/nanos/{nano_id}/draft").status_code == 204
    assert ask("DELETE", f"/nanos/{nano_id}/files/{file_id}").status_code == 409
    for step, state in (("retire", "retired"), ("return", "published")):
        assert ask("POST", f"/nanos/{nano_id}/{step}").status_code == 204
        assert told(ask("GET", f"/nanos/{nano_id}"))["state"] == state


def test_an_upload_is_refused_or_given_up(app: Flask, people: People) -> None:
    ask = caller(app, people.alice, "nanos:write")
    path = f"/nanos/{draft(ask)['id']}/uploads"
    upload = told(ask("POST", path, {"name": "x.pdf", "size": 5}), 201)["id"]
    told(sent(ask, f"{path}/{upload}?offset=0", b"hallo", Content_Type="text/plain"))
    assert wrong(ask("POST", f"{path}/{upload}/finish")) == {"file"}
    other = told(ask("POST", path, {"name": "x.pdf", "size": 5}), 201)["id"]
    assert sent(ask, f"{path}/{other}?offset=0", bytes(4 * 1024**2 + 1)).status_code == 413
    assert ask("PUT", f"{path}/{other}?offset=0", {}).status_code == 415
    assert ask("DELETE", f"{path}/{other}").status_code == 204
    told(sent(ask, f"{path}/{other}?offset=0", b"hallo"), 409)


def test_the_same_key_begins_one_nano(db_app: Flask, db_people: People) -> None:
    ask, key = caller(db_app, db_people.alice), uuid4().hex
    first, again = (ask("POST", "/nanos", NEW, Idempotency_Key=key) for _ in range(2))
    assert first.json == again.json and again.headers["Idempotency-Replayed"] == "true"
    assert told(ask("GET", "/nanos/own"))["counts"] == {"draft": 1}
    told(ask("POST", "/nanos", {**NEW, "title": "Anderes"}, Idempotency_Key=key), 422)


def test_faults_are_named(app: Flask, people: People) -> None:
    ask = caller(app, people.alice)
    assert wrong(ask("POST", "/nanos", {"title": "x", "minutes": 21, "mehr": 1})) == {"minutes", "mehr"}
    assert wrong(ask("POST", "/nanos", {"title": "x", "subject": "gibtsnicht"})) == {"subject"}
    assert wrong(ask("POST", f"/nanos/{draft(ask)['id']}/links", {"url": "http://localhost/x"})) == {"url"}


def test_strangers_find_nothing_and_scopes_are_a_ceiling(app: Flask, people: People) -> None:
    mine = caller(app, people.alice)
    nano_id = draft(mine)["id"]
    upload = told(mine("POST", f"/nanos/{nano_id}/uploads", {"name": "x", "size": 5}), 201)["id"]
    stranger, reads = caller(app, people.cleo), caller(app, people.alice, "nanos:read")
    one = f"/nanos/{nano_id}"
    for method, path, body in (
        ("GET", one, None), ("GET", f"{one}/amb", None), ("GET", f"{one}/draft", None),
        ("PATCH", f"{one}/draft", {"version": 1}), ("DELETE", f"{one}/draft", None), ("POST", f"{one}/revision", None),
        ("POST", f"{one}/links", {"url": "https://example.org/"}), ("DELETE", f"{one}/files/{uuid4()}", None),
        ("POST", f"{one}/uploads", {"name": "x", "size": 5}), ("GET", f"{one}/uploads/{upload}", None),
        ("POST", f"{one}/uploads/{upload}/finish", None), ("DELETE", f"{one}/uploads/{upload}", None),
        ("POST", f"{one}/submit", None), ("POST", f"{one}/withdraw", None), ("POST", f"{one}/retire", None),
        ("POST", f"{one}/return", None), ("GET", f"{one}/ratings", None), ("GET", f"{one}/rating", None),
        ("PUT", f"{one}/rating", {"stars": 1, "version": 0}), ("PUT", f"{one}/favourite", None),
    ):  # fmt: skip
        assert stranger(method, path, body).status_code == 404, (method, path)
        expected = 404 if method == "GET" and "draft" not in path and "uploads" not in path else 403
        assert reads(method, path, body).status_code == expected, (method, path)
    assert told(stranger("GET", "/nanos/own"))["data"] == []
    assert caller(app, people.bob)("POST", f"{one}/submit").status_code == 403


def test_ratings_and_favourites(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people, rig.OPEN)
    ask, one = caller(db_app, db_people.cleo, "nanos:write"), f"/nanos/{nano_id}"
    assert ask("PUT", f"{one}/rating", {"stars": 5, "version": 0}).status_code == 403
    worked_through(db_people.cleo.actor, nano_id)
    given = told(ask("PUT", f"{one}/rating", {"stars": 5, "text": "Klar und kurz.", "version": 0}))
    assert given == {"stars": 5, "text": "Klar und kurz.", "version": 1} == told(ask("GET", f"{one}/rating"))
    assert told(ask("PUT", f"{one}/rating", {"stars": 4, "version": 1}))["version"] == 2
    told(ask("PUT", f"{one}/rating", {"stars": 1, "version": 1}), 409)
    (rating,) = told(ask("GET", f"{one}/ratings"))["data"]
    assert (rating["stars"], rating["by"], rating["mine"]) == (4, "Südwind", True)
    for _twice in range(2):
        assert ask("PUT", f"{one}/favourite").status_code == 204
    (kept,) = told(ask("GET", "/nanos/favourites"))["data"]
    assert kept["id"] == str(nano_id) and told(ask("GET", one))["counts"] == [0, 0, 0, 1, 0]
    for _twice in range(2):
        assert ask("DELETE", f"{one}/favourite").status_code == 204
    assert told(ask("GET", "/nanos/favourites"))["data"] == []


def test_what_one_has_learned(db_app: Flask, db_people: People) -> None:
    nano_id = rig.published(db_people, rig.OPEN)
    worked_through(db_people.cleo.actor, nano_id)
    ask = caller(db_app, db_people.cleo, "nanos:read")
    found = told(ask("GET", "/nanos/learned?completed=true"))
    assert [(one["nano"], one["progress"]) for one in found["data"]] == [(str(nano_id), 100)]
    assert (found["begun"], found["completed"], found["seconds"]) == (1, 1, 60)
    assert told(ask("GET", "/nanos/learned?completed=false"))["data"] == []
    assert told(caller(db_app, db_people.alice)("GET", "/nanos/learned"))["begun"] == 0


def test_the_number_of_statements_does_not_grow(db_app: Flask, db_people: People) -> None:
    made = [rig.published(db_people, replace(rig.OPEN, title=f"Löschen {number}")) for number in range(8)]
    ask = caller(db_app, db_people.alice)
    for path in ("/nanos", f"/nanos/{made[0]}", "/nanos/own", "/nanos/learned", "/nanos/favourites"):
        with counted() as seen:
            told(ask("GET", path))
        assert len(seen) <= 10, (path, seen)


def test_the_door_for_other_products(db_app: Flask, db_people: People) -> None:
    cleo = db_people.cleo.actor
    nano_id = rig.published(db_people)
    assert [one.id for one in door.find_published(cleo, Wish()).rows] == [nano_id]
    assert not door.may_use(cleo, nano_id) and door.may_use(db_people.alice.actor, nano_id)
    exchanged(cleo, nano_id)
    assert door.may_use(cleo, nano_id)
    assert [(one.nano_id, one.state) for one in door.licences_held(cleo)] == [(nano_id, "active")]
    with pytest.raises(NotFound):
        door.may_use(cleo, rig.drafted(db_people.alice.actor))
    now = clock.now()
    for number in range(LEAST):
        assert door.completions(cleo) == []
        with transaction():
            db.session.add(
                Use(
                    nano_id=nano_id, person_id=uuid4(), organisation_id=cleo.organisation_id, revision=1, progress=100,
                    seconds=60, first_at=now, last_at=now + timedelta(seconds=number),
                    completed_at=now if number else None,
                )
            )  # fmt: skip
    assert door.completions(cleo) == [door.Completion(nano_id, LEAST, LEAST - 1, 60 * LEAST)]
    assert door.completions(db_people.alice.actor) == []
    retire(db_people.alice.actor, nano_id)
    assert door.find_published(cleo, Wish()).rows == []


def test_the_door_asks_who_is_there(app: Flask) -> None:
    for ask in (lambda: door.find_published(ANONYMOUS, Wish()), lambda: door.licences_held(ANONYMOUS)):
        with pytest.raises(NotAllowed):
            ask()
