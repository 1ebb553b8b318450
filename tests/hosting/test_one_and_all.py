"""What is wrong with one server, or with one runtime, keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.hosting.gateways.runtime import RuntimeFault
from app.hosting.models import SaveHold
from app.hosting.services import backup_due, backup_made, charge, watching
from app.hosting.services.games import load_games
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import stop_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict, KontorError
from tests.hosting.conftest import Host

pytestmark = pytest.mark.slow


def faulty(original: Callable[..., Any], server_id: UUID, error: Exception) -> Callable[..., Any]:
    """The same, but for one server it fails."""

    def call(organisation_id: UUID, one: UUID, *args: Any) -> Any:
        if one == server_id:
            raise error
        return original(organisation_id, one, *args)

    return call


@pytest.mark.parametrize("error", [KontorError("no price for this"), ValueError("a row nobody understands")])
def test_an_end_that_cannot_be_written_down_holds_up_no_other(
    host: Host, frozen: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    servers = [host.running(name) for name in ("Erste", "Zweite", "Dritte")]
    clock.advance(60)
    with monkeypatch.context() as patched:
        patched.setattr(charge, "run_ended", faulty(charge.run_ended, servers[0], error))
        for server_id in servers:
            host.node.crash(server_id, 1)
        reconcile()
        assert [host.row(server_id).state for server_id in servers] == ["running", "crashed", "crashed"]
    reconcile()
    assert host.row(servers[0]).state == "crashed", "it follows as soon as it can be written"


def held(host: Host) -> UUID:
    """A game that was told not to save by somebody who is lost."""
    server_id = host.running()
    host.game(server_id).saving = False
    run_id, now = host.row(server_id).run_id, clock.now()
    with transaction() as session:
        session.add(
            SaveHold(
                server_id=server_id, run_id=run_id, token="t", since=now, until=now - timedelta(seconds=1)
            )
        )
    return server_id


def test_an_engine_that_answers_nonsense_keeps_no_game_from_saving_again(
    host: Host, frozen: datetime
) -> None:
    server_id = held(host)
    host.node.fail_next("inspect_many", RuntimeFault("500: something broke inside"))
    reconcile()
    assert host.game(server_id).saving
    assert db.session.get(SaveHold, server_id) is None


def test_an_engine_that_answers_nonsense_is_no_end_of_a_game(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    games = load_games({})
    host.node.fail_next("inspect_many", RuntimeFault("500: something broke inside"))
    assert watching.find_ended(games) == set()
    host.node.crash(server_id, 1)
    assert watching.find_ended(games) == {server_id}


def test_a_backup_that_cannot_be_taken_up_holds_up_no_other(
    host: Host, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.hosting.services.backup import create_backup

    first, second = host.running("Erste"), host.running("Zweite")
    made = [create_backup(host.owner, server_id) for server_id in (first, second)]
    give_up = backup_made.give_up

    def refusing(archive_id: UUID) -> None:
        if archive_id == made[0]:
            raise Conflict
        give_up(archive_id)

    monkeypatch.setattr(backup_made, "give_up", refusing)
    clock.advance(13 * 3600)
    backup_due.resume(clock.now())
    db.session.rollback()
    from app.hosting.models import Archive

    assert [db.session.get_one(Archive, one).state for one in made] == ["making", "failed"]
    stop_server(host.owner, first)
