"""The table of docs/bad-input.md: what people see when something does not fit, and that nothing is lost or half-written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.core.models import Job
from app.core.services.machinery import put_setting
from app.hosting.gateways.fake import FakeNode
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from app.hosting.models import Server
from app.hosting.services.place import use_runtimes
from app.hosting.services.server import create_server
from app.kit.db import db, transaction
from tests.hosting.conftest import plug_in
from tests.hosting.money import give_credit
from tests.people import People, sign_in

FORM = {
    "template": "flying-squid", "name": "Insel", "memory_mb": "512", "setting_slots": "10", "setting_motd": "Huhu",
    "setting_view_distance": "4", "setting_version": "1.21.4", "setting_gamemode": "creative",
    "setting_difficulty": "easy", "setting_world": "superflat",
}  # fmt: skip


@pytest.fixture
def owner(app: Flask, client: FlaskClient, people: People) -> FlaskClient:
    """Alice with money, on a machine in memory."""
    plug_in(app, FakeNode())
    give_credit(people)
    return sign_in(client, people.alice)


def servers() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Server.id)).all())


def test_a_template_that_does_not_exist(owner: FlaskClient) -> None:
    answer = owner.post("/hosting/servers", data=FORM | {"template": "doom"})
    assert answer.status_code == 422
    assert "Diese Vorlage gibt es nicht mehr" in answer.text
    assert owner.get("/hosting/servers/new?template=doom").status_code == 404
    assert servers() == 0


def test_more_memory_than_the_organisation_may_use(owner: FlaskClient, people: People) -> None:
    with transaction():
        put_setting(people.organisation_id, "hosting.max_memory_mb", 256)
    answer = owner.post("/hosting/servers", data=FORM)
    assert answer.status_code == 409
    assert "dürfen 256 MB belegen" in answer.text
    assert "Huhu" in answer.text, "what was typed is still there"
    assert servers() == 0


def test_too_little_credit_leads_to_the_wallet(app: Flask, client: FlaskClient, people: People) -> None:
    plug_in(app, FakeNode())
    answer = sign_in(client, people.alice).post("/hosting/servers", data=FORM)
    assert answer.status_code == 303
    assert answer.location == "/guthaben"
    assert "Guthaben reicht nicht" in client.get("/guthaben").text
    assert servers() == 0


def test_redis_gone_the_server_is_made_and_its_work_waits(owner: FlaskClient) -> None:
    # No fast test has a Redis: the whole suite runs in this state. Here it is said out loud.
    answer = owner.post("/hosting/servers", data=FORM)
    assert answer.status_code == 303
    assert owner.get(answer.location).status_code == 200
    waiting = db.session.scalars(select(Job.state).where(Job.path == "jobs.hosting.server.install")).all()
    assert waiting == ["queued"]


@pytest.fixture
def impatient(app: Flask) -> Iterator[None]:
    """Connections that wait a tenth of a second for a lock instead of ten seconds."""

    def hurry(connection: sqlite3.Connection, *_rest: object) -> None:
        connection.execute("PRAGMA busy_timeout=100")

    event.listen(db.engine, "checkout", hurry)
    yield
    event.remove(db.engine, "checkout", hurry)
    db.session.remove()
    db.engine.dispose()


def test_a_locked_database_is_told_and_the_second_try_works(
    app: Flask, owner: FlaskClient, impatient: None
) -> None:
    path = app.extensions["kontor-settings"].var_dir / "kontor.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    page = owner.post("/hosting/servers", data=FORM)
    toast = owner.post("/hosting/servers", data=FORM, headers={"HX-Request": "true"})
    other.execute("ROLLBACK")
    other.close()
    for answer in (page, toast):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Es wurde nichts geändert" in answer.text
    assert 'hx-target="#toasts"' in toast.text, "the form stays as it is, the message comes as a toast"
    assert servers() == 0
    assert owner.post("/hosting/servers", data=FORM).status_code == 303
    assert servers() == 1


def test_reading_goes_on_while_somebody_writes(app: Flask, owner: FlaskClient, impatient: None) -> None:
    other = sqlite3.connect(app.extensions["kontor-settings"].var_dir / "kontor.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert owner.get("/hosting/servers").status_code == 200
    other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with 4 MB."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk can be mounted by root only")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_named_and_the_world_is_untouched(
    app: Flask, client: FlaskClient, people: People, small_disk: Path, run_jobs: Callable[[], list[str]]
) -> None:
    config = ProcessConfig(root=small_disk / "games", cache=small_disk / "cache")
    use_runtimes(app, {"process": lambda: ProcessRuntime(config)})
    give_credit(people)
    server_id = create_server(people.alice.actor, name="Insel", template="flying-squid", deploy=True)
    world = small_disk / "games" / "servers" / server_id.hex / "data" / "world"
    world.mkdir(parents=True)
    (world / "level.dat").write_bytes(b"precious")
    run_jobs()
    row = db.session.get_one(Server, server_id, populate_existing=True)
    assert (row.state, row.reason) == ("crashed", "disk-full")
    page = sign_in(client, people.alice).get(f"/hosting/servers/{server_id}").text
    assert "kein Platz mehr" in page
    assert (world / "level.dat").read_bytes() == b"precious"
