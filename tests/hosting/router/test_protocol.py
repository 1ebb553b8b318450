"""The first bytes of a connection: whatever the network cuts, repeats or invents, the answer is the same or `Garbage`."""

from __future__ import annotations

import json
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules import minecraft
from app.hosting.rules.minecraft import Garbage, Intent, read_frame, read_handshake, read_name, read_varint
from app.hosting.rules.proxy_header import proxy_header

LARGEST = 4096
hosts = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=60)
names = st.from_regex(r"[A-Za-z0-9_.*]{1,16}", fullmatch=True)
intents = st.sampled_from(list(Intent))


@given(st.integers(-(2**31), 2**31 - 1))
def test_numbers_come_back(value: int) -> None:
    raw = minecraft.varint(value)
    assert read_varint(raw, 0) == (value & 0xFFFFFFFF, len(raw))
    assert all(read_varint(raw[:cut], 0) is None for cut in range(len(raw)))


@pytest.mark.parametrize("raw", [b"\x80" * 5, b"\xff" * 20, b"\xff\xff\xff\xff\x7f"])
def test_numbers_without_end_or_of_more_than_32_bits_are_refused(raw: bytes) -> None:
    with pytest.raises(Garbage):
        read_varint(raw, 0)


def opening(data: bytes) -> tuple[minecraft.Handshake, str] | None:
    first = read_frame(data, 0, LARGEST)
    second = read_frame(data, first.end, LARGEST) if first else None
    return (read_handshake(first), read_name(second)) if first and second else None


@given(hosts, names, intents, st.integers(-1, 1000), st.integers(0, 65535), st.binary(max_size=600))
def test_a_stream_may_be_cut_anywhere(
    host: str, name: str, intent: Intent, protocol: int, port: int, rest: bytes
) -> None:
    """Whatever part has come, it is either "more, please" or the whole and right answer; later bytes change nothing."""
    whole = minecraft.handshake(host, port, intent, protocol) + minecraft.login(name, rest)
    for cut in range(len(whole)):
        assert opening(whole[:cut]) is None
    shake, player = opening(whole + b"later bytes")  # type: ignore[misc]
    assert (shake.protocol, shake.port, shake.intent, player) == (protocol, port, intent, name)
    assert shake.host == host.rstrip(".").lower()


@given(st.binary(max_size=300))
def test_garbage_is_refused_or_waits_for_more_but_never_breaks(data: bytes) -> None:
    with suppress(Garbage):
        opening(data)


@given(st.binary(min_size=1, max_size=80), st.integers(0, 79), st.integers(0, 255))
def test_one_wrong_byte_never_breaks(rest: bytes, at: int, byte: int) -> None:
    whole = bytearray(
        minecraft.handshake("a.play.localhost", 25565, Intent.LOGIN) + minecraft.login("Alex", rest)
    )
    whole[at % len(whole)] = byte
    with suppress(Garbage):
        opening(bytes(whole))


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("World.PLAY.localhost", "world.play.localhost"),
        ("world.play.localhost.", "world.play.localhost"),
        ("world.play.localhost\0FML\0", "world.play.localhost"),
        ("World.play.localhost.\0FML3\0", "world.play.localhost"),
        ("world.play.localhost\x0010.0.0.1\0uuid", "world.play.localhost"),
        ("", ""),
        ("\0FML\0", ""),
    ],
)
def test_what_players_type_and_loaders_append(typed: str, host: str) -> None:
    packet = read_frame(minecraft.handshake(typed, 25565, Intent.LOGIN), 0, LARGEST)
    assert packet is not None
    assert read_handshake(packet).host == host


@pytest.mark.parametrize(
    "raw",
    [
        minecraft.handshake("x" * 256, 25565, Intent.LOGIN),
        minecraft.handshake("ü" * 256, 25565, Intent.LOGIN),
        minecraft.frame(0, b"\x00" + minecraft.varint(3) + b"\xff\xfe\xfd" + b"\0\0\x01"),  # not UTF-8
        minecraft.frame(0, b"\x00" + minecraft.varint(200) + b"abc\0\0\x01"),  # longer than the packet
        minecraft.frame(0, b"\x00" + minecraft.string("a") + b"\0\0\x04"),  # no such intent
        minecraft.frame(0, b"\x00" + minecraft.string("a") + b"\0\0\x01more"),
        minecraft.frame(0, b"\x00" + minecraft.string("a") + b"\0"),
        minecraft.frame(0, b""),
        minecraft.frame(7, b"\x00"),
        b"\x00",
        minecraft.varint(LARGEST + 1),
        b"\xff\xff\xff\xff\x0f",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",  # TLS
        b"\x05\x01\x02",
    ],
)
def test_what_is_no_handshake_is_refused_at_once(raw: bytes) -> None:
    with pytest.raises(Garbage):
        packet = read_frame(raw, 0, LARGEST)
        assert packet is not None
        read_handshake(packet)


