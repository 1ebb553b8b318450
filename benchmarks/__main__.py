"""Runs the measurements one after the other: `python -m benchmarks [--small] [names]`."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

from benchmarks.table import machine

NAMES = (
    "pages",
    "live",
    "people",
    "fleet",
    "archive",
    "router",
    "wake",
    "search",
    "market",
    "chat",
    "recommend",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Kontor.")
    parser.add_argument("names", nargs="*", default=[], help=f"which ({', '.join(NAMES)}); all without")
    parser.add_argument("--small", action="store_true", help="a quick look with small numbers")
    parser.add_argument(
        "--chaos", action="store_true", help="with chat: processes, Redis and sockets killed at random"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; known are {', '.join(NAMES)}")
    sys.stdout.write(f"Machine: {machine()}\n")
    for name in options.names or NAMES:
        began = time.monotonic()
        more = {"chaos": True} if options.chaos and name == "chat" else {}
        import_module(f"benchmarks.{name}").run(small=options.small, **more)
        sys.stdout.write(f"\n({name}: {time.monotonic() - began:.0f} s)\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
