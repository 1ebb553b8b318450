"""The pages of moderation: a guest's notice without script, the queue, a decision, a complaint, samples, reports, settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.api import create_person
from app.core.models.mail import Mail
from app.core.services.mail import compose
from app.kit.db import db
from app.nanos.models import Case, Ranking, Statement
from app.nanos.services import learning, publishing
from app.nanos.services.decide import Wish, decide
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos import rig
from tests.nanos.test_moderation import COPYRIGHT, REASONED, noticed
from tests.people import People, Someone, sign_in

NOTICE = {
    "explanation": "Das Bild auf Seite 2 ist von mir und ohne Erlaubnis kopiert.", "category": COPYRIGHT, "name": "Mia",
    "email": "mia@example.net", "good_faith": "y",
}  # fmt: skip
DECISION = {
    "measure": "remove", "facts": REASONED.facts, "ground": REASONED.ground, "ground_text": REASONED.ground_text,
    "explanation": REASONED.explanation, "category": COPYRIGHT, "on_provider": "",
}  # fmt: skip


def test_a_guest_gives_notice_without_script_and_follows_it(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    sign_in(client, people.cleo)
    page = client.get(f"/nanos/{nano_id}").text
    form = re.search(r'href="(/nanos/report\?url=[^"]+)"', page)
    assert form is not None
    sign_in(client, None)
    assert f"/nanos/{nano_id}" in client.get(form[1]).text
    assert 'action="/nanos/report"' in client.get("/nanos/report").text
    empty = client.post("/nanos/report", data={})
    assert empty.status_code == 422 and empty.text.count("field-error") == 6
    assert client.post("/nanos/report?lang=en", data={}).text.count("What is your name?") == 2
    sent = client.post(
        "/nanos/report", data={**NOTICE, "urls": f"http://localhost/nanos/{nano_id}", "once": str(uuid4())}
    )
    assert sent.status_code == 303
    seen = client.get(sent.location)
    assert "Wird geprüft" in seen.text and "Mia" not in seen.text
    (mail,) = db.session.scalars(select(Mail).where(Mail.recipient == "mia@example.net"))
    assert sent.location in compose(mail).get_content()
    sign_in(client, people.olga)
    item = db.session.scalars(select(Case.id).where(Case.kind == "notice")).one()
    shown = client.get(f"/nanos/moderation/cases/{item}").text
    assert NOTICE["explanation"] in shown and "Mia" in shown
    assert "Entscheiden</span>" not in shown  # first claim
    assert client.post(f"/nanos/moderation/cases/{item}/claim").status_code == 303
    assert "Entscheiden</span>" in client.get(f"/nanos/moderation/cases/{item}").text
    wrong = client.post(
        f"/nanos/moderation/cases/{item}/decide", data={"measure": "remove", "facts": "Getippt und behalten."}
    )
    assert wrong.status_code == 422 and "Getippt und behalten." in wrong.text
    assert client.post(f"/nanos/moderation/cases/{item}/decide", data=DECISION).status_code == 303
    assert client.get(f"/nanos/{nano_id}").status_code == 404
    sign_in(client, None)
    after = client.get(sent.location).text
    assert "Entfernen" in after and "Beschwerde einlegen" in after and "Olga" not in after
    link = re.search(r'href="([^"]+)"[^>]*>.*?Beschwerde einlegen', after.split('class="card"')[-1])
    assert link is not None
    assert client.post(link[1], data={"text": "kurz"}).status_code == 422
    assert (
        client.post(
            link[1], data={"text": "Das genügt mir nicht, bitte sperren Sie auch den Anbieter."}
        ).status_code
        == 303
    )
    assert "Beschwerde wird geprüft" in client.get(sent.location).text


def test_what_is_typed_cannot_break_out(client: FlaskClient, people: People) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    nano_id = rig.published(people)
    data = {**NOTICE, "urls": f"/nanos/{nano_id}", "explanation": evil, "name": evil[:100]}
    assert client.post("/nanos/report", data=data).status_code == 303
    sign_in(client, people.olga)
    item = db.session.scalars(select(Case.id)).all()[-1]
    shown = client.get(f"/nanos/moderation/cases/{item}").text
    assert "<script>alert" not in shown and "<img src=x" not in shown
    foreign = client.get("/nanos/report?url=javascript:alert(1)").text
    assert not re.search(r"<textarea[^>]*>[^<]*javascript", foreign)
    huge = client.post("/nanos/report", data={**NOTICE, "urls": "x" * 300_000, "explanation": "y" * 300_000})
    assert huge.status_code in (413, 422)


def test_the_provider_reads_why_and_complains(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people)
    decide(people.olga.actor, noticed(nano_id), replace(REASONED, measure="hide"))
    statement = db.session.scalars(select(Statement.id)).one()
    sign_in(client, people.bob)
    page = client.get(f"/nanos/statements/{statement}").text
    for part in (
        "fremden Buch",
        "§ 106 UrhG",
        "Entschieden hat ein Mensch",
        "Streitbeilegung",
        "vor Gericht",
    ):
        assert part in page, part
    assert "mia@example.net" not in page and "Mia" not in page and "Olga" not in page
    assert "Beschwerde einlegen" not in page  # owners and admins answer
    assert client.post(f"/nanos/statements/{statement}/appeal", data={"text": "x" * 40}).status_code == 403
    sign_in(client, people.alice)
    assert "Von der Moderation eingeschränkt" in client.get(f"/nanos/{nano_id}").text
    assert client.post(f"/nanos/statements/{statement}/appeal", data={"text": "kurz"}).status_code == 422
    sent = client.post(
        f"/nanos/statements/{statement}/appeal", data={"text": "Wir haben die Erlaubnis des Verlags."}
    )
    assert sent.status_code == 303 and "wird geprüft" in client.get(sent.location).text
    assert "Nicht mehr finden lassen" in client.get("/nanos/statements").text
    sign_in(client, people.cleo)
    assert client.get(f"/nanos/statements/{statement}").status_code == 404
    sign_in(client, people.olga)
    item = db.session.scalars(select(Case.id).where(Case.kind == "appeal")).one()
    page = client.get(f"/nanos/moderation/cases/{item}").text
    assert "selbst entschieden" in page and "zweiten Person" in page and "Übernehmen</span>" not in page
    assert (
        client.post(
            f"/nanos/moderation/cases/{item}/appeal", data={"reasons": "Bleibt dabei, es gilt weiter."}
        ).status_code
        == 403
    )
    otto = create_person(
        email="otto@example.org", name="Otto", password="vier Katzen auf dem Dach", is_operator=True
    )
    assert "zweiten Person" not in client.get(f"/nanos/moderation/cases/{item}").text
    sign_in(client, Someone(otto, "Otto", "otto@example.org", None))
    client.post(f"/nanos/moderation/cases/{item}/claim")
    assert (
        client.post(
            f"/nanos/moderation/cases/{item}/appeal", data={"result": "reversed", "reasons": "kurz"}
        ).status_code
        == 422
    )
    data = {"result": "reversed", "reasons": "Die Erlaubnis liegt vor und gilt."}
    assert client.post(f"/nanos/moderation/cases/{item}/appeal", data=data).status_code == 303
    sign_in(client, people.alice)
    assert "aufgehoben" in client.get(f"/nanos/statements/{statement}").text
    assert "eingeschränkt" not in client.get(f"/nanos/{nano_id}").text


def test_the_queue_filters_claims_and_says_who_works_on_what(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    assert "Nichts zu tun" in client.get("/nanos/moderation").text
    nano_id = rig.published(people)
    noticed(nano_id)
    publishing.submit(people.alice.actor, rig.drafted(people.alice.actor, replace(rig.DETAILS, title="Neu")))
    page = client.get("/nanos/moderation").text
    assert "2 Vorgänge offen" in page and page.count(">frei<") == 2
    assert client.get("/nanos/moderation?kind=notice").text.count(">frei<") == 1
    assert "Dazu ist nichts offen" in client.get("/nanos/moderation?kind=appeal").text
    taken = client.post("/nanos/moderation/next").location
    assert client.get("/nanos/moderation?holder=mine").text.count("Olga</span>") >= 1
    assert client.get("/nanos/moderation?holder=free").text.count(">frei<") == 1
    assert client.post(f"{taken}/release").status_code == 303
    assert client.get("/nanos/moderation?cursor=kaputt").status_code == 422
    assert client.get("/nanos/moderation?kind=%00&holder=%00").status_code == 200
    sign_in(client, people.alice)
    for path in ("/nanos/moderation", "/nanos/moderation/samples", "/nanos/moderation/settings", taken):
        assert client.get(path).status_code == 403


def test_pages_ask_the_database_eight_times_at_most(db_app: Flask, db_people: People) -> None:
    for number in range(6):
        publishing.submit(
            db_people.alice.actor,
            rig.drafted(db_people.alice.actor, replace(rig.DETAILS, title=f"N{number}")),
        )
    decide(db_people.olga.actor, noticed(rig.published(db_people)), REASONED)
    client = db_app.test_client()
    for path, person in (("/nanos/moderation", db_people.olga), ("/nanos/statements", db_people.alice)):
        sign_in(client, person)
        assert client.get(path).status_code == 200
        with counted() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= MOST, "\n".join(seen)


def test_settings_terms_and_contact_points(client: FlaskClient, people: People) -> None:
    assert "Was hier angeboten werden darf" in client.get("/nanos/rules").text
    assert "What may be offered here" in client.get("/nanos/rules?lang=en").text
    sign_in(client, people.olga)
    page = client.get("/nanos/moderation/settings")
    assert page.status_code == 200
    data = {
        "domains": "boese.example\nhttps://www.schlecht.example/pfad", "flaggers": "flagger@example.org", "sample_size": "20",
        "notice_days": "200", "learn_days": "400", "contact_users": "hallo@example.org", "contact_authorities": "",
        "settlement_body": "", "terms_de": "# Unsere Regeln\nSeid <b>nett</b>.", "terms_en": "",
    }  # fmt: skip
    for name, wrong in (
        ("domains", "kein domain!"),
        ("flaggers", "keine adresse"),
        ("sample_size", "0"),
        ("notice_days", "x"),
    ):
        answer = client.post("/nanos/moderation/settings", data={**data, name: wrong})
        assert answer.status_code == 422 and f'id="{name}-error"' in answer.text
    assert client.post("/nanos/moderation/settings", data=data).status_code == 303
    assert "schlecht.example" in client.get("/nanos/moderation/settings").text
    sign_in(client, None)
    page = client.get("/nanos/rules").text
    assert "Seid &lt;b&gt;nett&lt;/b&gt;." in page and "hallo@example.org" in page


def test_a_transparency_report_is_made_published_and_read_by_all(
    client: FlaskClient, people: People, run_jobs: Callable[..., Any]
) -> None:
    decide(people.olga.actor, noticed(rig.published(people)), REASONED)
    sign_in(client, people.olga)
    day = client.get("/nanos/moderation/reports").text
    assert "Noch kein Bericht" in day
    assert (
        client.post("/nanos/moderation/reports", data={"first": "x", "last": "2999-01-01"}).status_code == 422
    )
    today = db.session.scalars(select(Statement.application_date)).one().isoformat()
    made = client.post("/nanos/moderation/reports", data={"first": today, "last": today}).location
    assert client.post(f"{made}/publish").status_code == 409
    run_jobs()
    page = client.get(made).text
    assert "Automatisch getroffene Entscheidungen" in page and "Urheber-" in page
    pdf = client.get(f"{made}/pdf")
    assert pdf.data.startswith(b"%PDF")
    assert client.get(f"{made}/json").get_json()["notices"]["total"] == 1
    assert "Meldungen;Meldungen;1" in client.get(f"{made}/csv").text
    assert client.get(f"{made}/exe").status_code == 404
    public = made.replace("/moderation/reports/", "/transparency/")
    sign_in(client, None)
    assert client.get(public).status_code == 404
    sign_in(client, people.olga)
    assert client.post(f"{made}/publish").status_code == 303
    assert client.post(f"{made}/delete").status_code == 409
    sign_in(client, None)
    assert "Entfernen" in client.get(public).text and client.get(f"{public}/pdf").status_code == 200
    assert public in client.get("/nanos/transparency").text
    sign_in(client, people.olga)
    statements = client.get(f"/nanos/moderation/statements.json?first={today}&last={today}").get_json()[
        "statements"
    ]
    assert len(statements) == 1 and statements[0]["category"] == COPYRIGHT
    assert client.get("/nanos/moderation/statements.json?first=x").status_code == 422


def test_samples_say_what_is_known(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    assert "Noch keine Stichprobe" in client.get("/nanos/moderation/samples").text
    rig.published(people)
    assert client.post("/nanos/moderation/samples").status_code == 303
    item = db.session.scalars(select(Case.id).where(Case.kind == "sample")).one()
    decide(people.olga.actor, item, Wish(measure="dismiss"))
    page = client.get("/nanos/moderation/samples").text
    assert re.search(r"95,0\s%", page)  # one without a defect says little
    assert "148" in page


def test_the_ranking_is_off_below_sixty_decisions_and_orders_above(app: Flask, people: People) -> None:
    olga, alice = people.olga.actor, people.alice.actor
    assert learning.train() == "few"
    for number in range(32):
        bad = number % 2
        words = ("Casino Gewinn gratis", "Lernen Betrieb Übung")[
            1 - bad
        ] + f" Lektion {'abcdefgh'[number % 8] * 4}"
        for copy in range(2):
            nano_id = rig.drafted(
                alice, replace(rig.DETAILS, title=f"{words} {'xyzw'[copy] * (3 + number)}", description=words)
            )
            publishing.submit(alice, nano_id)
            item = db.session.scalars(select(Case.id).where(Case.subject_id == nano_id)).one()
            decide(olga, item, replace(REASONED, measure="send_back") if bad else Wish(measure="publish"))
    waiting = []
    for words in ("Lernen Betrieb Übung", "Casino Gewinn gratis"):
        waiting.append(rig.drafted(alice, replace(rig.DETAILS, title=words, description=words)))
        publishing.submit(alice, waiting[-1])
    assert learning.train() == "active"
    db.session.rollback()
    row = db.session.scalars(select(Ranking).where(Ranking.state == "active")).one()
    assert row.auc is not None and row.auc > 0.9 and row.held_back >= 8
    ranks = {one.subject_id: one for one in db.session.scalars(select(Case).where(Case.state == "open"))}
    good, suspicious = ranks[waiting[0]], ranks[waiting[1]]
    assert (suspicious.rank or 0) > 0.6 > 0.4 > (good.rank or 0)
    assert suspicious.sort_at < good.sort_at and {word for word, _part in suspicious.rank_words} & {
        "casino",
        "gewinn",
        "gratis",
    }
    assert suspicious.state == "open"  # it only orders


def test_english_pages_speak_english(client: FlaskClient, people: People) -> None:
    decide(people.olga.actor, noticed(rig.published(people)), REASONED)
    statement: UUID = db.session.scalars(select(Statement.id)).one()
    assert "Report illegal content" in client.get("/nanos/report?lang=en").text
    sign_in(client, people.alice)
    assert "What is the case" in client.get(f"/nanos/statements/{statement}?lang=en").text
