"""A person's data: the copy is complete and theirs alone; erasing leaves ids and nothing else, after two weeks."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.accounts.api import (
    add_member,
    create_organisation,
    create_person,
    get_organisation,
    get_person,
    people_of,
)
from app.accounts.models import Membership, Person, Session, Token
from app.accounts.services import link
from app.accounts.services.invitation import invite
from app.accounts.services.session import open_session
from app.core.api import contributor, contributors, open_file, store_file
from app.core.models import Event, File, Mail
from app.core.personal import _contributors
from app.core.queries.mail import outbox
from app.hosting.models import Report, ReportPlan
from app.hosting.rules.period import parse_period
from app.hosting.services.report import choose_plan, order_report
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, TooMany
from app.messaging.api import notify
from app.privacy.errors import Blocked
from app.privacy.models import Erasure
from app.privacy.queries.request import exports_of, retentions, scheduled_erasure
from app.privacy.services import export
from app.privacy.services.erasure import call_off_erasure, erase_due, schedule_erasure
from app.privacy.services.export import ask_export
from tests.people import PASSWORD, People, Someone, sign_in

RunJobs = Callable[[], list[str]]


def copy_of(someone: Someone, run_jobs: RunJobs) -> zipfile.ZipFile:
    ask_export(someone.actor)
    run_jobs()
    file = exports_of(someone.id)[0].file
    assert file is not None
    with open_file(file.id) as stream:
        return zipfile.ZipFile(io.BytesIO(stream.read()))


def part(archive: zipfile.ZipFile, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(archive.read(f"{name}.json"))
    return found


class TestCopy:
    def test_it_holds_what_every_module_knows(self, app: Flask, people: People, run_jobs: RunJobs) -> None:
        with transaction():
            open_session(people.bob.id, method="password", organisation_id=people.organisation_id)
            notify("accounts.member_joined", dedupe="x", person_ids=[people.bob.id],
                   data={"person_id": str(people.dora.id), "role": "admin"})  # fmt: skip
        archive = copy_of(people.bob, run_jobs)
        assert archive.testzip() is None
        account = part(archive, "accounts")
        assert account["person"]["email"] == "bob@example.org"  # type: ignore[index]
        assert account["memberships"][0]["organisation"] == "Nordlicht"  # type: ignore[index]
        assert any(one["name"] == "accounts.person.signed_in" for one in part(archive, "core")["events"])  # type: ignore[attr-defined]
        assert part(archive, "messaging")["notices"]
        expected = {f"{one.name}.json" for one in contributors() if one.export}
        assert expected <= set(archive.namelist())
        assert "LIESMICH.txt" in archive.namelist()

    def test_it_holds_no_secrets_and_nobody_else(self, app: Flask, people: People, run_jobs: RunJobs) -> None:
        with transaction():
            token = open_session(people.bob.id, method="password")
        archive = copy_of(people.bob, run_jobs)
        whole = "\n".join(
            archive.read(name).decode() for name in archive.namelist() if name.endswith(".json")
        )
        stored = db.session.execute(select(Person.password_hash, Session.fingerprint).join(Session)).first()
        assert stored is not None
        for secret in (
            token,
            stored[0],
            stored[1],
            "alice@example.org",
            "cleo@example.org",
            str(people.cleo.id),
        ):
            assert secret not in whole

    def test_own_files_come_along_with_harmless_names(
        self, app: Flask, people: People, run_jobs: RunJobs
    ) -> None:
        store_file(b"mine", name="Bild.png", mime="image/png", kind="trial", person_id=people.bob.id)
        store_file(b"theirs", name="x.png", mime="image/png", kind="trial", person_id=people.dora.id)
        archive = copy_of(people.bob, run_jobs)
        inner = [name for name in archive.namelist() if name.startswith("core/")]
        assert [archive.read(name) for name in inner] == [b"mine"]
        assert export._inner("core", uuid4(), "../../etc/passwd").count("/") == 1

    def test_one_at_a_time_and_three_a_day(
        self, app: Flask, people: People, run_jobs: RunJobs, frozen: object
    ) -> None:
        assert ask_export(people.bob.actor) == ask_export(people.bob.actor)
        run_jobs()
        for _ in range(2):
            ask_export(people.bob.actor)
            run_jobs()
        with pytest.raises(TooMany):
            ask_export(people.bob.actor)
        clock.advance(days=1, seconds=1)
        ask_export(people.bob.actor)

    def test_it_is_gone_after_seven_days(
        self, app: Flask, people: People, run_jobs: RunJobs, frozen: object
    ) -> None:
        copy_of(people.bob, run_jobs)
        clock.advance(days=7)
        assert exports_of(people.bob.id)[0].file is None

    def test_a_repeated_job_makes_no_second_file(self, app: Flask, people: People, run_jobs: RunJobs) -> None:
        copy_of(people.bob, run_jobs)
        export.make_export(exports_of(people.bob.id)[0].id)
        assert len(db.session.scalars(select(File)).all()) == 1

    def test_a_token_may_not_ask(self, app: Flask, people: People) -> None:
        with pytest.raises(NotAllowed):
            ask_export(Actor(person_id=people.bob.id, token_scopes=frozenset({"members:read"})))


class TestErasure:
    def test_two_weeks_later_only_the_id_is_left(self, app: Flask, people: People, frozen: object) -> None:
        bob = people.bob
        with transaction():
            open_session(bob.id, method="password", organisation_id=people.organisation_id)
            notify("accounts.member_joined", dedupe="x", person_ids=[bob.id],
                   data={"person_id": str(people.dora.id), "role": "admin"})  # fmt: skip
        store_file(b"mine", name="Bild.png", mime="image/png", kind="trial", person_id=bob.id)
        events = db.session.scalars(select(Event.id).where(Event.actor_id == bob.id)).all()
        schedule_erasure(bob.actor, password=PASSWORD)
        clock.advance(days=13, hours=23)
        assert erase_due() == 0
        clock.advance(hours=1)
        assert erase_due() == 1
        assert erase_due() == 0
        person = get_person(bob.id)
        assert person is not None
        assert (person.name, "bob" in person.email) == ("", False)
        assert person.erased_at is not None
        for model in (Membership, Session, Token):
            assert db.session.scalars(select(model).where(model.person_id == bob.id)).all() == []
        assert db.session.scalars(select(File).where(File.person_id == bob.id)).all() == []
        assert set(events) <= set(db.session.scalars(select(Event.id)).all()), "the log stays whole"
        assert "Bob" not in [one.name for one in people_of(people.organisation_id)]

    def test_no_table_holds_name_or_address_afterwards(self, db_app: Flask, db_people: People) -> None:
        person_id = create_person(email="zebulon@example.org", name="Zebulon Quast", password=PASSWORD)
        add_member(db_people.organisation_id, person_id, "member")
        actor = Actor(person_id=person_id, email="zebulon@example.org")
        with transaction():
            notify("accounts.removed", dedupe="x", person_ids=[person_id],
                   data={"organisation_id": str(db_people.organisation_id)})  # fmt: skip
            link.make("magic", email="zebulon@example.org", person_id=person_id)
            link.make("signup", email="zebulon@example.org", person_id=None)
        invite(db_people.cleo.actor, email="zebulon@example.org", role="member")
        with clock.freeze(clock.now() - timedelta(days=15)):
            schedule_erasure(actor, password=PASSWORD)
        assert erase_due() == 1
        with transaction() as session:  # the last mail stays for thirty days, as the retention list says
            assert [
                row.template
                for row in session.scalars(select(Mail).where(Mail.recipient.contains("zebulon")))
            ] == ["privacy/erased"]
            session.execute(text("DELETE FROM core_mail WHERE template = 'privacy/erased'"))
        with db.engine.connect() as connection:
            for table in db.metadata.sorted_tables:
                for row in connection.execute(select(table)).mappings():
                    words = str(dict(row)).lower()
                    assert "zebulon" not in words, table.name
                    assert "quast" not in words, table.name

    def test_calling_off_keeps_everything(self, app: Flask, people: People, frozen: object) -> None:
        schedule_erasure(people.bob.actor, password=PASSWORD)
        assert call_off_erasure(people.bob.actor)
        clock.advance(days=15)
        assert erase_due() == 0
        assert get_person(people.bob.id).name == "Bob"  # type: ignore[union-attr]
        assert call_off_erasure(people.bob.actor) is False
        schedule_erasure(people.bob.actor, password=PASSWORD)

    def test_it_needs_the_password_and_only_once(self, app: Flask, people: People) -> None:
        with pytest.raises(Invalid):
            schedule_erasure(people.bob.actor, password="wrong")
        assert scheduled_erasure(people.bob.id) is None
        schedule_erasure(people.bob.actor, password=PASSWORD)
        with pytest.raises(Conflict):
            schedule_erasure(people.bob.actor, password=PASSWORD)
        assert [row.template for row in outbox().rows] == ["privacy/scheduled"]

    def test_the_last_owner_of_others_stays(self, app: Flask, people: People) -> None:
        with pytest.raises(Blocked) as caught:
            schedule_erasure(people.alice.actor, password=PASSWORD)
        assert "Nordlicht" in caught.value.reasons[0]

    def test_who_becomes_the_last_owner_meanwhile_is_told_and_kept(
        self, app: Flask, people: People, frozen: object
    ) -> None:
        from app.accounts.services.organisation import change_role

        change_role(people.alice.actor, people.dora.id, role="owner")
        schedule_erasure(people.alice.actor, password=PASSWORD)
        change_role(people.alice.actor, people.dora.id, role="member")
        clock.advance(days=15)
        assert erase_due() == 0
        assert erase_due() == 0
        assert [row.template for row in outbox().rows].count("privacy/blocked") == 1
        change_role(people.alice.actor, people.dora.id, role="owner")
        assert erase_due() == 1

    def test_an_organisation_of_one_loses_its_name(self, app: Flask, people: People, frozen: object) -> None:
        alone = create_organisation(name="Bobs Bude", owner_id=people.bob.id)
        schedule_erasure(people.bob.actor, password=PASSWORD)
        clock.advance(days=15)
        assert erase_due() == 1
        found = get_organisation(alone)
        assert found is not None
        assert "bob" not in (found.name + found.slug).lower()

    def test_its_reports_go_with_their_files_and_no_new_ones_come(
        self, app: Flask, people: People, frozen: object
    ) -> None:
        alone = create_organisation(name="Bobs Bude", owner_id=people.bob.id)
        month = parse_period("2026-10")
        files = {}
        for organisation_id in (alone, people.organisation_id):
            actor = Actor(person_id=people.bob.id, organisation_id=organisation_id, role="owner")
            choose_plan(actor, weekly=True, monthly=True)
            report_id, _job_id = order_report(actor, period=month)
            files[organisation_id] = store_file(
                b"%PDF", name="Bobs Bude.pdf", mime="application/pdf", kind="hosting.report",
                organisation_id=organisation_id,
            )  # fmt: skip
            with transaction() as session:
                session.get_one(Report, report_id).file_id = files[organisation_id]
        schedule_erasure(people.bob.actor, password=PASSWORD)
        clock.advance(days=15)
        assert erase_due() == 1
        for model in (Report, ReportPlan):
            assert set(db.session.scalars(select(model.organisation_id))) == {people.organisation_id}
        assert db.session.scalars(select(File.id)).all() == [files[people.organisation_id]]

    def test_all_or_nothing_and_the_next_one_is_not_held_up(
        self, app: Flask, people: People, frozen: object
    ) -> None:
        schedule_erasure(people.bob.actor, password=PASSWORD)
        clock.advance(seconds=1)
        change = create_person(email="eve@example.org", name="Eve", password=PASSWORD)
        schedule_erasure(Actor(person_id=change, email="eve@example.org"), password=PASSWORD)
        clock.advance(days=15)

        def break_for_bob(person_id: UUID) -> None:
            if person_id == people.bob.id:
                raise RuntimeError("boom")

        contributor("zz-trial", erase=break_for_bob, order=950)
        try:
            assert erase_due() == 1
        finally:
            _contributors.pop("zz-trial")
        assert get_person(people.bob.id).name == "Bob"  # type: ignore[union-attr]
        assert get_person(change).name == ""  # type: ignore[union-attr]
        assert erase_due() == 1

    def test_erased_people_read_as_such_in_the_log(
        self, app: Flask, client: FlaskClient, people: People, frozen: object
    ) -> None:
        with transaction():
            open_session(people.bob.id, method="password", organisation_id=people.organisation_id)
        schedule_erasure(people.bob.actor, password=PASSWORD)
        clock.advance(days=15)
        erase_due()
        page = sign_in(client, people.alice).get("/organisation/protokoll").text
        assert "gelöschtes Konto" in page
        assert "Bob" not in page


class TestPages:
    def test_from_asking_to_fetching(
        self, app: Flask, client: FlaskClient, people: People, run_jobs: RunJobs
    ) -> None:
        sign_in(client, people.bob)
        answer = client.post("/konto/daten/kopie")
        assert "/auftrag/" in answer.location
        run_jobs()
        page = client.get("/konto/daten").text
        file = exports_of(people.bob.id)[0].file
        assert file is not None
        assert f'href="/dateien/{file.id}"' in page
        assert client.get(f"/dateien/{file.id}").mimetype == "application/zip"
        for other in (people.alice, people.olga):
            assert sign_in(client, other).get(f"/dateien/{file.id}").status_code == 404
        assert sign_in(client, people.alice).get(answer.location).status_code == 404, (
            "nor may anybody watch the job"
        )

    def test_erasing_with_the_wrong_password_changes_nothing(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        answer = sign_in(client, people.bob).post("/konto/loeschen", data={"password": "wrong"})
        assert answer.status_code == 422
        assert "nicht dein jetziges Passwort" in answer.text
        assert db.session.scalars(select(Erasure)).all() == []

    def test_erasing_and_calling_off(self, app: Flask, client: FlaskClient, people: People) -> None:
        sign_in(client, people.bob)
        assert client.post("/konto/loeschen", data={"password": PASSWORD}).status_code == 303
        page = client.get("/konto/daten").text
        assert "wird am" in page
        assert "Konto behalten" in page
        assert client.post("/konto/loeschen/absagen").status_code == 303
        assert "Konto behalten" not in client.get("/konto/daten").text

    def test_the_last_owner_sees_why_not(self, app: Flask, client: FlaskClient, people: People) -> None:
        page = sign_in(client, people.alice).get("/konto/loeschen").text
        assert "Nordlicht" in page
        assert 'type="password"' not in page

    def test_periods_are_open_to_all_records_to_operators(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        assert "30 Tage" in sign_in(client, people.bob).get("/konto/daten/fristen").text
        assert sign_in(client, people.bob).get("/betrieb/datenschutz").status_code == 403
        assert "Art. 30 DSGVO" in sign_in(client, people.olga).get("/betrieb/datenschutz").text


def test_every_table_that_names_a_person_is_in_the_list_of_periods(app: Flask) -> None:
    """A new table with a person in it must say how long it keeps them."""
    listed = {row.table for _one, rows in retentions() for row in rows}
    follows = {  # kept exactly as long as the row they belong to
        "accounts_membership": "accounts_person", "accounts_backup_code": "accounts_person",
    }  # fmt: skip
    holding = {
        table.name
        for table in db.metadata.sorted_tables
        if {"person_id", "email", "recipient"} & set(table.columns.keys())
    }
    assert sorted(name for name in holding if name not in listed and follows.get(name) not in listed) == []
