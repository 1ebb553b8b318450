"""Web maps: a second port that comes and goes with the map, that nobody else gets too soon, and what a proxy makes of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.hosting.catalog import templates
from app.hosting.catalog.plugins import map_port_of
from app.hosting.errors import NoFreePort
from app.hosting.gateways.runtime import MapPort
from app.hosting.models import Port
from app.hosting.queries.server import find_server
from app.hosting.queries.web_map import map_address
from app.hosting.rules.web_map import has_map
from app.hosting.services import plugin as plugins
from app.hosting.services import ports
from app.hosting.services.proxy import caddy_text
from app.hosting.services.server import change_server, delete_server, restart_server, stop_server
from app.hosting.services.web_map import settle_map
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.errors import Invalid, NotAllowed
from tests.hosting.conftest import GAME, Host
from tests.hosting.plugin_rig import Rig
from tests.hosting.plugin_rig import rig as rig
from tests.hosting.plugin_rig import toy as toy
from tests.services.modrinth import modrinth as modrinth
from tests.threads import at_once

pytestmark = pytest.mark.slow


def port_rows(server_id: UUID) -> dict[str, Port]:
    db.session.rollback()
    found = db.session.scalars(select(Port).where(Port.server_id == server_id))
    return {row.use: row for row in found}


@pytest.mark.parametrize(
    ("choice", "able", "plugin", "expected"),
    [
        (None, True, True, True), (None, True, False, False), (True, True, False, True), (False, True, True, False),
        (True, False, True, False), (None, False, True, False),
    ],
)  # fmt: skip
def test_when_there_is_a_map(choice: bool | None, able: bool, plugin: bool, expected: bool) -> None:
    assert has_map(choice, able=able, plugin=plugin) is expected


def test_the_catalogue_knows_where_maps_listen() -> None:
    assert map_port_of({"luckperms", "bluemap"}) == 8100
    assert map_port_of({"dynmap"}) == 8123
    assert map_port_of({"squaremap"}) == 8080
    assert map_port_of({"luckperms"}) is None


def test_switched_on_it_gets_a_port_of_its_own_from_the_next_start_on(host: Host) -> None:
    server_id = host.running()
    change_server(host.owner, server_id, web_map=True)
    row = host.row(server_id)
    assert row.map_port not in (None, row.port)
    assert host.game(server_id).spec.web_map is None
    assert find_server(host.owner, server_id).needs_restart
    restart_server(host.owner, server_id)
    host.settle()
    assert host.game(server_id).spec.web_map == MapPort(row.map_port or 0, 8123)
    assert not find_server(host.owner, server_id).needs_restart
    change_server(host.owner, server_id, web_map=False)
    assert host.row(server_id).map_port is None
    assert find_server(host.owner, server_id).needs_restart


def test_members_do_not_switch_it_and_a_game_without_one_says_so(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = host.create()
    with pytest.raises(NotAllowed):
        change_server(host.member, server_id, web_map=True)
    plain = templates()[GAME].model_copy(update={"web_map": None})
    monkeypatch.setattr("app.hosting.services.setup.known_template", lambda slug: plain)
    with pytest.raises(Invalid) as refused:
        change_server(host.owner, server_id, web_map=True)
    assert "Karte" in refused.value.fields["web_map"]


def test_a_port_that_was_given_back_is_nobody_elses_for_an_hour(host: Host) -> None:
    """A proxy's file may still lead there: its visitors must not meet another server."""
    server_id, other = host.create(), host.create("Nachbar")
    change_server(host.owner, server_id, web_map=True)
    port = host.row(server_id).map_port
    change_server(host.owner, server_id, web_map=False)
    change_server(host.owner, other, web_map=True)
    assert host.row(other).map_port not in (None, port)
    change_server(host.owner, server_id, web_map=True)
    assert host.row(server_id).map_port == port, "its own comes back"
    change_server(host.owner, server_id, web_map=False)
    with clock.freeze(clock.now() + timedelta(hours=1, minutes=1)):
        with transaction():
            ports.unblock_ports()
        third = host.create("Dritter")
        assert host.row(third).port == port


def test_deleting_gives_both_back_and_the_map_rests(host: Host) -> None:
    server_id = host.running()
    change_server(host.owner, server_id, web_map=True)
    delete_server(host.owner, server_id)
    with transaction():  # as when a plugin's change ends only now
        settle_map(host.row(server_id))
    assert host.row(server_id).map_port is None, "nothing new is given to what is going"
    host.settle()
    assert host.row(server_id).map_port is None
    found = port_rows(server_id)
    assert set(found) == {"map"} and found["map"].blocked_at is not None


