"""Reading H5P packages out of their archive."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

from app.nanos.gateways.package import BROKEN, opened, read_small
from app.nanos.rules.h5p import CONTENT, MOST_CONTENT_BYTES, Course, read_course
from app.nanos.rules.scorm import PackageFault


def check_course(file: BinaryIO) -> None:
    """Whether an uploaded package has all it needs to play; the file stays open. Raises PackageFault."""
    try:
        with zipfile.ZipFile(file) as archive:
            _course_in(archive)
    except BROKEN as error:
        raise PackageFault("unreadable") from error


def course_of(source: BinaryIO) -> Course:
    """Of a stored package, which is closed afterwards. Raises PackageFault."""
    with opened(source) as archive:
        return _course_in(archive)


def content_of(source: BinaryIO) -> str:
    """The words and tasks of a package, as JSON. Raises PackageFault."""
    with opened(source) as archive:
        return read_small(archive, CONTENT, MOST_CONTENT_BYTES).decode("utf-8-sig")


def _course_in(archive: zipfile.ZipFile) -> Course:
    return read_course(lambda name, most: read_small(archive, name, most), frozenset(archive.namelist()))
