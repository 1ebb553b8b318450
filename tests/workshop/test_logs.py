"""Logs say what happened, to which request or job, and never to whom by name."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from app.kit import logs, observe


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, object]]]]:
    before = structlog.get_config()
    observe.configure("test", json=True)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root = logging.getLogger()
    root.handlers[:] = [h for h in root.handlers if not isinstance(h, logs._StandardError)]
    structlog.configure(
        **before
    )  # structlog's own default draws tracebacks in colours: seconds for one of SQLAlchemy


def test_a_line_is_json_with_its_request(lines: Callable[[], list[dict[str, object]]]) -> None:
    with observe.bound(request_id="r-1", job_id="j-1"):
        structlog.get_logger("kontor.test").info("server.started", server="s-1")
    [line] = lines()
    assert line["event"] == "server.started"
    assert (line["request_id"], line["job_id"], line["process"]) == ("r-1", "j-1", "test")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_write_the_same_way(lines: Callable[[], list[dict[str, object]]]) -> None:
    logging.getLogger("some.library").warning("mail to %s failed", "anna@example.org")
    [line] = lines()
    assert line["event"] == "mail to <email> failed"
    assert line["level"] == "warning"


def test_addresses_and_secrets_never_reach_the_log(lines: Callable[[], list[dict[str, object]]]) -> None:
    structlog.get_logger("kontor.test").info(
        "x",
        password="hunter22",
        note="redis://user:sekret@host/0 for Anna <anna@example.org>",
        nested={"api_key": "abc", "list": ["bearer abcdefghijk"]},
    )
    try:
        raise ValueError("no mail for bert@example.org")
    except ValueError:
        structlog.get_logger("kontor.test").exception("y")
    text = json.dumps(lines())
    for secret in ("hunter22", "sekret", "anna@", "abcdefghijk", '"abc"', "bert@"):
        assert secret not in text
    assert "<email>" in text
    assert "ValueError" in text
