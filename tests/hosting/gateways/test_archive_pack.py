"""Archives: what is packed comes back the same, and what is not the same never passes for it."""

from __future__ import annotations

import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hosting.gateways.archive import Corrupt, NotPackable, Packed, fingerprint, pack, unpack, verify
from app.hosting.gateways.archive.manifest import NAME
from app.hosting.gateways.disk import remove_folder
from app.hosting.gateways.runtime import DiskFull
from tests.services.processes import missing
from tests.services.tmpfs import small_disk

pytestmark = pytest.mark.slow

Tree = dict[str, tuple[object, ...]]


def snapshot(root: Path) -> Tree:
    """Everything that is to be kept, by path."""
    found: Tree = {}
    for parent, names, files in os.walk(root):
        for name in (".", *names, *files):
            path = Path(parent, name)
            info = path.lstat()
            what: object = None
            if path.is_symlink():
                what = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                what = path.read_bytes()
            mode = None if path.is_symlink() else stat.S_IMODE(info.st_mode)
            owner = (info.st_uid, info.st_gid)
            found[os.path.relpath(path, root)] = (
                stat.S_IFMT(info.st_mode),
                mode,
                owner,
                int(info.st_mtime),
                what,
            )
    return found


def packed(folder: Path) -> tuple[bytes, Packed]:
    packing = pack(folder)
    data = b"".join(packing)
    return data, packing.result


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A small server folder with one of everything."""
    made = tmp_path / "data"
    (made / "world" / "region").mkdir(parents=True)
    (made / "world" / "region" / "r.0.0.mca").write_bytes(random.Random(1).randbytes(3_000_000))
    (made / "server.properties").write_text("motd=Hallo\n")
    (made / "leer").mkdir()
    (made / "nichts").touch()
    (made / "latest.log").symlink_to("logs/latest.log")
    (made / "logs").mkdir()
    (made / "logs" / "latest.log").write_text("Done (5.123s)!\n" * 1000)
    os.utime(made / "server.properties", (1_500_000_000, 1_500_000_000))
    return made


NAMES = st.one_of(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=60),
    st.binary(min_size=1, max_size=100).map(
        lambda raw: os.fsdecode(raw.replace(b"/", b"_").replace(b"\0", b"_"))
    ),
).filter(lambda name: name not in (".", "..", NAME) and len(os.fsencode(name)) <= 255)
FILES = st.tuples(st.just("file"), st.binary(max_size=3000), st.sampled_from([0o600, 0o644, 0o755, 0o400]))
LINKS = st.tuples(st.just("link"), NAMES, st.just(0))
NODES = st.recursive(FILES | LINKS, lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)


def build(folder: Path, tree: dict[str, object]) -> None:
    folder.mkdir()
    for name, node in tree.items():
        path = folder / name
        if isinstance(node, dict):
            build(path, node)
        elif node[0] == "link":  # type: ignore[index]
            path.symlink_to(node[1])  # type: ignore[index]
        else:
            path.write_bytes(node[1])  # type: ignore[index]
            path.chmod(node[2])  # type: ignore[index]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, NODES, max_size=5))
def test_whatever_is_packed_comes_back_the_same(tree: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as base:
        build(Path(base, "from"), tree)
        data, expected = packed(Path(base, "from"))
        verify(iter([data]), expected)
        unpack(iter([data]), Path(base, "to"), expected)
        assert snapshot(Path(base, "to")) == snapshot(Path(base, "from"))


def test_modes_times_links_and_empty_folders_are_kept(world: Path, tmp_path: Path) -> None:
    (world / "leer").chmod(0o500)
    (world / "nichts").chmod(0o4755)
    data, expected = packed(world)
    assert expected.files == 10
    assert expected.raw_bytes == sum(
        p.stat().st_size for p in world.rglob("*") if p.is_file() and not p.is_symlink()
    )
    unpack(iter([data]), tmp_path / "back", expected)
    (world / "nichts").chmod(0o755)  # a program of another's rights is not brought back
    assert snapshot(tmp_path / "back") == snapshot(world)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners can only be given by root")
def test_owners_are_kept_where_we_are_root(world: Path, tmp_path: Path) -> None:
    for path in (world, world / "world", world / "server.properties", world / "latest.log"):
        os.lchown(path, 1_234_567_890, 1_234_567_890)
    data, expected = packed(world)
    unpack(iter([data]), tmp_path / "back", expected)
    assert snapshot(tmp_path / "back") == snapshot(world)


def test_an_empty_folder_is_an_archive_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    data, expected = packed(tmp_path / "data")
    assert (expected.files, expected.raw_bytes) == (1, 0)
    unpack(iter([data]), tmp_path / "back", expected)
    assert list((tmp_path / "back").iterdir()) == []


def test_the_same_folder_gives_the_same_archive(world: Path) -> None:
    assert packed(world) == packed(world)


def test_chunks_are_small_and_the_result_stands_at_the_end(world: Path) -> None:
    packing = pack(world)
    with pytest.raises(RuntimeError):
        _ = packing.result
    sizes = [len(chunk) for chunk in packing]
    assert max(sizes) <= 1 << 20
    assert packing.result.size_bytes == sum(sizes)


def test_sparse_files_stay_sparse_and_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with open(tmp_path / "data" / "sparse", "wb") as file:
        file.seek(70_000_000)
        file.write(b"end")
        file.truncate(100_000_000)
    data, expected = packed(tmp_path / "data")
    assert expected.raw_bytes == 100_000_000
    assert len(data) < 100_000
    unpack(iter([data]), tmp_path / "back", expected)
    back = (tmp_path / "back" / "sparse").stat()
    assert back.st_size == 100_000_000
    assert back.st_blocks * 512 < 2_000_000


def test_sockets_and_pipes_are_left_out(world: Path, tmp_path: Path) -> None:
    os.mkfifo(world / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(world)
        try:
            listener.bind("sock")
        finally:
            os.chdir(before)
        packing = pack(world)
        data = b"".join(packing)
    assert packing.left_out == 2
    unpack(iter([data]), tmp_path / "back", packing.result)
    assert not (tmp_path / "back" / "pipe").exists()


def test_it_is_restored_by_hand_as_the_manual_says(world: Path, tmp_path: Path) -> None:
    if not shutil.which("zstd"):
        missing("zstd", "apt-get install zstd")
    manual = (Path(__file__).parents[3] / "docs" / "archive.md").read_text()
    commands = manual.partition("## Restoring by hand")[2].split("```")[1]
    (world / "world" / ("ü" * 120)).write_bytes(b"a name longer than the header's field")
    data, _ = packed(world)
    (tmp_path / "archive.tar.zst").write_bytes(data)
    subprocess.run(["sh", "-ec", commands], cwd=tmp_path, check=True)
    os.utime(tmp_path / "back", ns=(0, world.stat().st_mtime_ns))  # the list was in it until now
    assert snapshot(tmp_path / "back") == snapshot(world)


def test_the_list_that_comes_out_by_hand_is_not_packed_again(world: Path) -> None:
    _, before = packed(world)
    (world / NAME).write_text("from an older archive")
    assert packed(world)[1].files == before.files


class TestAFolderThatCannotBePacked:
    def refused(self, folder: Path) -> tuple[str, str]:
        with pytest.raises(NotPackable) as caught:
            b"".join(pack(folder))
        return caught.value.code, caught.value.member

    def test_says_when_it_is_not_there(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path / "none") == ("no-folder", ".")

    @pytest.mark.parametrize(
        "target", ["/etc/passwd", "../outside", "world/../../outside", "world/../server.properties", ".."]
    )
    def test_names_a_link_that_could_lead_out(self, world: Path, target: str) -> None:
        (world / "way-out").symlink_to(target)
        assert self.refused(world) == ("link-outside", "way-out")

    @pytest.mark.parametrize(
        "target", ["region/r.0.0.mca", "../server.properties", "..", "./../logs", "none"]
    )
    def test_but_takes_links_that_stay_inside(self, world: Path, tmp_path: Path, target: str) -> None:
        (world / "world" / "link").symlink_to(target)
        data, expected = packed(world)
        unpack(iter([data]), tmp_path / "back", expected)
        assert os.readlink(tmp_path / "back" / "world" / "link") == target

    def test_names_a_path_that_is_too_long(self, world: Path) -> None:
        made = world
        for _ in range(13):
            made = made / ("x" * 250)
            made.mkdir()
        code, member = self.refused(world)
        assert code == "path-too-long"
        assert len(member) > 3000

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_names_what_it_may_not_read(self, world: Path) -> None:
        (world / "server.properties").chmod(0)
        assert self.refused(world) == ("unreadable", "server.properties")

    @pytest.mark.parametrize("what", ["grows", "shrinks", "rewritten", "vanishes", "appears"])
    def test_says_when_something_else_still_writes_there(self, world: Path, what: str) -> None:
        """The change comes after the first chunk, when some files are read and others are not."""
        big = world / "world" / "region" / "r.0.0.mca"
        big.write_bytes(random.Random(2).randbytes(40_000_000))
        chunks = iter(pack(world))
        next(chunks)
        if what == "grows":
            with open(big, "ab") as file:
                file.write(b"x")
        elif what == "shrinks":
            os.truncate(big, 20_000_000)
        elif what == "rewritten":
            with open(big, "r+b") as file:
                file.write(b"y")
        elif what == "vanishes":
            big.with_name("other").touch()
            big.unlink()
        else:
            (world / "world" / "new").touch()
        with pytest.raises(NotPackable) as caught:
            for _ in chunks:
                pass
        assert caught.value.code == "changed"


class TestDamage:
    """Every damaged archive is found by verify, and unpack leaves nothing of it."""

    def found(self, data: bytes, expected: Packed, target: Path) -> None:
        chunks = [data[n : n + 300_000] for n in range(0, len(data), 300_000)]
        with pytest.raises(Corrupt):
            verify(iter(chunks), expected)
        with pytest.raises(Corrupt):
            unpack(iter(chunks), target, expected)
        assert list(target.iterdir()) == []

    def test_a_flipped_bit_anywhere(self, world: Path, tmp_path: Path) -> None:
        data, expected = packed(world)
        dice = random.Random()
        edges = [0, 3, 4, 5, len(data) - 1, len(data) - 4, len(data) - 5]
        for offset in (*edges, *(dice.randrange(len(data)) for _ in range(30))):
            broken = bytearray(data)
            broken[offset] ^= 1 << dice.randrange(8)
            self.found(bytes(broken), expected, tmp_path / "back")

    def test_an_end_that_is_missing(self, world: Path, tmp_path: Path) -> None:
        data, expected = packed(world)
        for length in (0, 1, 10, len(data) // 2, len(data) - 5, len(data) - 1, random.randrange(len(data))):
            self.found(data[:length], expected, tmp_path / "back")

    @pytest.mark.parametrize("more", [b"\0", b"garbage", bytes(3_000_000), b"(\xb5/\xfd"])
    def test_something_behind_the_end(self, world: Path, tmp_path: Path, more: bytes) -> None:
        data, expected = packed(world)
        self.found(data + more, expected, tmp_path / "back")
        self.found(data + data, expected, tmp_path / "back")

    def test_another_whole_archive(self, world: Path, tmp_path: Path) -> None:
        _, expected = packed(world)
        (world / "server.properties").write_text("motd=Hello\n")
        data, _ = packed(world)
        self.found(data, expected, tmp_path / "back")

    def test_a_source_that_breaks_off_is_not_called_corrupt(self, world: Path, tmp_path: Path) -> None:
        data, expected = packed(world)

        def torn() -> Iterator[bytes]:
            yield data[:1_000_000]
            raise ConnectionError

        with pytest.raises(ConnectionError):
            verify(torn(), expected)
        with pytest.raises(ConnectionError):
            unpack(torn(), tmp_path / "back", expected)
        assert list((tmp_path / "back").iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_alone(world: Path, tmp_path: Path) -> None:
    data, expected = packed(world)
    with pytest.raises(FileExistsError):
        unpack(iter([data]), world, expected)
    assert packed(world) == (data, expected)


def test_a_full_disk_is_said_and_what_was_unpacked_goes_again(world: Path, tmp_path: Path) -> None:
    data, expected = packed(world)
    with small_disk(tmp_path / "small", kib=1024) as disk:
        with pytest.raises(DiskFull):
            unpack(iter([data]), disk / "back", expected)
        assert list((disk / "back").iterdir()) == []


PEAK = """
import sys
from pathlib import Path
from app.hosting.gateways.archive import pack, unpack, verify
def peak():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) / 1024
folder, held = Path(sys.argv[1]), Path(sys.argv[2])
before = peak()
packing = pack(folder)
with open(held, "wb") as file:
    for chunk in packing:
        file.write(chunk)
