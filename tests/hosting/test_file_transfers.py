"""Uploads and downloads through a real web process: memory, limits, and connections that break."""

from __future__ import annotations

import http.client
import os
import re
import socket
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from app.accounts.services.session import open_session
from app.hosting.models import Server
from app.hosting.services.place import runtime_named
from app.hosting.services.setup import create_server
from app.kit.config import ROOT
from app.kit.db import db, transaction
from tests.conftest import make_app
from tests.people import make_people
from tests.services.processes import free_port, spawn, stop

pytestmark = pytest.mark.slow
MEGABYTE = 1 << 20
LIMIT_MB = 40


@dataclass
class Web:
    """The process that serves, and the folder of a stopped game."""

    port: int
    worker: int
    game: Path
    path: str
    cookie: str

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def page(self) -> tuple[str, str]:
        """Its token and the cookie that goes with it."""
        connection = self.connect()
        connection.request("GET", self.path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        token = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
        assert token, answer.status
        form = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        connection.close()
        return token[1], f"{self.cookie}; {form}"

    def begin_upload(self, size: int, *, told: bool) -> tuple[http.client.HTTPConnection, bytes]:
        """A connection that has sent all but the file, and what comes behind it."""
        token, cookie = self.page()
        head = (
            f'--X\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
            '--X\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n\r\n'
        ).encode()
        tail = b"\r\n--X--\r\n"
        connection = self.connect()
        connection.putrequest("POST", f"{self.path}/upload")
        connection.putheader("Cookie", cookie)
        connection.putheader("Content-Type", "multipart/form-data; boundary=X")
        if told:
            connection.putheader("Content-Length", str(len(head) + size + len(tail)))
        else:
            connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        connection.send(head if told else chunk(head))
        return connection, tail

    def upload(self, size: int, *, told: bool) -> int:
        connection, tail = self.begin_upload(size, told=told)
        for _ in range(size // MEGABYTE):
            connection.send(bytes(MEGABYTE) if told else chunk(bytes(MEGABYTE)))
        connection.send(tail if told else chunk(tail) + b"0\r\n\r\n")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def peak(self) -> int:
        """The most memory the worker ever had, in bytes."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024

    def files_open(self) -> list[str]:
        found = []
        for one in Path(f"/proc/{self.worker}/fd").iterdir():
            try:
                found.append(os.readlink(one))
            except OSError:
                continue
        return [path for path in found if path.startswith(str(self.game))]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def soon(true: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with serving(tmp_path_factory.mktemp("transfers")) as found:
        yield found


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Web]:
    """Cuts off who does nothing for a second."""
    with serving(tmp_path, WEB_STALL_SECONDS="1") as found:
        yield found


@contextmanager
def serving(var: Path, **more: str) -> Iterator[Web]:
    """A web process with the files of one stopped game, and its owner's session."""
    app = make_app(var)
    with app.app_context():
        people = make_people(app)
        server_id = create_server(people.alice.actor, name="Bauwelt", template="flying-squid")
        with transaction():
            db.session.execute(update(Server).where(Server.id == server_id).values(state="stopped"))
            token = open_session(people.alice.id, method="password", organisation_id=people.organisation_id)
        game = runtime_named("process").make_world(server_id, "")
        db.session.remove()
    port = free_port()
    env = {
        **os.environ, "KONTOR_VAR_DIR": str(var), "PORT": str(port), "WEB_WORKERS": "1", "KONTOR_MODULES": "hosting",
        "KONTOR_FILE_UPLOAD_MB": str(LIMIT_MB), "KONTOR_PUBLIC_URL": f"http://127.0.0.1:{port}", **more,
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn/web.py", "wsgi:app"]
    process = spawn(command, env=env, cwd=ROOT, log=var / "web.log")
    try:
        path = f"/hosting/servers/{server_id}/files"
        found = Web(port, 0, game, path, f"kontor_session={token}")
        assert soon(lambda: answers(found), 60), (var / "web.log").read_text()
        found.worker = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        yield found
    finally:
        stop(process)


def answers(web: Web) -> bool:
    try:
        web.page()
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True)
def _empty(web: Web) -> None:
    for path in web.game.iterdir():
        path.unlink()


def test_a_large_file_goes_through_little_memory(web: Web) -> None:
    assert web.upload(MEGABYTE, told=True) == 303  # whatever the first one loads
    (web.game / "big.bin").unlink()
    before = web.peak()
    for told in (True, False):
        assert web.upload((LIMIT_MB - 1) * MEGABYTE, told=told) == 303
        assert (web.game / "big.bin").stat().st_size == (LIMIT_MB - 1) * MEGABYTE
        (web.game / "big.bin").rename(web.game / f"{told}.bin")
    connection = web.connect()
    connection.request("GET", f"{web.path}/download", headers={"Cookie": web.cookie})
    answer = connection.getresponse()
    saved = web.game.parent / "saved.zip"
    with open(saved, "wb") as file:
        while piece := answer.read(MEGABYTE):
            file.write(piece)
    connection.close()
    assert zipfile.ZipFile(saved).testzip() is None
    assert len(zipfile.ZipFile(saved).namelist()) == 2
    assert web.peak() - before < 12 * MEGABYTE
    assert not web.files_open()


@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
def test_over_the_limit_the_answer_arrives_and_nothing_stays(web: Web, told: bool) -> None:
    assert web.upload((LIMIT_MB + 10) * MEGABYTE, told=told) == 413
    assert list(web.game.iterdir()) == []
    assert web.upload(MEGABYTE, told=told) == 303, "the next one is taken"


@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
def test_an_upload_that_breaks_off_leaves_nothing(web: Web, told: bool) -> None:
    for _ in range(4):  # more than may be under way at once
        connection, _tail = web.begin_upload(20 * MEGABYTE, told=told)
        connection.send(bytes(3 * MEGABYTE) if told else chunk(bytes(3 * MEGABYTE)))
        assert soon(lambda: len(list(web.game.iterdir())) == 1), "it is being written"
        connection.close()
        assert soon(lambda: list(web.game.iterdir()) == [])
    assert soon(lambda: not web.files_open())


def test_a_download_that_breaks_off_closes_everything(web: Web) -> None:
    (web.game / "a.mca").write_bytes(os.urandom(30 * MEGABYTE))
    for query in ("", "?p=a.mca"):
        for _ in range(4):
            connection = web.connect()
            connection.request("GET", f"{web.path}/download{query}", headers={"Cookie": web.cookie})
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read(MEGABYTE)
            connection.close()
            answer.close()
            assert soon(lambda: not web.files_open())


def test_who_takes_nothing_gives_the_place_back(impatient: Web) -> None:
    (impatient.game / "a.mca").write_bytes(os.urandom(30 * MEGABYTE))
    for query in ("", "?p=a.mca"):
        waiting = []
        for _ in range(4):  # all threads there are
            connection = impatient.connect()
            connection.request(
                "GET", f"{impatient.path}/download{query}", headers={"Cookie": impatient.cookie}
            )
            waiting.append(connection)
        assert soon(lambda: bool(impatient.files_open())), "it is being sent"
        assert soon(lambda: not impatient.files_open())
        assert answers(impatient)
        for connection in waiting:
            connection.close()


def test_who_sends_nothing_gives_the_thread_back(impatient: Web) -> None:
    half, halves = b"GET / HTTP/1.1\r\nHost: local", []
    for _ in range(8):  # more than there are threads
        connection = socket.create_connection(("127.0.0.1", impatient.port), timeout=20)
        connection.sendall(half)
        halves.append(connection)
    uploading, _tail = impatient.begin_upload(20 * MEGABYTE, told=True)
    uploading.send(bytes(3 * MEGABYTE))
    assert soon(lambda: answers(impatient), 20)
    assert [connection.recv(1) for connection in halves] == [b""] * 8, "each is closed"
    assert soon(lambda: list(impatient.game.iterdir()) == []), "half a file does not stay"
    uploading.close()
