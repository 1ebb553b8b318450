"""Measurements in InfluxDB's line protocol: escaping as its reference says it, whatever the names hold. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

MEASUREMENT = "kontor_server"
NANOSECONDS = 10**9
_INT64 = 2**63
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def _name(text: str, special: str) -> str:
    """A name with its special characters escaped.

    A line break would end the line, a backslash at the end would escape what follows, a quote looks like a text's
    beginning: none can be written safely for all readers, so they become a space, a slash and an apostrophe.
    """
    text = _CONTROL.sub(" ", text).replace("\\", "/").replace('"', "'")
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)


def _value(value: object) -> str | None:
    """A field's value; None where the protocol has none for it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return f"{value}i" if -_INT64 <= value < _INT64 else None
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    if isinstance(value, str):
        text = _CONTROL.sub(" ", value).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"'
    return None


def line(measurement: str, tags: Mapping[str, str], fields: Mapping[str, object], at: int) -> str | None:
    """One line; `at` in Unix seconds. Empty tags and unknown fields are left out; None when no field is left."""
    values = [
        f"{_name(key, ', =')}={text}" for key, value in fields.items() if (text := _value(value)) is not None
    ]
    if not values:
        return None
    labels = [f",{_name(key, ', =')}={_name(value, ', =')}" for key, value in sorted(tags.items()) if value]
    return f"{_name(measurement, ', ')}{''.join(labels)} {','.join(values)} {at * NANOSECONDS}"
