"""What may go wrong in background work."""

from __future__ import annotations


class NotNow(Exception):
    """Raised by a job body: try again in `seconds`, without counting the attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds
