"""What may go wrong with files, as codes; the services find the words."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from app.kit.errors import KontorError

_CODES = {
    errno.ENOENT: "gone",
    errno.ESTALE: "gone",
    errno.ELOOP: "link",
    errno.ENOTDIR: "no-folder",
    errno.EISDIR: "folder",
    errno.EEXIST: "exists",
    errno.ENOTEMPTY: "exists",
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EROFS: "denied",
    errno.ENXIO: "special",
    errno.ENAMETOOLONG: "long",
    errno.EMLINK: "too-many",
}


class FileFault(KontorError):
    """Something about a file. Nothing was changed, unless the code is `partly`.

    Codes: gone, link (a link is never followed), special (pipe, device, socket), foreign (a hard link to a file of
    somebody else), folder and no-folder (the other was expected), exists, disk-full, denied, long, too-many, too-deep,
    too-large, no-text, changed, partly, broken (an archive that cannot be read), bomb, unsafe (an archive that would
    leave its folder or holds links), failed.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail, code=code)
        self.code = code
        self.detail = detail


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Says what the file system answered in our codes."""
    try:
        yield
    except OSError as error:
        raise FileFault(_CODES.get(error.errno or 0, "failed"), error.strerror or "") from error
