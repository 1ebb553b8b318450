"""Answers to idempotency keys, kept by core."""

from __future__ import annotations

from typing import Any

from app.core.api import free_once, keep_answer, take_once


class Kept:
    """The store `kit.rest` asks for."""

    def take(self, key: str, digest: str) -> tuple[str, dict[str, Any] | None]:
        turn, answer = take_once(key, digest)
        return turn.value, answer

    def keep(self, key: str, answer: dict[str, Any]) -> None:
        keep_answer(key, answer)

    def free(self, key: str) -> None:
        free_once(key)
