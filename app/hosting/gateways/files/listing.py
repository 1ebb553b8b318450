"""What lies in a folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.place import Here
from app.hosting.rules.files import HIDDEN

Kind = Literal["folder", "file", "link", "other"]
MOST_NAMES = 100_000
"""Names a listing reads; a folder with more shows these and says so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name. Sizes and times are those of the name itself, never of what a link points to."""

    name: bytes
    kind: Kind
    size: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a folder: folders first, then by name."""

    entries: tuple[Entry, ...]
    count: int
    """Names in the folder, without the platform's own."""
    cut: bool
    """There are more than anybody counted."""


def kind_of(mode: int) -> Kind:
    """A file's kind from its mode."""
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "file"
    return "link" if stat.S_ISLNK(mode) else "other"


def entry(folder: int, name: bytes) -> Entry:
    """One name of an open folder."""
    with telling():
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    # A game may set any time, also one no calendar has.
    seconds = min(max(found.st_mtime, 0.0), 253_402_300_799.0)
    return Entry(name, kind_of(found.st_mode), found.st_size, datetime.fromtimestamp(seconds, UTC))


def look(here: Here, first: int = 0, most: int = 200) -> Listing:
    """The entries from number `first` on, at most `most`. What vanishes while we look is left out."""
    names: list[tuple[bool, bytes, bytes]] = []
    cut = False
    with telling(), os.scandir(here.descriptor) as found:
        for item in found:
            name = os.fsencode(item.name)
            if name.startswith(HIDDEN):
                continue
            if len(names) >= MOST_NAMES:
                cut = True
                break
            names.append((not item.is_dir(follow_symlinks=False), name.lower(), name))
    names.sort()
    entries = []
    for _, _, name in names[first : first + most]:
        try:
            entries.append(entry(here.descriptor, name))
        except FileFault:
            continue
    return Listing(tuple(entries), len(names), cut)
