"""Names of files in a game's folder: what people may type, how any name is shown, addressed and offered for download.

Linux takes every byte but NUL and slash in a name. What is not plain visible text is written as `\\xNN`, a backslash as two:
the same text stands on the page and in addresses, and leads back to exactly the bytes it came from.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

HIDDEN = b".kontor-"
"""Names that begin like this are the platform's own: never shown, never given."""
LONGEST_NAME = 255
DEEPEST = 40
"""Folders in one address."""
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2})")
_BAD_ELSEWHERE = re.compile(r'[\\/:*?"<>|]')
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}

Parts = tuple[bytes, ...]


class BadName(ValueError):
    """A name that cannot be taken. Codes: empty, long, dots, characters, reserved, deep."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _visible(char: str) -> bool:
    return char != "\\" and (char == " " or unicodedata.category(char) not in _INVISIBLE | {"Zs"})


def shown(name: bytes) -> str:
    """A name as text that hides nothing: undecodable bytes and invisible characters are written as `\\xNN`."""
    made = []
    for char in name.decode("utf-8", "surrogateescape"):
        if char == "\\":
            made.append("\\\\")
        elif _visible(char):
            made.append(char)
        else:
            made.extend(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    return "".join(made)


def stored(text: str) -> bytes:
    """The bytes behind what `shown` wrote. Raises BadName for what it never writes."""
    made, place = [], 0
    while (at := text.find("\\", place)) >= 0:
        found = _ESCAPE.match(text, at)
        if found is None:
            raise BadName("characters")
        made.append(_encoded(text[place:at]))
        made.append(b"\\" if found[1] == "\\" else bytes([int(found[1][1:], 16)]))
        place = found.end()
    return b"".join([*made, _encoded(text[place:])])


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadName("characters") from None


def name_fault(name: bytes) -> str | None:
    """Why this may not be the name of anything people reach; None when it may."""
    if not name:
        return "empty"
    if name in (b".", b".."):
        return "dots"
    if b"/" in name or b"\0" in name:
        return "characters"
    if len(name) > LONGEST_NAME:
        return "long"
    return "reserved" if name.startswith(HIDDEN) else None


def split_path(text: str) -> Parts:
    """An address as names, outermost first; "" is the folder itself. Raises BadName."""
    if not text:
        return ()
    parts = tuple(stored(part) for part in text.split("/"))
    if len(parts) > DEEPEST:
        raise BadName("deep")
    for part in parts:
        if fault := name_fault(part):
            raise BadName(fault)
    return parts


def join_path(parts: Parts) -> str:
    """The address of a file or folder."""
    return "/".join(shown(part) for part in parts)


def typed_name(text: str) -> bytes:
    """A new name as somebody typed it or a browser sent it. Raises BadName for what would look like another name."""
    text = unicodedata.normalize("NFC", text).strip()
    name = _encoded(text)
    if fault := name_fault(name):
        raise BadName(fault)
    if not all(_visible(char) for char in text):
        raise BadName("characters")
    return name


def sent_name(text: str) -> bytes:
    """The name of an uploaded file; folders that some browsers put before it are cut off. Raises BadName."""
    return typed_name(re.split(r"[/\\]", text)[-1])


def extension(name: bytes) -> str:
    """The ending of a name where it is a plain one, else "": it goes into the history, names do not."""
    ending = name.rpartition(b".")[2].decode("ascii", "replace").lower() if b"." in name[1:] else ""
    return ending if _EXTENSION.fullmatch(ending) else ""


ARCHIVES = (b".tar.gz", b".tgz", b".tar", b".zip")
"""Endings of what can be unpacked."""


def is_archive(name: bytes) -> bool:
    """Whether a name says that it can be unpacked."""
    return name.lower().endswith(ARCHIVES)


def unpacked_name(name: bytes) -> bytes:
    """The folder an archive is unpacked into: its name without the ending."""
    ending = next((one for one in ARCHIVES if name.lower().endswith(one)), None)
    plain = name[: -len(ending)] if ending else name.rpartition(b".")[0]
    return plain or name + b"-1"


def download_name(name: bytes) -> str:
    """A name that every system takes for a file in the folder where it is saved."""
    text = "".join(char if _visible(char) else "_" for char in name.decode("utf-8", "replace"))
    text = _BAD_ELSEWHERE.sub("_", text).rstrip(" .")
    if not text.strip("_") or text.partition(".")[0].lower() in _RESERVED:
        text = f"_{text}"
    return text


def disposition(name: str) -> str:
    """Content-Disposition of a download (RFC 6266): an ASCII name for old programs, the full one for all others."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'[^ -~]|["\\%]', "_", plain).strip() or "download"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
