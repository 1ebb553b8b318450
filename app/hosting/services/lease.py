"""Which of several watch processes works for a node: a row with a time limit."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import IntegrityError

from app.hosting.models import Watch
from app.hosting.services.place import NODE
from app.kit import clock
from app.kit.db import transaction

LEASE = timedelta(seconds=15)


def hold(holder: str) -> bool:
    """Take or keep the lease. False while another process has it."""
    now = clock.now()
    values = {"holder": holder, "lease_until": now + LEASE}
    try:
        with transaction() as session:
            taken = session.execute(
                update(Watch)
                .where(Watch.node == NODE, or_(Watch.holder == holder, Watch.lease_until < now))
                .values(**values)
                .execution_options(synchronize_session=False)
            )
            if taken.rowcount == 1:  # type: ignore[attr-defined]
                return True
            if session.get(Watch, NODE) is not None:
                return False
            session.add(Watch(node=NODE, **values))
        return True
    except IntegrityError:
        return False  # another one was first


def release(holder: str) -> None:
    """Let the next one work at once."""
    with transaction() as session:
        session.execute(delete(Watch).where(Watch.node == NODE, Watch.holder == holder))
