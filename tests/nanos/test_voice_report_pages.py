"""Reporting what people say at nanos, as pages: without script or account, what strangers learn, what authors see."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.api import add_member, create_person, find_actor_for_job
from app.kit.authz import ANONYMOUS
from app.kit.db import db
from app.nanos.models import Case, Statement
from app.nanos.queries.voice_subject import ANSWER, QUESTION, RATING
from app.nanos.services import publishing, question
from app.nanos.services.appeal import appeal_as_provider
from app.nanos.services.decide import decide
from app.nanos.services.notice import give_notice
from app.nanos.services.sampling import draw_sample
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos import rig
from tests.nanos.test_moderation import REASONED, given, second
from tests.nanos.test_moderation import noticed as nano_noticed
from tests.nanos.test_voice_moderation import PLACES, STARS, WORDS, noticed, spoken
from tests.people import People, Someone, sign_in

NOTICE = {
    "explanation": "Der Text nennt eine Kollegin beim Namen und beleidigt sie.",
    "category": "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "name": "Mia", "email": "mia@example.net", "good_faith": "y",
}  # fmt: skip
FORM = {
    "facts": WORDS.facts, "ground": WORDS.ground, "ground_text": WORDS.ground_text, "explanation": WORDS.explanation,
    "category": WORDS.category, "on_provider": "",
}  # fmt: skip


def links(page: str) -> dict[str, str]:
    """The quiet links on a page: their words for screen readers, and where they lead."""
    return {
        label: href
        for href, label in re.findall(r'class="nanos-report" href="([^"]+)" aria-label="([^"]+)"', page)
    }


def test_each_thing_said_is_reported_from_its_place_without_script_or_account(
    client: FlaskClient, people: People
) -> None:
    nano_id, things = spoken(people)
    sign_in(client, people.bob)  # of the provider: the answer is theirs
    assert set(links(client.get(f"/nanos/{nano_id}").text)) == {
        "Bewertung von Südwind melden",
        "Frage von Südwind melden",
    }
    sign_in(client, people.cleo)  # who rated and asked
    found = links(client.get(f"/nanos/{nano_id}/questions").text)
    assert list(found) == ["Antwort von Nordlicht melden"]
    assert links(client.get(f"/nanos/{nano_id}/questions?lang=en").text).keys() == {
        "Report the answer by Nordlicht"
    }
    sign_in(client, people.bob)
    found |= links(client.get(f"/nanos/{nano_id}").text)
    sign_in(client, None)
    for label, kind in (("Bewertung", RATING), ("Frage", QUESTION), ("Antwort", ANSWER)):
        link = next(href for name, href in found.items() if name.startswith(label))
        form = client.get(link).text
        address = f"/nanos/{PLACES[kind]}/{things[kind]}"
        assert f"Sie melden: {label}" in form and f">\n{address}</textarea>" in form.replace("\r", "")
        assert "Meier" not in form and "Urlaub" not in form and "Südwind" not in form
        assert ("Betrug und Täuschung“" in form) == (kind == RATING)
        sent = client.post("/nanos/report", data={**NOTICE, "urls": address, "once": str(uuid4())})
        assert sent.status_code == 303
        assert "Wird geprüft" in client.get(sent.location).text
        assert client.get(address).status_code == 302  # the thing itself is for who is signed in
    assert db.session.query(Case).filter(Case.kind == "notice").count() == 3


def test_what_is_not_there_for_all_is_reported_like_what_never_was(
    client: FlaskClient, people: People
) -> None:
    nano_id, things = spoken(people)
    decide(people.olga.actor, noticed(RATING, things[RATING]), STARS)
    decide(people.olga.actor, noticed(QUESTION, things[QUESTION]), WORDS)
    pages = []
    for who in (None, people.dora):
        sign_in(client, who)
        for place, one in (
            ("ratings", things[RATING]),
            ("questions", things[QUESTION]),
            ("ratings", uuid4()),
            ("answers", nano_id),
        ):
            answer = client.post(
                "/nanos/report", data={**NOTICE, "urls": f"/nanos/{place}/{one}", "once": str(uuid4())}
            )
            assert answer.status_code == 422 and 'id="urls-error"' in answer.text
            pages.append(re.findall(r'id="urls-error"[^>]*>(.*?)<', answer.text))
    assert pages == [pages[0]] * 8
    sign_in(client, people.cleo)
    assert "als unecht entfernt" in client.get(f"/nanos/ratings/{things[RATING]}").text  # the author's own
    assert client.get(f"/nanos/{nano_id}/ratings/mine").status_code == 409
    posted = client.post(
        f"/nanos/{nano_id}/ratings/mine", data={"stars": "5", "text": "Doch gut", "version": "1"}
    )
    assert posted.status_code == 409 and "Doch gut" in posted.text
    sign_in(client, people.bob)
    assert client.get(f"/nanos/ratings/{things[RATING]}").status_code == 404
    assert "Meier" not in client.get(f"/nanos/questions/{things[QUESTION]}").text
    assert client.get(f"/nanos/answers/{things[QUESTION]}").status_code == 404
    assert client.get(f"/nanos/questions/{things[ANSWER]}").status_code == 404
    assert "nanos-report" not in client.get(f"/nanos/{nano_id}/ratings").text


def test_a_moderator_decides_and_the_author_reads_why_and_complains(
    client: FlaskClient, people: People
) -> None:
    nano_id, things = spoken(people)
    item = noticed(RATING, things[RATING])
    sign_in(client, people.olga)
    queue = client.get("/nanos/moderation?about=nanos.rating&lang=en").text
    assert "Rating: Brandschutzhelfer" in queue and "Südwind" in queue
    assert "Dazu ist nichts offen" in client.get("/nanos/moderation?about=nanos.nano").text
    assert client.get("/nanos/moderation?about=%00").status_code == 200
    client.post(f"/nanos/moderation/cases/{item}/claim")
    page = client.get(f"/nanos/moderation/cases/{item}").text
    for part in (
        "Frau Meier ist schuld.",
        "1 von 5",
        "Durchgearbeitet",
        "Text ausblenden",
        "Mit Sternen entfernen",
    ):
        assert part in page, part
    for part in ("Sperren</", "Einreichen sperren", "Verstöße im letzten Jahr"):
        assert part not in page, part
    wrong = client.post(f"/nanos/moderation/cases/{item}/decide", data={**FORM, "measure": "stars"})
    assert (
        wrong.status_code == 422 and "Unechte Bewertungen“ nennt" in wrong.text and WORDS.facts in wrong.text
    )
    assert (
        client.post(f"/nanos/moderation/cases/{item}/decide", data={**FORM, "measure": "block"}).status_code
        == 422
    )
    assert (
        client.post(f"/nanos/moderation/cases/{item}/decide", data={**FORM, "measure": "words"}).status_code
        == 303
    )
    statement = db.session.scalars(select(Statement.id)).one()
    sign_in(client, people.alice)  # the provider of the nano has no part in it
    assert client.get(f"/nanos/statements/{statement}").status_code == 404
    assert str(statement) not in client.get("/nanos/statements").text
    assert "ausgeblendet" in client.get(f"/nanos/{nano_id}").text
    sign_in(client, people.cleo)
    assert str(statement) in client.get("/nanos/statements").text
    page = client.get(f"/nanos/statements/{statement}").text
    assert WORDS.facts in page and f'href="/nanos/ratings/{things[RATING]}"' in page and "Mia" not in page
    assert client.post(f"/nanos/statements/{statement}/appeal", data={"text": "kurz"}).status_code == 422
    sent = client.post(
        f"/nanos/statements/{statement}/appeal", data={"text": "Frau Meier bin ich selbst, bitte sehr."}
    )
    assert sent.status_code == 303 and "wird geprüft" in client.get(sent.location).text
    otto = second()
    assert otto.person_id is not None
    sign_in(client, Someone(otto.person_id, "Otto", "otto@example.org", None))
    complaint = db.session.scalars(select(Case.id).where(Case.kind == "appeal")).one()
    client.post(f"/nanos/moderation/cases/{complaint}/claim")
    page = client.get(f"/nanos/moderation/cases/{complaint}").text
    assert "von der Person, die es geschrieben hat" in page and "Frau Meier ist schuld." in page
    data = {"result": "reversed", "reasons": "Wer sich selbst nennt, beleidigt niemanden."}
    assert client.post(f"/nanos/moderation/cases/{complaint}/appeal", data=data).status_code == 303
    sign_in(client, people.bob)
    assert "Frau Meier ist schuld." in client.get(f"/nanos/{nano_id}").text


def test_an_author_without_a_role_may_complain_and_others_may_not(
    client: FlaskClient, people: People
) -> None:
    nano_id, things = spoken(people)
    decide(people.olga.actor, noticed(ANSWER, things[ANSWER]), WORDS)
    statement = db.session.scalars(select(Statement.id)).one()
    sign_in(client, people.bob)  # a member of the organisation whose answer it is
    assert "Beschwerde einlegen" not in client.get(f"/nanos/statements/{statement}").text
    path = f"/nanos/statements/{statement}/appeal"
    assert client.post(path, data={"text": "Das ist nicht richtig, bitte noch einmal."}).status_code == 403
    sign_in(client, people.cleo)
    assert client.post(path, data={"text": "Das ist nicht richtig, bitte noch einmal."}).status_code == 404
    member = create_person(email="mia@example.org", name="Mia", password="vier Katzen auf dem Dach")
    add_member(people.other_organisation_id, member, "member")
    asked = question.ask(
        find_actor_for_job(member, people.other_organisation_id), nano_id, "Wo ist Herr Meier?"
    )
    decide(people.olga.actor, noticed(QUESTION, asked), WORDS)
    statement = db.session.scalars(select(Statement.id).order_by(Statement.id.desc())).first()
    sign_in(client, Someone(member, "Mia", "mia@example.org", people.other_organisation_id))
    assert "Beschwerde einlegen" in client.get(f"/nanos/statements/{statement}").text
    path = f"/nanos/statements/{statement}/appeal"
    assert client.post(path, data={"text": "Herr Meier ist mein Hund, und er ist weg."}).status_code == 303
    sign_in(client, people.cleo)  # owns the organisation, and has no part in what its people ask
    assert client.get(f"/nanos/statements/{statement}").status_code == 404


def _items(people: People) -> dict[str, UUID]:
    """An item of each kind about each kind of thing that has one."""
    nano_id, things = spoken(people)
    for _number in range(3):
        decide(people.olga.actor, nano_noticed(rig.published(people)), REASONED)
    made = {kind: noticed(kind, one) for kind, one in things.items()}
    made["again"] = noticed(QUESTION, things[QUESTION], "STATEMENT_CATEGORY_VIOLENCE", "tom@example.net")
    waiting = rig.drafted(people.alice.actor)
    publishing.submit(people.alice.actor, waiting)
    draw_sample("seed")
    decided = decide(people.olga.actor, made[ANSWER], WORDS)
    appeal_as_provider(people.alice.actor, decided, "Das ist keine Beleidigung, sondern die Wahrheit.")
    made["nano"] = noticed_besides(nano_id)
    for kind in ("review", "sample", "appeal"):
        made[kind] = db.session.scalars(select(Case.id).where(Case.kind == kind, Case.state == "open")).all()[
            0
        ]
    return made


def noticed_besides(nano_id: UUID) -> UUID:
    """A notice about a nano beside others that are open."""
    give_notice(ANONYMOUS, given(nano_id), visitor=str(uuid4()), locale="de")
    return db.session.scalars(select(Case.id).where(Case.subject_id == nano_id, Case.kind == "notice")).one()


def test_pages_ask_the_database_eight_times_at_most(db_app: Flask, db_people: People) -> None:
    items = _items(db_people)
    statement = db.session.scalars(select(Statement.id)).all()[-1]
    client = db_app.test_client()
    too_many: list[Any] = []
    paths = [(f"/nanos/moderation/cases/{one}", db_people.olga) for one in items.values()]
    paths += [("/nanos/moderation", db_people.olga), ("/nanos/statements", db_people.alice)]
    paths += [(f"/nanos/statements/{statement}", db_people.alice)]
    for path, person in paths:
        sign_in(client, person)
        if "/cases/" in path:
            client.post(f"{path}/claim")
        assert client.get(path).status_code == 200, path
        with counted() as seen:
            client.get(path)
        if len(seen) > MOST:
            too_many.append((path, len(seen), [one[:150] for one in seen]))
    assert too_many == []


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "%(num)d {{ 7 * 7 }}"])
def test_what_was_said_cannot_break_out_of_the_queue(client: FlaskClient, people: People, evil: str) -> None:
    asked = question.ask(people.cleo.actor, rig.published(people), evil)
    item = noticed(QUESTION, asked)
    sign_in(client, people.olga)
    page = client.get(f"/nanos/moderation/cases/{item}").text
    assert "<script>alert" not in page and "49" not in re.findall(r'nanos-mod-text">(.*?)</p>', page)[0]
