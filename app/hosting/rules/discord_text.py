"""Text for Discord: names that cannot be anything but names, lengths Discord takes."""

from __future__ import annotations

import re
import unicodedata

CONTENT, TITLE, DESCRIPTION, FIELD_NAME, FIELD_VALUE, FOOTER, ALL = 2000, 256, 4096, 256, 1024, 2048, 6000
"""Most characters of each part, and of all parts of all embeds of a message together."""
_SPECIAL = re.compile(r"([\\`*_~|<>\[\]()#:-])")
LONGEST_NAME = 60


def units(text: str) -> int:
    """Length as the strictest counter counts: in UTF-16 units."""
    return len(text) + sum(1 for one in text if ord(one) > 0xFFFF)


def cut(text: str, limit: int) -> str:
    """At most `limit` units; what was cut is an ellipsis."""
    if units(text) <= limit:
        return text
    kept, left = [], limit - 1
    for one in text:
        left -= 2 if ord(one) > 0xFFFF else 1
        if left < 0:
            break
        kept.append(one)
    return "".join(kept).rstrip() + "…"


def plain(name: str) -> str:
    """A name on one line, without anything invisible, and literally: no formatting, link, emoji or mention."""
    visible = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in name)
    short = cut(" ".join(visible.split()), LONGEST_NAME)
    return _SPECIAL.sub(r"\\\1", short).replace("@", "@\u200b") or "–"
