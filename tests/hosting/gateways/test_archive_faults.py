"""What goes wrong with stores of archives: each has its own error, and what was there stays."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.hosting.gateways.archive import (
    Missing,
    Store,
    StoreFault,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    sftp,
    store_for,
)
from tests.services.processes import free_port
from tests.services.s3 import S3Server, running_s3
from tests.services.sftp import SftpServer, running_sftp
from tests.services.sftp_password import running_password_sftp
from tests.services.tmpfs import small_disk

pytestmark = pytest.mark.slow

KEY = "0192f0aa/0192f0bb/0192f0cc.tar.zst"
BLOCK = random.Random(3).randbytes(1 << 20)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[SftpServer]:
    with running_sftp() as server:
        yield server


@pytest.fixture
def server(shared_server: SftpServer) -> Iterator[SftpServer]:
    """An SFTP server a test may stop or change; afterwards it is as before."""
    yield shared_server
    shared_server.stop()
    shared_server.start()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[S3Server]:
    with running_s3() as server:
        server.client.create_bucket(Bucket="kontor")
        yield server


def fault(call: object, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        call()  # type: ignore[operator]
    return str(getattr(caught.value, "code", ""))


def blocks(number: int) -> Iterator[bytes]:
    return (BLOCK for _ in range(number))


def keeps_the_old(store: Store) -> None:
    """A full store still has what it had, and takes a small archive again once there is room."""
    store.put(KEY, [b"old"])
    store.finish(KEY)
    assert fault(lambda: store.put(KEY, blocks(12)), StoreFull) == "full"
    assert b"".join(store.get(KEY)) == b"old"
    store.put(KEY, [b"new"])
    store.finish(KEY)
    assert b"".join(store.get(KEY)) == b"new"


class TestFull:
    def test_folder(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", kib=4096):
            keeps_the_old(store_for(f"file://{tmp_path}/disk", tmp_path))

    @pytest.mark.parametrize("subsystem", ["internal-sftp", "internal-sftp -P posix-rename,fsync,statvfs"])
    def test_sftp(self, server: SftpServer, tmp_path: Path, subsystem: str) -> None:
        server.stop()
        server.start(subsystem=subsystem)
        with small_disk(server.folder / "disk", kib=4096, uid=pwd.getpwnam(server.user).pw_uid) as disk:
            keeps_the_old(store_for(server.url(disk), tmp_path))

    def test_s3(self, tmp_path: Path) -> None:
        body = b"<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>"
        with answering(lambda handler: reply(handler, 507, body)) as port:
            store = store_for(f"s3://k:s@kontor?endpoint=http://127.0.0.1:{port}&region=us-east-1", tmp_path)
            assert fault(lambda: store.put(KEY, [b"x"]), StoreFull) == "full"


def test_a_disk_on_which_games_save_is_never_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_for(f"file://{tmp_path}/disk", tmp_path)
    keeping = shutil._ntuple_diskusage(1 << 40, 0, 50 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: keeping)
    assert fault(lambda: store.put(KEY, blocks(12)), StoreFull) == "full"
    store.put(KEY, blocks(2))


def test_a_folder_that_goes_with_its_last_archive_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers: one deletes the server's last archive while the other begins to write the next."""
    store = store_for(f"file://{tmp_path}/disk", tmp_path)
    other = KEY.replace("cc", "dd")
    store.put(other, [b"old"])
    store.finish(other)
    open_file, removed = os.open, []

    def overtaken(path: Any, flags: int, *args: Any, **more: Any) -> int:
        if flags & os.O_CREAT and not removed:
            removed.append(True)
            store.delete(other)
        return open_file(path, flags, *args, **more)

    monkeypatch.setattr(os, "open", overtaken)
    store.put(KEY, [b"new"])
    store.finish(KEY)
    assert removed
    assert b"".join(store.get(KEY)) == b"new"


