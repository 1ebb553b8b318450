"""A worker that is killed at any line, two at once, one that comes late: the folder has the old jar or the new one, whole."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, current_app

from app.hosting.gateways.modrinth.fake import FakeModrinth
from app.hosting.rules.plugin_step import Kind
from app.hosting.services import plugin as services
from app.hosting.services import plugin_work
from app.kit.db import db
from app.kit.errors import Conflict
from tests.hosting.conftest import Host
from tests.hosting.plugin_rig import Rig, plugged
from tests.hosting.plugin_rig import rig as rig
from tests.hosting.plugin_rig import toy as toy
from tests.services.modrinth import modrinth as modrinth
from tests.threads import at_once

WATCHED = ("services/plugin_", "gateways/files/", "modrinth/client")


@pytest.fixture
def lite(host: Host, modrinth: FakeModrinth, toy: None, frozen: object) -> Iterator[Rig]:
    """On SQLite."""
    yield from _rig(host, modrinth)


@pytest.fixture
def pg(pg_host: Host, modrinth: FakeModrinth, toy: None) -> Iterator[Rig]:
    """On PostgreSQL."""
    yield from _rig(pg_host, modrinth)


def _rig(host: Host, modrinth: FakeModrinth) -> Iterator[Rig]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with plugged(app, modrinth) as stand_in:
        yield Rig(host, modrinth, stand_in)


def killed_at(line: int, change_id: UUID) -> bool:
    """A process makes the change and is killed (SIGKILL) at this line of our code; False when it came to its end."""
    db.session.remove()
    child = os.fork()
    if child == 0:
        left = line

        def trace(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal left
            if not any(part in frame.f_code.co_filename for part in WATCHED):
                return None
            if event == "line":
                left -= 1
                if left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            db.engine.dispose(close=False)
            sys.settrace(trace)
            plugin_work.change(change_id)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("same_name", [False, True])
def test_killed_at_any_line_of_an_update(lite: Rig, same_name: bool) -> None:
    lite.install("luckperms")
    line, number = 1, 1
    while True:
        number += 1
        name = "luckperms.jar" if same_name else ""
        lite.publish("luckperms", f"6.{number}", 2, filename=name, jar=f"jar {number}".encode() * 999)
        version = next(reversed(lite.fake.versions))
        old, new = set(lite.lying().values()), {lite.fake.jar(version)}
        change_id = lite.order("luckperms", version)
        killed = killed_at(line, change_id)
        assert set(lite.lying().values()) in (old, new), f"line {line}"
        assert len(lite.lying()) == 1
        lite.host.run_jobs()
        assert lite.change().state == "done" and set(lite.lying().values()) == new
        assert lite.rows()["luckperms"].filename in lite.lying()
        assert len(lite.happened()) == number
        if not killed:
            break
        line += 13
    assert line > 150, "the lines were counted"


@pytest.mark.slow
def test_killed_at_any_line_of_a_removal(lite: Rig) -> None:
    line = 1
    while True:
        lite.install("luckperms")
        there = lite.lying()
        services.remove(lite.host.owner, lite.rows()["luckperms"].id)
        killed = killed_at(line, lite.change().id)
        assert lite.lying() in (there, {})
        lite.host.run_jobs()
        assert lite.change().state == "done" and lite.lying() == {}
        if not killed:
            break
        line += 13
    assert line > 80


def test_who_comes_late_changes_nothing(rig: Rig) -> None:
    rig.install("luckperms")
    rig.publish("luckperms", "6", 9)
    change_id = rig.order("luckperms")
    late = plugin_work._begin(change_id)
    assert late is not None
    plugin_work.change(change_id)
    services.undo(rig.host.owner, change_id)
    rig.host.run_jobs()
    before = rig.lying()
    with pytest.raises(plugin_work.NotOurs):
        plugin_work._make(late)
    assert rig.lying() == before and rig.happened() == ["installed", "updated", "restored"]
    assert [one.name for one in rig.folder.iterdir()] == list(before), "nothing is left lying about"


@pytest.mark.postgres
def test_two_workers_make_a_change_once(pg: Rig) -> None:
    change_id = pg.order("essentialsx")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    at_once(app, 3, lambda _n: plugin_work.change(change_id))
    pg.host.run_jobs()
    assert pg.change().state == "done" and pg.happened() == ["installed", "installed"]
    assert sorted(pg.lying()) == ["essentialsx-2.21.jar", "vault-1.7.jar"]


@pytest.mark.postgres
def test_install_and_remove_at_once(pg: Rig) -> None:
    pg.install("essentialsx")
    pg.publish("luckperms", "7", 9, needs=({"project_id": pg.vault, "dependency_type": "required"},))
    services.remove(pg.host.owner, pg.rows()["essentialsx"].id)
    pg.host.run_jobs()
    vault, offer = pg.rows()["vault"].id, services.offer_install(pg.host.owner, pg.server_id, "luckperms")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    acts = [
        lambda: services.order(pg.host.owner, pg.server_id, Kind.INSTALL, offer, offer.mark),
        lambda: services.remove(pg.host.owner, vault),
    ] * 2
    results = at_once(app, 4, lambda n: acts[n]())
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    pg.host.run_jobs()
    rows = pg.rows()
    assert "luckperms" not in rows or "vault" in rows, "nothing is there without what it needs"
    assert {row.filename for row in rows.values()} == set(pg.lying())


@pytest.mark.postgres
def test_ten_clicks_are_one_change(pg: Rig) -> None:
    offer = services.offer_install(pg.host.owner, pg.server_id, "luckperms")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    results = at_once(
        app, 10,
        lambda _n: services.order(pg.host.owner, pg.server_id, Kind.INSTALL, offer, offer.mark, once="x"),
    )  # fmt: skip
    assert len(set(results)) == 1, results
