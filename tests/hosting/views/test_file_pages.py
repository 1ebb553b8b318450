"""Pages of a game's files: who may, what they show, and what happens when something else happens meanwhile."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.core.models import Event
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.gateways.fake_node import FakeNode
from app.hosting.gateways.runtime import OutOfReach
from app.hosting.models import Server
from app.hosting.rules.file_text import EDIT_BYTES, fingerprint
from app.hosting.services import file_changes, files
from app.hosting.services.place import EXTENSION, use_runtimes
from app.hosting.services.setup import create_server
from app.kit.db import db, transaction
from app.kit.errors import NotAllowed, NotFound
from tests.architecture.test_page_queries import MOST, counted
from tests.people import People, sign_in

pytestmark = pytest.mark.slow


@pytest.fixture
def node(app: Flask) -> Iterator[FakeNode]:
    kept, found = app.extensions.get(EXTENSION), FakeNode()
    use_runtimes(app, {"process": lambda: FakeRuntime(found)})
    yield found
    app.extensions[EXTENSION] = kept


@pytest.fixture
def server_id(node: FakeNode, people: People) -> UUID:
    server_id = create_server(people.alice.actor, name="Bauwelt", template="flying-squid")
    change(server_id, state="stopped")
    return server_id


@pytest.fixture
def game(node: FakeNode, server_id: UUID) -> Path:
    """The game's own folder."""
    world = node.worlds.of(server_id, "")
    world.make()
    for path in world.folder.iterdir():
        path.unlink()
    return world.folder


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


def change(server_id: UUID, **values: Any) -> None:
    with transaction():
        db.session.execute(update(Server).where(Server.id == server_id).values(**values))


def url(server_id: UUID, page: str = "", **query: str) -> str:
    from urllib.parse import urlencode

    return f"/hosting/servers/{server_id}/files{page}?{urlencode(query)}"


def events() -> list[dict[str, Any]]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(Event.data).where(Event.name == "hosting.server.files_changed").order_by(Event.seq)
        )
    )


def left(game: Path) -> list[str]:
    return sorted(path.name for path in game.iterdir())


def send(client: FlaskClient, server_id: UUID, *sent: tuple[str, bytes], **more: str) -> Any:
    path = more.pop("p", "")
    data = {**more, "files": [(io.BytesIO(body), name) for name, body in sent]}
    return client.post(url(server_id, "/upload", p=path), data=data, content_type="multipart/form-data")