def read():
    with open(held, "rb") as file:
        while data := file.read(1 << 20):
            yield data
packed = peak()
verify(read(), packing.result)
unpack(read(), held.with_name("back"), packing.result)
print(packed - before, peak() - before)
"""


def fill(folder: Path, files: int, size: int) -> None:
    folder.mkdir()
    for number in range(files):
        if number % 500 == 0:
            (folder / str(number)).mkdir()
        with open(folder / str(number // 500 * 500) / f"{number:060d}", "wb") as file:
            for start in range(0, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size - start)))


@pytest.mark.parametrize(("files", "size"), [(1, 400_000_000), (20_000, 100)])
def test_memory_does_not_grow_with_the_folder(tmp_path: Path, files: int, size: int) -> None:
    fill(tmp_path / "data", files, size)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "data"), str(tmp_path / "held")],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    packing, reading = map(float, done.stdout.split())
    assert packing < 64, "MiB beyond what Python itself takes"
    assert reading < 64


# --- games that run ------------------------------------------------------------------------------------------


def test_of_a_running_game_what_may_change_is_taken_as_it_is_and_the_rest_must_stand_still(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    (folder / "logs").mkdir(parents=True)
    (folder / "world").mkdir()
    log, region = folder / "logs" / "latest.log", folder / "world" / "r.mca"
    log.write_bytes(b"line\n" * 400_000)
    region.write_bytes(b"x" * 2_000_000)
    moves = lambda path: path.startswith("logs")  # noqa: E731

    def writing(act: Callable[[], object]) -> bytes:
        chunks, packing = [], pack(folder, may_change=moves)
        for number, chunk in enumerate(packing):
            if number == 0:
                act()
            chunks.append(chunk)
        unpack(iter(chunks), tmp_path / f"back-{len(list(tmp_path.iterdir()))}", packing.result)
        return b"".join(chunks)

    before = fingerprint(folder, moves)
    writing(lambda: log.write_bytes(log.read_bytes() + b"more\n"))
    writing(lambda: os.truncate(log, 10))
    writing(lambda: (folder / "logs" / "new.log").write_bytes(b"new"))
    writing(log.unlink)
    assert fingerprint(folder, moves) == before


def test_a_log_that_is_cut_off_while_it_is_read_is_filled_with_zeros(tmp_path: Path) -> None:
    folder, back = tmp_path / "data", tmp_path / "back"
    folder.mkdir()
    random_bytes = random.Random(1).randbytes(6_000_000)
    (folder / "a.log").write_bytes(random_bytes)
    packing = pack(folder, may_change=lambda path: True)
    chunks = iter(packing)
    data = [next(chunks)]
    os.truncate(folder / "a.log", 3_000_000)
    data += chunks
    unpack(iter(data), back, packing.result)
    found = (back / "a.log").read_bytes()
    assert packing.cut == 1
    assert len(found) == 6_000_000
    assert found[:3_000_000] == random_bytes[:3_000_000]
    assert found[-1_000_000:] == bytes(1_000_000)


def test_a_file_that_must_stand_still_stops_a_running_copy_too(tmp_path: Path) -> None:
    (tmp_path / "r.mca").write_bytes(random.Random(2).randbytes(4_000_000))
    packing = iter(pack(tmp_path, may_change=lambda path: path == "other"))
    next(packing)
    with open(tmp_path / "r.mca", "ab") as file:
        file.write(b"more")
    with pytest.raises(NotPackable) as caught:
        list(packing)
    assert (caught.value.code, caught.value.member) == ("changed", "r.mca")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "world" / "a").write_bytes(b"other"),
        lambda root: (root / "world" / "new").write_bytes(b""),
        lambda root: (root / "world" / "a").unlink(),
        lambda root: (root / "world" / "a").rename(root / "world" / "b"),
        lambda root: (root / "empty").mkdir(),
        lambda root: os.utime(root / "world" / "a", ns=(1, 1)),
    ],
)
def test_a_fingerprint_sees_every_change_but_those_that_may_be(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "world" / "a").write_bytes(b"seed")
    moves = lambda path: path.split("/")[0] == "logs"  # noqa: E731
    before = fingerprint(tmp_path, moves)
    (tmp_path / "logs" / "x").write_bytes(b"talk")
    assert fingerprint(tmp_path, moves) == before
    change(tmp_path)
    assert fingerprint(tmp_path, moves) != before


@pytest.fixture
def far_down() -> Iterator[Path]:
    """A folder for trees that pytest itself could not remove."""
    made = tempfile.mkdtemp(prefix="kontor-deep-")
    yield Path(made)
    subprocess.run(["rm", "-rf", made], check=True)


def test_folders_as_deep_as_they_may_be_have_a_fingerprint_and_come_back(far_down: Path) -> None:
    """Nobody builds so, but a game can: it must not be what keeps a backup from ever being made."""
    deep = far_down / "data"
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for _ in range(1050):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("level.dat", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    before = fingerprint(deep, lambda path: False)
    data, noted = packed(deep)
    assert noted.files == 1052
    unpack(iter([data]), far_down / "back", noted)
    assert fingerprint(deep, lambda path: False) == before
    (deep / ("d/" * 1050) / "level.dat").write_bytes(b"x")
    assert fingerprint(deep, lambda path: False) != before


def test_an_unpacking_that_fails_clears_what_is_deep_as_well(far_down: Path) -> None:
    deep = far_down / "data" / ("d/" * 1050)
    for depth in range(0, 1050, 105):
        (far_down / "data" / ("d/" * (depth + 105))).mkdir(parents=True)
    (deep / "level.dat").write_bytes(b"seed")
    data, noted = packed(far_down / "data")
    with pytest.raises(Corrupt):
        unpack(iter([data[:-1] + bytes([data[-1] ^ 1])]), far_down / "back", noted)
    assert list((far_down / "back").iterdir()) == []
    remove_folder(far_down / "data")
    assert not (far_down / "data").exists()
