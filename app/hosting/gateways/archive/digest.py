"""SHA-256 beside the main work: hashing runs in a thread of its own, a few pieces behind, always in order."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

INLINE = 1 << 16
"""Smaller pieces are hashed at once: handing them over would take longer."""
BEHIND = 4


class Hasher:
    """One thread; gives one digest after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive-hash")
        self._waiting: deque[Future[None]] = deque()
        self._hash = hashlib.sha256()

    def update(self, data: bytes) -> None:
        if len(data) < INLINE:
            self._settle(0)
            self._hash.update(data)
        else:
            self._settle(BEHIND - 1)
            self._waiting.append(self._thread.submit(self._hash.update, data))

    def _settle(self, left: int) -> None:
        while len(self._waiting) > left:
            self._waiting.popleft().result()

    def take(self) -> str:
        """The digest of everything since the last `take`, in hex."""
        self._settle(0)
        found, self._hash = self._hash.hexdigest(), hashlib.sha256()
        return found

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
