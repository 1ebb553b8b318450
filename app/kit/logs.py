"""Logs: one JSON object a line (readable text on a terminal), with the request or job it belongs to.

No personal data: addresses and secrets are removed before a line is written, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import sentry_sdk
import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger("kontor")

# --- no personal data ---------------------------------------------------------------------------------------

_HIDDEN_KEYS = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|cookie|api_?key|recovery|otp|dsn)$"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Our own tokens, bearer headers, user:password in a URL, and what makes the path of a webhook one.
_SECRET = re.compile(
    r"(?i)\bkt_[\w-]{8,}|\bbearer\s+[\w.~+/=-]{8,}|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)|(?<=/webhooks/)\d+/[\w-]{20,}"
)


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
_as_json: list[bool | None] = [None]


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


def _processors(as_json: bool) -> tuple[list[structlog.typing.Processor], list[structlog.typing.Processor]]:
    """What every line goes through, and what writes it down."""
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
    return shared, last


def configure(
    process: str, *, level: str = "INFO", json: bool | Literal["auto"] | None = None, sentry_dsn: str = ""
) -> None:
    """Set up logs and error tracking for this process; `process` is its name in the Procfile.

    `json="auto"` means JSON unless standard error is a terminal; None keeps what was chosen before (at first auto).
    An empty `sentry_dsn` leaves Sentry as it is (at first off).
    """
    _process[0] = process
    if json is not None:
        _as_json[0] = None if json == "auto" else json
    chosen = _as_json[0]
    as_json = chosen if chosen is not None else not sys.stderr.isatty()
    shared, last = _processors(as_json)
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
