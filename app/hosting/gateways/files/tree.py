"""A folder with everything in it, folder by folder, never through a link and with few descriptors open."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.listing import Kind, kind_of
from app.hosting.gateways.files.place import Here, step
from app.hosting.rules.files import HIDDEN, Parts

DEEPEST = 60
"""Folders in folders. A level costs a descriptor; no game nests like that."""
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """A name in the folder `here`; `parts` lead to it from where the walk began."""

    here: Here
    parts: Parts
    kind: Kind
    size: int
    changed: float


@dataclass(slots=True)
class _Open:
    here: Here
    parts: Parts
    names: Iterator[bytes]


def walk(
    here: Here, skip: Collection[bytes] = (), only: Collection[bytes] | None = None, most: int = MOST
) -> Iterator[Found]:
    """Each name after the folder it is in; `skip` are names left out at the top, `only` those taken there.
    What vanishes meanwhile is left out.

    Raises FileFault: too-deep, too-many, denied.
    """
    count = 0
    stack = [_Open(here, (), _names(here, skip, only))]
    try:
        while stack:
            current = stack[-1]
            name = next(current.names, None)
            if name is None:
                stack.pop()
                if stack:
                    os.close(current.here.descriptor)
                continue
            found = _look(current, name)
            if found is None:
                continue
            count += 1
            if count > most:
                raise FileFault("too-many")
            yield found
            if found.kind == "folder" and (inner := _enter(current.here, name)) is not None:
                if len(stack) > DEEPEST:
                    os.close(inner.descriptor)
                    raise FileFault("too-deep")
                stack.append(_Open(inner, found.parts, iter(())))
                stack[-1].names = _names(inner, ())
    finally:
        for one in stack[1:]:
            os.close(one.here.descriptor)


def _names(here: Here, skip: Collection[bytes], only: Collection[bytes] | None = None) -> Iterator[bytes]:
    with telling():
        names = sorted(os.fsencode(name) for name in os.listdir(here.descriptor))
    wanted = (name for name in names if only is None or name in only)
    return (name for name in wanted if not name.startswith(HIDDEN) and name not in skip)


def _look(current: _Open, name: bytes) -> Found | None:
    try:
        found = os.stat(name, dir_fd=current.here.descriptor, follow_symlinks=False)
    except OSError:
        return None
    return Found(current.here, (*current.parts, name), kind_of(found.st_mode), found.st_size, found.st_mtime)


def _enter(here: Here, name: bytes) -> Here | None:
    try:
        return Here(step(here.descriptor, name), here.owner, here.reserve)
    except FileFault as fault:
        if fault.code in ("gone", "link", "no-folder"):
            return None
        raise
