"""Kinds of content, told by the bytes and never by the name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    PDF = "pdf"
    MP4 = "mp4"
    WEBM = "webm"
    PPTX = "pptx"
    ODP = "odp"
    H5P = "h5p"
    SCORM = "scorm"
    LINK = "link"


@dataclass(frozen=True)
class Form:
    """What is known of a kind: the type it is served as, its ending, its icon, the type for AMB."""

    mime: str
    ending: str
    icon: str


FORMS: dict[Kind, Form] = {
    Kind.PDF: Form("application/pdf", "pdf", "file-text"),
    Kind.MP4: Form("video/mp4", "mp4", "film"),
    Kind.WEBM: Form("video/webm", "webm", "film"),
    Kind.PPTX: Form(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx", "presentation"
    ),
    Kind.ODP: Form("application/vnd.oasis.opendocument.presentation", "odp", "presentation"),
    Kind.H5P: Form("application/zip", "h5p", "puzzle"),
    Kind.SCORM: Form("application/zip", "zip", "package"),
    Kind.LINK: Form("text/html", "", "link"),
}
VIDEOS = frozenset({Kind.MP4, Kind.WEBM})
SHOWN = VIDEOS | {Kind.PDF}
"""What a browser plays or shows by itself, without running anything of it in our pages."""
HEAD = 4096
_ZIP = b"PK\x03\x04"
_PDF = re.compile(rb"%PDF-[12]\.\d")
_VIDEO_BRANDS = re.compile(rb"(isom|iso[2-9]|mp4[12]|avc1|M4V |M4VH|MSNV|dash|qt  )")
ODP_MARK = b"application/vnd.oasis.opendocument.presentation"


def kind_of_head(head: bytes) -> Kind | str:
    """The kind by the first bytes: a Kind, "zip" for what has to be looked into, or "" for nothing we take."""
    if _PDF.match(head):
        return Kind.PDF
    if len(head) >= 12 and head[4:8] == b"ftyp" and _VIDEO_BRANDS.search(head[8:64]):
        return Kind.MP4
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in head[:64]:
        return Kind.WEBM
    return "zip" if head.startswith(_ZIP) else ""


def kind_of_members(names: frozenset[str], mark: bytes) -> Kind | str:
    """The kind of a zip archive by what is in it; `mark` is the content of its member "mimetype". "": nothing we take."""
    if mark == ODP_MARK and "content.xml" in names:
        return Kind.ODP
    if {"[Content_Types].xml", "ppt/presentation.xml"} <= names:
        return Kind.PPTX
    if "imsmanifest.xml" in names and "content/content.json" not in names:
        return Kind.SCORM
    if "h5p.json" in names:
        return Kind.H5P
    return Kind.SCORM if "imsmanifest.xml" in names else ""


def macros(names: frozenset[str]) -> bool:
    """Whether slides bring programs along."""
    return any(name.lower().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names)


def member_fault(name: str) -> bool:
    """Whether a member's name leads out of its archive, or is none that all systems read alike."""
    parts = name.removesuffix("/").split("/")
    return (
        not name or "\\" in name or len(name) > 400 or ":" in parts[0]
        or any(part in ("", ".", "..") for part in parts) or any(ord(c) < 32 or ord(c) == 127 for c in name)
    )  # fmt: skip


def kept_name(name: str, kind: Kind) -> str:
    """The name it is kept and handed out under: the typed one's stem with the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    stem = last.rpartition(".")[0] or last
    plain = "".join(c for c in stem if c.isprintable() and c not in '<>:"|?*;\u202e\u202d').strip(" .")
    return f"{plain[:120] or 'datei'}.{FORMS[kind].ending}"