class TestRefused:
    def test_a_host_with_another_key_gets_no_sign_in(self, server: SftpServer, tmp_path: Path) -> None:
        store = store_for(server.url(), tmp_path)
        store.check()
        server.stop()
        server.start("other-host")
        assert fault(store.check, StoreRefused) == "wrong-host-key"
        assert "Accepted" not in (server.folder / "log").read_text().rpartition("Server listening")[2]
        store_for(server.url(host_key="other-host"), tmp_path).check()

    def test_a_stranger(self, server: SftpServer, tmp_path: Path) -> None:
        assert fault(store_for(server.url(key="stranger"), tmp_path).check, StoreRefused) == "auth"

    def test_a_wrong_password(self, server: SftpServer, tmp_path: Path) -> None:
        url = f"sftp://{server.user}:wrong@127.0.0.1:{server.port}/x?host_key={server.fingerprint()}"
        assert fault(store_for(url, tmp_path).check, StoreRefused) == "auth"

    @pytest.mark.parametrize("text", [None, "no key at all"])
    def test_a_key_that_cannot_be_read(self, server: SftpServer, tmp_path: Path, text: str | None) -> None:
        if text:
            (tmp_path / "key").write_text(text)
        url = f"sftp://{server.user}@127.0.0.1:{server.port}/x?host_key={server.fingerprint()}&key_file={tmp_path}/key"
        assert fault(store_for(url, tmp_path).check, StoreRefused) == "auth"

    def test_a_key_given_as_text_signs_in(self, server: SftpServer, tmp_path: Path) -> None:
        url = server.url().partition("&key_file")[0]
        store_for(url, tmp_path, private_key=server.key_file().read_text()).check()

    def test_the_right_password_signs_in_and_a_wrong_one_does_not(self, tmp_path: Path) -> None:
        with running_password_sftp("right p@ss") as (port, key):
            pinned = f"host_key={sftp.fingerprint(key)}"
            url = f"sftp://u:{{}}@127.0.0.1:{port}{tmp_path}/box?{pinned}"
            store = store_for(url.format("right%20p%40ss"), tmp_path)
            store.put(KEY, blocks(3))
            store.finish(KEY)
            assert b"".join(store.get(KEY)) == BLOCK * 3
            assert fault(store_for(url.format("wrong"), tmp_path).check, StoreRefused) == "auth"
            store_for(url.format("wrong"), tmp_path, password="right p@ss").check()

    def test_a_folder_we_may_not_write(self, server: SftpServer, tmp_path: Path) -> None:
        folder = server.new_folder("closed", 0o555)
        store = store_for(server.url(folder), tmp_path)
        assert fault(store.check, StoreRefused) == "permission"
        assert fault(lambda: store.put(KEY, [b"x"]), StoreFault) in ("permission", "no-folder")

    def test_a_folder_that_cannot_be_made(self, server: SftpServer, tmp_path: Path) -> None:
        store = store_for(server.url(server.folder / "none" / "at" / "all"), tmp_path)
        assert fault(store.check, StoreRefused) == "no-folder"
        assert fault(lambda: store.put(KEY, [b"x"]), StoreRefused) == "no-folder"

    def test_s3_without_the_right(self, s3_server: S3Server, tmp_path: Path) -> None:
        store = store_for(s3_server.url("kontor"), tmp_path)
        with s3_server.refusing():
            assert fault(store.check, StoreRefused) == "auth"
            assert fault(lambda: store.put(KEY, [b"x"]), StoreRefused) == "auth"
            assert fault(lambda: list(store.get(KEY)), StoreFault) in ("auth", "permission")
        assert fault(lambda: list(store.get(KEY)), Missing) == "missing"

    def test_s3_without_the_bucket(self, s3_server: S3Server, tmp_path: Path) -> None:
        assert fault(store_for(s3_server.url("none"), tmp_path).check, StoreRefused) == "no-bucket"


