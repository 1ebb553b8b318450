"""Archives nobody honest wrote, with the right size and hash noted for them: none gets anything past its folder."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from app.hosting.gateways.archive import Corrupt, Packed, pack, unpack, verify
from app.hosting.gateways.archive.manifest import FIRST_LINE, NAME, Entry

Members = list[tuple[tarfile.TarInfo, bytes]]


def member(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> Members:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(data), mode
    return [(info, data)]


def manifest(*entries: Entry) -> Members:
    return member(NAME, FIRST_LINE + b"".join(entry.line() for entry in entries))


def file_entry(path: str, data: bytes) -> Entry:
    return Entry(path, "file", 0o644, 0, 0, 0, len(data), "", hashlib.sha256(data).hexdigest())


def archive(members: Members, form: int = tarfile.GNU_FORMAT) -> tuple[bytes, Packed]:
    """Written by the standard library, which refuses nothing. What is noted allows for a lot."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=form) as out:
        for info, data in members:
            out.addfile(info, io.BytesIO(data))
    return noted(zstandard.ZstdCompressor().compress(tar.getvalue()))


def noted(data: bytes, raw_bytes: int = 1 << 20, files: int = 100) -> tuple[bytes, Packed]:
    return data, Packed(hashlib.sha256(data).hexdigest(), len(data), raw_bytes, files)


FINE = file_entry("fine", b"ok")
WHY = {
    "climbs out": "path",
    "climbs out later": "path",
    "is absolute": "path",
    "has an empty name": "path",
    "names itself": "path",
    "links out by climbing": "link-outside",
    "links out absolutely": "link-outside",
    "links out through a link": "link-outside",
    "writes through a link": "twice",
    "replaces a file by a link and writes through": "twice",
    "has a name twice": "twice",
    "has a file for a folder": "twice",
    "has a hard link": "kind",
    "has a device": "kind",
    "has a terminal": "kind",
    "has a pipe": "kind",
    "has a setuid program": "header",
    "has a folder for a list": "kind",
    "has a list that says something else": "hash",
    "has a list with less": "manifest",
    "has a list with more": "manifest",
    "has no list": "manifest",
    "goes on after the list": "manifest",
    "has the list twice": "manifest",
    "has an endless name": "header",
    "has an endless link": "header",
}
CASES: dict[str, Members] = {
    "climbs out": member("../evil", b"x"),
    "climbs out later": member("a/../../evil", b"x"),
    "is absolute": member("/tmp/kontor-evil", b"x"),
    "has an empty name": member("a//b", b"x"),
    "names itself": member("./a", b"x"),
    "links out by climbing": member("way", kind=tarfile.SYMTYPE, link="../../etc"),
    "links out absolutely": member("way", kind=tarfile.SYMTYPE, link="/etc"),
    "links out through a link": member("a/up", kind=tarfile.SYMTYPE, link="..")
    + member("b", kind=tarfile.SYMTYPE, link="a/up/.."),
    "writes through a link": member("real/x", b"x")
    + member("way", kind=tarfile.SYMTYPE, link="real")
    + member("way/evil", b"x"),
    "replaces a file by a link and writes through": member("a", b"x")
    + member("a", kind=tarfile.SYMTYPE, link="b")
    + member("a", b"y"),
    "has a name twice": member("fine", b"ok") + member("fine", b"no"),
    "has a file for a folder": member("fine", b"ok") + member("fine/below", b"x"),
    "has a hard link": member("fine", b"ok") + member("hard", kind=tarfile.LNKTYPE, link="fine"),
    "has a device": member("sda", kind=tarfile.BLKTYPE),
    "has a terminal": member("tty", kind=tarfile.CHRTYPE),
    "has a pipe": member("pipe", kind=tarfile.FIFOTYPE),
    "has a setuid program": member("fine", b"ok", mode=0o4755),
    "has a folder for a list": member(NAME, kind=tarfile.DIRTYPE),
    "has a list that says something else": member("fine", b"ok") + manifest(file_entry("fine", b"no")),
    "has a list with less": member("fine", b"ok") + manifest(),
    "has a list with more": member("fine", b"ok") + manifest(FINE, FINE),
    "has no list": member("fine", b"ok"),
    "goes on after the list": member("fine", b"ok") + manifest(FINE) + member("later", b"x"),
    "has the list twice": member("fine", b"ok") + manifest(FINE) + manifest(FINE),
    "has an endless name": member("x/" * 3000 + "y", b"x"),
    "has an endless link": member("way", kind=tarfile.SYMTYPE, link="x/" * 3000),
}


