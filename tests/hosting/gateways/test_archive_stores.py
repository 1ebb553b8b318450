"""One contract for all stores of archives, each against its real peer: a folder, OpenSSH, an S3 server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.hosting.gateways.archive import (
    Missing,
    NotPackable,
    Store,
    StoreRefused,
    StoreUnavailable,
    pack,
    store_for,
    unpack,
    verify,
)
from app.hosting.gateways.archive.store import PIECE
from tests.services.s3 import S3Server, running_s3
from tests.services.sftp import SftpServer, running_sftp
from tests.services.tmpfs import small_disk

pytestmark = pytest.mark.slow

KEY = "0192f0aa/0192f0bb/0192f0cc.tar.zst"
ROOT = Path(__file__).parents[3]


@dataclass
class Rig:
    store: Store
    url: str


@pytest.fixture(scope="module")
def sftp_server() -> Iterator[SftpServer]:
    with running_sftp() as server:
        yield server


@pytest.fixture(scope="module")
def plain_sftp_server() -> Iterator[SftpServer]:
    """A server without the extensions of OpenSSH, as others are."""
    with running_sftp() as server:
        server.stop()
        server.start(subsystem="internal-sftp -P posix-rename,fsync,statvfs")
        yield server


@pytest.fixture(scope="module")
def s3_server() -> Iterator[S3Server]:
    with running_s3() as server:
        server.client.create_bucket(Bucket="kontor")
        yield server


@pytest.fixture(params=["folder", "sftp", "plain-sftp", "s3"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    name = f"a{random.randrange(16**8):08x}"
    if request.param == "folder":
        url = f"file://{tmp_path}/{name}"
    elif request.param == "s3":
        url = request.getfixturevalue("s3_server").url("kontor", name)
    else:
        server = request.getfixturevalue(request.param.replace("-", "_") + "_server")
        url = server.url(server.files / name)
    return Rig(store_for(url, tmp_path), url)


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.store


def chunks(seed: int = 1, size: int = 21_000_000) -> Iterator[bytes]:
    """Of all sizes a caller may give."""
    dice = random.Random(seed)
    while size:
        chunk = dice.randbytes(min(size, dice.choice([1, 1000, 32768, 300_001, PIECE])))
        size -= len(chunk)
        yield chunk


def whole(pieces: Iterator[bytes]) -> bytes:
    found = list(pieces)
    assert all(0 < len(piece) <= PIECE for piece in found)
    return b"".join(found)


class TestEveryStore:
    def test_keeps_what_it_is_given(self, store: Store) -> None:
        expected = b"".join(chunks())
        assert store.put(KEY, chunks()) == len(expected)
        assert whole(store.get_part(KEY)) == expected
        with pytest.raises(Missing):
            whole(store.get(KEY))
        store.finish(KEY)
        assert whole(store.get(KEY)) == expected
        with pytest.raises(Missing):
            whole(store.get_part(KEY))

    def test_keeps_the_old_archive_until_the_new_one_is_finished(self, store: Store) -> None:
        store.put(KEY, [b"old, and longer"])
        store.finish(KEY)
        store.put(KEY, [b"new"])
        assert whole(store.get(KEY)) == b"old, and longer"
        store.finish(KEY)
        assert whole(store.get(KEY)) == b"new"

    def test_overwrites_an_older_part_whatever_its_length(self, store: Store) -> None:
        store.put(KEY, chunks(size=9_000_000))
        store.put(KEY, [b"short"])
        assert whole(store.get_part(KEY)) == b"short"

    def test_finishing_again_changes_nothing(self, store: Store) -> None:
        store.put(KEY, [b"x"])
        store.finish(KEY)
        store.finish(KEY)
        assert whole(store.get(KEY)) == b"x"

    def test_finishing_what_was_never_written_says_so(self, store: Store) -> None:
        store.check()
        with pytest.raises(Missing):
            store.finish(KEY)

    def test_deletes_both_and_also_what_is_not_there(self, store: Store) -> None:
        store.check()
        store.delete(KEY)
        store.put(KEY, [b"x"])
        store.finish(KEY)
        store.put(KEY, [b"y"])
        store.delete(KEY)
        store.delete(KEY)
        for read in (store.get, store.get_part):
            with pytest.raises(Missing):
                whole(read(KEY))

    def test_takes_nothing_as_well(self, store: Store) -> None:
        assert store.put(KEY, []) == 0
        store.finish(KEY)
        assert whole(store.get(KEY)) == b""

    def test_checks_itself_and_leaves_nothing_behind(self, store: Store) -> None:
        store.check()
        store.check()

    def test_what_the_source_raises_passes_through(self, store: Store) -> None:
        store.put(KEY, [b"good"])
        store.finish(KEY)

        def torn(error: Exception) -> Iterator[bytes]:
            yield from chunks(size=10_000_000)
            raise error

        for error in (NotPackable("changed", "level.dat"), OSError("of the source"), ValueError("other")):
            with pytest.raises(type(error)) as caught:
                store.put(KEY, torn(error))
            assert caught.value is error
        assert whole(store.get(KEY)) == b"good"

    def test_a_reader_may_stop_early(self, store: Store) -> None:
        store.put(KEY, chunks())
        for _ in range(6):  # more than there are connections
            reader = store.get_part(KEY)
            next(reader)
            reader.close()  # type: ignore[attr-defined]
        assert len(whole(store.get_part(KEY))) == 21_000_000

    @pytest.mark.parametrize(
        "key",
        ["../../etc/passwd", "/etc/passwd", "a/b/c", "a/../c.tar.zst", "a/b/C.tar.zst", "a/b/c.tar.zst/", "",
         "a/b/c.tar.zst.part", "a//c.tar.zst", "a/b/.tar.zst", "a/b/c.tar.zst\n", "-a/b/c.tar.zst"],
    )  # fmt: skip
    def test_takes_only_keys_of_our_form(self, store: Store, key: str) -> None:
        for call in (lambda: store.put(key, []), lambda: next(store.get(key)), lambda: store.finish(key)):
            with pytest.raises(ValueError, match="not a key"):
                call()
        with pytest.raises(ValueError, match="not a key"):
            store.delete(key)

    def test_carries_a_whole_archive_there_and_back(self, store: Store, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "level.dat").write_bytes(random.randbytes(5_000_000))
        packing = pack(tmp_path / "data")
        store.put(KEY, packing)
        verify(store.get_part(KEY), packing.result)
        store.finish(KEY)
        unpack(store.get(KEY), tmp_path / "back", packing.result)
        there, back = tmp_path / "data" / "level.dat", tmp_path / "back" / "level.dat"
        assert there.read_bytes() == back.read_bytes()


WRITER = """
import os, sys
from pathlib import Path
from app.hosting.gateways.archive import store_for
def slow():
    while True:
        yield os.urandom(200_000)
        print("wrote", flush=True)
