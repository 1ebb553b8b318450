"""The outbox page: for those who run the platform, and nobody else. Job progress: for those whose work it is."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient

from app.core.api import store_file
from app.core.models import Job
from app.core.queries.mail import outbox
from app.core.services.mail import send_mail
from app.kit import live
from app.kit.db import db, transaction
from app.kit.dom import dom_id
from app.kit.jobref import JobRef
from tests.people import People, sign_in


def write() -> UUID:
    with transaction():
        return send_mail(
            to="kim@example.org",
            template="accounts/magic",
            locale="de",
            button_url="https://kontor.test/secret-link",
        )


class TestOutbox:
    def test_operators_read_mails_and_their_links(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        mail_id = write()
        sign_in(client, people.olga)
        assert "kim@example.org" in client.get("/betrieb/postausgang").text
        page = client.get(f"/betrieb/postausgang/{mail_id}").text
        assert 'href="https://kontor.test/secret-link"' in page

    def test_nobody_else_does(self, app: Flask, client: FlaskClient, people: People) -> None:
        mail_id = write()
        for who in (people.alice, people.dora, people.bob, people.cleo):
            sign_in(client, who)
            for url in ("/betrieb/postausgang", f"/betrieb/postausgang/{mail_id}"):
                assert client.get(url).status_code == 403
            assert client.post(f"/betrieb/postausgang/{mail_id}/senden").status_code == 403
        assert sign_in(client, None).get("/betrieb/postausgang").status_code == 302

    def test_filtering(self, app: Flask, client: FlaskClient, people: People) -> None:
        write()
        sign_in(client, people.olga)
        assert "kim@example.org" in client.get("/betrieb/postausgang?state=kept").text
        assert "kim@example.org" not in client.get("/betrieb/postausgang?state=failed").text
        assert "Keine Mail passt" in client.get("/betrieb/postausgang?to=nobody").text
        assert client.get("/betrieb/postausgang?state=nonsense").status_code == 200

    def test_an_unknown_mail_is_not_there(self, app: Flask, client: FlaskClient, people: People) -> None:
        assert sign_in(client, people.olga).get(f"/betrieb/postausgang/{uuid4()}").status_code == 404
        assert len(outbox().rows) == 0


class TestJobPage:
    REF = JobRef("jobs.trial.body", title="Bericht erstellen")

    def ask(self, people: People) -> UUID:
        with transaction():
            return self.REF.later(actor=people.bob.actor)

    def test_the_organisation_sees_it_strangers_do_not(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        job_id = self.ask(people)
        assert sign_in(client, people.bob).get(f"/auftrag/{job_id}").status_code == 200
        assert sign_in(client, people.alice).get(f"/auftrag/{job_id}").status_code == 200
        assert sign_in(client, people.cleo).get(f"/auftrag/{job_id}").status_code == 404
        assert sign_in(client, people.alice).get(f"/auftrag/{uuid4()}").status_code == 404

    def test_it_shows_progress_and_leads_on(self, app: Flask, client: FlaskClient, people: People) -> None:
        job_id = self.ask(people)
        sign_in(client, people.bob)
        with transaction():
            job = db.session.get_one(Job, job_id)
            job.state, job.percent, job.note = "running", 40, "Zeichne Diagramme"
        page = client.get(f"/auftrag/{job_id}").text
        assert "Bericht erstellen" in page
        assert "Zeichne Diagramme" in page
        assert 'value="40"' in page
        assert f'id="{dom_id("core-job", job_id, "progress")}" data-live' in page
        with transaction():
            job = db.session.get_one(Job, job_id)
            job.state, job.result = "done", {"next": "/suche"}
        assert 'href="/suche"' in client.get(f"/auftrag/{job_id}").text
        with transaction():
            db.session.get_one(Job, job_id).result = {"next": "https://evil.test"}
        assert "evil.test" not in client.get(f"/auftrag/{job_id}").text

    def test_a_failure_shows_a_sentence_not_a_traceback(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        job_id = self.ask(people)
        with transaction():
            job = db.session.get_one(Job, job_id)
            job.state, job.error = "failed", "Traceback: secret path"
        page = sign_in(client, people.bob).get(f"/auftrag/{job_id}").text
        assert "nicht zu Ende gekommen" in page
        assert "Traceback" not in page

    def test_the_live_fragment_is_as_closed_as_the_page(self, app: Flask, people: People) -> None:
        job_id = self.ask(people)
        found = live.find(dom_id("core-job", job_id, "progress"))
        assert found is not None
        assert found[0].authorise(people.alice.actor, job_id)
        assert not found[0].authorise(people.cleo.actor, job_id)


class TestDownload:
    def test_a_file_comes_as_an_attachment_that_can_do_nothing(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        file_id = store_file(
            b"<script>1</script>",
            name='Größe "x".html',
            mime="text/html",
            kind="trial",
            person_id=people.bob.id,
        )
        answer = sign_in(client, people.bob).get(f"/dateien/{file_id}")
        assert answer.data == b"<script>1</script>"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert sign_in(client, people.alice).get(f"/dateien/{file_id}").status_code == 404
        assert sign_in(client, None).get(f"/dateien/{file_id}").status_code == 302