def refused(data: bytes, expected: Packed, base: Path) -> Corrupt:
    target = base / "inner" / "target"
    target.parent.mkdir()
    (base / "inner" / "canary").write_text("sings")
    with pytest.raises(Corrupt):
        verify(iter([data]), expected)
    with pytest.raises(Corrupt) as caught:
        unpack(iter([data]), target, expected)
    assert list(target.iterdir()) == []
    assert sorted(path.name for path in base.iterdir()) == ["inner"]
    assert sorted(path.name for path in (base / "inner").iterdir()) == ["canary", "target"]
    return caught.value


@pytest.mark.parametrize("name", CASES)
def test_an_archive_is_refused_that(name: str, tmp_path: Path) -> None:
    assert refused(*archive(CASES[name]), tmp_path).why == WHY[name]


def test_one_made_by_the_standard_library_is_taken_when_it_is_right(tmp_path: Path) -> None:
    data, expected = archive(member("fine", b"ok") + manifest(FINE))
    unpack(iter([data]), tmp_path / "back", Packed(expected.sha256, expected.size_bytes, 2, 1))
    assert (tmp_path / "back" / "fine").read_bytes() == b"ok"


def test_other_headers_than_ours_are_refused(tmp_path: Path) -> None:
    refused(*archive(member("ü" * 60, b"x"), tarfile.PAX_FORMAT), tmp_path)


def test_the_member_that_differs_is_named(tmp_path: Path) -> None:
    entries = [file_entry(name, b"ok") for name in ("a", "b", "c")]
    members = member("a", b"ok") + member("b", b"OK") + member("c", b"ok")
    assert refused(*archive(members + manifest(*entries)), tmp_path).member == "b"


class TestBombs:
    def test_a_file_larger_than_noted_is_refused_before_it_is_written(self, tmp_path: Path) -> None:
        data, expected = archive(member("zeros", bytes(50_000_000)))
        assert len(data) < 10_000
        assert refused(data, expected, tmp_path).why == "more-than-noted"

    def test_more_files_than_noted(self, tmp_path: Path) -> None:
        members = [one for number in range(1000) for one in member(f"f{number}")]
        assert refused(*archive(members), tmp_path).why == "more-than-noted"

    def test_a_list_of_gigabytes(self, tmp_path: Path) -> None:
        info = tarfile.TarInfo(NAME)
        info.size = 1 << 40
        data, expected = noted(zstandard.ZstdCompressor().compress(info.tobuf(tarfile.GNU_FORMAT)))
        assert refused(data, expected, tmp_path).why == "manifest"

    def test_zeros_without_end_behind_the_tar(self, tmp_path: Path) -> None:
        data, expected = noted(zstandard.ZstdCompressor().compress(bytes(500_000_000)))
        assert refused(data, expected, tmp_path).why == "end"

    def test_a_window_that_asks_for_all_memory(self, tmp_path: Path) -> None:
        settings = zstandard.ZstdCompressionParameters(window_log=27, strategy=1)
        out = zstandard.ZstdCompressor(compression_params=settings).compressobj()
        data, expected = noted(out.compress(bytes(1000)) + out.flush())
        assert refused(data, expected, tmp_path).why == "stream"

    def test_a_stream_that_does_not_end_is_left_after_its_noted_size(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        packing = pack(tmp_path / "data")
        good = b"".join(packing)
        asked = 0

        def endless() -> object:
            nonlocal asked
            yield good
            while True:
                asked += 1
                yield bytes(1000)

        with pytest.raises(Corrupt):
            verify(endless(), packing.result)  # type: ignore[arg-type]
        assert asked <= 2


@pytest.mark.parametrize(
    "broken",
    [
        lambda tar: tar[:512],
        lambda tar: tar[:-1024],
        lambda tar: tar[:-1000] + b"x" + tar[-999:],
        lambda tar: tar[:148] + b"0000000\0" + tar[156:],
        lambda tar: b"\xff" * 512 + tar,
        lambda tar: tar + bytes(20_000),
    ],
    ids=["cut in a member", "no end", "something in the end", "checksum", "no header", "a long end"],
)
def test_a_tar_that_is_none(broken: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"x" * 600)
    packing = pack(tmp_path / "data")
    tar = zstandard.ZstdDecompressor().decompressobj().decompress(b"".join(packing))
    (tmp_path / "b").mkdir()
    data, expected = noted(zstandard.ZstdCompressor().compress(broken(tar)), 600, 2)
    refused(data, expected, tmp_path / "b")
