"""Answers that are kept: fresh ones save a question, old ones are better than none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol, cast

import redis

from app.kit import cache

WEEK = 7 * 24 * 3600
LARGEST = 2 * 1024**2


@dataclass(frozen=True, slots=True)
class Old:
    """An answer and when it came (seconds since 1970)."""

    body: Any
    at: float
    etag: str = ""


class Kept(Protocol):
    """The book of answers, shared by all processes. Losing it costs requests, nothing else."""

    def get(self, key: str) -> Old | None: ...

    def put(self, key: str, old: Old) -> None: ...

    def pause(self) -> float:
        """When Modrinth may be asked again (seconds since 1970); 0 is now."""

    def set_pause(self, until: float, seconds: float) -> None: ...


class NoKept:
    """Keeps nothing."""

    def get(self, key: str) -> Old | None:
        return None

    def put(self, key: str, old: Old) -> None:
        return None

    def pause(self) -> float:
        return 0.0

    def set_pause(self, until: float, seconds: float) -> None:
        return None


class RedisKept:
    """In Redis, for a week. Without Redis nothing is kept."""

    PREFIX = "kontor:modrinth:"

    def get(self, key: str) -> Old | None:
        raw = self._get(f"{self.PREFIX}answer:{key}")
        try:
            return Old(**json.loads(raw)) if raw else None
        except (ValueError, TypeError):
            return None

    def put(self, key: str, old: Old) -> None:
        text = json.dumps({"body": old.body, "at": old.at, "etag": old.etag})
        if len(text) <= LARGEST:
            self._set(f"{self.PREFIX}answer:{key}", text, WEEK)

    def pause(self) -> float:
        raw = self._get(f"{self.PREFIX}pause")
        try:
            return float(raw) if raw else 0.0
        except ValueError:
            return 0.0

    def set_pause(self, until: float, seconds: float) -> None:
        self._set(f"{self.PREFIX}pause", str(until), max(1, int(seconds)))

    def _get(self, key: str) -> bytes | None:
        try:
            return cast(bytes | None, cache.client().get(key))
        except redis.exceptions.RedisError:
            return None

    def _set(self, key: str, value: str, seconds: int) -> None:
        try:
            cache.client().set(key, value, ex=seconds)
        except redis.exceptions.RedisError:
            return
