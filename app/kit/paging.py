"""Keyset pagination: a page is what comes after the last row one has seen, so it stays right while rows are added."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask_babel import gettext
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.errors import Invalid

R = TypeVar("R")


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows, and the cursor for those behind them (None at the end)."""

    rows: Sequence[R]
    next_cursor: str | None = None

    def __bool__(self) -> bool:
        return bool(self.rows)


def encode_cursor(values: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(v) for v in values]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parsers: Sequence[Any]) -> list[Any]:
    """The values in a cursor, each through its parser. Raises Invalid for anything we did not make."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(parsers):
            raise ValueError
        return [_storable(parse(value)) for parse, value in zip(parsers, values, strict=True)]
    except (ValueError, TypeError) as error:
        raise Invalid(
            gettext("Dieser Seitenverweis ist ungültig."), {"cursor": gettext("ungültig")}
        ) from error


def _storable(value: Any) -> Any:
    """Raises ValueError for what no database takes: it would complain in the middle of the statement."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time without a zone")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("a number too large")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a text with NUL")
    return value


def after(
    statement: Select[Any],
    keys: Sequence[InstrumentedAttribute[Any]],
    parsers: Sequence[Any],
    cursor: str | None,
    limit: int,
    *,
    descending: bool = True,
) -> Select[Any]:
    """Order by `keys`, start behind `cursor`, and fetch one row more than `limit` to know whether more follow."""
    if cursor:
        values = decode_cursor(cursor, parsers)
        here = tuple_(*keys)
        statement = statement.where(here < tuple(values) if descending else here > tuple(values))
    return statement.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(limit + 1)
