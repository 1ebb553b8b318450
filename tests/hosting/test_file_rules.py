"""Names, texts and worlds of a game's folder, as rules see them."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.hosting.rules import file_text, worlds
from app.hosting.rules.files import (
    DEEPEST,
    HIDDEN,
    LONGEST_NAME,
    BadName,
    disposition,
    download_name,
    extension,
    join_path,
    name_fault,
    sent_name,
    shown,
    split_path,
    stored,
    typed_name,
)

names = st.binary(min_size=1, max_size=LONGEST_NAME).filter(lambda name: name_fault(name) is None)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])
lines = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0\ufeff"), max_size=20)


@given(names)
@example(b"caf\xe9.txt")
@example(b"a\\x41")
@example("\u202egpj.exe".encode())
def test_any_name_is_shown_as_plain_text_and_found_again(name: bytes) -> None:
    text = shown(name)
    assert stored(text) == name
    assert text.isprintable(), "nothing that hides or turns the text around"
    assert "/" not in text


@given(st.lists(names, max_size=DEEPEST))
def test_an_address_leads_back_to_its_names(parts: list[bytes]) -> None:
    assert split_path(join_path(tuple(parts))) == tuple(parts)


@given(st.text(max_size=300))
def test_no_address_leads_out_or_to_what_is_hidden(text: str) -> None:
    try:
        parts = split_path(text)
    except BadName:
        return
    for part in parts:
        assert part not in (b"", b".", b"..")
        assert b"/" not in part
        assert b"\0" not in part
        assert not part.startswith(HIDDEN)


@pytest.mark.parametrize(
    "text", ["..", "a/../b", "/a", "a/", "a//b", ".", r"\x2e\x2e", r"a\x2fb", r"a\x00", ".kontor-new-1", r"\q", "\ud800"]
)  # fmt: skip
def test_addresses_that_nobody_wrote_are_refused(text: str) -> None:
    with pytest.raises(BadName):
        split_path(text)


@given(st.text(max_size=300))
def test_a_typed_name_is_what_it_looks_like(text: str) -> None:
    try:
        name = typed_name(text)
    except BadName:
        return
    assert shown(name) == name.decode()
    assert name_fault(name) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), ("  ", "empty"), ("..", "dots"), ("a/b", "characters"), ("a\\b", "characters"), ("a\nb", "characters"),
     ("a\u202eb", "characters"), ("ä" * 128, "long"), (".kontor-x", "reserved")],
)  # fmt: skip
def test_a_name_is_refused_and_says_why(text: str, code: str) -> None:
    with pytest.raises(BadName) as caught:
        typed_name(text)
    assert caught.value.code == code


def test_an_uploads_folders_are_cut_off() -> None:
    assert sent_name(r"C:\Users\Ida\..\plan.txt") == b"plan.txt"
    assert sent_name("../../etc/passwd") == b"passwd"


@given(names)
def test_a_download_stays_in_the_folder_where_it_is_saved(name: bytes) -> None:
    made = download_name(name)
    assert made not in ("", ".", "..")
    assert not set(made) & set('/\\:*?"<>|\r\n\0')
    header = disposition(made)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_windows_devices_are_no_names() -> None:
    assert download_name(b"con.txt") == "_con.txt"
    assert download_name(b"..") == "_"
    assert (
        disposition("Übersicht.txt")
        == "attachment; filename=\"Ubersicht.txt\"; filename*=UTF-8''%C3%9Cbersicht.txt"
    )


@pytest.mark.parametrize(
    ("name", "ending"),
    [(b"a.YML", "yml"), (b"a", ""), (b".bashrc", ""), (b"a.tar.gz", "gz"), (b"Brief an.Ida Mustermann", ""), (b"a.\xff", "")],
)  # fmt: skip
def test_only_plain_endings_go_into_the_history(name: bytes, ending: str) -> None:
    assert extension(name) == ending


def typed(text: str) -> str:
    """What a browser sends for what it shows."""
    return "\r\n".join(file_text._LINE.sub(lambda m: m[1] + ("\n" if m[2] else ""), text).split("\n"))


@given(st.lists(st.tuples(lines, line_ends), max_size=8), lines, st.booleans())
def test_saving_without_a_change_changes_nothing(rows: list[tuple[str, str]], last: str, bom: bool) -> None:
    text = "".join(line + end for line, end in rows) + last
    data = (file_text.BOM if bom else b"") + text.encode()
    found = file_text.text_of(data)
    assert found is not None
    assert file_text.merged(data, typed(found)) == data


@given(st.lists(lines, max_size=8), st.lists(lines, max_size=8))
def test_a_file_of_one_kind_of_line_ends_keeps_it(old: list[str], new: list[str]) -> None:
    made = file_text.merged("\r\n".join([*old, "", ""]).encode(), "\r\n".join(new))
    assert made == "\r\n".join(new).encode()
    made = file_text.merged("\n".join([*old, "", ""]).encode(), "\r\n".join(new))
    assert made == "\n".join(new).encode()


def test_lines_around_a_change_keep_their_ends() -> None:
    assert file_text.merged(b"a\r\nb\nc\r\nd", "a\r\nb\r\nneu\r\nc\r\nd") == b"a\r\nb\nneu\r\nc\r\nd"
    assert file_text.merged(b"", "a\r\nb") == b"a\nb"
    assert file_text.merged(b"\xef\xbb\xbfa\n", "a\r\nb\r\n") == b"\xef\xbb\xbfa\nb\n"


@pytest.mark.parametrize(
    "data", [b"\xff\xfea\0", b"a\0b", b"\xed\xa0\x80", b"a" * (file_text.EDIT_BYTES + 1)]
)
def test_what_is_no_text_is_not_edited(data: bytes) -> None:
    assert file_text.text_of(data) is None


folder_names = (
    st.text(string.printable + "äß🙂\\", min_size=1).map(str.encode).filter(lambda n: name_fault(n) is None)
)


@given(
    folder_names,
    st.lists(st.sampled_from([b"motd=x", b"#level-name=no", b"", b"level-name = alt", b"pvp:true"])),
)
def test_the_chosen_world_is_the_one_the_game_reads(name: bytes, rows: list[bytes]) -> None:
    before = b"\n".join(rows)
    after = worlds.with_level_name(before, name)
    assert worlds.level_name(after) == name
    kept = [line for line in after.splitlines() if not line.startswith(b"level-name")]
    assert kept == [line for line in before.splitlines() if not line.startswith(b"level-name")]
    assert sum(line.startswith(b"level-name") for line in after.splitlines()) == 1


def test_a_dimension_beside_its_world_is_no_world() -> None:
    assert worlds.main_worlds([b"world", b"world_nether", b"world_the_end", b"alt_nether"]) == [
        b"alt_nether",
        b"world",
    ]


def test_dimensions_are_found_inside_and_beside() -> None:
    inside = worlds.places(b"w", [b"region", b"DIM-1", b"DIM1"], [])
    assert [(p.dimension, p.parts) for p in inside] == [
        ("overworld", (b"w",)), ("nether", (b"w", b"DIM-1")), ("end", (b"w", b"DIM1")),
    ]  # fmt: skip
    beside = worlds.places(b"w", [b"region"], [(b"w_nether", b"DIM-1")])
    assert [(p.dimension, p.parts) for p in beside] == [
        ("overworld", (b"w",)),
        ("nether", (b"w_nether", b"DIM-1")),
    ]
