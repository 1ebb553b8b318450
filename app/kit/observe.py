"""Logs, metrics and error tracking: what an operator sees of a running Kontor.

Logs are one JSON object a line (readable text on a terminal) and carry the request or job they belong to.
Metrics are Prometheus metrics in base units (seconds, bytes, ratios); with ``PROMETHEUS_MULTIPROC_DIR`` set,
every process (web, live, workers, watch, clock) writes there and ``/metrics`` of web shows their sum.
Neither holds personal data: addresses and secrets are removed before a line is written.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from app.kit import metric_files
from app.kit.config import Settings
from app.kit.logs import bound, configure, log

__all__ = [
    "CONTENT_TYPE_LATEST",
    "bound",
    "configure",
    "counter",
    "gauge",
    "histogram",
    "init_observe",
    "log",
    "metrics_text",
    "on_scrape",
    "registry",
]


# --- metrics ------------------------------------------------------------------------------------------------

registry = CollectorRegistry()
_metrics: dict[str, Counter | Gauge | Histogram] = {}
_scrapers: dict[str, Callable[[], Iterable[Metric]]] = {}

_NAME = re.compile(r"kontor_[a-z][a-z0-9_]*[a-z0-9]")
_NOT_BASE = re.compile(
    r"_(ms|milliseconds|minutes|hours|kb|kib|mb|mib|gb|gib|percent|euros?|cents)(_total)?$"
)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"metric name {name!r}: kontor_<what>_<unit> in lower case")
    if _NOT_BASE.search(name):
        raise ValueError(f"metric name {name!r}: base units only (seconds, bytes, ratio)")
    return name


def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    """A count that only grows; `name` ends in ``_total``. The same name gives the same counter."""
    if not name.endswith("_total"):
        raise ValueError(f"counter {name!r} must end in _total")
    found = _metrics.get(_checked(name))
    if found is None:
        found = _metrics[name] = Counter(name, text, labels, registry=registry)
    assert isinstance(found, Counter)
    return found


def gauge(name: str, text: str, labels: tuple[str, ...] = (), *, across: str = "livesum") -> Gauge:
    """A value that goes up and down.

    `across` says how processes add up: ``livesum``, ``livemax``, ``livemostrecent`` (one writer at a time).
    """
    found = _metrics.get(_checked(name))
    if found is None:
        found = _metrics[name] = Gauge(name, text, labels, registry=registry, multiprocess_mode=across)  # type: ignore[arg-type]
    assert isinstance(found, Gauge)
    return found


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


def histogram(
    name: str, text: str, labels: tuple[str, ...] = (), *, buckets: tuple[float, ...] = SECONDS
) -> Histogram:
    """A distribution, by default of seconds from 1 ms to 5 min."""
    found = _metrics.get(_checked(name))
    if found is None:
        found = _metrics[name] = Histogram(name, text, labels, registry=registry, buckets=buckets)
    assert isinstance(found, Histogram)
    return found


def on_scrape(name: str, read: Callable[[], Iterable[Metric]]) -> None:
    """Have `read` called at every scrape: for values that live in the database or in Redis, not in a process."""
    _scrapers[name] = read


class _Scraped:
    """The metrics of `on_scrape`; one that fails is left out and counted, the rest still answers."""

    def collect(self) -> Iterator[Metric]:
        for name, read in sorted(_scrapers.items()):
            try:
                found = list(read())  # all of it, before anything is given out
            except Exception:
                log.exception("metrics.scrape_failed", source=name)
                SCRAPE_FAILURES.labels(name).inc()
                continue
            yield from found


SCRAPE_FAILURES = counter(
    "kontor_scrape_failures_total", "Sources that could not be read at a scrape", ("source",)
)


def metrics_text() -> bytes:
    """Everything in Prometheus' text format, summed over all processes where a shared folder is set."""
    own = CollectorRegistry()
    own.register(_Scraped())
    scraped = generate_latest(own)
    shared = metric_files.folder()
    if shared is None:
        return scraped + generate_latest(registry)
    together = CollectorRegistry()
    MultiProcessCollector(together, path=str(shared))
    with metric_files.locked(shared, alone=False):
        return scraped + generate_latest(together)


# --- the web processes --------------------------------------------------------------------------------------

_REQUESTS = histogram(
    "kontor_http_request_duration_seconds",
    "Time from the first line of the view to the finished answer",
    ("endpoint", "method", "status"),
)
SLOW_SECONDS = 1.0


def _begin_request() -> None:
    g.observe_started = perf_counter()


def _end_request(response: Response) -> Response:
    took = perf_counter() - g.get("observe_started", perf_counter())
    # The endpoint, not the path: a path holds ids and one-time links, and has no bound.
    endpoint = request.endpoint or "none"
    _REQUESTS.labels(endpoint, request.method, f"{response.status_code // 100}xx").observe(took)
    if request.blueprint == "health":  # asked several times a minute by machines
        return response
    # Reading is measured, not logged; what changes, fails or is slow gets a line.
    if request.method not in ("GET", "HEAD", "OPTIONS") or response.status_code >= 400 or took > SLOW_SECONDS:
        log.info(
            "request",
            endpoint=endpoint,
            method=request.method,
            status=response.status_code,
            seconds=round(took, 4),
        )
    return response


def init_observe(app: Flask) -> None:
    """Logs and error tracking as set, and a histogram over all requests."""
    chosen: Settings = app.extensions["kontor-settings"]
    configure(
        os.environ.get("KONTOR_PROCESS", "flask"),
        level=chosen.log_level,
        json={"json": True, "text": False}.get(chosen.log_format, "auto"),
        sentry_dsn=chosen.sentry_dsn,
    )
    metric_files.retire_dead()  # those that nobody was there to see end
    app.before_request(_begin_request)
    app.after_request(_end_request)
