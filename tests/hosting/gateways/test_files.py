"""The gateway to a game's files, against folders that nobody honest made."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import socket
import stat
import struct
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.hosting.gateways.files import (
    FileFault,
    Fresh,
    Limits,
    Place,
    Source,
    Zip,
    look,
    make_folder,
    move,
    open_file,
    put_away,
    read_small,
    remove_away,
    rename,
    sweep,
    take_back,
    unpack,
    worlds,
)
from app.hosting.gateways.files import remove as removing

pytestmark = pytest.mark.slow

SECRET = b"the platform's own"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """What lies around the game's folder; `secret` is what no game may make us read or change."""
    (tmp_path / "game").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(SECRET)
    return tmp_path


@pytest.fixture
def game(base: Path) -> Path:
    return base / "game"


@pytest.fixture
def place(game: Path) -> Place:
    return Place(game)


def fault(act: Callable[[], object]) -> str:
    with pytest.raises(FileFault) as caught:
        act()
    return caught.value.code


def put(place: Place, name: bytes, data: bytes, *parts: bytes, replace: bool = True) -> None:
    with place.folder(parts) as here, Fresh(here) as fresh:
        fresh.write(data)
        fresh.finish()
        fresh.put(name, replace=replace)


def get(place: Place, name: bytes, *parts: bytes) -> bytes:
    with place.folder(parts) as here:
        return read_small(here, name, 1 << 20)[0]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    yield
    assert descriptors() <= before


class TestLinks:
    @pytest.mark.parametrize("target", ["../outside", "/etc", "..", "."])
    def test_a_folder_behind_a_link_is_not_entered(self, place: Place, game: Path, target: str) -> None:
        (game / "way").symlink_to(target)
        (game / "plain").mkdir()
        (game / "plain" / "way").symlink_to(target)
        for parts in ((b"way",), (b"way", b"secret"), (b"plain", b"way"), (b"way", b"way")):
            with pytest.raises(FileFault) as caught, place.folder(parts):
                pass
            assert caught.value.code == "link"

    def test_a_file_behind_a_link_is_not_read(self, place: Place, game: Path) -> None:
        (game / "way").symlink_to("../outside/secret")
        (game / "loop").symlink_to("loop")
        assert fault(lambda: get(place, b"way")) == "link"
        assert fault(lambda: get(place, b"loop")) == "link"

    def test_a_link_is_shown_as_one_and_says_nothing_of_its_target(self, place: Place, game: Path) -> None:
        (game / "way").symlink_to("../outside")
        with place.folder() as here:
            (entry,) = look(here).entries
        assert (entry.kind, entry.name) == ("link", b"way")

    def test_writing_replaces_a_link_and_leaves_its_target(
        self, place: Place, game: Path, base: Path
    ) -> None:
        (game / "way").symlink_to("../outside/secret")
        put(place, b"way", b"mine")
        assert (base / "outside" / "secret").read_bytes() == SECRET
        assert (game / "way").read_bytes() == b"mine"
        assert not (game / "way").is_symlink()

    def test_deleting_takes_the_link_and_leaves_its_target(
        self, place: Place, game: Path, base: Path
    ) -> None:
        (game / "folder").mkdir()
        (game / "folder" / "way").symlink_to("../../outside")
        (game / "way").symlink_to("../outside")
        with place.folder() as here:
            for name in (b"folder", b"way"):
                remove_away(here, put_away(here, name))
        assert list(game.iterdir()) == []
        assert (base / "outside" / "secret").read_bytes() == SECRET

    def test_the_games_own_folder_may_be_no_link(self, base: Path) -> None:
        (base / "other").symlink_to("outside")
        with pytest.raises(FileFault), Place(base / "other").folder():
            pass

    def test_a_zip_holds_no_link_and_nothing_behind_one(self, place: Place, game: Path) -> None:
        (game / "way").symlink_to("../outside")
        (game / "file").symlink_to("../outside/secret")
        (game / "fine").write_text("ok")
        data = b"".join(Zip(place, [Source((), ())]).pieces())
        assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["fine"]


