"""Who is here now. The live processes say whose pages are open; Redis keeps it for a minute, the database nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from app.kit import cache
from app.kit.db import db
from app.messaging.models import Preference

KEY = "kontor:here"
HERE_SECONDS = 45.0
"""So long somebody counts as here after the last word of it; live processes say so every 10 seconds."""
SWITCH = "messaging.presence"
"""A row of this kind whose `in_app` is false: this person does not show whether they are here."""
MOST_AT_ONCE = 1000


def say_here(person_ids: Iterable[UUID]) -> None:
    """These people have a page open now. What is older than a minute goes."""
    now, people = time.time(), [one.hex for one in set(person_ids)]
    try:
        link = cache.client()
        for start in range(0, len(people), MOST_AT_ONCE):
            link.zadd(KEY, dict.fromkeys(people[start : start + MOST_AT_ONCE], now))
        link.zremrangebyscore(KEY, 0, now - 60.0)
    except cache.REDIS_DOWN:
        return  # nobody is shown meanwhile


def shows_presence(person_id: UUID) -> bool:
    """Whether this person lets others see that they are here."""
    chosen = db.session.scalar(
        select(Preference.in_app).where(Preference.person_id == person_id, Preference.kind == SWITCH)
    )
    return chosen is not False


def is_here(person_id: UUID) -> bool:
    """Whether they have a page open and let others see it. False while Redis is away."""
    try:
        at = cache.client().zscore(KEY, person_id.hex)
    except cache.REDIS_DOWN:
        return False
    return at is not None and time.time() - float(at) < HERE_SECONDS and shows_presence(person_id)