def test_something_foreign_on_the_maps_port_moves_the_map_alone(host: Host) -> None:
    server_id = host.running()
    change_server(host.owner, server_id, web_map=True)
    before = host.row(server_id)
    game, taken = before.port, before.map_port
    assert taken is not None
    host.node.foreign_ports.add(taken)
    restart_server(host.owner, server_id)
    with clock.freeze(clock.now()):
        host.settle(6)
        clock.advance(5)
        host.settle(6)
    row = host.row(server_id)
    assert (row.state, row.port) == ("running", game)
    assert row.map_port not in (None, taken)
    spec = host.game(server_id).spec
    assert spec.web_map is not None and spec.web_map.outside == row.map_port


def test_without_a_free_port_the_switch_says_so(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    server_id = host.create()
    port = host.row(server_id).port
    monkeypatch.setattr(settings(), "game_ports", f"{port}-{port}")
    with pytest.raises(NoFreePort):
        change_server(host.owner, server_id, web_map=True)
    assert host.row(server_id).web_map is None, "all or nothing"


def test_a_map_plugin_brings_it_and_takes_it_along(rig: Rig) -> None:
    rig.fake.project("dynmap", "Dynmap")
    rig.publish("dynmap", "3.7", 2)
    rig.install("luckperms")
    assert rig.host.row(rig.server_id).map_port is None
    rig.install("dynmap")
    port = rig.host.row(rig.server_id).map_port
    assert port is not None
    plugins.remove(rig.host.owner, rig.rows()["dynmap"].id)
    rig.host.run_jobs()
    assert rig.host.row(rig.server_id).map_port is None
    rig.install("dynmap")
    change_server(rig.host.owner, rig.server_id, web_map=False)
    assert rig.host.row(rig.server_id).map_port is None, "its owner decides"


def test_no_free_port_does_not_keep_a_plugin_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.fake.project("bluemap", "BlueMap")
    rig.publish("bluemap", "5.3", 2)
    port = rig.host.row(rig.server_id).port
    monkeypatch.setattr(settings(), "game_ports", f"{port}-{port}")
    rig.install("bluemap")
    assert "bluemap" in rig.rows() and rig.host.row(rig.server_id).map_port is None


def test_where_people_find_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    server_id = host.running("Bauwelt Süd")
    assert map_address(find_server(host.owner, server_id)) == ""
    change_server(host.owner, server_id, web_map=True)
    port = host.row(server_id).map_port
    monkeypatch.setattr(settings(), "public_url", "http://localhost:8000")
    assert map_address(find_server(host.owner, server_id)) == f"http://localhost:{port}/"
    monkeypatch.setattr(settings(), "public_url", "https://kontor.example")
    monkeypatch.setattr("app.hosting.queries.web_map.play_name", lambda server: "bauwelt-sued.play.localhost")
    assert map_address(find_server(host.owner, server_id)) == "https://map.bauwelt-sued.play.localhost/"


def test_the_proxy_leads_the_maps_name_to_the_maps_port(app: Flask, host: Host) -> None:
    server_id, older = host.create("Bauwelt", deploy=True), host.create("Bauwelt 2", deploy=True)
    assert "map." not in caddy_text({})
    change_server(host.owner, server_id, web_map=True)
    port = host.row(server_id).map_port
    text = caddy_text({}, own_only=True)
    assert f"\nmap.bauwelt.play.localhost {{\n\tencode\n\treverse_proxy 127.0.0.1:{port} {{\n" in text
    assert str(older.hex) not in text
    text = caddy_text({server_id: "127.0.0.1:9999"})
    assert f"map.bauwelt.play.localhost, bauwelt.play.localhost, {server_id.hex}.play.localhost {{" in text
    assert "reverse_proxy 127.0.0.1:9999" in text and str(port) not in text, "the operator knows better"


def test_it_stays_while_the_server_stops(host: Host) -> None:
    server_id = host.running()
    change_server(host.owner, server_id, web_map=True)
    port = host.row(server_id).map_port
    stop_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).map_port == port


@pytest.mark.postgres
def test_eight_maps_switched_on_at_once_get_eight_ports(pg_app: Flask, pg_host: Host) -> None:
    servers = [pg_host.create(f"Welt {n}") for n in range(8)]
    ended = at_once(pg_app, 8, lambda n: change_server(pg_host.owner, servers[n], web_map=True))
    assert ended == [None] * 8
    given = [pg_host.row(one).map_port for one in servers] + [pg_host.row(one).port for one in servers]
    assert None not in given and len(set(given)) == 16
    ended = at_once(pg_app, 8, lambda n: change_server(pg_host.owner, servers[0], web_map=n % 2 == 0))
    assert ended == [None] * 8
    row = pg_host.row(servers[0])
    assert (row.map_port is not None) == row.web_map
