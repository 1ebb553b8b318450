"""Runs the whole platform under one process: `python -m app.kit.runner [--scale worker-infra=2] [--only web,live]`.

Starts what the Procfile names, shows each line with the name of its process, restarts what crashes, says when
everything is ready, and on Ctrl+C stops in order: no new work, game servers saved and stopped, pages, Redis.

Two processes share the duty so that nothing is ever left behind, not even after `kill -9`: the guard, which the
terminal sees, and the supervisor, which starts everything. When either ends, the other ends the rest.
"""

from __future__ import annotations

import argparse
import os
import selectors
import shlex
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from string import Template

from app.kit.children import Child, kill_all, reap
from app.kit.guard import guard
from app.kit.metric_files import retire

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95)
# Who stops together, in this order, and how long they may take (seconds).
STAGES: tuple[tuple[tuple[str, ...], float], ...] = (
    (("clock", "worker", "worker-infra", "watch"), 6.0),
    (("router", "web", "live"), 6.0),
    (("redis",), 5.0),
)
HALT_SECONDS = 30.0


def read_procfile(text: str, env: dict[str, str]) -> dict[str, list[str]]:
    """Process names to arguments; `$NAME` is filled in, `python` is this Python."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, colon, command = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        args = shlex.split(Template(command).safe_substitute(env))
        found[name.strip()] = [sys.executable, *args[1:]] if args[0] == "python" else args
    return found


class Supervisor:
    """Keeps the children running until told to stop."""

    def __init__(
        self, children: list[Child], *, halt: list[str], url: str, announce: str, stop_pipe: int
    ) -> None:
        self.children = children
        self.halt, self.url, self.announce = halt, url, announce
        self.stop_pipe = stop_pipe
        self.stopping = False
        self.began = time.monotonic()
        self.coloured = sys.stdout.isatty()
        self.width = max(len(c.name) for c in children)
        self.selector = selectors.DefaultSelector()
        self.selector.register(stop_pipe, selectors.EVENT_READ, None)

    # -- output --

    def say(self, name: str, line: str) -> None:
        """One line under a name."""
        label = f"{name:<{self.width}} │ "
        if self.coloured:
            index = next((i for i, c in enumerate(self.children) if c.name == name), -1)
            label = f"\033[{COLOURS[index % len(COLOURS)] if index >= 0 else 1}m{label}\033[0m"
        try:
            print(label + line, flush=True)
        except OSError:  # the terminal is gone; stopping comes through the pipe
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115

    def _read(self, child: Child) -> None:
        data = os.read(child.output, 65536)
        if not data:
            self._close(child)
            return
        *lines, child.rest = (child.rest + data).split(b"\n")
        if len(child.rest) > 65536:
            lines, child.rest = [*lines, child.rest], b""
        for line in lines:
            self.say(child.name, line.decode(errors="replace").rstrip())

    def _close(self, child: Child) -> None:
        if child.output >= 0:
            self.selector.unregister(child.output)
            os.close(child.output)
            child.output, child.rest = -1, b""

    # -- life --

    def _start(self, child: Child) -> None:
        self._close(child)
        child.start()
        self.selector.register(child.output, selectors.EVENT_READ, child)

    def turn(self, seconds: float) -> None:
        """Wait for something to happen and deal with it."""
        for key, _events in self.selector.select(seconds):
            if key.data is not None:
                self._read(key.data)
            elif not os.read(self.stop_pipe, 64):
                self.stopping = True
                self.selector.unregister(self.stop_pipe)
        for pid, code in reap().items():
            retire(pid)
            child = next((c for c in self.children if c.pid == pid), None)
            if child is None:
                continue
            if self.stopping:
                child.pid = 0
                continue
            how = f"signal {-code}" if code < 0 else f"code {code}"
            self.say(child.name, f"ended with {how}; starting again in {child.ended():g} s")
        if not self.stopping:
            for child in self.children:
                if child.due is not None and child.due <= time.monotonic():
                    self._start(child)

    def run(self) -> None:
        """Start everything, Redis first, and stay until told to stop; then stop in order."""
        ahead = [c for c in self.children if c.name == "redis"]
        for child in ahead:
            self._start(child)
        for child in self.children:
            if child not in ahead:
                self._start(child)
        threading.Thread(target=self._wait_ready, daemon=True).start()
        while not self.stopping:
            self.turn(0.5)
        self.stop()

    def _wait_ready(self) -> None:
        told = 0.0
        while not self.stopping:
            state = _ready(self.url)
            if state == "":
                print(self.announce.replace("{seconds}", f"{time.monotonic() - self.began:.1f}"), flush=True)
                return
            if time.monotonic() - self.began - told > 15:
                told = time.monotonic() - self.began
                self.say("runner", f"not ready after {told:.0f} s: {state}")
            time.sleep(0.2)

    def stop(self) -> None:
        """No new work, game servers, pages, Redis; what does not obey is killed."""
        self.say("runner", "stopping")
        halt = self._begin_halt() if self.halt else None
        for names, seconds in STAGES:
            self._end([c for c in self.children if c.name.split(".")[0] in names], seconds)
            if halt:
                self._wait_for(halt, HALT_SECONDS)
                halt = None
        self._end(self.children, 2.0)
        left = kill_all(os.getpid())
        self.say("runner", "stopped" + (f"; {left} that were left were killed" if left else ""))

    def _end(self, chosen: list[Child], seconds: float) -> None:
        for child in chosen:
            child.tell(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while any(c.pid for c in chosen) and time.monotonic() < deadline:
            self.turn(0.05)
        for child in chosen:
            child.tell(signal.SIGKILL)

    def _begin_halt(self) -> Child:
        """It loads while the workers end, and acts once they have ended."""
        first = [c for c in self.children if c.pid and c.name.split(".")[0] in STAGES[0][0]]
        after = [word for c in first for word in ("--after", str(c.pid))]
        child = Child("halt", [*self.halt, *after], self.children[0].env | {"KONTOR_PROCESS": "halt"}, ROOT)
        self.children.append(child)
        self._start(child)
        return child

    def _wait_for(self, child: Child, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while child.pid and time.monotonic() < deadline:
            self.turn(0.05)
        child.tell(signal.SIGKILL)


def _ready(url: str) -> str:
    """Empty when the platform is ready, else what is missing."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=3):
            return ""
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")[:500]
    except OSError as error:
        return str(getattr(error, "reason", error))


