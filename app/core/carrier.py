"""RQ carries job ids, nothing more. When Redis is gone the row waits and the sweeper pushes it again."""

from __future__ import annotations

from uuid import UUID

import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from app.kit import cache, clock

log = structlog.get_logger(__name__)


def rq_carrier(job_id: UUID, queue: str, timeout: int) -> None:
    """Put the id on its queue. The window in the RQ id keeps a long queue from filling with doubles."""
    window = int(clock.now().timestamp()) // 15
    try:
        Queue(queue, connection=cache.client(), serializer=JSONSerializer).enqueue_call(
            "jobs.runtime.perform",
            args=(str(job_id),),
            job_id=f"{job_id}-{window}",
            timeout=timeout + 30,
            result_ttl=0,
            failure_ttl=3600,
            ttl=3600,
        )
    except cache.REDIS_DOWN:
        log.warning("redis_gone", job=str(job_id), queue=queue)
