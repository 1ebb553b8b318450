"""Bytes a game exchanged with its players, from the kernel's socket table (one netlink question for all servers).

A process has no byte counter of its own, but each TCP connection has. The counters of connections that are still open are
summed per local port; a connection's bytes stay counted after it was closed, up to its last reading.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Collection

SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
REQUEST_DUMP = 0x01 | 0x300
TCP_ESTABLISHED_AND_CLOSING = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9) | (1 << 11)
INET_DIAG_INFO = 2
BYTES_ACKED, BYTES_RECEIVED = 120, 128
"""Offsets in struct tcp_info (kernel interface since 4.1; never moved)."""

Connection = tuple[int, int, bytes]
"""Local port, socket cookie, remote address: the same connection from reading to reading."""


def connections(ports: Collection[int]) -> dict[Connection, tuple[int, int]]:
    """(received, sent) bytes of every open connection to one of the local ports."""
    found: dict[Connection, tuple[int, int]] = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            for message in _dump(family):
                _collect(message, ports, found)
        except OSError:
            continue
    return found


def _dump(family: int) -> list[bytes]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 4) as link:
        link.settimeout(1.0)
        body = struct.pack(
            "=BBBBI", family, socket.IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), 0, TCP_ESTABLISHED_AND_CLOSING
        )
        body += bytes(48)
        link.send(struct.pack("=IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, REQUEST_DUMP, 1, 0) + body)
        messages: list[bytes] = []
        while True:
            data = link.recv(1 << 18)
            at = 0
            while at + 16 <= len(data):
                size, kind = struct.unpack_from("=IH", data, at)
                if kind in (NLMSG_DONE, NLMSG_ERROR) or size < 16:
                    return messages
                messages.append(data[at + 16 : at + size])
                at += size + 3 & ~3


def _collect(message: bytes, ports: Collection[int], found: dict[Connection, tuple[int, int]]) -> None:
    (port,) = struct.unpack_from("!H", message, 4)
    if port not in ports:
        return
    remote, cookie = message[6:8] + message[24:40], struct.unpack_from("=Q", message, 44)[0]
    at = 72
    while at + 4 <= len(message):
        size, kind = struct.unpack_from("=HH", message, at)
        if kind == INET_DIAG_INFO and size >= 4 + BYTES_RECEIVED + 8:
            sent, received = struct.unpack_from("=QQ", message, at + 4 + BYTES_ACKED)
            found[(port, cookie, remote)] = (received, sent)
        if size < 4:
            return
        at += size + 3 & ~3


class Traffic:
    """Totals per port that only grow, kept over the life of connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[Connection, tuple[int, int]] = {}
        self._totals: dict[int, tuple[int, int]] = {}

    def read(self, ports: Collection[int]) -> dict[int, tuple[int, int]]:
        """(received, sent) bytes by port since this object first read it."""
        wanted = frozenset(ports)
        now = connections(wanted)
        with self._lock:
            for connection, (received, sent) in now.items():
                before = self._seen.get(connection, (0, 0))
                total = self._totals.get(connection[0], (0, 0))
                self._totals[connection[0]] = (
                    total[0] + max(0, received - before[0]),
                    total[1] + max(0, sent - before[1]),
                )
            self._seen = now
            self._totals = {port: total for port, total in self._totals.items() if port in wanted}
            return {port: self._totals.get(port, (0, 0)) for port in wanted}
