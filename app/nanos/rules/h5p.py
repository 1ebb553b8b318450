"""H5P packages: what they need to play, in the order in which it is loaded. Pure; every file is a stranger's.

Sources: h5p.json and library.json of the H5P specification, names of folders as H5P's own core takes them: a library lies in
`<machineName>-<majorVersion>.<minorVersion>` or in `<machineName>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from posixpath import normpath
from typing import Any

from app.nanos.rules.content import member_fault
from app.nanos.rules.scorm import Package, PackageFault, Part

DEFINITION, CONTENT, LIBRARY = "h5p.json", "content/content.json", "library.json"
EDITION = "h5p"
PART = "h5p"
"""An H5P package is one part, whatever is inside of it."""
MOST_BYTES = 512 * 1024
"""Of h5p.json and of each library.json."""
MOST_CONTENT_BYTES = 4 * 1024**2
MOST_LIBRARIES = 300
MOST_NAMED = 5
"""Missing libraries that are named."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
Read = Callable[[str, int], bytes]
"""A file of the package by its name, with the most bytes it may have. Raises PackageFault."""


@dataclass(frozen=True)
class Wanted:
    """A library as somebody asks for it."""

    name: str
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.name} {self.major}.{self.minor}"

    @property
    def folder(self) -> str:
        """Where it usually lies."""
        return f"{self.name}-{self.major}.{self.minor}"


@dataclass(frozen=True)
class Course:
    """What plays. Paths are those in the archive; `library` is the main one as the runtime wants it."""

    title: str
    language: str
    library: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    folders: tuple[tuple[str, str], ...]
    """Where a library does not lie where the runtime would look."""

    @property
    def package(self) -> Package:
        """The same in the words of all packages."""
        return Package(EDITION, self.title, (Part(PART, self.title, "", "", True, ""),))


@dataclass
class _Found:
    read: Read
    names: Collection[str]
    seen: set[Wanted] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    folders: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def read_course(read: Read, names: Collection[str]) -> Course:
    """`names`: members of the archive. Raises PackageFault: unreadable, empty, missing (a file), libraries (which are not in
    the package, by name)."""
    about = _json(read(DEFINITION, MOST_BYTES))
    _json(read(CONTENT, MOST_CONTENT_BYTES))
    asked = _dependencies(about)
    main = next((one for one in asked if one.name == about.get("mainLibrary")), None)
    found = _Found(read, names)
    for one in asked:
        _take(found, one)
    if main is None:
        found.missing.insert(0, _text(about.get("mainLibrary"), 100) or "mainLibrary")
    if found.missing:
        raise PackageFault("libraries", ", ".join(list(dict.fromkeys(found.missing))[:MOST_NAMED]))
    assert main is not None
    if not _runs(found, main):
        raise PackageFault("empty")
    return Course(
        _text(about.get("title"), 200) or main.name, _text(about.get("language"), 20), str(main),
        tuple(dict.fromkeys(found.styles)), tuple(dict.fromkeys(found.scripts)), tuple(found.folders),
    )  # fmt: skip


def _json(data: bytes) -> dict[str, Any]:
    try:
        read: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PackageFault("unreadable") from error
    if not isinstance(read, dict):
        raise PackageFault("unreadable")
    return read


def _text(value: object, most: int) -> str:
    return " ".join(value.split())[:most] if isinstance(value, str) else ""


def _whole(value: object) -> int:
    """Versions are numbers, and in the wild also digits in a text."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise PackageFault("unreadable")
    return int(text)


def _wanted(given: object) -> Wanted:
    name = given.get("machineName") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PackageFault("unreadable")
    return Wanted(name, _whole(given.get("majorVersion")), _whole(given.get("minorVersion")))


def _dependencies(given: dict[str, Any]) -> list[Wanted]:
    listed = given.get("preloadedDependencies") or []
    if not isinstance(listed, list) or len(listed) > MOST_LIBRARIES:
        raise PackageFault("unreadable")
    return [_wanted(one) for one in listed]


def _take(found: _Found, wanted: Wanted) -> None:
    """The library after those it stands on. One that needs itself is taken once."""
    if wanted in found.seen:
        return
    found.seen.add(wanted)
    if len(found.seen) > MOST_LIBRARIES:
        raise PackageFault("unreadable")
    place = _place(found, wanted)
    if place is None:
        found.missing.append(str(wanted))
        return
    folder, about = place
    for one in _dependencies(about):
        _take(found, one)
    if folder != wanted.folder:
        found.folders.append((wanted.folder, folder))
    found.styles += _files(found, folder, about.get("preloadedCss"))
    found.scripts += _files(found, folder, about.get("preloadedJs"))


def _place(found: _Found, wanted: Wanted) -> tuple[str, dict[str, Any]] | None:
    """Its folder and what it says of itself; None where none of that name and version is in the package."""
    for folder in (wanted.folder, wanted.name):
        if f"{folder}/{LIBRARY}" not in found.names:
            continue
        about = _json(found.read(f"{folder}/{LIBRARY}", MOST_BYTES))
        if _wanted(about) == wanted:
            return folder, about
    return None


def _files(found: _Found, folder: str, given: object) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > MOST_LIBRARIES:
        raise PackageFault("unreadable")
    paths = []
    for one in given:
        path = one.get("path") if isinstance(one, dict) else None
        if not isinstance(path, str) or not path:
            raise PackageFault("unreadable")
        whole = f"{folder}/{normpath(path)}"
        if member_fault(whole) or whole not in found.names:
            raise PackageFault("missing", f"{folder}/{path}"[:200])
        paths.append(whole)
    return paths


def _runs(found: _Found, main: Wanted) -> bool:
    """Whether the main library is a kind of content, and no part of one."""
    place = _place(found, main)
    return place is not None and str(place[1].get("runnable", 0)) in ("1", "True")
