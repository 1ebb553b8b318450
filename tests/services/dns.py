"""A DNS server for tests: real packets over UDP and TCP on one port, strict about what it is asked.

It answers only what stands in its zone, as an authoritative server does: an alias comes without what it leads to.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest


@dataclass
class FakeDns:
    """Its zone, how it misbehaves, and what it was asked."""

    port: int = 0
    zone: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)
    """Name or "*": servfail, refused, silent, truncated (over UDP), garbage."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """(transport, name, type)"""
    wrong: list[str] = field(default_factory=list)
    """What a client must not do."""

    @property
    def servers(self) -> list[tuple[str, int]]:
        return [("127.0.0.1", self.port)]

    def put(self, name: str, kind: str, *values: str) -> None:
        """Set the records of one kind; without values they are gone."""
        self.zone.pop((name, kind), None)
        if values:
            self.zone[name, kind] = list(values)

    def answer(self, raw: bytes, transport: str) -> bytes | None:
        query = dns.message.from_wire(raw)
        if len(query.question) != 1 or query.question[0].rdclass != dns.rdataclass.IN:
            self.wrong.append("not one question of the Internet")
            return None
        if not query.flags & dns.flags.RD:
            self.wrong.append("does not ask for recursion")
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        if name != name.lower():
            self.wrong.append(f"not in small letters: {name}")
        self.asked.append((transport, name, kind))
        how = self.failing.get(name, self.failing.get("*", ""))
        return self._reply(query, name, kind, how, transport)

    def _reply(self, query: Any, name: str, kind: str, how: str, transport: str) -> bytes | None:
        reply = dns.message.make_response(query, recursion_available=True)
        if how == "silent":
            return None
        if how == "garbage":
            return b"\0\1garbage"
        if how in ("servfail", "refused"):
            reply.set_rcode(dns.rcode.from_text(how))
            return reply.to_wire()
        if how == "truncated" and transport == "udp":
            reply.flags |= dns.flags.TC
            return reply.to_wire()
        found = [key for key in self.zone if key[0] == name]
        if not found and not any(key[0].endswith(f".{name}") for key in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        for one in {kind, "CNAME"}:
            if values := self.zone.get((name, one)):
                reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", one, *values))
        return reply.to_wire()


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        raw, sock = self.request
        answer = self.server.fake.answer(raw, "udp")  # type: ignore[attr-defined]
        if answer is not None:
            sock.sendto(answer, self.client_address)


class _Tcp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        head = self.request.recv(2, socket.MSG_WAITALL)
        if len(head) < 2:
            return
        raw = self.request.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
        answer = self.server.fake.answer(raw, "tcp")  # type: ignore[attr-defined]
        if answer is not None:
            self.request.sendall(struct.pack("!H", len(answer)) + answer)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def running_dns() -> Iterator[FakeDns]:
    """A server on a free port of 127.0.0.1, the same for UDP and TCP."""
    fake = FakeDns()
    for _ in range(20):
        udp = _UdpServer(("127.0.0.1", 0), _Udp)
        try:
            tcp = _TcpServer(udp.server_address, _Tcp)
            break
        except OSError:
            udp.server_close()
    else:
        raise AssertionError("no free port for DNS")
    fake.port = int(udp.server_address[1])
    servers: list[socketserver.BaseServer] = [udp, tcp]
    for server in servers:
        server.fake = fake  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield fake
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


@pytest.fixture
def fake_dns() -> Iterator[FakeDns]:
    """An empty DNS of this test; it fails the test where it was asked wrongly."""
    with running_dns() as fake:
        yield fake
    assert fake.wrong == []
