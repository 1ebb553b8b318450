"""Doing a thing once although it is asked for twice: a key, what was asked, and the answer it got.

Unlike `claim_once`, which a service calls inside its own transaction, this stands around a whole request.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select, update

from app.core.models import Once
from app.core.services.machinery import claim_once
from app.kit import clock
from app.kit.db import db, transaction

GIVEN_UP = timedelta(seconds=90)  # a first try without an answer for so long has died with its process


class Turn(StrEnum):
    """What a caller with a key is to do."""

    GO = "go"  # the first: do it, then `keep_answer` or `free_once`
    SAME = "same"  # it was done: give the same answer
    BUSY = "busy"  # another one is at it
    OTHER = "other"  # the key was used for something else


def take_once(key: str, digest: str) -> tuple[Turn, dict[str, Any] | None]:
    """Whose turn it is, and the kept answer for SAME. Opens its own transaction."""
    with transaction():
        if claim_once(key, digest):
            return Turn.GO, None
        row = db.session.execute(select(Once.digest, Once.answer, Once.at).where(Once.key == key)).first()
        if row is None:  # freed in this very moment
            return Turn.BUSY, None
        if row.digest != digest:
            return Turn.OTHER, None
        if row.answer is not None:
            return Turn.SAME, row.answer
        now = clock.now()
        if row.at > now - GIVEN_UP:
            return Turn.BUSY, None
        taken = db.session.execute(
            update(Once)
            .where(Once.key == key, Once.at == row.at, Once.answer.is_(None))
            .values(at=now)
            .execution_options(synchronize_session=False)
        )
        return (Turn.GO if taken.rowcount == 1 else Turn.BUSY), None  # type: ignore[attr-defined]


def keep_answer(key: str, answer: dict[str, Any]) -> None:
    """It is done; whoever asks again gets this."""
    with transaction():
        db.session.execute(
            update(Once)
            .where(Once.key == key)
            .values(answer=answer)
            .execution_options(synchronize_session=False)
        )


def free_once(key: str) -> None:
    """Nothing was done: the key may be used again."""
    with transaction():
        db.session.execute(delete(Once).where(Once.key == key).execution_options(synchronize_session=False))
