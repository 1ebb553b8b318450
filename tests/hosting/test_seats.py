"""Seats: who is let in to which server, by mail or at once, until when, and what it reaches."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.api import find_actor_for_job
from app.accounts.models import Invitation, Membership, Token
from app.accounts.services import invitation as invitations
from app.accounts.services.organisation import change_role, leave, remove_member
from app.accounts.services.session import Visitor
from app.accounts.services.token import create_token
from app.core.models import Event
from app.hosting.models import Server
from app.hosting.policies import P
from app.hosting.queries.seat import on_server, team_of
from app.hosting.queries.server import ServerFilter, find_server, list_servers, may_see
from app.hosting.rules.schedule_action import Action
from app.hosting.rules.seat import PRESETS, Area, SeatRole
from app.hosting.services import plugin, power, schedule, seat_ties, webhook
from app.hosting.services import seat as services
from app.hosting.services import setup as setting_up
from app.kit import clock
from app.kit.authz import Actor, may, on_subjects
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, KontorError, NotAllowed, NotFound
from app.messaging.models import Notice
from tests.accounts.mailbox import last, letters
from tests.hosting.team import guest, let_in, seats, server
from tests.people import People, Someone, make_people
from tests.threads import at_once

pytestmark = pytest.mark.slow

EVA = "eva@example.org"
VISITOR = Visitor("192.0.2.1", "Firefox")


def here(person: Someone, server_id: UUID) -> Actor:
    """The person in a request about this server."""
    db.session.rollback()
    return on_subjects(person.actor, {"server_id": server_id})


def role_of(people: People, person_id: UUID) -> str | None:
    db.session.rollback()
    return db.session.scalar(
        select(Membership.role).where(
            Membership.person_id == person_id, Membership.organisation_id == people.organisation_id
        )
    )


def refused(error: type[KontorError], actor: Actor, server_id: UUID, seat_id: UUID) -> None:
    """Whatever the actor wants to do with this seat."""
    with pytest.raises(error):
        services.change_seat(actor, server_id, seat_id, role="member")
    with pytest.raises(error):
        services.remove_seat(actor, server_id, seat_id)
    with pytest.raises(error):
        services.send_again(actor, server_id, seat_id)


def accept(email: str = EVA, name: str = "Eva") -> UUID:
    """Accept the newest invitation with a new account."""
    token = last(email).path.rpartition("/")[2]
    return invitations.accept_as_new(
        token,
        name=name,
        password="ein langes Passwort",
        visitor=VISITOR,
        locale="de",
        timezone="Europe/Berlin",
    ).person_id


def facts(name: str) -> list[Event]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Event).where(Event.name == f"hosting.seat.{name}").order_by(Event.seq))
    )


class TestGiving:
    """Letting somebody in."""

    def test_an_address_nobody_has_is_asked_and_sits_down_by_accepting(self, db_people: People) -> None:
        server_id, other = server(db_people), server(db_people, "Andere")
        seat_id = services.give_seat(
            db_people.alice.actor, server_id, email=" Eva@Example.org ", role="admin"
        )
        assert [(s.id, s.person_id) for s in seats(server_id)] == [(seat_id, None)]
        assert "Gast" in last(EVA).text and "Es geht um: Bauwelt" in last(EVA).text
        eva = accept()
        assert role_of(db_people, eva) == "guest"
        assert [(s.id, s.person_id, s.invitation_id) for s in seats(server_id)] == [(seat_id, eva, None)]
        actor = find_actor_for_job(eva, db_people.organisation_id)
        found = on_server(actor, server_id)
        assert found is not None
        assert may(found, P.file_write)
        assert not may(found, P.costs_read)
        assert on_server(actor, other) is None
        assert [row.name for row in list_servers(actor).rows] == ["Bauwelt"]

    def test_who_belongs_already_has_it_at_once_and_is_told(self, db_people: People) -> None:
        server_id = server(db_people)
        assert not may(here(db_people.bob, server_id), P.server_power)
        let_in(db_people, db_people.bob, server_id, "custom", ["power"])
        assert letters(db_people.bob.email)[-1].template.startswith("messaging/")
        assert may(here(db_people.bob, server_id), P.server_power)
        assert may(here(db_people.bob, server_id), P.server_command), "the role's own stays"
        notice = db.session.scalars(select(Notice).where(Notice.person_id == db_people.bob.id)).one()
        assert notice.link == f"/hosting/servers/{server_id}"

    def test_one_invitation_carries_seats_on_many_servers(self, db_people: People) -> None:
        first, second = server(db_people), server(db_people, "Zweite")
        for server_id in (first, second):
            services.give_seat(db_people.alice.actor, server_id, email=EVA, role="member")
        assert len(letters(EVA)) == 1
        eva = accept()
        assert [s.person_id for s in (*seats(first), *seats(second))] == [eva, eva]

    def test_asked_to_be_a_member_and_given_a_seat(self, db_people: People) -> None:
        """Whoever is invited already is not invited to be less."""
        server_id = server(db_people)
        invitations.invite(db_people.alice.actor, email=EVA, role="member")
        services.give_seat(db_people.alice.actor, server_id, email=EVA, role="admin")
        eva = accept()
        assert role_of(db_people, eva) == "member"
        assert seats(server_id)[0].person_id == eva

    def test_a_seat_waits_for_the_newest_invitation(self, db_people: People) -> None:
        server_id = server(db_people)
        services.give_seat(db_people.alice.actor, server_id, email=EVA, role="member")
        old = last(EVA).path
        invitations.invite(db_people.alice.actor, email=EVA, role="member")
        assert last(EVA).path != old
        eva = accept()
        assert seats(server_id)[0].person_id == eva

    def test_a_servers_name_leads_nobody_elsewhere(self, people: People) -> None:
        server_id = server(people, "https://evil.example/login")
        services.give_seat(people.alice.actor, server_id, email=EVA, role="member")
        assert "evil" not in last(EVA).text + last(EVA).html

    def test_the_same_person_twice(self, db_people: People) -> None:
        server_id = server(db_people)
        for email in (EVA, db_people.bob.email):
            services.give_seat(db_people.alice.actor, server_id, email=email, role="member")
            with pytest.raises(Invalid) as twice:
                services.give_seat(db_people.alice.actor, server_id, email=email, role="admin")
            assert "email" in twice.value.fields
        assert len(seats(server_id)) == 2

    def test_a_double_click_is_one_seat(self, db_people: People) -> None:
        server_id = server(db_people)
        made = {
            services.give_seat(db_people.alice.actor, server_id, email=EVA, role="member", once="form")
            for _ in range(2)
        }
        assert len(made) == len(seats(server_id)) == len(letters(EVA)) == 1

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"email": "dora@example.org"}, "email"),
            ({"email": "keine Adresse"}, "email"),
            ({"role": "emperor"}, "role"),
            ({"role": "custom", "areas": ["money"]}, "areas"),
        ],
    )
    def test_what_makes_no_sense(self, people: People, values: dict[str, object], field: str) -> None:
        server_id = server(people)
        wanted: dict[str, object] = {"email": EVA, "role": "member", **values}
        with pytest.raises(Invalid) as wrong:
            services.give_seat(people.alice.actor, server_id, **wanted)  # type: ignore[arg-type]
        assert set(wrong.value.fields) == {field}
        assert seats(server_id) == [] == letters(EVA)

    def test_there_is_an_end(self, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services, "MOST", 1)
        server_id = server(people)
        services.give_seat(people.alice.actor, server_id, email=EVA, role="member")
        with pytest.raises(Conflict):
            services.give_seat(people.alice.actor, server_id, email="max@example.org", role="member")
        assert letters("max@example.org") == [], "nobody is invited to nothing"

    def test_only_owners_and_admins_let_people_in(self, people: People) -> None:
        server_id, gina = server(people), guest(people)
        seat_id = let_in(people, gina, server_id, "admin")
        services.give_seat(people.dora.actor, server_id, email=EVA, role="member")
        for person, error in ((people.bob, NotAllowed), (people.cleo, NotFound), (gina, NotAllowed)):
            actor = here(person, server_id) if person is gina else person.actor
            with pytest.raises(error):
                services.give_seat(actor, server_id, email="max@example.org", role="member")
            refused(error, actor, server_id, seat_id)
        assert letters("max@example.org") == []


class TestEnding:
    """Seats end with whatever they hang on."""

    def test_the_last_seat_of_a_guest_is_the_end_of_the_membership(self, db_people: People) -> None:
        first, second, gina = server(db_people), server(db_people, "Zweite"), guest(db_people)
        seats_given = [let_in(db_people, gina, one) for one in (first, second)]
        assert services.remove_seat(db_people.alice.actor, first, seats_given[0]) is False
        assert role_of(db_people, gina.id) == "guest"
        assert on_server(gina.actor, first) is None
        assert services.remove_seat(db_people.alice.actor, second, seats_given[1]) is True
        assert role_of(db_people, gina.id) is None
        with pytest.raises(NotFound):
            services.remove_seat(db_people.alice.actor, second, seats_given[1])

    def test_a_member_stays_a_member(self, db_people: People) -> None:
        server_id = server(db_people)
        seat_id = let_in(db_people, db_people.bob, server_id, "admin")
        assert services.remove_seat(db_people.alice.actor, server_id, seat_id) is False
        assert role_of(db_people, db_people.bob.id) == "member"

    def test_taking_an_invitation_back(self, db_people: People) -> None:
        first, second = server(db_people), server(db_people, "Zweite")
        given = [
            services.give_seat(db_people.alice.actor, one, email=EVA, role="member")
            for one in (first, second)
        ]
        services.remove_seat(db_people.alice.actor, first, given[0])
        assert db.session.scalar(select(Invitation.state)) == "open", "the other server is still meant"
        services.remove_seat(db_people.alice.actor, second, given[1])
        db.session.rollback()
        assert db.session.scalar(select(Invitation.state)) == "revoked"
        with pytest.raises(KontorError):
            accept()

    def test_taking_it_back_among_the_members_takes_the_seats(self, db_people: People) -> None:
        server_id = server(db_people)
        services.give_seat(db_people.alice.actor, server_id, email=EVA, role="member")
        db.session.rollback()
        invitations.revoke(db_people.alice.actor, db.session.scalars(select(Invitation.id)).one())
        assert seats(server_id) == []
        assert facts("removed")[0].data["reason"] == "invitation"

    def test_leaving_and_being_put_out(self, db_people: People) -> None:
        server_id, gina, finn = server(db_people), guest(db_people), guest(db_people, "Finn")
        for person in (gina, finn, db_people.bob):
            let_in(db_people, person, server_id)
        leave(gina.actor)
        remove_member(db_people.alice.actor, finn.id)
        remove_member(db_people.alice.actor, db_people.bob.id)
        assert seats(server_id) == []

    def test_an_erased_account_leaves_no_seat(self, app: Flask, db_people: People) -> None:
        from app.accounts.services.personal import erase_account
        from app.kit.db import transaction

        server_id, gina = server(db_people), guest(db_people)
        let_in(db_people, gina, server_id)
        services.give_seat(db_people.alice.actor, server_id, email=EVA, role="member")
        with transaction():
            erase_account(gina.id)
        assert [s.person_id for s in seats(server_id)] == [None]

    def test_a_deleted_server_takes_its_seats_and_its_guests(self, db_people: People) -> None:
        gone, stays = server(db_people), server(db_people, "Bleibt")
        gina, finn = guest(db_people), guest(db_people, "Finn")
        for person, one in ((gina, gone), (gina, stays), (finn, gone)):
            let_in(db_people, person, one)
        services.give_seat(db_people.alice.actor, gone, email=EVA, role="member")
        seat_ties.forget_seats(gone)
        seat_ties.forget_seats(gone)
        assert seats(gone) == []
        assert (role_of(db_people, gina.id), role_of(db_people, finn.id)) == ("guest", None)
        assert db.session.scalar(select(Invitation.state)) == "revoked"

    def test_an_invitation_that_ran_out_is_sent_again(self, people: People, frozen: object) -> None:
        server_id = server(people)
        seat_id = services.give_seat(people.alice.actor, server_id, email=EVA, role="member")
        old = last(EVA).path.rpartition("/")[2]
        clock.advance(8 * 86_400)
        services.send_again(people.alice.actor, server_id, seat_id)
        with pytest.raises(KontorError):
            invitations.look(old)
        eva = accept()
        assert seats(server_id)[0].person_id == eva
        with pytest.raises(Conflict):
            services.send_again(people.alice.actor, server_id, seat_id)

    def test_who_becomes_a_guest_loses_tokens_and_keeps_seats(self, people: People) -> None:
        server_id = server(people)
        let_in(people, people.bob, server_id, "admin")
        create_token(people.bob.actor, name="alt", scopes=["servers:read"], days=30)
        change_role(people.alice.actor, people.bob.id, role="guest")
        db.session.rollback()
        assert db.session.scalar(select(Token.revoked_at)) is not None
        assert may(here(people.bob, server_id), P.file_write)
        with pytest.raises(NotAllowed):
            create_token(people.bob.actor, name="neu", scopes=["servers:read"], days=30)


class TestReach:
    """A seat reaches one server and nothing else, whatever is named in the request."""

    def test_guests_find_only_theirs(self, db_people: People) -> None:
        mine, other, gina = server(db_people), server(db_people, "Andere"), guest(db_people)
        let_in(db_people, gina, mine, "admin")
        actor = here(gina, mine)
        assert find_server(actor, mine).name == "Bauwelt"
        with pytest.raises(NotFound):
            find_server(actor, other)
        assert may_see(actor, mine) and not may_see(actor, other)
        for asker in (actor, gina.actor):
            assert [row.id for row in list_servers(asker, ServerFilter()).rows] == [mine]

    def test_a_request_about_one_server_acts_on_no_other(self, people: People) -> None:
        """Every service that takes a server's id, called with another one than the request is about."""
        mine, other, gina = server(people), server(people, "Andere"), guest(people)
        let_in(people, gina, mine, "admin")
        let_in(people, people.bob, mine, "admin")
        plan = schedule.create_schedule(
            people.alice.actor, other, action=Action.STOP, cron="0 4 * * *", zone="Europe/Berlin"
        )
        hook = webhook.create_webhook(
            people.alice.actor, other, address=f"https://discord.com/api/webhooks/{'1' * 18}/{'a' * 68}",
            topics=["started"],
        )  # fmt: skip
        for actor in (here(gina, mine), here(people.bob, mine)):
            for act in (
                lambda a=actor: power.start_server(a, other),
                lambda a=actor: power.stop_server(a, other),
                lambda a=actor: power.kill_server(a, other),
                lambda a=actor: power.send_command(a, other, "list"),
                lambda a=actor: setting_up.change_server(a, other, name="Meins"),
                lambda a=actor: schedule.delete_schedule(a, other, plan),
                lambda a=actor: schedule.delete_schedule(a, mine, plan),
                lambda a=actor: webhook.delete_webhook(a, hook),
                lambda a=actor: webhook.create_webhook(
                    a,
                    other,
                    address=f"https://discord.com/api/webhooks/{'2' * 18}/{'b' * 68}",
                    topics=["started"],
                ),
                lambda a=actor: plugin.set_automatic(a, other, on=False),
            ):
                with pytest.raises(NotFound):
                    act()

    def test_parts_of_another_server_are_not_there(self, people: People) -> None:
        mine, other, gina = server(people), server(people, "Andere"), guest(people)
        let_in(people, gina, mine, "admin")
        let_in(people, people.bob, mine, "admin")
        plan = schedule.create_schedule(
            people.alice.actor, other, action=Action.STOP, cron="0 4 * * *", zone="Europe/Berlin"
        )
        for person in (gina, people.bob):
            with pytest.raises(NotFound):
                on_subjects(person.actor, {"server_id": mine, "schedule_id": plan})
        with pytest.raises(NotFound):
            on_subjects(gina.actor, {"schedule_id": plan})
        with pytest.raises(NotFound):
            on_subjects(gina.actor, {"schedule_id": uuid4()})

    def test_a_seat_is_found_under_its_own_server_only(self, people: People) -> None:
        """Whoever manages some server reaches no seat of another one, least of all in another organisation."""
        ours, also_ours = server(people), server(people, "Andere")
        theirs = setting_up.create_server(people.cleo.actor, name="Südwind", template="flying-squid")
        seat_id = let_in(people, guest(people), ours, "admin")
        for actor, server_id in ((people.alice.actor, also_ours), (people.cleo.actor, theirs)):
            refused(NotFound, actor, server_id, seat_id)
        assert [(row.id, row.role) for row in seats(ours)] == [(seat_id, "admin")]

    def test_two_seats_do_not_add_up_in_one_request(self, people: People) -> None:
        much, little, gina = server(people), server(people, "Andere"), guest(people)
        let_in(people, gina, much, "admin")
        let_in(people, gina, little, "member")
        plan = schedule.create_schedule(
            people.alice.actor, little, action=Action.STOP, cron="0 4 * * *", zone="Europe/Berlin"
        )
        with pytest.raises(NotFound):
            on_subjects(gina.actor, {"server_id": much, "schedule_id": plan})
        actor = on_subjects(here(gina, much), {"server_id": little})
        assert not may(actor, P.server_power), "the second request begins anew"

    def test_a_seat_counts_in_its_organisation_alone(self, people: People) -> None:
        mine, gina = server(people), guest(people)
        let_in(people, gina, mine, "admin")
        elsewhere = replace(gina.actor, organisation_id=people.other_organisation_id, role="member")
        with pytest.raises(NotFound):
            find_server(on_server(elsewhere, mine) or elsewhere, mine)
        gone = db.session.get_one(Server, mine)
        db.session.rollback()
        from app.kit.db import transaction

        with transaction():
            db.session.execute(update(Server).where(Server.id == gone.id).values(state="deleted"))
        assert on_server(gina.actor, mine) is None

    @pytest.mark.parametrize(
        ("areas", "planned"),
        [
            (["schedules"], set()),
            (["schedules", "power"], {Action.START, Action.STOP, Action.RESTART}),
            (["schedules", "console"], {Action.COMMAND}),
            (["schedules", "backups"], {Action.BACKUP}),
        ],
    )
    def test_nobody_plans_what_they_may_not_do(
        self, people: People, areas: list[str], planned: set[Action]
    ) -> None:
        server_id, gina = server(people), guest(people)
        let_in(people, gina, server_id, "custom", areas)
        made = set()
        for action in Action:
            try:
                schedule.create_schedule(
                    here(gina, server_id), server_id, action=action, cron="0 4 * * *", zone="Europe/Berlin",
                    command="list" if action is Action.COMMAND else "",
                )  # fmt: skip
            except NotAllowed:
                continue
            made.add(action)
        assert made == planned

    def test_a_plan_of_others_is_not_turned_into_what_one_may_not_do(self, people: People) -> None:
        server_id, gina = server(people), guest(people)
        let_in(people, gina, server_id, "custom", ["schedules", "power"])
        actor = here(gina, server_id)
        typed = schedule.create_schedule(
            people.alice.actor, server_id, action=Action.COMMAND, cron="0 4 * * *", zone="Europe/Berlin",
            command="op alice",
        )  # fmt: skip
        mine = schedule.create_schedule(
            actor, server_id, action=Action.STOP, cron="0 5 * * *", zone="Europe/Berlin"
        )
        again = {"cron": "0 6 * * *", "zone": "Europe/Berlin"}
        with pytest.raises(NotAllowed):
            schedule.change_schedule(actor, server_id, typed, action=Action.STOP, **again)
        with pytest.raises(NotAllowed):
            schedule.change_schedule(
                actor, server_id, mine, action=Action.COMMAND, command="op gina", **again
            )
        schedule.switch_schedule(people.alice.actor, server_id, typed, on=False)
        with pytest.raises(NotAllowed):
            schedule.switch_schedule(actor, server_id, typed, on=True)

    def test_settings_without_what_costs_money(self, people: People) -> None:
        server_id, gina = server(people), guest(people)
        let_in(people, gina, server_id, "admin")
        actor = here(gina, server_id)
        setting_up.change_server(actor, server_id, name="Ginas Welt")
        with pytest.raises(NotAllowed):
            setting_up.change_server(actor, server_id, memory_mb=2048)
        for forbidden in (
            lambda: setting_up.delete_server(actor, server_id),
            lambda: setting_up.create_server(actor, name="Mehr", template="flying-squid"),
        ):
            with pytest.raises(NotAllowed):
                forbidden()

    def test_a_webhook_tells_nobody_of_money_they_may_not_see(self, people: People) -> None:
        server_id, gina = server(people), guest(people)
        let_in(people, gina, server_id, "admin")
        address = f"https://discord.com/api/webhooks/{'1' * 18}/{'a' * 68}"
        hook = webhook.create_webhook(people.alice.actor, server_id, address=address, topics=["low"])
        actor = here(gina, server_id)
        for act in (
            lambda: webhook.change_webhook(actor, hook, topics=["started", "low"], label="", locale="de"),
            lambda: webhook.create_webhook(
                actor, server_id, address=address.replace("1", "3"), topics=["low"]
            ),
        ):
            with pytest.raises(Invalid):
                act()
        webhook.change_webhook(actor, hook, topics=["started"], label="", locale="de")


