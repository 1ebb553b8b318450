"""Notices: everybody concerned, once each, in their language, where they want it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import event as sa_event

from app.accounts.api import add_member, create_organisation, create_person
from app.core.queries.mail import outbox
from app.kit import clock, live
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.dom import dom_id
from app.kit.errors import NotFound
from app.kit.jobref import JobRef
from app.live import LiveApp, View
from app.messaging.api import notify
from app.messaging.queries.notice import find_notice, notices_of
from app.messaging.queries.shell import unread_notices as unread_of
from app.messaging.rules.kind import Choice
from app.messaging.services.notice import mark_all_read, mark_read
from app.messaging.services.personal import tidy_notices
from app.messaging.services.preference import save_choices
from app.messaging.views import bell_id
from tests.people import People, sign_in


def unread_count(person_id: UUID) -> int:
    """What the bell of a new request shows."""
    g.pop("unread_counts", None)
    return unread_of(Actor(person_id=person_id))


def tell(people: People, kind: str = "trial.low", dedupe: str = "one", **more: object) -> int:
    values: dict[str, object] = {"organisation_id": people.organisation_id, "data": {"amount": "3 €"}}
    with transaction():
        return notify(kind, dedupe=dedupe, **{**values, **more})  # type: ignore[arg-type]


def texts(person: object) -> list[str]:
    return [row.text for row in notices_of(person.actor).rows]  # type: ignore[attr-defined]


class TestWhoIsTold:
    def test_owners_and_admins_unless_told_otherwise(self, app: Flask, people: People) -> None:
        assert tell(people) == 2
        assert texts(people.alice) == texts(people.dora) == ["Noch 3 € übrig."]
        assert texts(people.bob) == texts(people.cleo) == []

    def test_chosen_roles(self, app: Flask, people: People) -> None:
        assert tell(people, roles=("member",)) == 1
        assert texts(people.bob)

    def test_named_people_each_once(self, app: Flask, people: People) -> None:
        assert tell(people, person_ids=[people.bob.id, people.bob.id, uuid4()]) == 1

    def test_the_same_reason_tells_nobody_twice(self, db_app: Flask, db_people: People) -> None:
        assert tell(db_people) == 2
        assert tell(db_people) == 0
        assert len(texts(db_people.alice)) == 1
        assert len(outbox().rows) == 2, "one mail each"

    def test_a_rolled_back_reason_tells_nobody(self, app: Flask, people: People) -> None:
        def fail() -> None:
            with transaction():
                notify("trial.low", dedupe="x", organisation_id=people.organisation_id)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert texts(people.alice) == []
        assert outbox().rows == []

    def test_outside_a_transaction_nothing_is_told(self, app: Flask, people: People) -> None:
        with pytest.raises(RuntimeError):
            notify("trial.low", dedupe="x", organisation_id=people.organisation_id)

    def test_an_unknown_kind_is_a_mistake(self, app: Flask, people: People) -> None:
        with pytest.raises(KeyError):
            tell(people, "trial.unheard")

    @pytest.mark.parametrize("link", ["https://evil.test/", "//evil.test", "javascript:alert(1)"])
    def test_it_never_leads_to_another_site(self, app: Flask, people: People, link: str) -> None:
        with pytest.raises(ValueError, match="path of this site"):
            tell(people, link=link)

    @pytest.mark.postgres
    def test_eight_workers_at_once_tell_once(self, pg_app: Flask) -> None:
        owner = create_person(email="o@example.org", name="O", password=None)
        ours = create_organisation(name="Eile", owner_id=owner)
        together, failed = threading.Barrier(8), []

        def work() -> None:
            with pg_app.app_context():
                together.wait()
                try:
                    with transaction():
                        notify("trial.low", dedupe="race", organisation_id=ours, data={"amount": "1"})
                except Exception as error:
                    failed.append(error)
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=work) for _ in range(8)]
        [one.start() for one in threads]
        [one.join() for one in threads]
        assert failed == []
        assert unread_count(owner) == 1
        assert len(outbox().rows) == 1


class TestWhere:
    def test_defaults_of_the_kind(self, app: Flask, people: People) -> None:
        tell(people, "trial.quiet")
        assert len(texts(people.alice)) == 1
        assert outbox().rows == []

    def test_a_choice_counts_for_that_person_only(self, app: Flask, people: People) -> None:
        save_choices(people.alice.actor, {"trial.low": Choice(in_app=False, by_mail=True)})
        save_choices(people.dora.actor, {"trial.low": Choice(in_app=True, by_mail=False)})
        tell(people)
        assert texts(people.alice) == []
        assert texts(people.dora) == ["Noch 3 € übrig."]
        assert [row.recipient for row in outbox().rows] == [people.alice.email]

    def test_mail_about_safety_cannot_be_switched_off(self, app: Flask, people: People) -> None:
        save_choices(people.alice.actor, {"trial.safety": Choice(in_app=False, by_mail=False)})
        tell(people, "trial.safety", person_ids=[people.alice.id])
        assert len(outbox().rows) == 1

    def test_unknown_kinds_in_a_form_are_ignored(self, app: Flask, people: People) -> None:
        save_choices(people.alice.actor, {"no.such": Choice(True, True)})

    def test_the_mail_says_what_the_notice_says_and_leads_there(self, app: Flask, people: People) -> None:
        tell(people, link="/server/7", roles=("owner",))
        mail = outbox().rows[0]
        assert mail.subject == "Knapp"
        assert "Noch 3 € übrig." in mail.text
        assert "http://localhost/server/7" in mail.text
        assert "/mitteilungen/einstellungen" in mail.text

    def test_a_value_that_is_missing_is_a_dash(self, app: Flask, people: People) -> None:
        tell(people, data={})
        assert texts(people.alice) == ["Noch – übrig."]


class TestReading:
    def test_one_and_all(self, app: Flask, people: People) -> None:
        for n in range(3):
            tell(people, dedupe=str(n))
        first = notices_of(people.alice.actor).rows[0]
        mark_read(people.alice.actor, first.id)
        assert unread_count(people.alice.id) == 2
        assert mark_all_read(people.alice.actor) == 2
        assert unread_count(people.alice.id) == 0
        assert unread_count(people.dora.id) == 3, "each reads for themselves"

    def test_other_peoples_notices_are_not_there(self, app: Flask, people: People) -> None:
        tell(people, person_ids=[people.alice.id])
        theirs = notices_of(people.alice.actor).rows[0]
        with pytest.raises(NotFound):
            find_notice(people.dora.actor, theirs.id)
        mark_read(people.dora.actor, theirs.id)
        assert unread_count(people.alice.id) == 1

    def test_paging_shows_each_once(self, app: Flask, people: People) -> None:
        for n in range(7):
            tell(people, "trial.quiet", dedupe=str(n), person_ids=[people.alice.id])
        seen, cursor = [], None
        while True:
            page = notices_of(people.alice.actor, cursor=cursor, limit=3)
            seen += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7

    def test_the_bell_costs_one_query_and_stops_counting_at_a_hundred(
        self, app: Flask, people: People
    ) -> None:
        for n in range(101):
            tell(people, "trial.quiet", dedupe=str(n), person_ids=[people.alice.id])
        actor = people.alice.actor
        asked: list[str] = []
        sa_event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        assert unread_of(actor) == 100
        assert unread_of(actor) == 100
        assert len([sql for sql in asked if sql.startswith("SELECT")]) == 1

    def test_old_notices_go(self, app: Flask, people: People, frozen: object) -> None:
        tell(people, dedupe="read", person_ids=[people.alice.id])
        mark_all_read(people.alice.actor)
        tell(people, dedupe="unread", person_ids=[people.alice.id])
        clock.advance(days=91)
        assert tidy_notices() == 1
        clock.advance(days=300)
        assert tidy_notices() == 1


class TestLive:
    def test_a_new_notice_wakes_that_persons_bell(
        self, app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[dict[str, object]] = []
        monkeypatch.setattr(live, "_publish", sent.append)
        tell(people, person_ids=[people.alice.id])
        assert [message["topic"] for message in sent] == [bell_id(people.alice.actor)]

    def test_only_that_person_may_listen(self, app: Flask, people: People) -> None:
        found = live.find(bell_id(people.alice.actor))
        assert found is not None
        fragment, row_id = found
        assert fragment.authorise(people.alice.actor, row_id)
        assert not fragment.authorise(people.dora.actor, row_id)
        assert not fragment.authorise(people.olga.actor, row_id)

    def test_the_bell_shows_the_listeners_count_whoever_renders(self, app: Flask, people: People) -> None:
        tell(people, person_ids=[people.alice.id])
        found = live.find(bell_id(people.alice.actor))
        assert found is not None
        with app.test_request_context("/"):
            html = found[0].render(people.alice.id)
        assert f'id="{bell_id(people.alice.actor)}"' in html
        assert "1 ungelesen" in html


class TestTeam:
    def test_owners_and_admins_hear_who_joined(
        self, app: Flask, people: People, run_jobs: Callable[[], list[str]]
    ) -> None:
        run_jobs()
        before = unread_count(people.alice.id)
        eve = create_person(email="eve@example.org", name="Eve", password=None)
        add_member(people.organisation_id, eve, "member")
        run_jobs()
        assert unread_count(people.alice.id) == before + 1
        assert texts(people.alice)[0] == "Eve gehört jetzt dazu, Rolle: Mitglied."
        assert unread_count(eve) == 0


class TestPages:
    def test_the_list_and_opening_one(self, app: Flask, client: FlaskClient, people: People) -> None:
        tell(people, link="/suche", person_ids=[people.alice.id])
        sign_in(client, people.alice)
        page = client.get("/mitteilungen")
        assert page.status_code == 200
        assert "Noch 3 € übrig." in page.text
        notice = notices_of(people.alice.actor).rows[0]
        answer = client.post(f"/mitteilungen/{notice.id}/lesen")
        assert (answer.status_code, answer.location) == (303, "/suche")
        assert unread_count(people.alice.id) == 0
        assert "Nichts Ungelesenes." in client.get("/mitteilungen?nur=ungelesen").text

    def test_a_strangers_notice_is_not_there(self, app: Flask, client: FlaskClient, people: People) -> None:
        tell(people, person_ids=[people.alice.id])
        notice = notices_of(people.alice.actor).rows[0]
        assert sign_in(client, people.cleo).post(f"/mitteilungen/{notice.id}/lesen").status_code == 404
        assert unread_count(people.alice.id) == 1

    def test_the_matrix_is_kept(self, app: Flask, client: FlaskClient, people: People) -> None:
        sign_in(client, people.alice)
        page = client.get("/mitteilungen/einstellungen")
        assert 'value="mail:trial.low" aria-label="Knapp: per E-Mail" checked' in page.text
        client.post(
            "/mitteilungen/einstellungen",
            data={"kind": ["trial.low", "trial.quiet"], "on": ["mail:trial.quiet"]},
        )
        page = client.get("/mitteilungen/einstellungen").text
        assert 'value="mail:trial.low" aria-label="Knapp: per E-Mail" checked' not in page
        assert 'value="app:trial.low" aria-label="Knapp: in der App" checked' not in page
        assert 'value="mail:trial.quiet" aria-label="Leise: per E-Mail" checked' in page
        assert 'value="mail:trial.safety" aria-label="Sicherheit: per E-Mail" checked disabled' in page

    def test_nobody_is_led_to_sign_in(self, app: Flask, client: FlaskClient) -> None:
        assert client.get("/mitteilungen").status_code == 302


class TestNames:
    def test_a_list_of_notices_looks_names_up_together(self, app: Flask, people: People) -> None:
        for n, who in enumerate((people.bob, people.dora, people.cleo) * 5):
            tell(people, "accounts.member_joined", dedupe=str(n), person_ids=[people.alice.id],
                 data={"person_id": str(who.id), "role": "member"})  # fmt: skip
        actor = people.alice.actor
        asked: list[str] = []

        def note(*args: object) -> None:
            asked.append(str(args[2]))

        sa_event.listen(db.engine, "before_cursor_execute", note)
        try:
            rows = notices_of(actor).rows
        finally:
            sa_event.remove(db.engine, "before_cursor_execute", note)
        assert {row.text for row in rows} == {
            f"{name} gehört jetzt dazu, Rolle: Mitglied." for name in ("Bob", "Dora", "Cleo")
        }
        assert len([sql for sql in asked if sql.startswith("SELECT")]) == 2

    def test_someone_without_a_name_any_more_is_a_dash(self, app: Flask, people: People) -> None:
        tell(people, "accounts.member_joined", person_ids=[people.alice.id],
             data={"person_id": str(uuid4()), "role": "member"})  # fmt: skip
        assert texts(people.alice) == ["– gehört jetzt dazu, Rolle: Mitglied."]


class TestLiveProcess:
    def test_the_live_process_renders_bell_and_progress(self, app: Flask, people: People) -> None:
        """It renders without a request and without knowing the person: the fragments must not need either."""
        tell(people, person_ids=[people.alice.id])
        with transaction():
            job_id = JobRef("jobs.trial.body", title="Probe").later(actor=people.alice.actor)
        process = LiveApp(app)
        for topic, row_id, words in (
            (bell_id(people.alice.actor), people.alice.id, "1 ungelesen"),
            (dom_id("core-job", job_id, "progress"), job_id, "Wartet auf einen freien Arbeiter"),
        ):
            found = live.find(topic)
            assert found is not None
            html = process.render(
                found[0], row_id, View("de", "Europe/Berlin", "owner", False, people.organisation_id)
            )
            assert html is not None
            assert f'id="{topic}"' in html
            assert words in html
