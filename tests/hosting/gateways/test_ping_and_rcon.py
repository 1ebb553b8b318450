"""Pings and commands to servers that belong to others: any answer, no answer, nonsense, endless answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.gateways import rcon
from app.hosting.gateways.ping import Pong, parse, ping, pong, sweep
from app.hosting.gateways.runtime import Address


@contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A TCP server on loopback that gives each connection to `talk`."""
    server = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            talk(connection)

    def loop() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    with server:
        yield Address("127.0.0.1", server.getsockname()[1])


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def status(document: object) -> bytes:
    body = json.dumps(document).encode()
    inner = b"\x00" + varint(len(body)) + body
    return varint(len(inner)) + inner


GOOD = {
    "version": {"name": "1.21.4", "protocol": 769},
    "players": {"online": 2, "max": 20, "sample": []},
    "description": {"text": "Hallo ", "extra": [{"text": "Welt"}, "!"]},
}


def test_a_good_answer_in_pieces() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        for byte in status(GOOD):
            connection.sendall(bytes([byte]))

    with serving(talk) as address:
        found = ping(address)
    assert found is not None
    assert (found.players_online, found.players_max, found.version, found.protocol) == (2, 20, "1.21.4", 769)
    assert found.motd == "Hallo Welt!"
    assert 0 < found.latency_seconds < 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.0 400\r\n\r\n",
        b"\xff" * 20,
        status([1, 2]),
        status("x"),
        varint(10) + b"\x05" + b"x" * 9,
        varint(1 << 28) + b"\x00" * 100,
        varint(6) + b"\x00\x04nope",
        b"\x04\x00\x7f{}",
    ],
)
def test_nonsense_is_no_answer(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answer)

    with serving(talk) as address:
        assert ping(address, 1.0) is None


def test_nested_nonsense_is_no_answer() -> None:
    deep = b'{"description":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    inner = b"\x00" + varint(len(deep)) + deep
    with serving(lambda c: (c.recv(1000), c.sendall(varint(len(inner)) + inner))[1]) as address:
        ping(address, 2.0)


@given(st.binary(max_size=400))
def test_any_bytes_are_either_waited_for_refused_or_understood(data: bytes) -> None:
    try:
        document = parse(data)
    except ValueError:
        return
    if document is not None:
        assert isinstance(pong(document, 0.1), Pong)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_any_document_gives_sane_figures(value: object) -> None:
    found = pong({"players": value, "version": value, "description": value}, 0.1)
    assert 0 <= found.players_online <= 1_000_000
    assert len(found.motd) <= 200


def test_one_slow_server_does_not_hold_up_the_others() -> None:
    def good(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(status(GOOD))

    with serving(good) as fast, serving(lambda c: time.sleep(5)) as slow:
        closed = Address("127.0.0.1", 1)
        began = time.monotonic()
        found = sweep({"fast": fast, "slow": slow, "closed": closed, "again": fast}, 0.5)
    assert time.monotonic() - began < 1.5
    assert [key for key, value in found.items() if value] == ["fast", "again"]
    assert set(found) == {"fast", "slow", "closed", "again"}


def test_an_endless_answer_is_cut_off() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(varint(200_000) + b"\x00")
        while True:
            connection.sendall(b"x" * 65536)

    with serving(talk) as address:
        assert ping(address, 1.0) is None


def packet(number: int, kind: int, body: bytes) -> bytes:
    data = struct.pack("<ii", number, kind) + body + b"\0\0"
    return struct.pack("<i", len(data)) + data


def rcon_server(answer: Callable[[socket.socket, int, int, bytes], None]) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        file = connection.makefile("rb")
        while head := file.read(4):
            data = file.read(struct.unpack("<i", head)[0])
            number, kind = struct.unpack_from("<ii", data)
            if kind == 3:
                connection.sendall(packet(number if data[8:-2] == b"secret" else -1, 2, b""))
            else:
                answer(connection, number, kind, data[8:-2])

    return talk


def ask(address: Address, line: str = "list", secret: str = "secret", seconds: float = 2.0) -> str:
    return rcon.command(address.host, address.port, secret, line, seconds)


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 8192, 200_000])
def test_replies_of_any_length_come_whole(size: int) -> None:
    def answer(connection: socket.socket, number: int, kind: int, body: bytes) -> None:
        text = b"x" * size if kind == 2 else b"Unknown request 0"
        for at in range(0, max(1, len(text)), 4096):
            connection.sendall(packet(number, 0, text[at : at + 4096]))

    with serving(rcon_server(answer)) as address:
        assert ask(address) == "x" * size


def test_a_wrong_secret_a_closed_port_and_silence_are_told_apart() -> None:
    with serving(rcon_server(lambda *_: time.sleep(3))) as address:
        with pytest.raises(rcon.RconFault, match="wrong secret"):
            ask(address, secret="guess")
        began = time.monotonic()
        with pytest.raises(rcon.RconFault):
            ask(address, seconds=0.5)
        assert time.monotonic() - began < 2
    with pytest.raises(rcon.RconUnreachable):
        ask(Address("127.0.0.1", 1))


@pytest.mark.parametrize("nonsense", [b"\xff" * 8, packet(99, 0, b"other"), struct.pack("<i", 1 << 30), b""])
def test_nonsense_is_a_fault(nonsense: bytes) -> None:
    def answer(connection: socket.socket, *_: object) -> None:
        connection.sendall(nonsense)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(rcon_server(answer)) as address, pytest.raises(rcon.RconFault):
        ask(address)


def test_an_endless_reply_is_cut_off() -> None:
    def answer(connection: socket.socket, number: int, *_: object) -> None:
        while True:
            connection.sendall(packet(number, 0, b"x" * 4096))

    with serving(rcon_server(answer)) as address, pytest.raises(rcon.RconFault):
        ask(address, seconds=5)


def test_commands_longer_than_servers_take_are_not_sent() -> None:
    with pytest.raises(ValueError, match="1447 bytes"):
        rcon.command("127.0.0.1", 1, "secret", "x" * 1447)
