"""How much of a server's memory limit the game may use as heap."""

from __future__ import annotations

RESERVE_MB = 192
"""Threads, code cache, buffers and the runtime itself: what a game uses beside its heap."""


def heap_mb(limit_mb: int) -> int:
    """Heap in MiB for a hard limit in MiB: at most three quarters, always below 80 %, at least a quarter.

    A heap as large as the limit gets the whole server killed by the kernel, since a JVM (and Node) needs memory outside
    its heap; measured with Java 17 in 512 MiB, 95 % dies and 80 % lives.
    """
    if limit_mb < 4:
        raise ValueError(f"a limit of {limit_mb} MiB leaves no heap")
    return max(limit_mb // 4, min(limit_mb * 3 // 4, limit_mb - RESERVE_MB))
