"""The site of the chat benchmarks: a hall of a thousand besides conversations of two, people and rooms made in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import insert

from app.accounts.api import create_organisation, create_person
from app.accounts.models import Membership, Person
from app.accounts.services.session import open_session
from app.factory import create_app
from app.kit import clock
from app.kit.authz import Actor
from app.kit.config import Settings
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.live import LiveApp, create_live_app
from app.messaging.api import RoomAbout, room_subject
from app.messaging.models import Room, RoomMember
from app.messaging.rules.room import pair_of
from benchmarks.site import Site

HALL = "bench.hall"


def _about(actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, RoomAbout]:
    return {one: RoomAbout("Halle") for one in ids} if actor.person_id else {}


def create_live() -> LiveApp:
    """For gunicorn: the live process as delivered, which knows what the hall is."""
    room_subject(HALL, _about)
    return create_live_app()


def create_web() -> Flask:
    room_subject(HALL, _about)
    return create_app()


def app_of(order: Mapping[str, Any]) -> Flask:
    """The application in a process that speaks."""
    room_subject(HALL, _about)
    return create_app(
        Settings(
            var_dir=Path(order["folder"]), database_url=order["database_url"], redis_url=order["redis_url"],
            log_level="ERROR",
        )
    )  # fmt: skip


class Town:
    """People of one organisation with sessions, their conversations of two, and a hall for some of them."""

    def __init__(self, site: Site, people: int, hall: int) -> None:
        with site.app.test_request_context("/"):
            first = create_person(
                email="bench@example.org", name="Bench 0", password=new_id().hex, is_operator=False
            )
            self.organisation_id = create_organisation(name="Halle", owner_id=first)
            self.people = [first, *self._people(first, people - 1)]
            pairs = list(zip(self.people[::2], self.people[1::2], strict=True))
            self.rooms = [
                (self._room([a, b], pair=pair_of(self.organisation_id, a, b)), [a, b]) for a, b in pairs
            ]
            self.hall = self._room(self.people[:hall], subject_type=HALL, subject_id=new_id())
            self.hall_people = self.people[:hall]
            with transaction():
                self.cookies = {
                    one: open_session(one, method="password", organisation_id=self.organisation_id)
                    for one in self.people
                }
            db.session.remove()

    def _people(self, like: UUID, count: int) -> list[UUID]:
        """As many more, copied from one that the service made."""
        known = db.session.get(Person, like)
        person = {c.key: getattr(known, c.key) for c in Person.__mapper__.column_attrs}
        ids, now = [new_id() for _ in range(count)], clock.now()
        place = {"organisation_id": self.organisation_id, "role": "member", "created_at": now}
        with transaction():
            db.session.execute(
                insert(Person),
                [
                    person | {"id": one, "email": f"bench{number}@example.org", "name": f"Bench {number}"}
                    for number, one in enumerate(ids, 1)
                ],
            )
            db.session.execute(
                insert(Membership), [place | {"id": new_id(), "person_id": one} for one in ids]
            )
        return ids

    def _room(self, people: Sequence[UUID], **values: Any) -> UUID:
        now, room_id = clock.now(), new_id()
        with transaction():
            room = {"id": room_id, "organisation_id": self.organisation_id, "last_seq": 0, "changes": 0}
            db.session.execute(insert(Room), [room | {"last_at": now, "created_at": now} | values])
            member = {
                "room_id": room_id,
                "joined_at": now,
                "last_read": 0,
                "digested": 0,
                "muted": False,
                "marked": False,
            }
            db.session.execute(insert(RoomMember), [member | {"person_id": one} for one in people])
        return room_id

    def actor(self, person_id: UUID) -> Actor:
        return Actor(person_id=person_id, organisation_id=self.organisation_id, role="member", name="Bench")