def _formation(procfile: Path, only: str, scale: list[str], env: dict[str, str]) -> list[Child]:
    lines = read_procfile(procfile.read_text(), env)
    if env.get("KONTOR_REDIS_URL"):
        lines.pop("redis", None)
    wanted = [n.strip() for n in only.split(",") if n.strip()] or list(lines)
    numbers = dict(item.split("=", 1) for item in scale)
    children: list[Child] = []
    for name in wanted:
        many = int(numbers.get(name, "1"))
        for index in range(many):
            label = name if many == 1 else f"{name}.{index + 1}"
            children.append(Child(label, lines[name], env | {"KONTOR_PROCESS": label}, ROOT))
    return children


def _environment() -> dict[str, str]:
    """What the children get: addresses, a fresh folder for shared metrics, unbuffered output."""
    env = dict(os.environ)
    port = int(env.setdefault("PORT", "8000"))
    env.setdefault("LIVE_PORT", str(port + 1))
    host = env.setdefault("HOST", "127.0.0.1")
    shown = "127.0.0.1" if host in EVERYWHERE else host
    env.setdefault("KONTOR_PUBLIC_URL", f"http://{shown}:{port}")
    if sys.stdout.isatty():
        env.setdefault("KONTOR_LOG_FORMAT", "text")
    metrics = Path(env.get("KONTOR_VAR_DIR") or ROOT / "var") / "metrics"
    metrics.mkdir(parents=True, exist_ok=True)
    for old in metrics.glob("*.db"):
        old.unlink()
    env["PROMETHEUS_MULTIPROC_DIR"] = os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    env["PYTHONUNBUFFERED"] = "1"
    return env


def main() -> int:
    """Parse the command line and run."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--procfile", type=Path, default=ROOT / "Procfile")
    options.add_argument("--only", default="", help="names of the Procfile, separated by commas")
    options.add_argument("--scale", action="append", default=[], metavar="NAME=N")
    options.add_argument("--no-halt", action="store_true", help="leave game servers alone when stopping")
    options.add_argument(
        "--announce", default="Ready after {seconds} s.", help="printed once everything is ready"
    )
    chosen = options.parse_args()
    env = _environment()
    children = _formation(chosen.procfile, chosen.only, chosen.scale, env)
    halt = [] if chosen.no_halt else [sys.executable, "-m", "flask", "--app", "wsgi", "kontor", "halt"]
    address = "127.0.0.1" if env["HOST"] in EVERYWHERE else env["HOST"]
    url = f"http://{address}:{env['PORT']}/readyz"

    def supervise(pipe: int) -> None:
        Supervisor(children, halt=halt, url=url, announce=chosen.announce, stop_pipe=pipe).run()

    return guard(supervise)


if __name__ == "__main__":
    sys.exit(main())
