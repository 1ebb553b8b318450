"""Several jobs at once in one process, for work that mostly waits: for a runtime, for a download, for a game that saves.

A fork per job costs more than such a job does. Each queue has places of its own, so that games which take a minute to
end never hold up one that is to start. A killed process leaves leases that run out, as with any worker.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import redis
import structlog
from rq import Queue
from rq.exceptions import DequeueTimeout, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

log = structlog.get_logger(__name__)
POP_SECONDS = 2
"""How long one look into an empty queue lasts; also how late an order to end is noticed."""
PATIENCE = 60.0
"""Seconds after which a job that ignores its time limit takes the process with it; others take its work over."""


@dataclass
class Running:
    """A job in its thread. Times are of the monotonic clock."""

    thread: threading.Thread
    deadline: float
    told: bool = False


@dataclass
class Pool:
    """Takes ids from queues and performs each in a thread. `places` says how many of each queue at once."""

    connection: redis.Redis
    places: Mapping[str, int]
    perform: Callable[[str], object]
    stop: threading.Event = field(default_factory=threading.Event)
    _running: dict[int, Running] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, leave_within: float) -> None:
        """Until told to stop; what then still runs gets `leave_within` seconds, and another worker after that."""
        for name, places in self.places.items():
            threading.Thread(target=self._serve_queue, args=(name, places), daemon=True).start()
        while not self.stop.wait(1.0):
            self._hold_limits()
        until = time.monotonic() + leave_within
        while self._running and time.monotonic() < until:
            time.sleep(0.05)

    def _serve_queue(self, name: str, places: int) -> None:
        free = threading.Semaphore(places)
        while not self.stop.is_set():
            free.acquire()
            try:
                found = self._pop(name)
            except (
                Exception
            ) as error:  # this loop is the only one its queue has: what comes over the line never ends it
                gone = isinstance(error, redis.exceptions.RedisError)
                log.warning("redis_gone" if gone else "entry_unreadable", queue=name, exc_info=not gone)
                found = None
                self.stop.wait(1.0)
            if found is None:
                free.release()
                continue
            job_id, limit = found
            thread = threading.Thread(target=self._work, args=(job_id, free), daemon=True)
            with self._lock:
                self._running[id(thread)] = Running(thread, time.monotonic() + limit)
            thread.start()

    def _pop(self, name: str) -> tuple[str, float] | None:
        """The next id and its time limit. Its entry goes at once: whether the work is done, the row knows."""
        queue = Queue(name, connection=self.connection, serializer=JSONSerializer)
        try:
            _, entry = Queue.lpop([queue.key], POP_SECONDS, self.connection)
            if self.stop.is_set():
                queue.push_job_id(entry.decode(), at_front=True)  # for another worker
                return None
            job = Job.fetch(entry.decode(), connection=self.connection, serializer=JSONSerializer)
            job.delete(remove_from_queue=False)
        except (DequeueTimeout, NoSuchJobError):
            return None
        return str(job.args[0]), float(job.timeout or 60)

    def _work(self, job_id: str, free: threading.Semaphore) -> None:
        try:
            self.perform(job_id)
        except Exception:
            log.warning("job_lost", job=job_id, exc_info=True)  # its lease runs out and it is tried again
        finally:
            try:
                with self._lock:
                    self._running.pop(id(threading.current_thread()), None)
            finally:
                free.release()

    def _hold_limits(self) -> None:
        """A job over its time gets an exception at its next step; one that does not even get there ends the process."""
        now = time.monotonic()
        with self._lock:
            for running in self._running.values():
                if now > running.deadline + PATIENCE:
                    log.error("job_stuck")
                    os._exit(70)
                if now > running.deadline and not running.told and running.thread.ident is not None:
                    running.told = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(running.thread.ident), ctypes.py_object(JobTimeoutException)
                    )
