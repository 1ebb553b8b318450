"""Who does what only so many may do on a node, watching or starting a game: a row with a time limit."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import IntegrityError

from app.hosting.models import Watch
from app.hosting.services.place import NODE
from app.kit import clock
from app.kit.db import transaction

LEASE = timedelta(seconds=15)


def hold(holder: str, what: str = NODE, time: timedelta = LEASE) -> bool:
    """Take or keep the lease. False while another one has it."""
    now = clock.now()
    values = {"holder": holder, "lease_until": now + time}
    try:
        with transaction() as session:
            taken = session.execute(
                update(Watch)
                .where(Watch.node == what, or_(Watch.holder == holder, Watch.lease_until < now))
                .values(**values)
                .execution_options(synchronize_session=False)
            )
            if taken.rowcount == 1:  # type: ignore[attr-defined]
                return True
            if session.get(Watch, what) is not None:
                return False
            session.add(Watch(node=what, **values))
        return True
    except IntegrityError:
        return False  # another one was first


def release(holder: str, what: str = NODE) -> None:
    """Let the next one work at once."""
    with transaction() as session:
        session.execute(delete(Watch).where(Watch.node == what, Watch.holder == holder))
