"""What hosting does with its neighbours: notices, the audit log's words, erased people, and shutting the host down."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.billing.services.credit import credit
from app.core.api import Fact, described, record
from app.core.models import Event
from app.hosting import events
from app.hosting.gateways.docker import DockerConfig, container
from app.hosting.plugin_events import PluginsReverted
from app.hosting.services import halt
from app.hosting.services.place import installation_name
from app.hosting.services.server import change_server, create_server, deploy, restart_server
from app.kit import clock
from app.kit.config import Settings
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.money import euros
from app.messaging.models import Notice
from tests.hosting.conftest import GAME, Host
from tests.people import People

pytestmark = pytest.mark.slow


def test_every_event_reads_as_a_sentence(app: Flask) -> None:
    facts = [
        kind
        for _, kind in inspect.getmembers(events, inspect.isclass)
        if issubclass(kind, Fact) and kind is not Fact
    ]
    assert len(facts) > 15
    assert {kind.name for kind in facts} <= set(described())


def test_names_in_the_engine_say_kontor_once_and_which_installation() -> None:
    """Two installations share an engine, and an operator reads the list of containers."""
    one, two = (installation_name(Settings(var_dir=Path(folder))) for folder in ("/srv/one", "/srv/two"))
    assert one != two
    config, server_id = DockerConfig(installation=one), new_id()
    assert container.name(config, server_id) == f"kontor-{one}-{server_id.hex}"
    assert container.volume(config, server_id) == f"kontor-{one}-{server_id.hex}-data"
    assert re.fullmatch("[0-9a-f]{8}", one)


def funded(host: Host, people: People, cents: int = 5000) -> None:
    with transaction():
        credit(people.organisation_id, euros(0, cents), key="start", kind="topup", actor=people.alice.actor)


def notices(people: People) -> dict[str, set[object]]:
    db.session.rollback()
    found: dict[str, set[object]] = {}
    for notice in db.session.scalars(select(Notice).where(Notice.kind.startswith("hosting."))):
        found.setdefault(notice.kind, set()).add(notice.person_id)
    return found


@pytest.mark.slow
def test_owners_and_admins_hear_of_servers_that_stay_down(
    host: Host, people: People, frozen: datetime
) -> None:
    funded(host, people)
    server_id = create_server(people.alice.actor, name="Bauwelt", template=GAME, deploy=True)
    host.settle()
    told = notices(people)
    managers = {people.alice.id, people.dora.id}
    assert told == {"hosting.ready": managers}
    for pause in (5, 15, 60, 180, 600, 0):
        host.node.crash(server_id, 1)
        host.settle(1)
        clock.advance(pause)
        host.settle()
    assert notices(people)["hosting.crashed"] == managers


def test_owners_and_admins_hear_that_a_change_was_taken_back(
    host: Host, people: People, frozen: datetime
) -> None:
    funded(host, people)
    server_id = create_server(people.alice.actor, name="Bauwelt", template=GAME, deploy=True)
    host.settle()
    change_server(people.alice.actor, server_id, settings={"motd": "neu"})
    restart_server(people.alice.actor, server_id)
    host.run_jobs()
    host.node.crash(server_id, 1)
    host.settle(1)
    managers = {people.alice.id, people.dora.id}
    assert notices(people)["hosting.reverted"] == managers
    with transaction():
        record(
            PluginsReverted(new_id(), new_id()),
            organisation_id=people.organisation_id, subject=("hosting.server", server_id),
        )  # fmt: skip
    host.run_jobs()
    assert notices(people)["hosting.plugins_back"] == managers


@pytest.mark.slow
def test_they_hear_once_when_money_runs_low_and_when_servers_stop(
    host: Host, people: People, frozen: datetime
) -> None:
    from jobs.billing.wallet import watch as watch_wallets

    funded(host, people, cents=30)
    create_server(people.alice.actor, name="Bauwelt", template=GAME, memory_mb=1024, deploy=True)
    host.settle()
    for seconds in [600] * 90:
        clock.advance(seconds)
        watch_wallets()
        host.settle(1)
    told = notices(people)
    assert told["hosting.low"] == {people.alice.id, people.dora.id}
    assert told["hosting.no_credit"] == {people.alice.id, people.dora.id}
    rows = list(db.session.scalars(select(Notice.kind).where(Notice.kind.startswith("hosting."))))
    assert len(rows) == 2 * len(told), "each of them is told once"


def test_halting_the_host_saves_every_game_and_takes_restarts_back(host: Host, frozen: datetime) -> None:
    running, crashed = host.running("Läuft"), host.running("Abgestürzt")
    host.node.crash(crashed, 1)
    host.settle(1)
    clock.advance(100)
    assert halt.halt_host() == 1
    row = host.row(running)
    assert (row.state, row.reason, row.desired) == ("stopped", "halted", "stopped")
    assert host.node.data[running][-1] == "saved"
    assert host.row(crashed).desired == "stopped"
    clock.advance(3600)
    host.settle()
    assert len(host.node.started) == 2
    assert halt.halt_host() == 0


def test_when_the_last_person_goes_the_servers_go_too(
    host: Host, people: People, frozen: datetime, run_jobs: Callable[..., list[str]]
) -> None:
    from app.core.personal import contributors

    with transaction():
        credit(people.other_organisation_id, euros(5), key="start", kind="topup", actor=people.cleo.actor)
    server_id = create_server(people.cleo.actor, name="Einsam", template=GAME)
    deploy(people.cleo.actor, server_id)
    host.settle()
    own = next(one for one in contributors() if one.name == "hosting")
    assert own.export is not None
    assert own.export(people.cleo.id)["servers"][0]["name"] == "Einsam"
    assert own.erase is not None
    with transaction():
        own.erase(people.alice.id)  # others are left in that organisation
        own.erase(people.cleo.id)
    host.settle()
    assert host.row(server_id).state == "deleted"


def test_the_log_keeps_no_names_and_no_texts(host: Host, frozen: datetime) -> None:
    from app.hosting.services.server import change_server, send_command

    server_id = host.running("Geheimer Name")
    change_server(host.owner, server_id, name="Anderer Name", settings={"motd": "Grüße von Anna"})
    send_command(host.owner, server_id, "say Anna ist da")
    host.node.join(server_id, "Anna")
    host.settle()
    db.session.rollback()
    kept = " ".join(
        f"{event.data} {event.before} {event.after}" for event in db.session.scalars(select(Event))
    )
    assert "Name" not in kept
    assert "Anna" not in kept