class TestTrail:
    """Who let whom in is written down, with ids only."""

    def test_every_change_is_an_event_about_the_server(self, people: People) -> None:
        server_id, gina = server(people), guest(people)
        seat_id = let_in(people, gina, server_id)
        services.change_seat(people.dora.actor, server_id, seat_id, role="custom", areas=["power", "console"])
        services.change_seat(people.dora.actor, server_id, seat_id, role="custom", areas=["console", "power"])
        services.remove_seat(people.alice.actor, server_id, seat_id)
        services.give_seat(people.alice.actor, server_id, email=EVA, role="member")
        eva = accept()
        told = [
            (event.name.rpartition(".")[2], event.actor_id, event.data["person_id"])
            for event in db.session.scalars(
                select(Event).where(Event.name.startswith("hosting.seat.")).order_by(Event.seq)
            )
            if event.subject_id == server_id and event.organisation_id == people.organisation_id
        ]
        alice, dora, gina_id = people.alice.id, people.dora.id, str(gina.id)
        assert told == [
            ("given", alice, gina_id), ("changed", dora, gina_id), ("removed", alice, gina_id),
            ("given", alice, None), ("taken", eva, str(eva)),
        ]  # fmt: skip
        changed = facts("changed")[0]
        assert (changed.before, changed.after) == (
            {"role": "member", "areas": []},
            {"role": "custom", "areas": ["watch", "console", "power"]},
        )
        written = str(
            [(event.data, event.before, event.after) for event in db.session.scalars(select(Event))]
        )
        assert "example.org" not in written and "Gina" not in written

    def test_the_team_says_where_access_comes_from(self, people: People) -> None:
        server_id, gina = server(people), guest(people)
        guest(people, "Nina")
        let_in(people, gina, server_id, "custom", ["power"])
        let_in(people, people.bob, server_id, "admin")
        services.give_seat(people.alice.actor, server_id, email=EVA, role="member")
        team = team_of(people.alice.actor, server_id)
        shown = {one.name: (one.role, one.areas, one.seat is not None) for one in team.people}
        everything = frozenset(Area)
        assert shown == {
            "Alice": ("owner", everything, False),
            "Dora": ("admin", everything, False),
            "Bob": ("member", everything, True),
            "Gina": ("guest", {Area.WATCH, Area.POWER}, True),
        }
        assert [asked.email for _seat, asked in team.asked] == [EVA]
        assert PRESETS[SeatRole.ADMIN] == everything


