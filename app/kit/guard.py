"""Two processes that watch over each other: when one ends, however it ends, the other ends everything below."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from app.kit.children import adopt_orphans, die_with_parent, kill_all


def guard(supervise: Callable[[int], None]) -> int:
    """Run `supervise(pipe)` in a child; the pipe closes when we are told to stop or are killed. Returns the exit code."""
    die_with_parent(signal.SIGTERM, os.getppid())
    adopt_orphans()
    inner, outer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(outer)
        _guarded(supervise, inner)
    os.close(inner)
    asked = 0

    def on_signal(_number: int, _frame: object) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            os.close(outer)
        elif asked == 2:
            kill_all(os.getpid())

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            return 1
        if ended == pid:
            kill_all(os.getpid())
            return 0 if asked else os.waitstatus_to_exitcode(status)


def _guarded(supervise: Callable[[int], None], pipe: int) -> NoReturn:
    """The child's whole life: supervise, then end without returning into what the guard was doing."""
    os.setsid()
    guard_pid = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # whoever is told, the guard decides
        signal.signal(number, lambda got, _frame: os.kill(guard_pid, got))
    adopt_orphans()
    code = 1
    try:
        supervise(pipe)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
