"""Files in conversations: what is taken, by what the bytes are and not by what somebody calls them."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

HEAD = 64 * 1024
"""So many bytes decide what a file is."""
MOST_FILES = 5
MOST_BYTES = 10 * 1024**2
MOST_PIXELS = 40_000_000
"""A picture above this is offered to be taken along; unpacked it would fill a phone."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
}
_TEXT = (".txt", ".csv", ".md", ".ics", ".log")
_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
}


@dataclass(frozen=True)
class Taken:
    """What a file is: its type, the name it is kept under, and the size of a picture that may be shown (else 0, 0)."""

    mime: str
    name: str
    width: int = 0
    height: int = 0

    @property
    def shown(self) -> bool:
        """Whether a browser may show it small: a picture of a known kind whose size is known and bearable."""
        return self.width > 0


def take(name: str, head: bytes) -> Taken | None:
    """What the file is by its first bytes; None for what is not taken (programs, web pages, drawings with scripts, …)."""
    name = plain_name(name)
    ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
    mime = _picture(head)
    if mime is not None:
        width, height = picture_size(mime, head)
        bearable = 0 < width * height <= MOST_PIXELS
        return Taken(mime, _ended(name, ending, mime), *((width, height) if bearable else (0, 0)))
    if head.startswith(b"%PDF-"):
        return Taken("application/pdf", _ended(name, ending, "application/pdf"))
    if head.startswith(b"PK\x03\x04") and ending in _OFFICE:
        return Taken(_OFFICE[ending], name)
    if ending in _TEXT and _is_text(head):
        return Taken("text/plain", name)
    return None


def plain_name(name: str) -> str:
    """A name without folders, control characters and letters that turn the direction of what follows."""
    name = _TURNING.sub("", name.replace("\\", "/").rpartition("/")[2])
    return _UNSAFE.sub("_", name).strip(" .")[-120:] or "datei"


def _ended(name: str, ending: str, mime: str) -> str:
    """An ending that says what it is: a picture called "rechnung.exe" is kept as "rechnung.exe.png"."""
    fits = {_ENDINGS[mime], ".jpeg"} if mime == "image/jpeg" else {_ENDINGS[mime]}
    return name if ending in fits else name + _ENDINGS[mime]


def _picture(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _is_text(head: bytes) -> bool:
    try:
        text = head[: HEAD - 4].decode("utf-8") if len(head) < HEAD else head.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    begin = text.lstrip("\ufeff \t\r\n").lower()
    return "\0" not in text and not begin.startswith(("<!doctype", "<html", "<svg", "<?xml", "<script"))


def picture_size(mime: str, head: bytes) -> tuple[int, int]:
    """Width and height as the file says; (0, 0) where it does not say so plainly."""
    try:
        if mime == "image/png" and head[12:16] == b"IHDR":
            return struct.unpack(">LL", head[16:24])
        if mime == "image/gif":
            return struct.unpack("<HH", head[6:10])
        if mime == "image/jpeg":
            return _jpeg_size(head)
        return _webp_size(head)
    except (struct.error, IndexError):
        return 0, 0


def _jpeg_size(head: bytes) -> tuple[int, int]:
    at = 2
    while head[at] == 0xFF:
        mark, length = head[at + 1], struct.unpack(">H", head[at + 2 : at + 4])[0]
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return 0, 0


def _webp_size(head: bytes) -> tuple[int, int]:
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0
