"""Text files as people edit them in a browser: which can be, and how what the browser drops is put back.

A form sends every line end as CR LF and no byte order mark; a file keeps its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

EDIT_BYTES = 1024 * 1024
"""Longer files can only be downloaded."""
BOM = b"\xef\xbb\xbf"
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")


def fingerprint(data: bytes) -> str:
    """Says whether a file is still what somebody was shown."""
    return hashlib.sha256(data).hexdigest()


def text_of(data: bytes) -> str | None:
    """What an editor shows; None for what is no text or could not be shown without loss."""
    if len(data) > EDIT_BYTES:
        return None
    try:
        text = data.removeprefix(BOM).decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or text.startswith("\ufeff") else text


def _lines(text: str) -> list[tuple[str, str]]:
    """Each line with its end; the last one has none."""
    found = [(match[1], match[2]) for match in _LINE.finditer(text)]
    if len(found) > 1 and found[-1] == ("", "") and not found[-2][1]:
        found.pop()  # the empty match behind a last line without an end
    return found


def merged(old: bytes, typed: str) -> bytes:
    """What is written when `typed` replaces `old`: byte order mark and line ends as they were.

    Lines above and below the change keep the ends they had, new lines get the end of the first line.
    """
    before = _lines(old.removeprefix(BOM).decode())
    now = [line for line, _ in _lines(typed)]
    usual = before[0][1] or "\n"
    head = _same([line for line, _ in before], now)
    rest = min(len(before), len(now)) - head
    tail = _same([line for line, _ in reversed(before[head:])], list(reversed(now[head:])), rest)
    ends = [end for _, end in before[:head]] + [usual] * (len(now) - head - tail)
    ends += [end for _, end in before[len(before) - tail :]]
    ends = [end or usual for end in ends[:-1]] + [""]
    text = "".join(line + end for line, end in zip(now, ends, strict=True))
    return (BOM if old.startswith(BOM) else b"") + text.encode()


def _same(one: Sequence[str], other: Sequence[str], most: int | None = None) -> int:
    """How many items two rows share at their beginning."""
    length = min(len(one), len(other)) if most is None else most
    return next((n for n in range(length) if one[n] != other[n]), length)