@pytest.mark.postgres
class TestRaces:
    """Several at the same moment, each in a transaction of its own."""

    def test_two_managers_ask_the_same_person(self, pg_app: Flask) -> None:
        people = make_people(pg_app)
        server_id, other = server(people), server(people, "Andere")
        actors = (people.alice.actor, people.dora.actor)

        def ask(number: int) -> bool:
            where = server_id if number < 6 else other
            try:
                services.give_seat(actors[number % 2], where, email=EVA, role="member")
            except Invalid:
                return False
            return True

        done = at_once(pg_app, 8, ask)
        assert sum(one is True for one in done) == 2, done
        assert (len(seats(server_id)), len(seats(other)), len(letters(EVA))) == (1, 1, 1)

    def test_accepting_while_another_server_is_added_and_one_is_taken_back(self, pg_app: Flask) -> None:
        people = make_people(pg_app)
        actor = people.alice.actor
        for number in range(6):
            email = f"eva{number}@example.org"
            first, second = server(people, f"A{number}"), server(people, f"B{number}")
            seat_id = services.give_seat(actor, first, email=email, role="member")
            token = last(email).path.rpartition("/")[2]

            def act(
                which: int,
                email: str = email,
                token: str = token,
                seat: UUID = seat_id,
                a: UUID = first,
                b: UUID = second,
            ) -> bool:
                try:
                    if which == 0:
                        invitations.accept_as_new(
                            token, name="Eva", password="ein langes Passwort", visitor=VISITOR, locale="de",
                            timezone="Europe/Berlin",
                        )  # fmt: skip
                    elif which == 1:
                        services.give_seat(actor, b, email=email, role="member")
                    else:
                        services.remove_seat(actor, a, seat)
                except KontorError:
                    return False
                return True

            done = at_once(pg_app, 3, act)
            assert all(isinstance(one, bool) for one in done), done
            left = [*seats(first), *seats(second)]
            state = db.session.scalar(
                select(Invitation.state).where(Invitation.email == email).order_by(Invitation.id.desc())
            )
            assert len({(one.person_id, one.invitation_id) for one in left}) <= 1
            if state == "accepted":
                assert all(one.person_id for one in left), "no seat waits for an answer that was given"
            if state == "revoked":
                assert left == []

    def test_the_same_seat_is_taken_away_once(self, pg_app: Flask) -> None:
        people = make_people(pg_app)
        server_id, gina = server(people), guest(people)
        seat_id = let_in(people, gina, server_id)

        def remove(_number: int) -> bool:
            try:
                return services.remove_seat(people.alice.actor, server_id, seat_id)
            except NotFound:
                return False

        done = at_once(pg_app, 6, remove)
        assert sum(one is True for one in done) == 1, done
        assert role_of(people, gina.id) is None