class TestWhatIsNoFile:
    def test_a_pipe_makes_nobody_wait(self, place: Place, game: Path) -> None:
        os.mkfifo(game / "pipe")
        began = time.monotonic()
        assert fault(lambda: get(place, b"pipe")) == "special"
        assert b"".join(Zip(place, [Source((), ())]).pieces())
        assert time.monotonic() - began < 1

    def test_a_socket_is_none(self, place: Place, game: Path) -> None:
        with socket.socket(socket.AF_UNIX) as found, contextlib.chdir(game):
            found.bind("s")
            assert fault(lambda: get(place, b"s")) == "special"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
    def test_a_device_is_none(self, place: Place, game: Path) -> None:
        try:
            os.mknod(game / "zero", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        except PermissionError:
            pytest.skip("not allowed here")
        assert fault(lambda: get(place, b"zero")) == "special"
        with place.folder() as here:
            assert look(here).entries[0].kind == "other"
            remove_away(here, put_away(here, b"zero"))

    def test_a_folder_is_none(self, place: Place, game: Path) -> None:
        (game / "folder").mkdir()
        assert fault(lambda: get(place, b"folder")) == "folder"
        assert fault(lambda: put(place, b"folder", b"x")) == "folder"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_a_hard_link_to_a_file_of_somebody_else_is_not_read(
        self, place: Place, game: Path, base: Path
    ) -> None:
        os.chown(game, 12345, 12345)
        os.link(base / "outside" / "secret", game / "mine")
        assert fault(lambda: get(place, b"mine")) == "foreign"
        (game / "own").write_bytes(b"x")
        os.chown(game / "own", 12345, 12345)
        os.link(game / "own", game / "twice")
        assert get(place, b"twice") == b"x", "its own file under two names is"

    @pytest.mark.parametrize(
        "name", [b"", b".", b"..", b"a/b", b"../outside", b"a\0b", b".kontor-new-1", b"x" * 256]
    )
    def test_names_that_are_none(self, place: Place, game: Path, name: bytes) -> None:
        assert fault(lambda: get(place, name)) == "gone"
        assert fault(lambda: put(place, name, b"x")) == "gone"
        with pytest.raises(FileFault), place.folder((name,)):
            pass
        with place.folder() as here:
            for act in (
                lambda: put_away(here, name),
                lambda: make_folder(here, name),
                lambda: rename(here, name, b"n"),
            ):
                assert fault(act) == "gone"
        assert list(game.iterdir()) == []


class TestNames:
    def test_bytes_of_any_kind_are_listed_folders_first(self, place: Place, game: Path) -> None:
        for name in (b"caf\xe9", b"B", b"a", b"x" * 255, b"\n", b"-rf"):
            (Path(os.fsdecode(os.path.join(os.fsencode(game), name)))).write_bytes(b"1")
        (game / "z").mkdir()
        with place.folder() as here:
            found = look(here)
            assert found.entries[0].name == b"z"
            assert [one.name for one in found.entries[1:]] == [
                b"\n",
                b"-rf",
                b"a",
                b"B",
                b"caf\xe9",
                b"x" * 255,
            ]
            assert read_small(here, b"caf\xe9", 10)[0] == b"1"

    def test_a_long_list_comes_in_pages(self, place: Place, game: Path) -> None:
        for number in range(25):
            (game / f"f{number:02}").touch()
        (game / ".kontor-new-x").touch()
        with place.folder() as here:
            pages = [look(here, first, 10) for first in (0, 10, 20, 30)]
        assert [len(page.entries) for page in pages] == [10, 10, 5, 0]
        assert {page.count for page in pages} == {25}, "our own is not counted"
        assert len({one.name for page in pages for one in page.entries}) == 25

    def test_times_no_calendar_has_do_no_harm(self, place: Place, game: Path) -> None:
        (game / "early").touch()
        os.utime(game / "early", (-1e11, -1e11))
        with place.folder() as here:
            assert look(here).entries[0].changed_at.year == 1970
        assert b"".join(Zip(place, [Source((), ())]).pieces())


class TestWriting:
    def test_mode_stays_and_special_bits_go(self, place: Place, game: Path) -> None:
        (game / "run.sh").write_text("old")
        (game / "run.sh").chmod(0o4755)
        with place.folder() as here:
            _, found = read_small(here, b"run.sh", 100)
            with Fresh(here, found) as fresh:
                fresh.write(b"new")
                fresh.finish()
                fresh.put(b"run.sh", replace=True)
        assert stat.S_IMODE((game / "run.sh").stat().st_mode) == 0o755
        assert (game / "run.sh").read_text() == "new"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_what_we_make_belongs_to_the_game(self, place: Place, game: Path) -> None:
        os.chown(game, 12345, 23456)
        put(place, b"new", b"x")
        with place.folder() as here:
            make_folder(here, b"folder")
        for name in ("new", "folder"):
            assert ((game / name).stat().st_uid, (game / name).stat().st_gid) == (12345, 23456)
        (game / "own").write_text("x")
        os.chown(game / "own", 999, 998)
        with place.folder() as here, Fresh(here, (game / "own").stat()) as fresh:
            fresh.finish()
            fresh.put(b"own", replace=True)
        assert ((game / "own").stat().st_uid, (game / "own").stat().st_gid) == (999, 998)

    def test_what_is_not_finished_leaves_nothing(self, place: Place, game: Path) -> None:
        with pytest.raises(RuntimeError), place.folder() as here, Fresh(here) as fresh:
            fresh.write(b"x" * 1000)
            raise RuntimeError
        assert list(game.iterdir()) == []

    def test_a_taken_name_is_not_taken_away(self, place: Place, game: Path) -> None:
        (game / "a").write_text("old")
        assert fault(lambda: put(place, b"a", b"new", replace=False)) == "exists"
        (game / "b").write_text("b")
        (game / "d").mkdir()
        with place.folder() as here:
            for new in (b"b", b"d"):
                assert fault(lambda new=new: rename(here, b"a", new)) == "exists"  # type: ignore[misc]
            assert fault(lambda: make_folder(here, b"a")) == "exists"
            assert fault(lambda: rename(here, b"nix", b"e")) == "gone"
            rename(here, b"a", b"e")
        assert sorted(path.name for path in game.iterdir()) == ["b", "d", "e"]
        assert (game / "e").read_text() == "old"

    def test_a_taken_name_is_not_taken_away_on_an_old_kernel_either(
        self, place: Place, game: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.hosting.gateways.files.write._LIBC", object())
        self.test_a_taken_name_is_not_taken_away(place, game)

    def test_the_machine_keeps_some_of_its_disk(self, game: Path) -> None:
        place = Place(game, reserve=1 << 60)
        assert fault(lambda: put(place, b"a", b"x")) == "disk-full"
        with place.folder() as here:
            assert fault(lambda: make_folder(here, b"a")) == "disk-full"
        assert list(game.iterdir()) == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
    def test_a_full_disk_leaves_the_old_file_whole(self, game: Path) -> None:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(game)], check=False)
        if mounted.returncode:
            pytest.skip("mounting is not allowed here")
        try:
            place = Place(game, reserve=0)
            put(place, b"a", b"old")
            assert fault(lambda: put(place, b"a", b"x" * (2 << 20))) == "disk-full"
            assert (game / "a").read_bytes() == b"old"
            assert [path.name for path in game.iterdir()] == ["a"]
        finally:
            subprocess.run(["umount", str(game)], check=True)

    def test_what_a_killed_process_left_is_removed_a_day_later(
        self, place: Place, game: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (game / ".kontor-new-0").touch()
        (game / ".kontor-gone-0").mkdir()
        (game / ".kontor-gone-0" / "x").touch()
        (game / ".kontor-manifest.jsonl").touch()
        with place.folder() as here:
            sweep(here)
            assert len(list(game.iterdir())) == 3
            monkeypatch.setattr(removing, "OLD_SECONDS", -1)
            sweep(here)
        assert [path.name for path in game.iterdir()] == [".kontor-manifest.jsonl"]


class TestDeleting:
    def test_however_deep(self, place: Place, game: Path) -> None:
        """Deeper than a process may have files open, and than any path can be."""
        code = (
            "import os, sys\n"
            "os.chdir(sys.argv[1])\n"
            "for n in range(3000):\n"
            "    os.mkdir('d' * 20); os.chdir('d' * 20)\n"
            "    if n % 100 == 0: open('file', 'w').close()\n"
        )
        subprocess.run([sys.executable, "-c", code, str(game)], check=True)
        assert fault(lambda: Zip(place, [Source((), ())]).count()) == "too-deep"
        with place.folder() as here:
            remove_away(here, put_away(here, b"d" * 20))
        assert list(game.iterdir()) == []

    def test_what_resists_is_seen_again(
        self, place: Place, game: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (game / "folder").mkdir()
        (game / "folder" / "x").touch()
        monkeypatch.setattr(removing, "SECONDS", -1.0)
        with place.folder() as here:
            away = put_away(here, b"folder")
            assert [one.name for one in look(here).entries] == []
            assert fault(lambda: remove_away(here, away)) == "partly"
            take_back(here, away, b"folder")
        assert (game / "folder" / "x").exists()

    def test_a_game_that_keeps_writing_does_not_stop_it(self, place: Place, game: Path) -> None:
        (game / "folder").mkdir()
        inner = os.open(game / "folder", os.O_RDONLY)
        over = threading.Event()

        def write() -> None:
            number = 0
            while not over.wait(0.001):
                number += 1
                with contextlib.suppress(OSError):
                    os.close(os.open(f"f{number}", os.O_CREAT | os.O_WRONLY, dir_fd=inner))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            time.sleep(0.05)
            with place.folder() as here:
                remove_away(here, put_away(here, b"folder"))
        finally:
            over.set()
            writer.join()
            os.close(inner)
        assert list(game.iterdir()) == []


@contextlib.contextmanager
def swapping(game: Path, name: str) -> Iterator[None]:
    """A game that makes `name` a link out and back again, as fast as it can."""
    over = threading.Event()
    folder = game / f"{name}-real"
    (game / name).rename(folder)

    def swap() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                os.symlink("../outside", game / f"{name}-link")
                os.rename(game / f"{name}-link", game / name)
            with contextlib.suppress(OSError):
                os.unlink(game / name)
                os.rename(folder, game / name)
                os.rename(game / name, folder)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        yield
    finally:
        over.set()
        swapper.join()


class TestRaces:
    """The game swaps a folder for a link outside while we work: we get our own, or a refusal, never the other."""

    SECONDS = 1.0

    def rounds(self, act: Callable[[], object]) -> tuple[int, int]:
        until, done, refused = time.monotonic() + self.SECONDS, 0, 0
        while time.monotonic() < until:
            try:
                act()
                done += 1
            except FileFault:
                refused += 1
        return done, refused

    def folder(self, game: Path) -> None:
        (game / "way").mkdir()
        (game / "way" / "secret").write_bytes(b"mine")

    def test_reading(self, place: Place, game: Path) -> None:
        self.folder(game)
        seen: set[bytes] = set()
        with swapping(game, "way"):
            _, refused = self.rounds(lambda: seen.add(get(place, b"secret", b"way")))
        assert seen <= {b"mine"}
        assert refused

    def test_writing(self, place: Place, game: Path, base: Path) -> None:
        self.folder(game)
        with swapping(game, "way"):
            _, refused = self.rounds(lambda: put(place, b"secret", b"mine", b"way"))
        assert refused
        assert (base / "outside" / "secret").read_bytes() == SECRET
        assert [path.name for path in (base / "outside").iterdir()] == ["secret"]

    def test_deleting(self, place: Place, game: Path, base: Path) -> None:
        (game / "top").mkdir()
        (game / "top" / "way").mkdir()

        def act() -> None:
            with place.folder() as here:
                away = put_away(here, b"top")
                try:
                    remove_away(here, away)
                finally:
                    with contextlib.suppress(OSError):
                        (game / "top" / "way").mkdir(parents=True)

        with swapping(game / "top", "way"):
            self.rounds(act)
        assert (base / "outside" / "secret").read_bytes() == SECRET

    def test_zipping(self, place: Place, game: Path) -> None:
        self.folder(game)
        with swapping(game, "way"):
            until = time.monotonic() + self.SECONDS
            while time.monotonic() < until:
                data = b"".join(Zip(place, [Source((), ())]).pieces())
                archive = zipfile.ZipFile(io.BytesIO(data))
                assert SECRET not in [archive.read(name) for name in archive.namelist()]

    def test_a_file_that_becomes_a_pipe(self, place: Place, game: Path) -> None:
        (game / "file").write_bytes(b"mine")
        os.mkfifo(game / "pipe")
        over = threading.Event()

        def swap() -> None:
            while not over.is_set():
                os.link(game / "pipe", game / "tmp")
                os.rename(game / "tmp", game / "x")
                (game / "tmp").unlink(missing_ok=True)
                (game / "tmp").write_bytes(b"mine")
                os.rename(game / "tmp", game / "x")

        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            done, refused = self.rounds(lambda: get(place, b"x"))
        finally:
            over.set()
            swapper.join()
        assert done
        assert refused


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as out:
        for name, data in members:
            out.writestr(name, data)
    return made.getvalue()


def unpacked(place: Place, data: bytes, limits: Limits | None = None) -> int:
    (place.root / "a.zip").write_bytes(data)
    with (
        place.folder() as here,
        contextlib.closing(open_file(here, b"a.zip")) as opened,
        unpack(here, opened, *([limits] if limits else [])) as (made, size),
    ):
        os.rename(os.path.join(os.fsencode(place.root), made), os.path.join(os.fsencode(place.root), b"a"))
        return size


def linked() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("way")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


class TestUnpacking:
    def test_a_plain_archive(self, place: Place, game: Path) -> None:
        data = archive(("top/world/level.dat", b"1"), ("top/empty/", b""), ("plan.txt", b"22"))
        assert unpacked(place, data) == 3
        assert (game / "a" / "top" / "world" / "level.dat").read_bytes() == b"1"
        assert (game / "a" / "top" / "empty").is_dir()
        assert (game / "a" / "plan.txt").read_bytes() == b"22"

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ([("../evil", b"x")], "unsafe"),
            ([("a/../../evil", b"x")], "unsafe"),
            ([("/evil", b"x")], "unsafe"),
            ([("a//b", b"x")], "unsafe"),
            ([("..\\evil", b"x")], "unsafe"),
            ([("C:\\evil", b"x")], "unsafe"),
            ([(".kontor-new-1", b"x")], "unsafe"),
            ([("a\u202eb", b"x")], "unsafe"),
            ([(linked(), b"/etc/passwd")], "unsafe"),
            ([("a", b"x"), ("a/b", b"x")], "unsafe"),
            ([("a", b"x"), ("a", b"y")], "unsafe"),
            ([("x" * 300, b"x")], "unsafe"),
            ([("d/" * 50 + "x", b"x")], "too-deep"),
            ([(f"f{n}", b"") for n in range(30)], "too-many"),
            ([("zeros", bytes(3_000_000))], "bomb"),
            ([(f"f{n}", bytes(300_000)) for n in range(10)], "bomb"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_a_hostile_one_leaves_nothing(
        self, place: Place, game: Path, base: Path, members: list[tuple[str, bytes]], code: str
    ) -> None:
        limits = Limits(entries=20, bytes=2_000_000, ratio=50, free_bytes=500_000)
        assert fault(lambda: unpacked(place, archive(*members), limits)) == code
        assert [path.name for path in game.iterdir()] == ["a.zip"]
        assert sorted(path.name for path in base.iterdir()) == ["game", "outside"]

    def test_a_lie_about_the_size_does_not_help(self, place: Place, game: Path) -> None:
        data = bytearray(archive(("zeros", bytes(3_000_000))))
        for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            struct.pack_into("<L", data, data.index(mark) + offset, 10)
        limits = Limits(bytes=2_000_000, ratio=50, free_bytes=500_000)
        assert fault(lambda: unpacked(place, bytes(data), limits)) in ("bomb", "broken")
        assert [path.name for path in game.iterdir()] == ["a.zip"]

    def test_one_that_grows_too_much_is_refused_though_it_says_so_itself(
        self, place: Place, game: Path
    ) -> None:
        limits = Limits(bytes=10_000_000, ratio=50, free_bytes=500_000)
        assert fault(lambda: unpacked(place, archive(("zeros", bytes(3_000_000))), limits)) == "bomb"
        assert [path.name for path in game.iterdir()] == ["a.zip"]

    def test_one_that_packs_a_little_very_well_is_fine(self, place: Place) -> None:
        assert unpacked(place, archive(("zeros", bytes(3_000_000)))) == 3_000_000

    def test_a_list_that_would_fill_the_memory_is_not_read(self, place: Place) -> None:
        data = bytearray(archive(("a", b"x")))
        end = data.rindex(b"PK\x05\x06")
        struct.pack_into("<L", data, end + 12, 1 << 30)
        assert fault(lambda: unpacked(place, bytes(data))) == "too-large"

    def test_a_list_in_the_large_form_is_not_read(self, place: Place, game: Path) -> None:
        """Readers believe the large form where there is one, whatever the plain end says."""
        names = b"".join(
            struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, *(0,) * 8, 1, *(0,) * 6) + b"a"
            for _ in range(20_001)
        )
        large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 20_001, 20_001, len(names), 0)
        data = names + large + struct.pack("<4sLQL", b"PK\x06\x07", 0, len(names), 1)
        data += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 47, 0, 0)
        assert zipfile.ZipFile(io.BytesIO(data)).infolist()[20_000], "a reader does"
        assert fault(lambda: unpacked(place, data)) == "too-large"
        assert [path.name for path in game.iterdir()] == ["a.zip"]

    @pytest.mark.parametrize(
        "data",
        [b"", b"PK", b"no zip at all" * 100, archive(("a", b"x" * 1000))[:-30]],
        ids=("empty", "begun", "text", "cut"),
    )
    def test_what_is_none_is_told(self, place: Place, game: Path, data: bytes) -> None:
        assert fault(lambda: unpacked(place, data)) == "broken"
        assert [path.name for path in game.iterdir()] == ["a.zip"]

    @pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_kinds_that_may_ask_for_any_memory_are_not_taken(self, place: Place, kind: int) -> None:
        assert fault(lambda: unpacked(place, archive(("a", b"x"), kind=kind))) == "broken"

    def test_damage_is_noticed(self, place: Place, game: Path) -> None:
        data = bytearray(archive(("a", b"hello world" * 10), kind=zipfile.ZIP_STORED))
        data[60] ^= 0xFF
        assert fault(lambda: unpacked(place, bytes(data))) == "broken"
        assert [path.name for path in game.iterdir()] == ["a.zip"]


