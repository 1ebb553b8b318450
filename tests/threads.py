"""Many at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from app.kit.db import db


def at_once(app: Flask, number: int, do: Callable[[int], Any]) -> list[Any]:
    """`do(i)` in `number` threads that begin together, each in its own application context; errors are results."""
    gate = Barrier(number)

    def one(index: int) -> Any:
        with app.app_context():
            gate.wait()
            try:
                return do(index)
            except Exception as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(max_workers=number) as pool:
        return list(pool.map(one, range(number)))
