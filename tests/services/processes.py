"""Child processes of the tests: they die with the test run, even when it is killed."""

import ctypes
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn

import pytest

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(sig: int = signal.SIGKILL) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `sig` to the child when its parent's thread ends."""
    parent = os.getpid()

    def ask() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


def unprivileged() -> str | None:
    """The user for programs that refuse to run as root; None where we are not root."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_name


def spawn(
    args: Sequence[str | Path],
    *,
    log: Path | IO[bytes] | int = subprocess.DEVNULL,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    death: int = signal.SIGKILL,
    stdin: int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start a program in its own process group; its output goes to `log`."""
    out = open(log, "ab") if isinstance(log, Path) else log  # noqa: SIM115
    try:
        return subprocess.Popen(
            [str(a) for a in args],
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            preexec_fn=die_with_parent(death),
        )
    finally:
        if isinstance(log, Path):
            out.close()  # type: ignore[union-attr]


def stop(process: "subprocess.Popen[bytes]", *, sig: int = signal.SIGTERM, seconds: float = 10) -> None:
    """End a program and its group: politely, then by force."""
    if process.poll() is None:
        process.send_signal(sig)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


GAME_PORTS = range(21_000, 32_000)
"""Below what the kernel hands out for outgoing connections; RCON lies 10,000 below."""


def _own_ports() -> range:
    """The game ports of this process of the test run: two that test side by side never look for the same one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    size = len(GAME_PORTS) // 8
    return GAME_PORTS[worker * size : (worker + 1) * size]


_next_port = itertools.count(random.randrange(600))


def game_port() -> int:
    """A port for one game that nobody uses now; the same is not given again soon."""
    ports = _own_ports()[:600]
    for _ in ports:
        port = ports[next(_next_port) % len(ports)]
        if _bindable(port) and _bindable(port - 10_000):
            return port
    raise AssertionError("no free port for a game")


def free_range(count: int) -> str:
    """So many ports in a row, as the setting for game ports has them: all free now, here and 10,000 below (RCON)."""
    own = _own_ports()[600:]
    for _ in range(200):
        first = random.randrange(len(own) - count)
        ports = own[first : first + count]
        if all(_bindable(port) and _bindable(port - 10_000) for port in ports):
            return f"{ports[0]}-{ports[-1]}"
    raise AssertionError("no free range of ports")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        # As games do: what connections of an earlier one left behind for a minute takes no port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def wait_until(true: Callable[[], object], seconds: float = 20, *, what: str = "it") -> None:
    """Return as soon as `true()` is; fail the test after `seconds`. Connection errors count as "not yet"."""
    deadline = time.monotonic() + seconds
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if true():
                return
        except OSError as error:
            last = error
        time.sleep(0.02)
    pytest.fail(f"waited {seconds} s for {what}" + (f": {last}" if last else ""))


@contextmanager
def short_folder(prefix: str, *, user: str | None = None) -> Iterator[Path]:
    """A temporary folder whose path is short enough for a unix socket (107 bytes)."""
    base = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base if len(base) < 60 else "/tmp"))
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing(what: str, remedy: str) -> NoReturn:
    """Skip for want of a program; where CI runs, its absence is a failure."""
    text = f"{what} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