def tarred(*members: tuple[str, bytes] | tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as out:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                out.addfile(member)
                continue
            info = tarfile.TarInfo(member[0].removesuffix("/"))
            info.type = tarfile.DIRTYPE if member[0].endswith("/") else tarfile.REGTYPE
            info.size = len(member[1])
            out.addfile(info, io.BytesIO(member[1]))
    return made.getvalue()


def kind(name: str, type: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type, target
    return info


class TestTar:
    """The same as with a zip: all of it or nothing, plain files and folders only, counted while it is read."""

    @pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["tar", "tar.gz"])
    @pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_a_plain_archive(
        self, place: Place, game: Path, packed: Callable[[bytes], bytes], form: int
    ) -> None:
        long = "/".join(["folder-with-a-long-name"] * 8) + "/file.txt"
        members = [("./", b""), ("./world/level.dat", b"1"), ("empty/", b""), ("big", b"x" * 300_000)]
        if form != tarfile.USTAR_FORMAT:
            members += [(long, b"22"), ("Grüße.txt", b"3")]
        data = packed(tarred(*members, form=form))
        assert unpacked(place, data) == 300_001 + (3 if form != tarfile.USTAR_FORMAT else 0)
        assert (game / "a" / "world" / "level.dat").read_bytes() == b"1"
        assert (game / "a" / "empty").is_dir()
        assert (game / "a" / "big").read_bytes() == b"x" * 300_000
        if form != tarfile.USTAR_FORMAT:
            assert (game / "a" / long).read_bytes() == b"22"
            assert (game / "a" / "Grüße.txt").exists()

    def test_what_the_tar_of_everybodys_system_makes(self, place: Place, game: Path, tmp_path: Path) -> None:
        (tmp_path / "w" / "region").mkdir(parents=True)
        (tmp_path / "w" / "region" / "r.0.0.mca").write_bytes(os.urandom(200_000))
        made = tmp_path / "w.tgz"
        subprocess.run(["tar", "-czf", made, "-C", tmp_path / "w", "."], check=True)
        unpacked(place, made.read_bytes())
        back = (game / "a" / "region" / "r.0.0.mca").read_bytes()
        assert back == (tmp_path / "w" / "region" / "r.0.0.mca").read_bytes()

    def test_parts_packed_one_by_one(self, place: Place, game: Path) -> None:
        data = tarred(("a.txt", b"hello"))
        assert unpacked(place, gzip.compress(data[:700]) + gzip.compress(data[700:]) + bytes(512)) == 5

    @pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["tar", "tar.gz"])
    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ([("../evil", b"x")], "unsafe"),
            ([("a/../../evil", b"x")], "unsafe"),
            ([("/evil", b"x")], "unsafe"),
            ([("./../evil", b"x")], "unsafe"),
            ([("a//b", b"x")], "unsafe"),
            ([("..\\evil", b"x")], "unsafe"),
            ([(".kontor-new-1", b"x")], "unsafe"),
            ([("a\u202eb", b"x")], "unsafe"),
            ([kind("way", tarfile.SYMTYPE, "/etc/passwd")], "unsafe"),
            ([("a", b"x"), kind("b", tarfile.LNKTYPE, "a")], "unsafe"),
            ([kind("way", tarfile.SYMTYPE, ".."), ("way/evil", b"x")], "unsafe"),
            ([kind("pipe", tarfile.FIFOTYPE)], "unsafe"),
            ([kind("disk", tarfile.BLKTYPE)], "unsafe"),
            ([kind("tty", tarfile.CHRTYPE)], "unsafe"),
            ([kind("holes", tarfile.GNUTYPE_SPARSE)], "unsafe"),
            ([("a", b"x"), ("a/b", b"x")], "unsafe"),
            ([("a", b"x"), ("a", b"y")], "unsafe"),
            ([("x" * 300, b"x")], "unsafe"),
            ([("d/" * 50 + "x", b"x")], "too-deep"),
            ([(f"f{n}", b"") for n in range(30)], "too-many"),
            ([("zeros", bytes(3_000_000))], "bomb"),
            ([(f"f{n}", bytes(300_000)) for n in range(10)], "bomb"),
        ],
    )
    def test_a_hostile_one_leaves_nothing(
        self, place: Place, game: Path, base: Path, packed: Callable[[bytes], bytes],
        members: list[tuple[str, bytes]], code: str,
    ) -> None:  # fmt: skip
        limits = Limits(entries=20, bytes=2_000_000, ratio=50, free_bytes=500_000)
        assert fault(lambda: unpacked(place, packed(tarred(*members)), limits)) == code
        assert [path.name for path in game.iterdir()] == ["a.zip"]
        assert sorted(path.name for path in base.iterdir()) == ["game", "outside"]

    def test_a_small_one_that_grows_a_hundredfold_is_a_bomb(self, place: Place, game: Path) -> None:
        limits = Limits(bytes=1 << 30, ratio=100, free_bytes=1_000_000)
        data = gzip.compress(tarred(("zeros", bytes(30_000_000))))
        assert fault(lambda: unpacked(place, data, limits)) == "bomb"
        assert [path.name for path in game.iterdir()] == ["a.zip"]

    @pytest.mark.parametrize("type", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
    def test_a_header_that_would_fill_the_memory_is_not_read(self, place: Place, type: bytes) -> None:
        info = kind("name", type)
        info.size = 1 << 30
        assert fault(lambda: unpacked(place, info.tobuf(tarfile.GNU_FORMAT) + bytes(5000))) == "too-large"

    def test_headers_without_end_are_refused(self, place: Place) -> None:
        info = kind("name", tarfile.GNUTYPE_LONGNAME)
        info.size = 4
        one = info.tobuf(tarfile.GNU_FORMAT) + b"aaa\0" + bytes(508)
        assert fault(lambda: unpacked(place, one * 50)) == "unsafe"

    @pytest.mark.parametrize("line", [b"99 path=x\n", b"x path=a\n", b"8 path\n\n", b"13 size=-2147\n"])
    def test_a_header_that_makes_no_sense(self, place: Place, line: bytes) -> None:
        info = kind("name", tarfile.XHDTYPE)
        info.size = len(line)
        data = info.tobuf(tarfile.USTAR_FORMAT) + line + bytes(512 - len(line)) + tarred(("a", b"x"))
        assert fault(lambda: unpacked(place, data)) == "broken"

    @pytest.mark.parametrize("cut", [10, 400, 700])
    def test_one_that_is_cut_off_leaves_nothing(self, place: Place, game: Path, cut: int) -> None:
        whole = gzip.compress(tarred(("a", os.urandom(2000)), ("b", b"y" * 900)))
        assert fault(lambda: unpacked(place, whole[:cut])) == "broken"
        assert fault(lambda: unpacked(place, tarred(("a", b"x" * 3000))[:1500])) == "broken"
        assert [path.name for path in game.iterdir()] == ["a.zip"]

    def test_damage_is_noticed(self, place: Place, game: Path) -> None:
        data = bytearray(gzip.compress(tarred(("a", b"hello world" * 100))))
        data[-20] ^= 0xFF
        assert fault(lambda: unpacked(place, bytes(data))) == "broken"
        assert [path.name for path in game.iterdir()] == ["a.zip"]


class TestMoving:
    def test_into_another_folder(self, place: Place, game: Path) -> None:
        (game / "from").mkdir()
        (game / "to").mkdir()
        (game / "from" / "a").write_text("1")
        with place.folder((b"from",)) as here, place.folder((b"to",)) as there:
            move(here, b"a", there)
            assert (game / "to" / "a").read_text() == "1"
            (game / "from" / "a").write_text("2")
            assert fault(lambda: move(here, b"a", there)) == "exists"
            assert fault(lambda: move(here, b"gone", there)) == "gone"
            assert fault(lambda: move(here, b"../outside", there)) == "gone"
        assert (game / "to" / "a").read_text() == "1"

    def test_a_link_is_moved_itself(self, place: Place, game: Path, base: Path) -> None:
        (game / "to").mkdir()
        (game / "way").symlink_to(base / "outside")
        with place.folder() as here, place.folder((b"to",)) as there:
            move(here, b"way", there)
        assert (game / "to" / "way").is_symlink()
        assert fault(lambda: place.folder((b"to", b"way")).__enter__()) == "link"


class TestZip:
    def test_it_is_the_folder(self, place: Place, game: Path) -> None:
        (game / "w" / "region").mkdir(parents=True)
        (game / "w" / "empty").mkdir()
        big = os.urandom(1 << 20)
        (game / "w" / "region" / "r.0.0.mca").write_bytes(big)
        (game / "w" / "level.dat").write_bytes(b"abc" * 1000)
        made = Zip(place, [Source((b"w",), (b"w",))])
        assert made.count() == (2, (1 << 20) + 3000)
        pieces = list(made.pieces())
        assert max(map(len, pieces)) < 1 << 19, "it is sent while it is made"
        found = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
        assert found.testzip() is None
        assert sorted(found.namelist()) == ["w/empty/", "w/level.dat", "w/region/", "w/region/r.0.0.mca"]
        assert found.read("w/region/r.0.0.mca") == big
        assert found.getinfo("w/region/r.0.0.mca").compress_type == zipfile.ZIP_STORED, "packed already"

    def test_names_cannot_climb_out_where_it_is_unpacked(self, place: Place, game: Path) -> None:
        for name in (b"..\\..\\evil.bat", b"a:b", b"a?b", b"caf\xe9", b"A_b"):
            (Path(os.fsdecode(os.path.join(os.fsencode(game), name)))).write_bytes(name)
        found = zipfile.ZipFile(io.BytesIO(b"".join(Zip(place, [Source((), ())]).pieces())))
        assert len({name.lower() for name in found.namelist()}) == 5, "none replaces another"
        assert not any(set(name) & set('\\:?"') for name in found.namelist())
        assert b"..\\..\\evil.bat" in [found.read(name) for name in found.namelist()]

    def test_a_broken_connection_closes_everything(self, place: Place, game: Path) -> None:
        for number in range(5):
            (game / f"d{number}").mkdir()
            (game / f"d{number}" / "f").write_bytes(os.urandom(1 << 20))
        before = descriptors()
        pieces = Zip(place, [Source((), ())]).pieces()
        next(pieces)
        assert descriptors() > before
        pieces.close()  # type: ignore[attr-defined]
        assert descriptors() == before

    def test_a_log_that_grows_has_an_end(self, place: Place, game: Path) -> None:
        (game / "log").write_bytes(b"x" * 300_000)
        with place.folder() as here:
            opened = open_file(here, b"log")
        sent = 0
        for piece in opened.pieces():
            sent += len(piece)
            with open(game / "log", "ab") as log:
                log.write(b"y" * 300_000)
        assert sent == 300_000

    def test_too_many_files_are_told_before_anything_is_sent(
        self, place: Place, game: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(5):
            (game / f"f{number}").touch()
        monkeypatch.setattr("app.hosting.gateways.files.tree.walk.__defaults__", ((), 3))
        assert fault(lambda: Zip(place, [Source((), ())]).count()) == "too-many"


class TestWorlds:
    def test_as_paper_lays_them_out(self, place: Place, game: Path) -> None:
        for folder in (
            "world/region",
            "world_nether/DIM-1/region",
            "world_the_end/DIM1/region",
            "alt/region",
            "alt/DIM-1",
        ):
            (game / folder).mkdir(parents=True)
        for name in ("world", "world_nether", "world_the_end", "alt"):
            (game / name / "level.dat").write_bytes(b"x" * 10)
        (game / "world" / "region" / "r.mca").write_bytes(b"x" * 100)
        (game / "world_nether" / "DIM-1" / "region" / "r.mca").write_bytes(b"x" * 50)
        (game / "server.properties").write_text("level-name=alt\n")
        with place.folder() as here:
            found, told = worlds(place, here)
        assert told
        assert [(world.name, world.active) for world in found] == [(b"alt", True), (b"world", False)]
        assert [(p.dimension, b"/".join(p.parts), p.size) for p in found[1].dimensions] == [
            ("overworld", b"world", 110), ("nether", b"world_nether/DIM-1", 50), ("end", b"world_the_end/DIM1", 0),
        ]  # fmt: skip
        assert [p.dimension for p in found[0].dimensions] == ["overworld", "nether"]
        assert found[0].dimensions[0].size == 10, "without what lies in other dimensions"

    def test_links_are_no_worlds(self, place: Place, game: Path, base: Path) -> None:
        (base / "outside" / "level.dat").touch()
        (game / "way").symlink_to("../outside")
        (game / "near").mkdir()
        (game / "near" / "level.dat").symlink_to("../../outside/level.dat")
        with place.folder() as here:
            assert worlds(place, here) == ([], False)