class TestGoneInTheMiddle:
    def test_of_writing(self, server: SftpServer, tmp_path: Path) -> None:
        store = store_for(server.url(server.new_folder("dying")), tmp_path)
        store.put(KEY, [b"old"])
        store.finish(KEY)

        def until_it_dies() -> Iterator[bytes]:
            for number in range(60):
                if number == 3:
                    server.stop()
                yield BLOCK

        assert fault(lambda: store.put(KEY, until_it_dies()), StoreUnavailable) == "unavailable"
        server.start()
        assert b"".join(store.get(KEY)) == b"old"

    def test_of_reading(self, server: SftpServer, tmp_path: Path) -> None:
        store = store_for(server.url(server.new_folder("silent")), tmp_path)
        store.put(KEY, blocks(40))
        reader = store.get_part(KEY)
        next(reader)
        server.stop()
        assert fault(lambda: list(reader), StoreUnavailable) == "unavailable"

    def test_standing_still(
        self, server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sftp, "QUIET_SECONDS", 1.0)
        store = store_for(server.url(server.new_folder("still")), tmp_path)

        def until_it_stops() -> Iterator[bytes]:
            for number in range(60):
                if number == 3:
                    server.signal(signal.SIGSTOP)
                yield BLOCK

        began = time.monotonic()
        assert fault(lambda: store.put(KEY, until_it_stops()), StoreUnavailable) == "unavailable"
        assert time.monotonic() - began < 15

    def test_a_host_that_takes_the_call_and_says_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sftp, "CONNECT_SECONDS", 1.0)
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"sftp://u:p@127.0.0.1:{mute.getsockname()[1]}/x?host_key=SHA256:AAAA"
            began = time.monotonic()
            assert fault(store_for(url, tmp_path).check, StoreUnavailable) == "unavailable"
            assert time.monotonic() - began < 10

    def test_s3_is_taken_up_where_it_broke(self, tmp_path: Path) -> None:
        whole = b"".join(blocks(5))
        asked: list[str | None] = []

        def cut(handler: BaseHTTPRequestHandler) -> None:
            asked.append(handler.headers["Range"])
            start = int((handler.headers["Range"] or "bytes=0-")[6:-1])
            handler.send_response(206 if start else 200)
            handler.send_header("Content-Length", str(len(whole) - start))
            handler.send_header("ETag", '"e"')
            handler.end_headers()
            handler.wfile.write(whole[start : start + 2_000_000])
            handler.close_connection = True

        with answering(cut) as port:
            store = store_for(f"s3://k:s@kontor?endpoint=http://127.0.0.1:{port}&region=us-east-1", tmp_path)
            assert b"".join(store.get(KEY)) == whole
        assert len(asked) == 3
        assert asked[0] is None


def test_connections_are_limited_and_come_free_again(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "PLACE_SECONDS", 0.2)
    monkeypatch.setattr(sftp, "_places", {})
    url = server.url(server.new_folder("limited")) + "&connections=2"
    store, other = store_for(url, tmp_path), store_for(url, tmp_path)
    store.put(KEY, [b"x", b"y"])
    readers = [store.get_part(KEY), other.get_part(KEY)]
    for reader in readers:
        next(reader)
    assert fault(other.check, StoreUnavailable) == "unavailable"
    for reader in readers:
        reader.close()  # type: ignore[attr-defined]
    other.check()


def test_s3_forgets_what_a_killed_writer_had_sent(s3_server: S3Server, tmp_path: Path) -> None:
    client = s3_server.client

    def uploads() -> list[str]:
        return [one["Key"] for one in client.list_multipart_uploads(Bucket="kontor").get("Uploads", ())]

    store = store_for(s3_server.url("kontor", "lost"), tmp_path)
    for end in (lambda: store.put(KEY, [b"x"]), lambda: store.delete(KEY)):
        lost = [f"lost/{KEY}", f"lost/{KEY}.part"]  # while it became the archive, while it was written
        for key in lost:
            client.create_multipart_upload(Bucket="kontor", Key=key)
        assert sorted(uploads()) == lost
        end()
        assert uploads() == []


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


class answering:
    """A server that gives every request the same answer."""

    def __init__(self, answer: object) -> None:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                return None

            def answer(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                answer(self)  # type: ignore[operator]

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)

    def __enter__(self) -> int:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return int(self.server.server_port)

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
