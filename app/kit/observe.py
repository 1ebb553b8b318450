"""Logs, metrics and error tracking: what an operator sees of a running Kontor.

Logs are one JSON object a line (readable text on a terminal) and carry the request or job they belong to.
Metrics are Prometheus metrics in base units (seconds, bytes, ratios); with ``PROMETHEUS_MULTIPROC_DIR`` set,
every process (web, live, workers, watch, clock) writes there and ``/metrics`` of web shows their sum.
Neither holds personal data: addresses and secrets are removed before a line is written.
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, TextIO

import sentry_sdk
import structlog
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

log: structlog.stdlib.BoundLogger = structlog.get_logger("kontor")

# --- no personal data ---------------------------------------------------------------------------------------

_HIDDEN_KEYS = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|cookie|api_?key|recovery|otp|dsn)$"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Our own tokens, bearer headers, and user:password in a URL.
_SECRET = re.compile(r"(?i)\bknt_[\w-]{8,}|\bbearer\s+[\w.~+/=-]{8,}|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)")


def scrub(value: Any) -> Any:
    """The value without e-mail addresses and secrets; dicts and lists are walked."""
    if isinstance(value, str):
        return _EMAIL.sub("<email>", _SECRET.sub("<secret>", value))
    if isinstance(value, dict):
        return {k: "<hidden>" if _HIDDEN_KEYS.search(str(k)) else scrub(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(v) for v in value]
    return value


_process = ["kontor"]


def _name_process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("process", _process[0])
    return event


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is now: a test runner swaps it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        raise AttributeError("the stream is standard error")


def _scrub_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {k: "<hidden>" if _HIDDEN_KEYS.search(k) else scrub(v) for k, v in event.items()}


# --- logs ---------------------------------------------------------------------------------------------------


def configure(process: str, *, level: str = "INFO", json: bool | None = None, sentry_dsn: str = "") -> None:
    """Set up logs and error tracking for this process; `process` is its name in the Procfile.

    `json=None` means JSON unless standard error is a terminal. An empty `sentry_dsn` leaves Sentry off.
    """
    _process[0] = process
    as_json = json if json is not None else not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_process,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.typing.Processor] = (
        [
            structlog.processors.format_exc_info,
            _scrub_event,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if as_json
        else [_scrub_event, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [h for h in root.handlers if not isinstance(h, _StandardError)] + [handler]
    root.setLevel(level)
    for noisy in ("weasyprint", "fontTools", "werkzeug", "alembic", "rq.worker"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    if sentry_dsn:
        sentry_sdk.init(
            dsn=sentry_dsn, send_default_pii=False, before_send=_scrub_sentry, server_name=process
        )


def _scrub_sentry(event: Any, _hint: Any) -> Any:
    request = event.get("request")
    if isinstance(request, dict):
        for part in ("data", "cookies", "headers", "env", "query_string"):
            request.pop(part, None)
    event.pop("user", None)
    return scrub(event)


@contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Lines logged inside carry these values, e.g. ``bound(job_id=…)``."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


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
        json={"json": True, "text": False}.get(chosen.log_format),
        sentry_dsn=chosen.sentry_dsn,
    )
    app.before_request(_begin_request)
    app.after_request(_end_request)
