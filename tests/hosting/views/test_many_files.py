"""Moving files and folders, several at once, tar archives: by plain forms, all of it or none."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.hosting.services import file_many
from app.hosting.services.file_faults import FilesAway
from app.kit.errors import Conflict, NotAllowed, NotFound
from tests.hosting.views.test_file_pages import (
    alice,
    change,
    events,
    game,
    left,
    node,
    send,
    server_id,
    url,
)
from tests.people import People, sign_in

__all__ = ["alice", "game", "node", "server_id"]


def act(client: FlaskClient, server_id: UUID, what: str, *names: str, p: str = "") -> Any:
    return client.post(url(server_id, "/chosen", p=p), data={"act": what, "n": list(names)})


def move(client: FlaskClient, server_id: UUID, *names: str, p: str = "", **fields: str) -> Any:
    return client.post(url(server_id, "/move", p=p), data={"n": list(names), **fields})


@pytest.fixture
def full(game: Path) -> Path:
    """Three files, two folders with something in them."""
    for name in ("a.txt", "b.txt", "c.txt"):
        (game / name).write_text(name)
    (game / "plugins" / "dynmap").mkdir(parents=True)
    (game / "plugins" / "dynmap" / "configuration.txt").write_text("port: 8123")
    (game / "world").mkdir()
    return game


def test_one_file_is_moved_by_looking_through_folders(
    alice: FlaskClient, server_id: UUID, full: Path
) -> None:
    text = alice.get(url(server_id, "/move", p="a.txt")).text
    assert "Da liegt es schon" in text and 'value="plugins"' in text and 'value="world"' in text
    text = move(alice, server_id, "a.txt", to="", look="plugins").text
    assert 'value="plugins/dynmap"' in text and 'name="to" value="plugins"' in text
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"], "looking moves nothing"
    assert move(alice, server_id, "a.txt", to="plugins/dynmap").status_code == 303
    assert (full / "plugins" / "dynmap" / "a.txt").read_text() == "a.txt"
    assert events() == [{"action": "moved", "kind": "file", "bytes": 5, "extension": "txt", "count": 1}]
    back = move(alice, server_id, "a.txt", p="plugins/dynmap", to="")
    assert back.status_code == 303 and (full / "a.txt").exists()


def test_several_move_together_or_not_at_all(alice: FlaskClient, server_id: UUID, full: Path) -> None:
    assert "2 Dateien und Ordner verschieben" in act(alice, server_id, "move", "a.txt", "plugins").text
    (full / "world" / "b.txt").write_text("mine")
    answer = move(alice, server_id, "a.txt", "b.txt", "c.txt", to="world")
    assert answer.status_code == 409 and "Diesen Namen gibt es hier schon." in answer.text
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]
    assert (full / "world" / "b.txt").read_text() == "mine" and events() == []
    assert move(alice, server_id, "a.txt", "c.txt", "plugins", to="world").status_code == 303
    assert left(full / "world") == ["a.txt", "b.txt", "c.txt", "plugins"]
    assert [(one["action"], one["kind"], one["count"]) for one in events()] == [("moved", "several", 3)]


@pytest.mark.parametrize(
    ("names", "to", "status"),
    [
        (["plugins"], "plugins", 409),
        (["plugins"], "plugins/dynmap", 409),
        (["a.txt"], "", 409),
        (["a.txt"], "nowhere", 404),
        (["a.txt"], "b.txt", 404),
        (["a.txt"], "../outside", 404),
        (["gone.txt"], "world", 404),
    ],
)
def test_where_nothing_can_be_moved_to(
    alice: FlaskClient, server_id: UUID, full: Path, names: list[str], to: str, status: int
) -> None:
    answer = move(alice, server_id, *names, to=to)
    assert answer.status_code == status
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]


@pytest.mark.parametrize("name", ["../a.txt", "x/y", ".kontor-new-1", "a\\q", ".."])
def test_names_no_page_wrote_lead_to_nothing(
    alice: FlaskClient, server_id: UUID, full: Path, name: str
) -> None:
    for what in ("zip", "delete", "move"):
        assert act(alice, server_id, what, name).status_code == 404
    assert alice.post(url(server_id, "/delete-chosen"), data={"n": [name]}).status_code == 404
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]


def test_never_through_a_link(alice: FlaskClient, server_id: UUID, full: Path, tmp_path: Path) -> None:
    (full / "way").symlink_to(tmp_path)
    assert move(alice, server_id, "a.txt", to="way").status_code in (404, 409)
    assert (full / "a.txt").exists()
    assert move(alice, server_id, "way", to="world").status_code == 303, "the link itself may go elsewhere"
    assert (full / "world" / "way").is_symlink()
    assert act(alice, server_id, "zip", "way", p="world").status_code == 409


def test_several_are_deleted_after_a_question(alice: FlaskClient, server_id: UUID, full: Path) -> None:
    text = act(alice, server_id, "delete", "a.txt", "plugins").text
    assert "2 Dateien und Ordner löschen?" in text and "a.txt" in text and "plugins" in text
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]
    done = alice.post(url(server_id, "/delete-chosen"), data={"n": ["a.txt", "plugins"]})
    assert done.status_code == 303
    assert left(full) == ["b.txt", "c.txt", "world"]
    assert [(one["action"], one["count"]) for one in events()] == [("deleted", 2)]
    missing = alice.post(url(server_id, "/delete-chosen"), data={"n": ["b.txt", "a.txt"]})
    assert missing.status_code == 404 and (full / "b.txt").exists(), "all of them or none"


def test_several_are_taken_home_as_one_archive(alice: FlaskClient, server_id: UUID, full: Path) -> None:
    answer = act(alice, server_id, "zip", "a.txt", "plugins", "world")
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as made:
        names = sorted(made.namelist())
        assert made.read("a.txt") == b"a.txt"
    assert names == ["a.txt", "plugins/", "plugins/dynmap/", "plugins/dynmap/configuration.txt", "world/"]
    inner = act(alice, server_id, "zip", "configuration.txt", p="plugins/dynmap")
    assert zipfile.ZipFile(io.BytesIO(inner.data)).namelist() == ["configuration.txt"]


def test_none_and_too_many_are_told(alice: FlaskClient, server_id: UUID, full: Path) -> None:
    answer = act(alice, server_id, "delete")
    assert answer.status_code == 422 and "Wähle zuerst" in answer.text
    answer = act(alice, server_id, "delete", *(f"f{n}" for n in range(file_many.MOST + 1)))
    assert answer.status_code == 422 and "Höchstens 200" in answer.text
    assert act(alice, server_id, "what", "a.txt").status_code == 404


def test_who_may(client: FlaskClient, people: People, server_id: UUID, full: Path) -> None:
    chosen = file_many.chosen("", ["a.txt"])
    for act_on in (file_many.delete_files, file_many.download_files):
        with pytest.raises(NotAllowed):
            act_on(people.bob.actor, server_id, chosen)  # type: ignore[operator]
        with pytest.raises(NotFound):
            act_on(people.cleo.actor, server_id, chosen)  # type: ignore[operator]
    with pytest.raises(NotAllowed):
        file_many.move_files(people.bob.actor, server_id, chosen, "world")
    bob = sign_in(client, people.bob)
    for page in ("/chosen", "/delete-chosen", "/move"):
        assert bob.post(url(server_id, page), data={"act": "delete", "n": ["a.txt"]}).status_code == 403
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]


def test_a_world_on_its_way_is_left_alone(people: People, server_id: UUID, full: Path) -> None:
    change(server_id, state="archiving")
    chosen = file_many.chosen("", ["a.txt"])
    for act_on in (file_many.delete_files, lambda *given: file_many.move_files(*given, "world")):
        with pytest.raises(FilesAway):
            act_on(people.alice.actor, server_id, chosen)
    assert file_many.download_files(people.alice.actor, server_id, chosen).close() is None


def test_what_cannot_be_written_down_is_put_back(
    people: People, server_id: UUID, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise Conflict("no")

    monkeypatch.setattr("app.hosting.services.file_changes.record", refused)
    with pytest.raises(Conflict):
        file_many.delete_files(people.alice.actor, server_id, file_many.chosen("", ["a.txt", "plugins"]))
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]
    with pytest.raises(Conflict):
        file_many.move_files(people.alice.actor, server_id, file_many.chosen("", ["a.txt"]), "world")
    assert left(full) == ["a.txt", "b.txt", "c.txt", "plugins", "world"]


@pytest.mark.parametrize("name", ["insel.tar.gz", "insel.tgz", "insel.tar"])
def test_tar_archives_are_unpacked_like_zips(
    alice: FlaskClient, server_id: UUID, game: Path, name: str
) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as out:
        info = tarfile.TarInfo("world/level.dat")
        info.size = 4
        out.addfile(info, io.BytesIO(b"1234"))
    data = made.getvalue() if name.endswith(".tar") else gzip.compress(made.getvalue())
    assert send(alice, server_id, (name, data)).status_code == 303
    assert f"{name} entpacken" in alice.get(url(server_id)).text
    assert alice.post(url(server_id, "/unpack", p=name)).status_code == 303
    assert (game / "insel" / "world" / "level.dat").read_bytes() == b"1234"


def test_the_list_has_boxes_and_buttons_that_need_no_script(
    alice: FlaskClient, client: FlaskClient, server_id: UUID, full: Path
) -> None:
    text = alice.get(url(server_id)).text
    assert text.count('type="checkbox" name="n"') == 5
    for what in ("zip", "move", "delete"):
        assert f'name="act" value="{what}"' in text
    assert "data-upload" in text and "hosting/upload" in text