def test_a_host_of_255_letters_is_read() -> None:
    for letter in ("x", "ü"):
        packet = read_frame(minecraft.handshake(letter * 255, 1, Intent.LOGIN), 0, LARGEST)
        assert packet is not None
        assert read_handshake(packet).host == letter * 255


@pytest.mark.parametrize("name", ["", "x" * 17, "a b", "a\nb", "a\0", "\x1b[31m"])
def test_names_that_nobody_has_are_refused(name: str) -> None:
    packet = read_frame(minecraft.login(name), 0, LARGEST)
    assert packet is not None
    with pytest.raises(Garbage):
        read_name(packet)


@pytest.mark.parametrize(
    ("data", "legacy"),
    [(b"", None), (b"\xfe", None), (b"\xfe\x01", None), (b"\xfe\x01\xfa\x00", True), (b"\x10", False)],
)
def test_the_ping_of_old_clients_is_told_from_a_handshake(data: bytes, legacy: bool | None) -> None:
    assert minecraft.is_legacy(data) is legacy


def test_a_handshake_of_254_bytes_is_not_the_ping_of_an_old_client() -> None:
    whole = next(
        raw
        for n in range(200, 255)
        if (raw := minecraft.handshake("x" * n, 25565, Intent.LOGIN))[:2] == b"\xfe\x01"
    )
    assert [minecraft.is_legacy(whole[:n]) for n in (1, 2, 3)] == [None, None, False]
    assert read_frame(whole, 0, LARGEST) is not None


@given(st.text(max_size=200), st.text(max_size=30))
def test_answers_are_what_a_client_expects(text: str, version: str) -> None:
    try:
        text.encode()
        version.encode()
    except UnicodeEncodeError:
        return
    packet = read_frame(minecraft.status(text, version), 0, 1 << 20)
    assert packet is not None
    size, at = read_varint(packet.body, 0)  # type: ignore[misc]
    said = json.loads(packet.body[at : at + size])
    assert said["description"]["text"] == text
    assert said["version"] == {"name": version, "protocol": -1}
    kicked = read_frame(minecraft.disconnect(text), 0, 1 << 20)
    assert kicked is not None
    size, at = read_varint(kicked.body, 0)  # type: ignore[misc]
    assert json.loads(kicked.body[at:]) == {"text": text}


@pytest.mark.parametrize("asked", [b"\xfe", b"\xfe\x01", b"\xfe\x01\xfa"])
def test_old_clients_get_an_answer_in_their_form(asked: bytes) -> None:
    said = minecraft.legacy_status(asked, "schläft\nasleep", "1.7+")
    assert said[0] == 0xFF
    assert int.from_bytes(said[1:3], "big") * 2 == len(said) - 3
    parts = said[3:].decode("utf-16-be").split("§" if asked == b"\xfe" else "\0")
    assert parts == (
        ["schläft asleep", "0", "0"]
        if asked == b"\xfe"
        else ["§1", "127", "1.7+", "schläft asleep", "0", "0"]
    )


ports = st.integers(0, 65535)


@given(st.ip_addresses(), st.ip_addresses(), ports, ports)
def test_the_proxy_header_names_both_sides(source: object, target: object, one: int, two: int) -> None:
    raw = proxy_header((str(source), one), (str(target), two))
    assert raw[:13] == b"\r\n\r\n\0\r\nQUIT\n\x21"
    family, size = raw[13], int.from_bytes(raw[14:16], "big")
    assert len(raw) == 16 + size
    assert struct.unpack("!HH", raw[-4:]) == (one, two)
    assert (family, size) in ((0x11, 12), (0x21, 36))


def test_the_proxy_header_in_bytes() -> None:
    assert proxy_header(("192.0.2.1", 4660), ("198.51.100.7", 25565)) == bytes.fromhex(
        "0d0a0d0a000d0a515549540a 21 11 000c c0000201 c6336407 1234 63dd"
    )
    assert proxy_header(("::ffff:192.0.2.1", 1), ("10.0.0.1", 2))[13] == 0x11
    assert proxy_header(("2001:db8::1", 1), ("10.0.0.1", 2))[13:16] == b"\x21\x00\x24"
    assert proxy_header(("", 0), ("10.0.0.1", 2)).endswith(b"\x20\x00\x00\x00")
