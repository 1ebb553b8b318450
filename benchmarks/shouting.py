"""Tells the bare servers something at an even rate: `python -m benchmarks.shouting`, its order as one JSON line."""

from __future__ import annotations

import json
import socket
import sys
import time

from markupsafe import escape


def main() -> None:
    order = json.loads(sys.stdin.readline())
    rooms, rate = order["rooms"], order["rate"]
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for turn in range(int(rate * order["seconds"])):
        time.sleep(max(0.0, order["begin"] + turn / rate - time.time()))
        room, at = rooms[turn % len(rooms)], time.time()
        said = escape(json.dumps({"seq": turn + 1, "text": "x" * 220}))  # as long as a real one
        frame = (
            f'<hx-partial hx-target="#{room}" hx-swap="beforeend"><data value="{said}"></data></hx-partial>'
        )
        for port in order["ports"]:
            out.sendto(f"{room} {frame}".encode(), ("127.0.0.1", port))
        sys.stdout.write(json.dumps([room, turn + 1, at, 0.0, 0.0]) + "\n")


if __name__ == "__main__":
    main()
