"""Argon2id. The cost comes from the configuration, so that a hash is renewed when it is raised."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

COST = (2, 19 * 1024, 1)  # passes, KiB of memory, lanes: OWASP's figure; about 25 ms


@lru_cache(maxsize=4)
def _hasher(cost: tuple[int, int, int]) -> PasswordHasher:
    return PasswordHasher(time_cost=cost[0], memory_cost=cost[1], parallelism=cost[2])


@lru_cache(maxsize=4)
def _decoy(cost: tuple[int, int, int]) -> str:
    return _hasher(cost).hash("nobody has this password")


def _cost() -> tuple[int, int, int]:
    cost: tuple[int, int, int] = current_app.config.get("PASSWORD_COST", COST)
    return cost


def hash_password(password: str) -> str:
    """The encoded hash with its parameters and salt."""
    return _hasher(_cost()).hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Whether it is the password. Without a stored hash the same work is done: time must not tell who exists."""
    hasher = _hasher(_cost())
    try:
        hasher.verify(stored or _decoy(_cost()), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher(_cost()).check_needs_rehash(stored)