store_for(sys.argv[1], Path("/nowhere")).put(sys.argv[2], slow())
"""


def kill_while_writing(url: str, after_chunks: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url, KEY], cwd=ROOT, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(after_chunks):
        assert writer.stdout.readline() == b"wrote\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_only_a_part(rig: Rig) -> None:
    for after_chunks in (1, random.randrange(2, 60), 120):
        rig.store.put(KEY, [b"the last good one"])
        rig.store.finish(KEY)
        kill_while_writing(rig.url, after_chunks)
        assert whole(rig.store.get(KEY)) == b"the last good one"
        rig.store.put(KEY, [b"the next try"])
        assert whole(rig.store.get_part(KEY)) == b"the next try"
        rig.store.finish(KEY)
        assert whole(rig.store.get(KEY)) == b"the next try"
        rig.store.delete(KEY)


PEAK = """
import os, sys
from pathlib import Path
from app.hosting.gateways.archive import store_for
def peak():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) / 1024
store = store_for(sys.argv[1], Path("/nowhere"))
store.check()
before, block = peak(), os.urandom(1 << 20)
store.put(sys.argv[2], (block for _ in range(150)))
store.finish(sys.argv[2])
assert sum(map(len, store.get(sys.argv[2]))) == 150 << 20
print(peak() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_archive(rig: Rig) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, rig.url, KEY], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 48, "MiB"


@pytest.mark.parametrize(
    "url",
    [
        "sftp://u:p@127.0.0.1:1/x?host_key=SHA256:AAAA",
        "s3://k:s@kontor?endpoint=http://127.0.0.1:1&region=us-east-1",
        "file:///nowhere/at/all",
    ],
)
def test_a_store_that_is_away_is_unavailable_and_says_nothing_about_archives(
    url: str, tmp_path: Path
) -> None:
    store = store_for(url, tmp_path)
    for call in (
        store.check,
        lambda: store.put(KEY, [b"x"]),
        lambda: whole(store.get(KEY)),
        lambda: store.finish(KEY),
        lambda: store.delete(KEY),
    ):
        with pytest.raises(StoreUnavailable):
            call()


class TestUrls:
    def test_empty_is_the_var_folder(self, tmp_path: Path) -> None:
        store = store_for("", tmp_path)
        store.put(KEY, [b"x"])
        assert (tmp_path / "archive" / f"{KEY}.part").read_bytes() == b"x"
        assert (tmp_path / "archive").stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://u:p@h/x",
            "/var/archive",
            "file://host/x",
            "file:///",
            "file:///x?host_key=1",
            "s3:///prefix",
            "s3://b?what=1",
            "sftp://u:p@h/x",
            "sftp://u:p@h/x?host_key=MD5:00",
            "sftp://h/x?host_key=SHA256:AAAA",
            "sftp://u@h/x?host_key=SHA256:AAAA",
            "sftp://u:p@h:port/x?host_key=SHA256:AAAA",
            "sftp://u:p@h/x?host_key=SHA256:AAAA&connections=many",
        ],
    )
    def test_what_makes_no_sense_is_refused_at_once(self, url: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError):
            store_for(url, tmp_path)

    def test_fingerprints_keep_their_plus(self, tmp_path: Path) -> None:
        store = store_for("sftp://u:p%40@h/a%20b?host_key=SHA256:a+b/c&host_key=SHA256:d", tmp_path)
        config = store.config  # type: ignore[attr-defined]
        assert config.host_keys == ("SHA256:a+b/c", "SHA256:d")
        assert (config.password, config.folder, config.port) == ("p@", "/a b", 22)
        store = store_for("sftp://u@h/~/box?host_key=SHA256:a", tmp_path, password="apart")
        assert (store.config.folder, store.config.password) == ("box", "apart")  # type: ignore[attr-defined]


def test_a_folder_that_may_only_be_read_is_refused(tmp_path: Path) -> None:
    store = store_for(f"file://{tmp_path}/disk", tmp_path)
    if os.geteuid() == 0:
        with small_disk(tmp_path / "disk", kib=100, read_only=True), pytest.raises(StoreRefused) as caught:
            store.check()
    else:
        (tmp_path / "disk").mkdir(mode=0o500)
        with pytest.raises(StoreRefused) as caught:
            store.check()
    assert caught.value.code == "permission"


def test_time_is_not_lost_on_a_store_that_is_away(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        store_for("s3://k:s@kontor?endpoint=http://127.0.0.1:1&region=us-east-1", tmp_path).check()
    assert time.monotonic() - began < 20
