"""The first bytes of a Minecraft connection: handshake, status, login. Pure: bytes in, values or bytes out.

Whoever connects is not trusted: lengths are checked before anything is waited for or kept, and what does not fit is
`Garbage`. Functions that read return None while bytes are missing, so that it does not matter where a stream is cut.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum

LONGEST_HOST = 255
LONGEST_NAME = 16
LEGACY = 0xFE
ANY_PROTOCOL = -1
"""Whatever the other side speaks."""

Bytes = bytes | bytearray


class Garbage(ValueError):
    """What came is not what a Minecraft client sends."""


class Intent(IntEnum):
    """What a connection is for, as the handshake says."""

    STATUS = 1
    LOGIN = 2
    TRANSFER = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """One packet. `end` is the place in the stream behind it."""

    kind: int
    body: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Handshake:
    """`host` is what the player typed, made comparable: no suffix of a mod loader, no trailing dot, small letters."""

    protocol: int
    host: str
    port: int
    intent: Intent


# --- numbers and texts --------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """A number of 32 bits, negative ones as their two's complement."""
    value &= 0xFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: Bytes, at: int, longest: int = 5) -> tuple[int, int] | None:
    """The number at a place and the place behind it; None while bytes are missing.

    Raises Garbage when it is longer than `longest` bytes or 32 bits.
    """
    value = 0
    for index in range(longest):
        if at + index >= len(data):
            return None
        byte = data[at + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            if value > 0xFFFFFFFF:
                raise Garbage("number")
            return value, at + index + 1
    raise Garbage("number")


def _number(data: Bytes, at: int) -> tuple[int, int]:
    found = read_varint(data, at)
    if found is None:
        raise Garbage("cut short")
    return found


def string(text: str) -> bytes:
    """A text with its length in front."""
    raw = text.encode()
    return varint(len(raw)) + raw


def _string(data: Bytes, at: int, longest: int) -> tuple[str, int]:
    size, start = _number(data, at)
    if size > longest * 4 or start + size > len(data):
        raise Garbage("text")
    try:
        text = bytes(data[start : start + size]).decode()
    except UnicodeDecodeError:
        raise Garbage("text") from None
    if len(text) > longest:
        raise Garbage("text")
    return text, start + size


def frame(kind: int, body: bytes) -> bytes:
    """A packet as it goes over the line."""
    content = varint(kind) + body
    return varint(len(content)) + content


# --- reading ------------------------------------------------------------------------------------------------


def read_frame(data: Bytes, at: int, largest: int, kinds: tuple[int, ...] = (0,)) -> Frame | None:
    """The packet at a place; None while it is incomplete.

    Raises Garbage as soon as it is certain: an empty or too large one, or one of another kind than those expected.
    """
    head = read_varint(data, at, 3)
    if head is None:
        return None
    size, start = head
    if not 1 <= size <= largest:
        raise Garbage("size")
    if len(data) > start and data[start] not in kinds:
        raise Garbage("kind")
    if len(data) < start + size:
        return None
    return Frame(data[start], bytes(data[start + 1 : start + size]), start + size)


def read_handshake(packet: Frame) -> Handshake:
    """What the first packet says. Raises Garbage."""
    body = packet.body
    protocol, at = _number(body, 0)
    typed, at = _string(body, at, LONGEST_HOST)
    if len(body) < at + 3:
        raise Garbage("cut short")
    port = int.from_bytes(body[at : at + 2], "big")
    intent, end = _number(body, at + 2)
    if intent not in (1, 2, 3) or end != len(body):
        raise Garbage("intent")
    signed = protocol - (1 << 32) if protocol >= 1 << 31 else protocol
    return Handshake(signed, clean_host(typed), port, Intent(intent))


def clean_host(typed: str) -> str:
    """A host name as routes have it: mod loaders append to it behind a NUL, resolvers leave a dot."""
    return typed.split("\0", 1)[0].rstrip(".").lower()


def read_name(packet: Frame) -> str:
    """The player's name in the login packet. Raises Garbage.

    What follows the name differs from version to version and is the server's business.
    """
    name, _ = _string(packet.body, 0, LONGEST_NAME)
    if not name or not name.isprintable() or " " in name:
        raise Garbage("name")
    return name


def is_legacy(data: Bytes) -> bool | None:
    """Whether a stream is the server list ping of clients before 1.7; None while more bytes could decide.

    `FE`, `FE 01` and `FE 01 FA …` are; `FE 01 00` begins a handshake of 254 bytes.
    """
    if not data:
        return None
    if data[0] != LEGACY:
        return False
    if len(data) == 1 or (len(data) == 2 and data[1] == 1):
        return None
    return data[1] == 1 and data[2] == 0xFA


# --- answering ----------------------------------------------------------------------------------------------


def handshake(host: str, port: int, intent: Intent, protocol: int = ANY_PROTOCOL) -> bytes:
    """The packet a client begins with."""
    return frame(0, varint(protocol) + string(host) + port.to_bytes(2, "big") + varint(intent))


def login(name: str, rest: bytes = b"") -> bytes:
    """The packet with which a player asks to come in."""
    return frame(0, string(name) + rest)


def status(text: str, version: str, protocol: int = ANY_PROTOCOL) -> bytes:
    """The answer for the server list: nobody is there, and what to know about it."""
    document = {
        "version": {"name": version, "protocol": protocol},
        "players": {"max": 0, "online": 0},
        "description": {"text": text},
    }
    return frame(0, string(json.dumps(document, ensure_ascii=False)))


def disconnect(text: str) -> bytes:
    """The answer to a login that does not succeed: the text the player sees."""
    return frame(0, string(json.dumps({"text": text}, ensure_ascii=False)))


def legacy_status(data: Bytes, text: str, version: str) -> bytes:
    """The answer to the ping of clients before 1.7; those before 1.4 (`FE` alone) know another form."""
    line = text.replace("\n", " ").replace("\0", "")
    said = f"{line}§0§0" if len(data) == 1 else f"§1\x00127\x00{version}\x00{line}\x000\x000"
    raw = said.encode("utf-16-be")
    return b"\xff" + (len(raw) // 2).to_bytes(2, "big") + raw
