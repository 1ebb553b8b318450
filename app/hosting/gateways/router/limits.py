"""How much one address and one server may ask for."""

from __future__ import annotations

import time
from collections import Counter, deque

WINDOW = 60.0


class Rate:
    """At most so many a minute for each key; what is forgotten in time takes no memory."""

    def __init__(self, most: int, largest: int = 20_000) -> None:
        self.most, self.largest = most, largest
        self._seen: dict[str, deque[float]] = {}

    def take(self, key: str, now: float | None = None) -> bool:
        """One more; False when it is too many."""
        at = time.monotonic() if now is None else now
        times = self._seen.pop(key, None) or deque()
        while times and times[0] <= at - WINDOW:
            times.popleft()
        allowed = len(times) < self.most
        if allowed:
            times.append(at)
        self._seen[key] = times  # the last used is the last in order
        if len(self._seen) > self.largest:
            del self._seen[next(iter(self._seen))]
        return allowed

    def give_back(self, key: str) -> None:
        """The last one came to nothing and does not count."""
        if times := self._seen.get(key):
            times.pop()


class Places:
    """Open connections, all and by address."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self.most, self.most_of_one = most, most_of_one
        self.all = 0
        self._of: Counter[str] = Counter()

    def take(self, key: str) -> str:
        """Empty when there is room, else which limit is reached."""
        if self.all >= self.most:
            return "full"
        if self._of[key] >= self.most_of_one:
            return "address"
        self.all += 1
        self._of[key] += 1
        return ""

    def leave(self, key: str) -> None:
        """A connection is over."""
        self.all -= 1
        self._of[key] -= 1
        if self._of[key] <= 0:
            del self._of[key]
