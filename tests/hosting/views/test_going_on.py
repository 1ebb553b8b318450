"""The server's page says what is being done to it, and how that ended until somebody has seen it."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.hosting.models import Archive, PluginChange
from app.hosting.queries.server import server_detail
from app.hosting.services import backup as backups
from app.hosting.services import restore
from app.hosting.services.power import stop_server
from app.hosting.services.results import see_results
from app.hosting.views.going_on import Work, going_on
from app.hosting.views.live import FRAGMENTS, _render
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.hosting.views.test_backup_pages import alice, node, server_id, words
from tests.people import People, sign_in

pytestmark = pytest.mark.slow

__all__ = ["alice", "node", "server_id"]


def work(server_id: UUID) -> list[Work]:
    db.session.rollback()
    server = server_detail(server_id)
    assert server is not None
    return going_on(server)


def titles(server_id: UUID) -> list[str]:
    return [one.title for one in work(server_id)]


def newest(server_id: UUID) -> UUID:
    db.session.rollback()
    found = db.session.scalars(
        select(Archive.id).where(Archive.server_id == server_id).order_by(Archive.created_at.desc())
    ).first()
    assert found is not None
    return found


def backed_up(people: People, server_id: UUID, settle: object) -> UUID:
    backups.create_backup(people.alice.actor, server_id)
    settle()  # type: ignore[operator]
    return newest(server_id)


def test_nothing_going_on_is_nothing_said(people: People, server_id: UUID) -> None:
    assert work(server_id) == []


def test_a_backup_while_it_is_made_and_afterwards_until_it_was_seen(
    people: People, alice: FlaskClient, server_id: UUID, settle: object
) -> None:
    backups.create_backup(people.alice.actor, server_id)
    (now,) = work(server_id)
    assert (now.title, now.running, now.text) == ("Ein Backup entsteht", True, "Anlass: von Hand.")
    page = words(alice.get(f"/hosting/servers/{server_id}"))
    assert "Ein Backup entsteht" in page and "Meldung weg" not in page
    settle()  # type: ignore[operator]
    page = words(alice.get(f"/hosting/servers/{server_id}"))
    assert "Backup fertig" in page and "Meldung weg" in page
    alice.post(f"/hosting/servers/{server_id}/results-seen")
    assert titles(server_id) == []
    assert "Meldung weg" not in words(alice.get(f"/hosting/servers/{server_id}"))


def test_a_restore_from_its_order_to_its_end(
    people: People, alice: FlaskClient, server_id: UUID, settle: object
) -> None:
    archive_id = backed_up(people, server_id, settle)
    stop_server(people.alice.actor, server_id)
    settle()  # type: ignore[operator]
    see_results(people.alice.actor, server_id)
    clock.advance(5)
    restore.restore_backup(people.alice.actor, server_id, archive_id)
    first, second = work(server_id)
    assert first.running and "wird wiederhergestellt" in first.title and "gesichert" in first.text
    assert second.running and second.text == "Anlass: vor dem Wiederherstellen."
    shown = _render(*FRAGMENTS["situation"])(server_id)
    assert "wird wiederhergestellt" in shown, "live, for those who look"
    settle()  # type: ignore[operator]
    clock.advance(20)
    settle()  # type: ignore[operator]
    assert titles(server_id) == ["Wiederhergestellt"], "the backup before it is no news"
    assert "Die Welt ist jetzt die aus dem Backup" in words(alice.get(f"/hosting/servers/{server_id}"))


def test_what_failed_is_told_whoever_ordered_it(people: People, server_id: UUID, settle: object) -> None:
    archive_id = backed_up(people, server_id, settle)
    see_results(people.alice.actor, server_id)
    clock.advance(60)
    with transaction() as session:
        row = session.get_one(Archive, archive_id)
        row.state, row.failure, row.finished_at = "failed", "full", clock.now()
    (now,) = work(server_id)
    assert (now.tone, now.title) == ("bad", "Das letzte Backup hat nicht geklappt")
    assert "kein Platz" in now.text
    clock.advance(8 * 86400)
    assert work(server_id) == [], "after a week it is history"


@pytest.mark.parametrize(
    ("state", "automatic", "expected"),
    [
        ("waiting", False, "Plugins werden geändert"),
        ("working", True, "Plugins werden geändert"),
        ("done", False, "Aktualisiert"),
        ("done", True, None),
        ("failed", True, "Plugins nicht geändert: Aktualisieren"),
    ],
)
def test_plugin_changes(
    people: People, server_id: UUID, state: str, automatic: bool, expected: str | None
) -> None:
    with transaction() as session:
        session.add(
            PluginChange(
                id=new_id(), organisation_id=people.organisation_id, server_id=server_id, kind="update",
                state=state, steps=[], automatic=automatic, created_at=clock.now(),
                failure="backup" if state == "failed" else None,
                finished_at=clock.now() if state in ("done", "failed") else None,
            )
        )  # fmt: skip
    assert titles(server_id) == ([expected] if expected else [])


def test_who_may_put_messages_away(
    people: People, client: FlaskClient, server_id: UUID, settle: object
) -> None:
    backed_up(people, server_id, settle)
    with pytest.raises(NotFound):
        see_results(people.cleo.actor, server_id)
    stranger = Actor(person_id=new_id(), organisation_id=new_id(), role="owner")
    with pytest.raises(NotFound):
        see_results(stranger, server_id)
    bob = sign_in(client, people.bob)
    assert "Backup fertig" in words(bob.get(f"/hosting/servers/{server_id}"))
    assert bob.post(f"/hosting/servers/{server_id}/results-seen").status_code == 403, "members look"
    assert titles(server_id) == ["Backup fertig"]
