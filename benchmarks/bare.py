"""The floor of the chat: a server that knows sockets and nothing else. It shakes hands, learns which room a socket wants and
hands every datagram to the sockets of its room: no people, no database, no Redis, no application.

`python -m benchmarks.bare <port> <udp port>` serves; several share the port.
"""

from __future__ import annotations

import base64
import hashlib
import json
import select
import socket
import sys
from contextlib import suppress

from app.kit.websocket import _GUID, text_frame


class Bare:
    """One process: an epoll loop over a listening socket, a datagram socket and everybody's sockets."""

    def __init__(self, port: int, news_port: int) -> None:
        self.poll = select.epoll()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(4096)
        self.listener.setblocking(False)
        self.news = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.news.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.news.bind(("127.0.0.1", news_port))
        self.news.setblocking(False)
        self.socks: dict[int, socket.socket] = {}
        self.rooms: dict[str, list[socket.socket]] = {}
        self.poll.register(self.listener, select.EPOLLIN)
        self.poll.register(self.news, select.EPOLLIN)

    def run(self) -> None:
        while True:
            for fd, _event in self.poll.poll():
                if fd == self.news.fileno():
                    self.tell()
                elif fd == self.listener.fileno():
                    self.welcome()
                else:
                    self.listen(fd)

    def tell(self) -> None:
        with suppress(BlockingIOError):
            while True:
                room, _, text = self.news.recv(65536).decode().partition(" ")
                frame = text_frame(text)
                for sock in self.rooms.get(room, ()):
                    with suppress(OSError):
                        sock.send(frame, socket.MSG_DONTWAIT)

    def welcome(self) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _address = self.listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.socks[sock.fileno()] = sock
                self.poll.register(sock, select.EPOLLIN)

    def listen(self, fd: int) -> None:
        sock = self.socks[fd]
        try:
            data = sock.recv(8192)
        except OSError:
            data = b""
        if not data:
            self.poll.unregister(fd)
            self.socks.pop(fd).close()
        elif data.startswith(b"GET "):
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
            accept = base64.b64encode(hashlib.sha1(key + _GUID.encode(), usedforsecurity=False).digest())
            sock.send(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + accept + b"\r\n\r\n"
            )  # fmt: skip
        elif b"subscribe" in data:  # the benchmark's own mask is zero
            for room in json.loads(data[data.index(b"{") : data.index(b"}") + 1])["subscribe"]:
                self.rooms.setdefault(room, []).append(sock)


if __name__ == "__main__":
    Bare(int(sys.argv[1]), int(sys.argv[2])).run()
