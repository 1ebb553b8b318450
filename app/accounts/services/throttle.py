"""Slowing down guessing. Counted before the work, for known and unknown addresses alike.

Redis counts; while it is gone the table accounts_throttle does, shared by all processes. When Redis comes or goes
the other store starts from its own count, so a limit can be used up twice at most, never without end.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask_babel import ngettext
from sqlalchemy import case, delete
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.gateways.throttle import RedisCounter
from app.accounts.models import Throttle
from app.accounts.rules import limits
from app.accounts.rules.limits import Limit
from app.kit import cache, clock, observe
from app.kit.db import db, transaction
from app.kit.errors import TooMany

REFUSED = observe.counter("kontor_throttled_total", "Tries refused because there were too many.", ("kind",))
_redis = RedisCounter()


def count(tries: dict[Limit, str]) -> None:
    """Count one try of each kind by (or against) the given value. TooMany when one limit is exceeded."""
    keys = {_key(limit, value): limit for limit, value in tries.items()}
    windows = {key: limit.seconds for key, limit in keys.items()}
    try:
        found = _redis.hit(windows)
    except cache.REDIS_DOWN:
        found = _hit_rows(windows)
    wait = limits.over({keys[key]: answer for key, answer in found.items()})
    if wait is None:
        return
    for key, (tried, _left) in found.items():
        if tried > keys[key].most:
            REFUSED.labels(keys[key].kind).inc()
    minutes = -(-wait // 60)
    raise TooMany(
        ngettext(
            "Das waren zu viele Versuche. In etwa %(num)d Minute geht es weiter.",
            "Das waren zu viele Versuche. In etwa %(num)d Minuten geht es weiter.",
            minutes,
        ),
        retry_after=wait,
    )


def forgive(tries: dict[Limit, str]) -> None:
    """Forget what was counted: the right password was among the tries."""
    keys = [_key(limit, value) for limit, value in tries.items()]
    try:
        _redis.forget(keys)
    except cache.REDIS_DOWN:
        with transaction() as session:
            session.execute(delete(Throttle).where(Throttle.key.in_(keys)))


def tidy() -> None:
    """Drop windows that are over."""
    with transaction() as session:
        session.execute(delete(Throttle).where(Throttle.until < clock.now()))


def _key(limit: Limit, value: str) -> str:
    """A digest, so that neither store holds addresses."""
    return hashlib.sha256(f"{limit.kind}\0{value}".encode()).hexdigest()


def _hit_rows(windows: dict[str, int]) -> dict[str, tuple[int, int]]:
    now = clock.now()
    counts: dict[str, tuple[int, int]] = {}
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    over = Throttle.until <= now
    with transaction() as session:
        for key, seconds in sorted(windows.items()):  # one order for all: no deadlock
            ends = now + timedelta(seconds=seconds)
            statement = (
                insert(Throttle)
                .values(key=key, count=1, until=ends)
                .on_conflict_do_update(
                    index_elements=[Throttle.key],
                    set_={
                        "count": case((over, 1), else_=Throttle.count + 1),
                        "until": case((over, ends), else_=Throttle.until),
                    },
                )
                .returning(Throttle.count, Throttle.until)
            )
            tried, until = session.execute(statement).one()
            counts[key] = (tried, max(1, int((until - now).total_seconds())))
    return counts
