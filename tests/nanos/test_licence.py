"""What a licence opens, and when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import NotFound
from app.nanos.models import Licence
from app.nanos.queries.file import bytes_to_look, bytes_to_take, files_of
from app.nanos.queries.nano import get_nano
from app.nanos.services.ending import remove, retire
from tests.nanos.rig import published
from tests.people import People


def licensed(nano_id: UUID, actor: Actor, days: int | None = 30) -> None:
    now = clock.now()
    with transaction():
        db.session.add(
            Licence(
                nano_id=nano_id, organisation_id=actor.organisation_id, state="active", starts_at=now,
                ends_at=None if days is None else now + timedelta(days=days), created_at=now,
            )
        )  # fmt: skip


def _file(people: People, nano_id: UUID) -> UUID:
    return files_of(get_nano(people.alice.actor, nano_id).revision_id)[0].id


def test_a_licence_opens_the_content_until_it_ends(app: object, people: People, frozen: object) -> None:
    nano_id, cleo = published(people), people.cleo.actor
    file_id = _file(people, nano_id)
    with pytest.raises(NotFound):
        bytes_to_look(cleo, nano_id, file_id)
    licensed(nano_id, cleo)
    assert bytes_to_take(cleo, nano_id, file_id).size > 0
    assert get_nano(cleo, nano_id).takes
    clock.advance(30 * 86_400)
    with pytest.raises(NotFound):
        bytes_to_look(cleo, nano_id, file_id)
    assert not get_nano(cleo, nano_id).looks


def test_it_is_of_one_organisation(app: object, people: People) -> None:
    nano_id = published(people)
    licensed(nano_id, people.cleo.actor, None)
    stranger = replace(people.cleo.actor, organisation_id=UUID(int=7))
    with pytest.raises(NotFound):
        bytes_to_take(stranger, nano_id, _file(people, nano_id))


def test_it_outlives_retirement_and_not_removal(app: object, people: People) -> None:
    nano_id, cleo = published(people), people.cleo.actor
    file_id = _file(people, nano_id)
    licensed(nano_id, cleo, None)
    retire(people.alice.actor, nano_id)
    assert bytes_to_take(cleo, nano_id, file_id)
    remove(people.alice.actor, nano_id)
    with pytest.raises(NotFound):
        bytes_to_take(cleo, nano_id, file_id)
