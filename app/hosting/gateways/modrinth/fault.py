"""What may go wrong at Modrinth, as codes; the services find the words."""

from __future__ import annotations

from app.kit.errors import KontorError


class ModrinthFault(KontorError):
    """Codes: away (no answer, or an error of theirs), limited (too many requests; see `wait`), api-gone (410: this
    version of the API is over), refused (they do not take our request), not-there, broken (an answer we cannot read),
    foreign (a jar that is not at their own address), wrong-hash, too-large, disk-full.
    """

    def __init__(self, code: str, wait: float = 0.0) -> None:
        super().__init__(code, code=code)
        self.code = code
        self.wait = wait
        """Seconds they want to be left alone."""
