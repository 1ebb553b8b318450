"""What may go wrong in privacy."""

from __future__ import annotations

from app.kit.errors import Conflict


class Blocked(Conflict):
    """The account cannot be erased yet; `reasons` say why, in the person's language."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons
