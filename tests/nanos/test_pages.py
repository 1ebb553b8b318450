"""The pages: from an empty list to a published nano, with what everybody may see on the way."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.kit.db import db
from app.kit.errors import Conflict
from app.nanos.queries.nano import get_nano, get_open
from app.nanos.rules.amb_check import faults
from app.nanos.services.ending import remove, retire
from app.nanos.services.publishing import publish, send_back, submit
from tests.nanos import rig
from tests.people import People, sign_in

FILLED = {
    "outcome": "Sie können einen Feuerlöscher richtig einsetzen", "description": "Was zu tun ist.", "subject": "safety",
    "type": "text", "level": "start", "minutes": "7", "language": "de", "licence": "cc-by", "region": "03101",
    "audience": ["employees", "apprentices"], "terms": "",
}  # fmt: skip


def version(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page) or re.search(
        r'value="(\d+)"[^>]*name="version"', page
    )
    assert found is not None
    return found[1]


def test_from_the_empty_list_to_a_public_nano(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    assert "Noch keine Nanos" in client.get("/nanos").text
    assert "Noch kein Nano" in client.get("/nanos/ours").text
    assert client.post("/nanos/new", data={"title": " ", "once": str(uuid4())}).status_code == 422
    made = client.post("/nanos/new", data={"title": "Brandschutz im Büro", "once": str(uuid4())})
    address = made.location.removesuffix("/content")
    page = client.get(made.location).text
    sent = client.post(
        f"{address}/content",
        data={
            "version": version(page), "title": "Brandschutz im Büro", "url": "", "then": "next",
            "file": (io.BytesIO(rig.pdf()), "plan.pdf"),
        },
    )  # fmt: skip
    assert sent.location == f"{address}/details"
    page = client.get(sent.location).text
    saved = client.post(f"{address}/details", data={**FILLED, "version": version(page)})
    assert saved.location == f"{address}/draft"
    assert "Vor dem Einreichen fehlt noch" not in client.get(saved.location).text
    assert client.post(f"{address}/submit").status_code == 303
    assert "In Prüfung" in client.get("/nanos/ours").text
    sign_in(client, people.olga)
    assert "Brandschutz im Büro" in client.get("/nanos/reviews", follow_redirects=True).text
    item = client.get(f"{address}/review").location
    assert client.post(f"{item}/claim").status_code == 303
    assert "Veröffentlichen" in client.get(item).text
    assert client.post(f"{item}/decide", data={"measure": "publish"}).status_code == 303
    assert "Nichts zu tun" in client.get("/nanos/moderation").text
    sign_in(client, people.cleo)
    assert "Brandschutz im Büro" in client.get("/nanos").text
    assert "Nordlicht" in client.get(address).text


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, people: People
) -> None:
    nano_id = rig.drafted(people.alice.actor)
    sign_in(client, people.alice)
    page = client.get(f"/nanos/{nano_id}/details").text
    typed = {**FILLED, "minutes": "21", "outcome": "Anderes", "subject": "nonsense", "version": version(page)}
    answer = client.post(f"/nanos/{nano_id}/details", data=typed)
    assert answer.status_code == 422
    assert "Ein Nano dauert 1 bis 20 Minuten." in answer.text
    assert 'value="21"' in answer.text and 'value="Anderes"' in answer.text
    assert get_open(people.alice.actor, nano_id).details == rig.DETAILS
    english = client.post(f"/nanos/{nano_id}/details?lang=en", data=typed)
    assert "A nano lasts 1 to 20 minutes." in english.text
    wrong_link = {"version": version(page), "title": "Neuer Titel", "url": "http://10.0.0.1/x"}
    answer = client.post(f"/nanos/{nano_id}/content", data=wrong_link, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "öffentliche Webadresse" in answer.text and "http://10.0.0.1/x" in answer.text
    assert get_open(people.alice.actor, nano_id).details.title == "Neuer Titel"


def test_two_people_on_one_draft_see_each_other(client: FlaskClient, people: People) -> None:
    nano_id = rig.drafted(people.alice.actor)
    sign_in(client, people.alice)
    page = client.get(f"/nanos/{nano_id}/details").text
    data = {**FILLED, "version": version(page)}
    assert client.post(f"/nanos/{nano_id}/details", data=data).status_code == 303
    late = client.post(f"/nanos/{nano_id}/details", data={**data, "description": "Später getippt"})
    assert late.status_code == 409
    assert "Später getippt" in late.text and "inzwischen gespeichert" in late.text
    again = client.post(
        f"/nanos/{nano_id}/details",
        data={**data, "description": "Später getippt", "version": version(late.text)},
    )
    assert again.status_code == 303
    assert get_open(people.alice.actor, nano_id).details.description == "Später getippt"


def test_a_draft_is_sent_only_when_it_is_whole(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    made = client.post("/nanos/new", data={"title": "Halb", "once": str(uuid4())})
    address = made.location.removesuffix("/content")
    answer = client.post(f"{address}/submit")
    assert answer.status_code == 422 and "Es fehlt der Inhalt" in answer.text
    client.post(
        f"{address}/content", data={"title": "Halb", "url": "https://example.org/kurs", "version": "1"},
        content_type="multipart/form-data",
    )  # fmt: skip
    answer = client.post(f"{address}/submit")
    assert answer.status_code == 422 and "Wie viele Minuten dauert es?" in answer.text


def files(text: str) -> str:
    found = re.search(r"/nanos/[0-9a-f-]{36}/files/([0-9a-f-]{36})", text)
    assert found is not None
    return found[1]


def test_strangers_read_no_draft_and_no_file_by_its_address(
    client: FlaskClient, people: People, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = rig.drafted(people.alice.actor)
    run_jobs()
    sign_in(client, people.bob)
    file_id = files(client.get(f"/nanos/{nano_id}").text)
    every = [
        f"/nanos/{nano_id}{end}" for end in ("", "/draft", "/content", "/details", "/discard", "/amb.json")
    ]
    every += [f"/nanos/{nano_id}/files/{file_id}{end}" for end in ("", "/view", "/picture")]
    assert {client.get(path).status_code for path in every[6:]} == {200}
    sign_in(client, people.cleo)
    assert {path: client.get(path).status_code for path in every} == dict.fromkeys(every, 404)
    for end in (
        "submit",
        "withdraw",
        "revision",
        "successor",
        "discard",
        "retire",
        "remove",
        f"files/{file_id}/remove",
    ):
        assert client.post(f"/nanos/{nano_id}/{end}").status_code == 404, end
    sign_in(client, people.olga)
    assert client.get(f"/nanos/{nano_id}").status_code == 404
    sign_in(client, None)
    assert client.get(f"/nanos/{nano_id}/files/{file_id}").status_code in (302, 303)


@pytest.mark.parametrize(
    ("details", "look", "take"),
    [
        (rig.OPEN, 200, 200),
        (rig.DETAILS, 404, 404),
        (replace(rig.DETAILS, preview=True), 200, 404),
    ],
    ids=["open licence", "barter", "barter with a preview"],
)
def test_others_get_of_a_public_nano_what_its_terms_give(
    client: FlaskClient, people: People, details: Any, look: int, take: int
) -> None:
    nano_id = rig.published(people, details)
    sign_in(client, people.alice)
    file_id = files(client.get(f"/nanos/{nano_id}").text)
    sign_in(client, people.cleo)
    page = client.get(f"/nanos/{nano_id}")
    assert page.status_code == 200
    assert client.get(f"/nanos/{nano_id}/files/{file_id}/view").status_code == look
    assert client.get(f"/nanos/{nano_id}/files/{file_id}").status_code == take
    assert (f"/files/{file_id}/view" in page.text) == (look == 200)
    assert client.get(f"/nanos/{uuid4()}/files/{file_id}").status_code == 404


def test_a_stored_file_is_not_given_out_by_its_number(client: FlaskClient, people: People) -> None:
    from app.nanos.models import NanoFile

    rig.published(people, rig.OPEN)
    stored = db.session.query(NanoFile).one().file_id
    for person, status in ((people.alice, 403), (people.cleo, 404), (people.olga, 404)):
        assert sign_in(client, person).get(f"/dateien/{stored}").status_code == status


def test_bytes_come_as_what_they_are_and_in_ranges(client: FlaskClient, people: People) -> None:
    data = rig.mp4()
    nano_id = rig.drafted(people.alice.actor, rig.OPEN, data)
    sign_in(client, people.alice)
    file_id = files(client.get(f"/nanos/{nano_id}").text)
    path = f"/nanos/{nano_id}/files/{file_id}"
    whole = client.get(f"{path}/view")
    assert whole.data == data and whole.mimetype == "video/mp4"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert "script" not in whole.headers["Content-Security-Policy"]
    for asked, first, last in (
        ("0-99", 0, 99),
        ("4000-", 4000, len(data) - 1),
        ("-10", len(data) - 10, len(data) - 1),
    ):
        part = client.get(f"{path}/view", headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206 and part.data == data[first : last + 1]
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"
    for nonsense in ("bytes=9-2", "bytes=0-1,5-6", "lines=1-2", f"bytes={len(data) + 5}-"):
        assert client.get(f"{path}/view", headers={"Range": nonsense}).data == data
    saved = client.get(path)
    assert saved.headers["Content-Disposition"].startswith("attachment; ")
    assert "sandbox" in saved.headers["Content-Security-Policy"]


def test_the_description_for_machines_keeps_the_profile(client: FlaskClient, people: People) -> None:
    sign_in(client, people.cleo)
    for details in (rig.OPEN, rig.DETAILS):
        nano_id = rig.published(people, details)
        answer = client.get(f"/nanos/{nano_id}/amb.json")
        made = answer.get_json(force=True)
        assert answer.mimetype == "application/ld+json" and faults(made) == []
        assert (
            ("license" in made)
            == ("encoding" in made)
            == made["isAccessibleForFree"]
            == (details is rig.OPEN)
        )
        assert f"/nanos/{nano_id}/amb.json" in client.get(f"/nanos/{nano_id}").text


def test_a_nano_is_sent_back_with_a_reason_its_provider_reads(client: FlaskClient, people: People) -> None:
    nano_id = rig.drafted(people.alice.actor)
    submit(people.alice.actor, nano_id)
    sign_in(client, people.olga)
    item = client.get(f"/nanos/{nano_id}/review").location
    assert client.post(f"{item}/claim").status_code == 303
    assert client.post(f"{item}/decide", data={"measure": "send_back", "facts": "kurz"}).status_code == 422
    reason = "Die Bilder zeigen Gesichter. Liegt die Einwilligung vor?"
    reasoned = {
        "measure": "send_back", "facts": reason, "ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "ground_text": "Regeln", "explanation": "Daten von Personen ohne deren Einverständnis.",
        "category": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    }  # fmt: skip
    assert client.post(f"{item}/decide", data=reasoned).status_code == 303
    sign_in(client, people.bob)
    assert reason in client.get(f"/nanos/{nano_id}/draft").text
    assert "Aus der Prüfung zurück" in client.get("/nanos/ours").text


def test_who_decides_late_is_told(client: FlaskClient, people: People) -> None:
    nano_id = rig.drafted(people.alice.actor)
    submit(people.alice.actor, nano_id)
    sign_in(client, people.olga)
    item = client.get(f"/nanos/{nano_id}/review").location
    publish(people.olga.actor, nano_id, 1)
    assert client.post(f"{item}/decide", data={"measure": "publish"}).status_code == 409
    assert client.get(f"/nanos/{nano_id}/review").status_code == 404


def test_members_prepare_and_managers_answer_for_it(client: FlaskClient, people: People) -> None:
    nano_id = rig.drafted(people.bob.actor)
    sign_in(client, people.bob)
    assert client.post(f"/nanos/{nano_id}/submit").status_code == 403
    assert client.get("/nanos/reviews").status_code == 403
    sign_in(client, people.dora)
    assert client.post(f"/nanos/{nano_id}/submit").status_code == 303
    assert client.get(f"/nanos/{nano_id}/details").status_code == 409


def test_facets_count_and_narrow(client: FlaskClient, people: People) -> None:
    rig.published(people, rig.OPEN)
    rig.published(
        people, replace(rig.DETAILS, title="Excel für Einsteiger", outcome="Tabellen anlegen", subject="it")
    )
    sign_in(client, people.cleo)
    page = client.get("/nanos").text
    assert "2 Nanos" in page and "Arbeitssicherheit und Brandschutz" in page
    page = client.get("/nanos?subject=it").text
    assert "Excel für Einsteiger" in page and "Brandschutzhelfer" not in page
    assert "1 Nano" in page
    assert "Dazu gibt es nichts" in client.get("/nanos?subject=it&licence=cc-by").text
    assert "Brandschutzhelfer" in client.get("/nanos?q=FEUERLÖSCHER").text
    for nonsense in ("page=9999999", "page=-1", "subject=%00", "sort=drop", "q=%25_%27", "duration=1-99"):
        assert client.get(f"/nanos?{nonsense}").status_code == 200, nonsense


def test_what_is_retired_names_what_to_take_instead(client: FlaskClient, people: People) -> None:
    alice = people.alice.actor
    old = rig.published(people)
    new = rig.published(people, replace(rig.OPEN, title="Brandschutz 2026"))
    sign_in(client, people.alice)
    saved = client.post(
        f"/nanos/{old}/ending", data={"retires_on": "", "removes_on": "", "replacement": str(new)}
    )
    assert saved.status_code == 303
    retire(alice, old)
    sign_in(client, people.cleo)
    page = client.get(f"/nanos/{old}").text
    assert "Stattdessen:" in page and "Brandschutz 2026" in page
    assert "Brandschutzhelfer" not in client.get("/nanos").text
    remove(alice, old)
    assert client.get(f"/nanos/{old}").status_code == 404


def test_dates_that_cannot_be_are_refused_at_their_field(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    sign_in(client, people.alice)
    for data in (
        {"retires_on": "2020-01-01"}, {"retires_on": "yesterday"},
        {"retires_on": "2099-02-01", "removes_on": "2099-01-01"}, {"replacement": str(nano_id)},
    ):  # fmt: skip
        given = {"retires_on": "", "removes_on": "", "replacement": "", **data}
        assert client.post(f"/nanos/{nano_id}/ending", data=given).status_code == 422, data


MISSPELT = "/nanos?q=Feuerlöcher"  # the search looks for near words: two more


def test_eight_statements_a_page(db_app: Flask, db_people: People) -> None:
    made = [rig.published(db_people, replace(rig.OPEN, title=f"Nano {n}")) for n in range(5)]
    client = sign_in(db_app.test_client(), db_people.cleo)
    for path in ("/nanos", f"/nanos/{made[0]}", "/nanos/ours", "/nanos?subject=safety&q=nano", MISSPELT):
        client.get(path)
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_more: object, seen: list[str] = seen) -> None:
            if not statement.startswith("BEGIN"):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        assert len(seen) <= (10 if path == MISSPELT else 8), path + "\n" + "\n".join(seen)


def test_the_reviewed_revision_is_shown_until_the_next_one_is_reviewed(
    client: FlaskClient, people: People
) -> None:
    nano_id: UUID = rig.published(people, rig.OPEN)
    sign_in(client, people.alice)
    assert client.post(f"/nanos/{nano_id}/revision").status_code == 303
    page = client.get(f"/nanos/{nano_id}/details").text
    other = {**FILLED, "version": version(page), "outcome": "Sie können ganz etwas anderes"}
    answer = client.post(f"/nanos/{nano_id}/details", data=other)
    assert answer.status_code == 422 and "Als neues Nano anlegen" in answer.text
    same = {**FILLED, "version": version(page), "description": "Neu geschrieben."}
    assert client.post(f"/nanos/{nano_id}/details", data=same).status_code == 303
    sign_in(client, people.cleo)
    assert "Neu geschrieben." not in client.get(f"/nanos/{nano_id}").text
    submit(people.alice.actor, nano_id)
    assert "Neu geschrieben." not in client.get(f"/nanos/{nano_id}").text
    with pytest.raises(Conflict):
        send_back(people.olga.actor, nano_id, 1, "Das ist die falsche Fassung.")
    publish(people.olga.actor, nano_id, 2)
    assert "Neu geschrieben." in client.get(f"/nanos/{nano_id}").text
    assert get_nano(people.cleo.actor, nano_id).number == 2
