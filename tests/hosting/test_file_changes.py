"""Changes to a game's files by several at once, and by processes that die."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.models import Event
from app.hosting.models import Server
from app.hosting.rules.file_text import fingerprint
from app.hosting.services import file_changes, files
from app.hosting.services.file_faults import EditConflict, FilesAway
from app.kit.config import ROOT
from app.kit.db import db, transaction
from app.kit.errors import Conflict, KontorError
from tests.hosting.conftest import Host

OLD = fingerprint(b"old")


@pytest.fixture
def server_id(db_host: Host) -> UUID:
    server_id = db_host.create()
    change(server_id, state="stopped")
    return server_id


@pytest.fixture
def game(db_host: Host, server_id: UUID) -> Path:
    world = db_host.node.worlds.of(server_id, "")
    world.make()
    for path in world.folder.iterdir():
        path.unlink()
    return world.folder


def change(server_id: UUID, **values: Any) -> None:
    with transaction():
        db.session.execute(update(Server).where(Server.id == server_id).values(**values))


def together(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """All at once, each in a thread of its own; how each ended."""
    gate, ended = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                acts[number]()
                ended[number] = "done"
            except KontorError as error:
                ended[number] = type(error).__name__
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def recorded() -> list[str]:
    db.session.rollback()
    found = db.session.scalars(select(Event.data).where(Event.name == "hosting.server.files_changed"))
    return sorted(data["action"] for data in found)


def test_of_two_who_save_one_wins_and_the_other_is_told(
    db_app: Flask, db_host: Host, server_id: UUID, game: Path
) -> None:
    for number in range(5):
        (game / "a.yml").write_text("old")
        ended = together(
            db_app,
            lambda: file_changes.save_text(db_host.owner, server_id, "a.yml", "one", OLD),
            lambda: file_changes.save_text(db_host.admin, server_id, "a.yml", "other", OLD),
        )
        assert ended == ["EditConflict", "done"]
        assert (game / "a.yml").read_text() in ("one", "other")
        assert len(recorded()) == number + 1, "what did not happen is not in the history"
    assert [path.name for path in game.iterdir()] == ["a.yml"]


def test_of_several_who_take_a_name_one_gets_it(
    db_app: Flask, db_host: Host, server_id: UUID, game: Path
) -> None:
    (game / "b").write_text("b")
    ended = together(
        db_app,
        lambda: file_changes.make(db_host.owner, server_id, "", "name", kind="folder"),
        lambda: file_changes.make(db_host.admin, server_id, "", "name", kind="file"),
        lambda: file_changes.rename_file(db_host.owner, server_id, "b", "name"),
    )
    assert ended == ["Conflict", "Conflict", "done"]
    assert len(recorded()) == 1


def test_deleting_twice_is_done_once(db_app: Flask, db_host: Host, server_id: UUID, game: Path) -> None:
    (game / "folder").mkdir()
    (game / "folder" / "x").touch()
    act = lambda: file_changes.delete(db_host.owner, server_id, "folder")  # noqa: E731
    assert together(db_app, act, act, act) == ["NotFound", "NotFound", "done"]
    assert recorded() == ["deleted"]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "archiving"},
        {"state": "archived", "world": None},
        {"state": "waking", "world": None},
        {"world": "b"},
    ],
    ids=["archiving", "archived", "waking", "another generation"],
)
def test_a_world_that_moves_meanwhile_is_not_changed(
    db_host: Host, server_id: UUID, game: Path, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state changes after the files were opened, right before the change: what was opened is not the world any more."""
    (game / "a.txt").write_text("old")
    (game / "server.properties").write_text("level-name=world")
    (game / "w").mkdir()
    (game / "w" / "level.dat").touch()
    whole = files.reach

    def reach(*args: Any, **more: Any) -> Any:
        found = whole(*args, **more)
        change(server_id, **values)
        return found

    monkeypatch.setattr(file_changes, "reach", reach)
    owner = db_host.owner
    for act in (
        lambda: file_changes.save_text(owner, server_id, "a.txt", "new", fingerprint(b"old")),
        lambda: file_changes.upload(owner, server_id, "", [file_changes.Sent("b", [b"x"])]),
        lambda: file_changes.make(owner, server_id, "", "b", kind="folder"),
        lambda: file_changes.make(owner, server_id, "", "b", kind="file"),
        lambda: file_changes.rename_file(owner, server_id, "a.txt", "b"),
        lambda: file_changes.delete(owner, server_id, "a.txt"),
        lambda: file_changes.choose_world(owner, server_id, "w"),
    ):
        change(server_id, state="stopped", world="")
        with pytest.raises(FilesAway):
            act()
    assert sorted(path.name for path in game.iterdir()) == ["a.txt", "server.properties", "w"]
    assert (game / "a.txt").read_text() == "old"
    assert (game / "server.properties").read_text() == "level-name=world"
    assert recorded() == []


def test_a_start_meanwhile_keeps_the_world_it_has(
    db_host: Host, server_id: UUID, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (game / "server.properties").write_text("level-name=world")
    (game / "w").mkdir()
    (game / "w" / "level.dat").touch()
    change(server_id, state="starting")
    with pytest.raises(Conflict):
        file_changes.choose_world(db_host.owner, server_id, "w")
    assert (game / "server.properties").read_text() == "level-name=world"


def test_the_game_writes_meanwhile(
    db_host: Host, server_id: UUID, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and saving: noticed, with the text as it is now."""
    (game / "a.yml").write_text("old")
    whole = files.reach

    def reach(*args: Any, **more: Any) -> Any:
        found = whole(*args, **more)
        (game / "a.yml").write_text("by the game")
        return found

    monkeypatch.setattr(file_changes, "reach", reach)
    with pytest.raises(EditConflict) as caught:
        file_changes.save_text(db_host.owner, server_id, "a.yml", "mine", fingerprint(b"old"))
    assert (caught.value.current, caught.value.base) == ("by the game", fingerprint(b"by the game"))


WRITER = """
import sys
from pathlib import Path
from app.hosting.gateways.files import Fresh, Place
place = Place(Path(sys.argv[1]), reserve=0)
print("ready", flush=True)
number = 0
while True:
    number += 1
    with place.folder() as here, Fresh(here) as fresh:
        for _ in range(64):
            fresh.write(b"%c" % (65 + number % 26) * 65536)
        fresh.finish()
        fresh.put(b"file", replace=True)
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Ten times, at moments nobody chose."""
    (tmp_path / "game").mkdir()
    (tmp_path / "game" / "file").write_bytes(b"0" * (4 << 20))
    for _ in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "game")], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(random.uniform(0.0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        data = (tmp_path / "game" / "file").read_bytes()
        assert len(data) == 4 << 20
        assert len(set(data)) == 1, "one version, whole"
    seen = [path.name for path in (tmp_path / "game").iterdir() if not path.name.startswith(".kontor-new-")]
    assert seen == ["file"]