class TestLooking:
    def test_folders_first_then_files_then_what_is_not_opened(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        (game / "plugins").mkdir()
        (game / "a.yml").write_text("x" * 2048)
        (game / "way").symlink_to("/etc")
        (game / "b<i>.txt").write_text("x")
        (Path(os.fsdecode(os.fsencode(game) + b"/caf\xe9"))).write_text("x")
        (game / ".kontor-new-1").write_text("ours")
        text = alice.get(url(server_id)).text
        found = [
            text.index(word) for word in ("plugins", "a.yml", "b&lt;i&gt;.txt", "caf\\xe9", "Verknüpfung")
        ]
        assert found == sorted(found)
        assert "2\N{NO-BREAK SPACE}KB" in text
        assert ".kontor" not in text
        assert "<i>" not in text
        assert "/etc" not in text

    def test_the_way_back_leads_through_each_folder(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        (game / "plugins" / "Essentials").mkdir(parents=True)
        text = alice.get(url(server_id, p="plugins/Essentials")).text
        assert "Dieser Ordner ist leer" in text
        assert re.search(r'href="[^"]*files\?p=plugins">plugins</a>', text)

    def test_a_page_shows_two_hundred(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        for number in range(250):
            (game / f"f{number:03}").touch()
        first = alice.get(url(server_id)).text
        assert "f199" in first
        assert "f200" not in first
        assert "1–200 von 250" in first
        assert "f249" in alice.get(url(server_id, cursor="200")).text

    @pytest.mark.parametrize(
        "path", ["nix", "..", "../..", "a%00", "/etc", "plugins/..", ".kontor-new-1", "\\x2e\\x2e"]
    )
    def test_what_is_not_there_is_not_found(
        self, alice: FlaskClient, server_id: UUID, game: Path, path: str
    ) -> None:
        (game / ".kontor-new-1").write_text("ours")
        for page in ("", "/download", "/edit"):
            assert alice.get(url(server_id, page, p=path)).status_code == 404, page

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"state": "archived", "world": None}, "liegt im Archiv"),
            ({"state": "waking", "world": None}, "kommt gerade"),
        ],
    )
    def test_an_archived_world_says_what_to_do(
        self, alice: FlaskClient, server_id: UUID, game: Path, values: dict[str, Any], words: str
    ) -> None:
        change(server_id, **values)
        answer = alice.get(url(server_id))
        assert answer.status_code == 200
        assert words in answer.text
        assert alice.get(url(server_id, "/worlds")).status_code == 200
        assert send(alice, server_id, ("a", b"x")).status_code == 409

    def test_files_elsewhere_say_so(self, alice: FlaskClient, server_id: UUID, node: FakeNode) -> None:
        node.fail_next("world_folder", OutOfReach("docker"))
        assert "nicht hinkommt" in alice.get(url(server_id)).text

    def test_before_the_first_start_there_are_none(self, alice: FlaskClient, server_id: UUID) -> None:
        assert "Noch keine Dateien" in alice.get(url(server_id)).text

    def test_while_a_world_is_archived_it_is_only_read(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        (game / "a.txt").write_text("old")
        change(server_id, state="archiving")
        text = alice.get(url(server_id)).text
        assert "a.txt" in text
        assert "Hochladen" not in text
        save = alice.post(
            url(server_id, "/edit", p="a.txt"), data={"text": "new", "base": fingerprint(b"old")}
        )
        assert save.status_code == 409
        assert "new</textarea>" in save.text
        assert (game / "a.txt").read_text() == "old"

    def test_eight_statements_a_page(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        for number in range(50):
            (game / f"f{number}").write_text("x")
        for page, query in (("", {}), ("/edit", {"p": "f1"}), ("/worlds", {}), ("/delete", {"p": "f1"})):
            assert alice.get(url(server_id, page, **query)).status_code == 200
            with counted() as seen:
                alice.get(url(server_id, page, **query))
            assert len(seen) <= MOST, page


class TestWhoMay:
    GETS = ("", "/download", "/edit", "/new", "/rename", "/delete", "/unpack", "/worlds", "/worlds/download")
    POSTS = ("/upload", "/edit", "/new", "/rename", "/delete", "/unpack", "/worlds/choose")

    def test_a_member_is_refused_a_stranger_finds_nothing(
        self, app: Flask, people: People, server_id: UUID, game: Path
    ) -> None:
        (game / "a.txt").write_text("x")
        for person, status in ((people.bob, 403), (people.cleo, 404)):
            client = sign_in(app.test_client(), person)
            for page in self.GETS:
                assert client.get(url(server_id, page, p="a.txt")).status_code == status, page
            for page in self.POSTS:
                answer = client.post(
                    url(server_id, page, p="a.txt"), data={"name": "b", "text": "", "world": "w"}
                )
                assert answer.status_code == status, page
        assert left(game) == ["a.txt"]
        assert (
            "/files" not in sign_in(app.test_client(), people.bob).get(f"/hosting/servers/{server_id}").text
        )

    def test_the_services_ask_too(self, people: People, server_id: UUID, game: Path) -> None:
        (game / "a.txt").write_text("x")
        for person, error in ((people.bob, NotAllowed), (people.cleo, NotFound)):
            for act in (
                lambda actor: files.list_folder(actor, server_id, ""),
                lambda actor: files.download(actor, server_id, "a.txt"),
                lambda actor: files.list_worlds(actor, server_id),
                lambda actor: file_changes.delete(actor, server_id, "a.txt"),
                lambda actor: file_changes.upload(actor, server_id, "", []),
                lambda actor: file_changes.choose_world(actor, server_id, "w"),
            ):
                with pytest.raises(error):
                    act(person.actor)
        assert left(game) == ["a.txt"]

    def test_no_form_of_another_site(
        self, app: Flask, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        (game / "a.txt").write_text("old")
        app.config["WTF_CSRF_ENABLED"] = True
        try:
            assert send(alice, server_id, ("b.txt", b"x")).status_code == 400
            for page in self.POSTS[1:]:
                data = {"text": "new", "base": fingerprint(b"old"), "name": "b", "world": "w"}
                assert alice.post(url(server_id, page, p="a.txt"), data=data).status_code == 400, page
            token = re.search(r'name="csrf_token" value="([^"]+)"', alice.get(url(server_id)).text)
            assert token
            assert left(game) == ["a.txt"]
            assert send(alice, server_id, ("b.txt", b"x"), csrf_token=token[1]).status_code == 303
            data = {"text": "new", "base": fingerprint(b"old"), "csrf_token": token[1]}
            assert alice.post(url(server_id, "/edit", p="a.txt"), data=data).status_code == 303
        finally:
            app.config["WTF_CSRF_ENABLED"] = False
        assert left(game) == ["a.txt", "b.txt"]

    def test_a_token_behind_the_files_comes_too_late(
        self, app: Flask, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        page = alice.get(url(server_id)).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        assert page.index('name="csrf_token"', page.index("/upload")) < page.index('name="files"')
        app.config["WTF_CSRF_ENABLED"] = True
        try:
            body = (
                '--X\r\nContent-Disposition: form-data; name="files"; filename="b.txt"\r\n\r\nx\r\n'
                f'--X\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token[1]}\r\n--X--\r\n'
            )
            answer = alice.post(
                url(server_id, "/upload"), data=body, content_type="multipart/form-data; boundary=X"
            )
        finally:
            app.config["WTF_CSRF_ENABLED"] = False
        assert answer.status_code == 400
        assert left(game) == []


class TestDownload:
    def test_a_file_is_never_shown_inside_the_site(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        (game / "Größe.html").write_text("<script>alert(1)</script>")
        answer = alice.get(url(server_id, "/download", p="Größe.html"))
        assert answer.data == b"<script>alert(1)</script>"
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == (
            "attachment; filename=\"Groe.html\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.html"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.content_length == 25

    def test_a_folder_comes_as_a_zip(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "plugins").mkdir()
        (game / "plugins" / "a.yml").write_text("x")
        answer = alice.get(url(server_id, "/download", p="plugins"))
        assert zipfile.ZipFile(io.BytesIO(answer.data)).namelist() == ["plugins/a.yml"]
        assert 'filename="plugins.zip"' in answer.headers["Content-Disposition"]
        whole = alice.get(url(server_id, "/download"))
        assert zipfile.ZipFile(io.BytesIO(whole.data)).namelist() == ["plugins/", "plugins/a.yml"]
        assert 'filename="Bauwelt.zip"' in whole.headers["Content-Disposition"]

    @pytest.mark.parametrize("kind", ["link", "pipe"])
    def test_what_is_no_file_is_told(
        self, alice: FlaskClient, server_id: UUID, game: Path, kind: str
    ) -> None:
        (game / "a").symlink_to("/etc/passwd") if kind == "link" else os.mkfifo(game / "a")
        for page in ("/download", "/edit"):
            assert alice.get(url(server_id, page, p="a")).status_code == 409

    def test_transfers_leave_threads_for_pages(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "a").write_text("x")
        busy = [alice.get(url(server_id, "/download", p="a"), buffered=False) for _ in range(files.AT_ONCE)]
        assert alice.get(url(server_id, "/download", p="a")).status_code == 429
        assert alice.get(url(server_id, "/download")).status_code == 429
        assert send(alice, server_id, ("b", b"x")).status_code == 429
        for answer in busy:
            answer.close()
        assert alice.get(url(server_id, "/download", p="a")).status_code == 200
        assert alice.head(url(server_id, "/download", p="a")).status_code == 200
        assert [alice.get(url(server_id, "/download", p="a")).status_code for _ in range(3)] == [200] * 3


class TestUpload:
    def test_files_arrive_whole(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "plugins").mkdir()
        big = os.urandom(3 << 20)
        answer = send(alice, server_id, ("a.jar", big), ("Ida.txt", b""), p="plugins")
        assert answer.status_code == 303
        assert (game / "plugins" / "a.jar").read_bytes() == big
        assert left(game / "plugins") == ["Ida.txt", "a.jar"]
        assert events() == [
            {"action": "uploaded", "kind": "file", "bytes": 3 << 20, "extension": "jar", "count": 1},
            {"action": "uploaded", "kind": "file", "bytes": 0, "extension": "txt", "count": 1},
        ]

    @pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
    def test_over_the_limit_nothing_is_left(
        self,
        app: Flask,
        alice: FlaskClient,
        server_id: UUID,
        game: Path,
        monkeypatch: pytest.MonkeyPatch,
        told: bool,
    ) -> None:
        monkeypatch.setattr(app.extensions["kontor-settings"], "file_upload_mb", 1)
        if told:
            answer = send(alice, server_id, ("small", b"x"), ("a", bytes(3 << 20)))
        else:
            body = (
                b'--X\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
                + bytes(3 << 20)
                + b"\r\n--X--\r\n"
            )
            answer = alice.post(
                url(server_id, "/upload"),
                input_stream=io.BytesIO(body),
                headers={"Transfer-Encoding": "chunked", "Content-Type": "multipart/form-data; boundary=X"},
                environ_overrides={"wsgi.input_terminated": True},
            )
        assert answer.status_code == 413
        assert "Höchstens 1 MB" in answer.text
        assert left(game) == []
        assert events() == []

    def test_a_name_that_is_taken(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "a").write_text("old")
        (game / "d").mkdir()
        answer = send(alice, server_id, ("new", b"x"), ("a", b"new"))
        assert answer.status_code == 409
        assert "gibt es hier schon" in answer.text
        assert (left(game), (game / "a").read_text()) == (["a", "d"], "old")
        assert send(alice, server_id, ("a", b"new"), replace="y").status_code == 303
        assert (game / "a").read_text() == "new"
        assert send(alice, server_id, ("d", b"new"), replace="y").status_code == 409
        assert send(alice, server_id, ("b", b"1"), ("b", b"2")).status_code == 422
        assert left(game) == ["a", "d"]

    @pytest.mark.parametrize("name", ["..", ".kontor-new-1", "a\u202eb", "x" * 300])
    def test_a_name_that_is_none(self, alice: FlaskClient, server_id: UUID, game: Path, name: str) -> None:
        assert send(alice, server_id, (name, b"x")).status_code == 422
        assert left(game) == []

    def test_folders_before_a_name_are_dropped(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        assert send(alice, server_id, ("../../evil", b"x")).status_code == 303
        assert left(game) == ["evil"]

    def test_nothing_chosen(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        assert send(alice, server_id, ("", b"")).status_code == 422
        assert alice.post(url(server_id, "/upload")).status_code == 415
        assert left(game) == []

    def test_a_body_that_stops_leaves_nothing(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        body = b'--X\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nhalf'
        answer = alice.post(
            url(server_id, "/upload"), data=body, content_type="multipart/form-data; boundary=X"
        )
        assert answer.status_code == 400
        assert left(game) == []

    def test_a_world_that_went_away_meanwhile_gets_nothing(
        self, people: People, server_id: UUID, game: Path
    ) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"half"
            change(server_id, state="archiving")
            yield b"rest"

        with pytest.raises(file_changes.FilesAway):
            file_changes.upload(people.alice.actor, server_id, "", [file_changes.Sent("a", pieces())])
        assert left(game) == []
        assert events() == []

    def test_a_link_in_the_way_is_replaced_not_followed(
        self, alice: FlaskClient, server_id: UUID, game: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text("theirs")
        (game / "a").symlink_to(tmp_path / "secret")
        assert send(alice, server_id, ("a", b"x")).status_code == 409
        assert send(alice, server_id, ("a", b"x"), replace="y").status_code == 303
        assert (tmp_path / "secret").read_text() == "theirs"
        (game / "way").symlink_to(tmp_path)
        assert send(alice, server_id, ("b", b"x"), p="way").status_code == 409
        assert not (tmp_path / "b").exists()


class TestEdit:
    def test_line_ends_and_mark_stay(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        data = b"\xef\xbb\xbfa: 1\r\nb: <2>\r\n"
        (game / "a.yml").write_bytes(data)
        text = alice.get(url(server_id, "/edit", p="a.yml")).text
        assert "a: 1\r\nb: &lt;2&gt;\r\n</textarea>" in text
        form = {"text": "a: 1\r\nb: 3\r\n", "base": fingerprint(data)}
        assert alice.post(url(server_id, "/edit", p="a.yml"), data=form).status_code == 303
        assert (game / "a.yml").read_bytes() == b"\xef\xbb\xbfa: 1\r\nb: 3\r\n"
        assert events() == [{"action": "saved", "kind": "file", "bytes": 15, "extension": "yml", "count": 1}]
        assert left(game) == ["a.yml"]

    def test_a_conflict_keeps_both_texts(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "a.yml").write_text("old")
        form = {"text": "mine & more", "base": fingerprint(b"old")}
        (game / "a.yml").write_text("theirs <b>")
        answer = alice.post(url(server_id, "/edit", p="a.yml"), data=form)
        assert answer.status_code == 409
        assert "mine &amp; more</textarea>" in answer.text
        assert "theirs &lt;b&gt;" in answer.text
        assert (game / "a.yml").read_text() == "theirs <b>"
        base = re.search(r'name="base" value="(\w+)"', answer.text)
        assert base
        form["base"] = base[1]
        assert alice.post(url(server_id, "/edit", p="a.yml"), data=form).status_code == 303
        assert (game / "a.yml").read_text() == "mine & more"

    def test_a_file_that_vanished_loses_no_text(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        answer = alice.post(url(server_id, "/edit", p="a.yml"), data={"text": "mine", "base": "x"})
        assert answer.status_code == 404
        assert "mine</textarea>" in answer.text

    def test_a_megabyte_of_anything_can_be_saved(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        data = b"\n" * EDIT_BYTES
        (game / "a.txt").write_bytes(data)
        form = {"text": "\r\n" * (EDIT_BYTES - 1) + "ä"[:0], "base": fingerprint(data)}
        assert alice.post(url(server_id, "/edit", p="a.txt"), data=form).status_code == 303
        assert (game / "a.txt").read_bytes() == b"\n" * (EDIT_BYTES - 1)
        form = {"text": "x" * (EDIT_BYTES + 1), "base": fingerprint(data[1:])}
        answer = alice.post(url(server_id, "/edit", p="a.txt"), data=form)
        assert answer.status_code == 422
        assert "xxxx</textarea>" in answer.text
        form = {"text": "x" * (9 << 20), "base": ""}
        assert alice.post(url(server_id, "/edit", p="a.txt"), data=form).status_code == 413

    def test_what_is_no_text_can_be_downloaded(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "a.txt").write_bytes(b"\xff\xfe\0")
        (game / "long.txt").write_bytes(b"x" * (EDIT_BYTES + 1))
        for name in ("a.txt", "long.txt"):
            answer = alice.get(url(server_id, "/edit", p=name))
            assert answer.status_code == 409
            assert "Herunterladen" in answer.text
            assert "<textarea" not in answer.text

    def test_what_is_no_text_is_not_overwritten_by_text(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        (game / "level.dat").write_bytes(b"\x1f\x8b\xff")
        data = {"text": "new", "base": fingerprint(b"\x1f\x8b\xff")}
        assert alice.post(url(server_id, "/edit", p="level.dat"), data=data).status_code == 409
        assert (game / "level.dat").read_bytes() == b"\x1f\x8b\xff"

    def test_a_running_game_is_warned_of(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        (game / "a.txt").write_text("x")
        change(server_id, state="running")
        for page in ("", "/edit"):
            assert (
                "Das Spiel kann überschreiben"
                in alice.get(url(server_id, page, p="a.txt" if page else "")).text
            )


class TestOneThing:
    def test_make_rename_delete(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        assert alice.get(url(server_id, "/new")).status_code == 200
        assert alice.post(url(server_id, "/new"), data={"name": "neu"}).status_code == 303
        made = alice.post(url(server_id, "/new", p="neu", kind="file"), data={"name": "a.yml"})
        assert "/files/edit?p=neu/a.yml" in made.location.replace("%2F", "/")
        assert alice.get(made.location).status_code == 200
        assert "neu" in alice.get(url(server_id, "/rename", p="neu")).text
        assert alice.post(url(server_id, "/rename", p="neu"), data={"name": "alt"}).status_code == 303
        assert (game / "alt" / "a.yml").exists()
        ask = alice.get(url(server_id, "/delete", p="alt")).text
        assert "alt löschen?" in ask
        assert "mit 1 Datei" in ask
        assert alice.post(url(server_id, "/delete", p="alt")).status_code == 303
        assert left(game) == []
        assert [one["action"] for one in events()] == ["made", "made", "renamed", "deleted"]
        assert "alt" not in str(events()), "names are not written down"
        text = alice.get(f"/hosting/servers/{server_id}/events").text
        assert "Dateien: Datei oder Ordner gelöscht" in text

    @pytest.mark.parametrize("page", ["/new", "/rename"])
    @pytest.mark.parametrize("name", ["", "..", "a/b", "taken", "x" * 256, ".kontor-x"])
    def test_a_bad_name_is_told_and_kept(
        self, alice: FlaskClient, server_id: UUID, game: Path, page: str, name: str
    ) -> None:
        (game / "taken").write_text("x")
        (game / "a").write_text("x")
        answer = alice.post(url(server_id, page, p="a" if page == "/rename" else ""), data={"name": name})
        assert answer.status_code == 422
        assert f'value="{name}"' in answer.text
        assert left(game) == ["a", "taken"]

    def test_the_games_folder_itself_is_not_touched(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        for page in ("/rename", "/delete", "/unpack", "/edit"):
            assert alice.post(url(server_id, page), data={"name": "x", "text": ""}).status_code == 422
        assert game.exists()

    def test_an_archive_is_unpacked_beside_itself(
        self, alice: FlaskClient, server_id: UUID, game: Path
    ) -> None:
        with zipfile.ZipFile(game / "insel.zip", "w") as archive:
            archive.writestr("level.dat", b"x")
            archive.writestr("region/r.mca", b"y")
        assert "entpacken" in alice.get(url(server_id)).text
        assert alice.get(url(server_id, "/unpack", p="insel.zip")).status_code == 200
        assert alice.post(url(server_id, "/unpack", p="insel.zip")).status_code == 303
        assert left(game) == ["insel", "insel.zip"]
        assert (game / "insel" / "region" / "r.mca").read_bytes() == b"y"
        assert events() == [{"action": "unpacked", "kind": "folder", "bytes": 2, "extension": "", "count": 1}]
        again = alice.post(url(server_id, "/unpack", p="insel.zip"))
        assert again.status_code == 422
        assert "gibt es hier schon" in again.text

    def test_a_hostile_archive_is_told(self, alice: FlaskClient, server_id: UUID, game: Path) -> None:
        with zipfile.ZipFile(game / "evil.zip", "w") as archive:
            archive.writestr("../evil", b"x")
        answer = alice.post(url(server_id, "/unpack", p="evil.zip"))
        assert answer.status_code == 422
        assert "nichts entpackt" in answer.text
        assert left(game) == ["evil.zip"]


class TestWorlds:
    @pytest.fixture
    def paper(self, game: Path) -> Path:
        for folder in ("world/region", "world_nether/DIM-1/region", "alt/region", "alt/DIM1"):
            (game / folder).mkdir(parents=True)
        for name in ("world", "world_nether", "alt"):
            (game / name / "level.dat").write_bytes(b"level")
        (game / "world" / "region" / "r.mca").write_bytes(b"over")
        (game / "world_nether" / "DIM-1" / "region" / "r.mca").write_bytes(b"nether")
        (game / "alt" / "DIM1" / "r.mca").write_bytes(b"end")
        (game / "server.properties").write_bytes(b"motd=x\r\nlevel-name=world\r\n")
        return game

    def test_each_dimension_can_be_had(self, alice: FlaskClient, server_id: UUID, paper: Path) -> None:
        text = alice.get(url(server_id, "/worlds")).text
        assert "Oberwelt" in text
        assert "Nether" in text
        assert "Zur aktiven Welt machen" in text

        def names(**query: str) -> list[str]:
            answer = alice.get(url(server_id, "/worlds/download", **query))
            assert answer.status_code == 200
            found = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
            return sorted(name for name in found if not name.endswith("/"))

        assert names(p="world", dimension="overworld") == ["world/level.dat", "world/region/r.mca"]
        assert names(p="world", dimension="nether") == ["world_nether/DIM-1/region/r.mca"]
        assert names(p="alt", dimension="overworld") == ["alt/level.dat"]
        assert names(p="alt", dimension="end") == ["alt/DIM1/r.mca"]
        assert names(p="alt") == ["alt/DIM1/r.mca", "alt/level.dat"]
        assert names(p="world") == [
            "world/level.dat",
            "world/region/r.mca",
            "world_nether/DIM-1/region/r.mca",
        ]
        for query in ({"p": "nix"}, {"p": "world", "dimension": "end"}, {"p": "world", "dimension": "x"}, {}):
            assert alice.get(url(server_id, "/worlds/download", **query)).status_code == 404

    def test_the_game_is_told_which_one(self, alice: FlaskClient, server_id: UUID, paper: Path) -> None:
        assert alice.post(url(server_id, "/worlds/choose"), data={"world": "alt"}).status_code == 303
        assert (paper / "server.properties").read_bytes() == b"motd=x\r\nlevel-name=alt\r\n"
        assert events()[-1]["action"] == "world-chosen"

    def test_only_while_it_is_stopped(self, alice: FlaskClient, server_id: UUID, paper: Path) -> None:
        change(server_id, state="running")
        assert "stoppe den Server" in alice.get(url(server_id, "/worlds")).text
        answer = alice.post(url(server_id, "/worlds/choose"), data={"world": "alt"})
        assert answer.status_code == 409
        assert "level-name=world" in (paper / "server.properties").read_text()

    def test_what_is_no_world_is_not_chosen(self, alice: FlaskClient, server_id: UUID, paper: Path) -> None:
        (paper / "way").symlink_to("alt")
        (paper / "empty").mkdir()
        for world in ("nix", "empty", "../x"):
            assert alice.post(url(server_id, "/worlds/choose"), data={"world": world}).status_code == 404
        assert alice.post(url(server_id, "/worlds/choose"), data={"world": "way"}).status_code == 409
        assert "level-name=world" in (paper / "server.properties").read_text()

    def test_a_game_without_properties_says_so(
        self, alice: FlaskClient, server_id: UUID, paper: Path
    ) -> None:
        (paper / "server.properties").unlink()
        assert "lässt sich hier nicht wählen" in alice.get(url(server_id, "/worlds")).text
        assert alice.post(url(server_id, "/worlds/choose"), data={"world": "alt"}).status_code == 404
