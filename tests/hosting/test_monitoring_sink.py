"""Readings in line protocol: whatever names hold, a strict reader gets them back; the watch never waits; what is lost is
counted; real databases take it.
"""

from __future__ import annotations

import gzip
import math
import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.hosting.catalog import templates
from app.hosting.gateways.sink import HttpWriter, Written
from app.hosting.rules.monitoring_lines import line
from app.hosting.rules.sampling import Reading
from app.hosting.rules.server import State
from app.hosting.services import monitoring_sink, watching
from app.hosting.services.games import Game
from app.hosting.services.monitoring_sink import LINES, Sink, sink_line, sink_of
from app.kit import clock
from app.kit.config import Settings
from jobs.watch import Watch
from tests.hosting.conftest import Host
from tests.hosting.test_watch import look
from tests.services.processes import free_port
from tests.services.timeseries import running_influxdb, running_victoria_metrics

pytestmark = pytest.mark.slow

READING = Reading(10, 512, 512, 5.0, 1024, 30.0, 3, 19.5, 1000, 9000, 10)


def parse(text: str) -> tuple[str, dict[str, str], dict[str, Any], int]:
    """A strict reader of one line, by the protocol's reference: raises ValueError for what it does not allow."""
    parts = split(text, " ")
    if len(parts) != 3:
        raise ValueError("measurement and tags, fields, time")
    name, *tags = split(parts[0], ",")
    found_tags = dict(pair(tag) for tag in tags)
    fields = dict(pair(field) for field in split(parts[1], ","))
    if not name or not fields or len(found_tags) != len(tags) or not all(found_tags.values()):
        raise ValueError("empty or double")
    return plain(name), found_tags, {key: typed(value) for key, value in fields.items()}, int(parts[2])


def split(text: str, at: str) -> list[str]:
    """Cut at a character that is neither escaped nor within quotes."""
    parts, current, quoted, escaped = [], "", False, False
    for letter in text:
        if letter in "\n\r\0":
            raise ValueError("a line ends only once")
        if letter == at and not quoted and not escaped:
            parts.append(current)
            current = ""
            continue
        if letter == '"' and not escaped and ("=" in current or quoted):
            quoted = not quoted
        escaped = letter == "\\" and not escaped
        current += letter
    if quoted or escaped:
        raise ValueError("unfinished")
    return [*parts, current]


def pair(text: str) -> tuple[str, str]:
    found = re.match(r"((?:\\.|[^\\=])+)=(.+)", text)
    if not found or (not found[2].startswith('"') and re.search(r"(?<!\\)=", found[2])):
        raise ValueError("one = a pair")
    key, value = found.groups()
    if not key or not value:
        raise ValueError("empty")
    return plain(key), value if value.startswith('"') else plain(value)


def plain(text: str) -> str:
    for special in ", =":
        text = text.replace(f"\\{special}", special)
    return text


def typed(text: str) -> Any:
    if text.startswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if text in ("t", "f"):
        return text == "t"
    value = int(text[:-1]) if text.endswith("i") else float(text)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a number")
    return value


names = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() == text and text != "")
values = st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=20), st.none())


def readable(text: str) -> str:
    """What the writer promises of names: no control characters, no backslashes, no quotes."""
    return on_one_line(text).replace("\\", "/").replace('"', "'")


def on_one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


@given(
    names, st.dictionaries(names, names, max_size=4), st.dictionaries(names, values, min_size=1, max_size=4)
)
def test_a_strict_reader_gets_back_what_was_written(
    name: str, tags: dict[str, str], fields: dict[str, object]
) -> None:
    tags = {readable(key): readable(value) for key, value in tags.items()}
    fields = {readable(key): value for key, value in fields.items()}
    written = line(name, tags, fields, 1_700_000_000)
    known = {
        key: readable_value(value)
        for key, value in fields.items()
        if value is not None
        and not (isinstance(value, float) and not math.isfinite(value))
        and not (isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63)
    }
    if not known:
        assert written is None
        return
    assert written is not None
    assert parse(written) == (readable(name), tags, known, 1_700_000_000 * 10**9)


def readable_value(value: object) -> object:
    return on_one_line(value) if isinstance(value, str) else value


def a_game(**values: Any) -> Game:
    found = {
        "server_id": UUID(int=1), "run_id": UUID(int=2), "runtime": "process", "template": templates()["flying-squid"],
        "state": State.RUNNING, "started": True, "requested_at": None, "organisation_id": UUID(int=3),
    }  # fmt: skip
    return Game(**{**found, **values})


def test_a_line_names_ids_and_no_people() -> None:
    written = sink_line(a_game(), READING, 1_700_000_000)
    assert written is not None
    name, tags, fields, at = parse(written)
    assert name == "kontor_server"
    assert tags == {
        "server": str(UUID(int=1)),
        "organisation": str(UUID(int=3)),
        "template": "flying-squid",
        "runtime": "process",
        "node": tags["node"],
    }
    assert (fields["memory_bytes"], fields["cpu_cores"], fields["players"]) == (512, 0.5, 3)
    assert fields["sent_bytes_per_second"] == 900.0
    assert at == 1_700_000_000 * 10**9


class Paper:
    """A writer that answers what it is told and keeps what it got."""

    def __init__(self, *answers: Written) -> None:
        self.answers, self.batches = list(answers), []  # type: ignore[var-annotated]

    def write(self, lines: list[str]) -> Written:
        answer = self.answers.pop(0) if self.answers else Written.SENT
        if answer is Written.SENT:
            self.batches.append(list(lines))
        return answer


def fill(sink: Sink, count: int, first: int = 0) -> None:
    game = a_game()
    for number in range(first, first + count):
        sink.take({game.server_id: game}, {game.server_id: READING}, number)


def times(batches: list[list[str]]) -> list[int]:
    return [parse(text)[3] // 10**9 for batch in batches for text in batch]


def counted(outcome: str) -> float:
    return LINES.labels(outcome)._value.get()


def test_what_waits_is_bounded_and_the_oldest_is_dropped_and_counted() -> None:
    paper = Paper()
    sink = Sink(paper, most=100)
    before = counted("dropped")
    fill(sink, 130)
    assert (sink.waiting, counted("dropped") - before) == (100, 30)
    sink.flush()
    assert times(paper.batches) == list(range(30, 130))


def test_a_sink_that_is_away_gets_everything_once_in_order_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(monitoring_sink.time, "monotonic", lambda: now[0])
    paper = Paper(Written.AWAY, Written.AWAY)
    sink = Sink(paper)
    fill(sink, 10)
    sink.flush()
    sink.flush()  # too early: not even asked
    assert paper.answers == [Written.AWAY]
    fill(sink, 5, 10)
    for _ in range(3):
        now[0] += 61
        sink.flush()
    assert times(paper.batches) == list(range(15))
    assert sink.waiting == 0


def test_what_is_refused_is_not_sent_again() -> None:
    paper = Paper(Written.REFUSED)
    sink = Sink(paper)
    before = counted("refused")
    fill(sink, 7)
    sink.flush()
    assert (paper.batches, sink.waiting, counted("refused") - before) == ([], 0, 7)


def test_many_lines_go_in_batches() -> None:
    paper = Paper()
    sink = Sink(paper)
    fill(sink, monitoring_sink.BATCH + 1)
    sink.flush()
    assert [len(batch) for batch in paper.batches] == [monitoring_sink.BATCH, 1]


def test_the_watch_never_waits_for_a_sink_that_hangs(watch: Watch, host: Host, frozen: datetime) -> None:
    held = threading.Event()

    class Hanging:
        def write(self, lines: list[str]) -> Written:
            held.wait(20)
            return Written.SENT

    watch.sink = Sink(Hanging())
    server_id = host.running()
    look(watch)
    thread = threading.Thread(target=watch.sink.flush)
    for number in range(3):
        began = time.monotonic()
        look(watch, 10)
        assert time.monotonic() - began < 5
        if number == 0:
            thread.start()
    assert watch.sink.waiting >= 2
    assert watching.measure(dict(watch.games), int(clock.now().timestamp())) == 1
    held.set()
    thread.join(5)
    assert host.row(server_id).state == "running"


class Listener:
    """An HTTP server that answers `status` and keeps requests."""

    def __init__(self) -> None:
        self.status, self.seen, self.headers = 204, [], {}  # type: ignore[var-annotated]
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append((self.path, gzip.decompress(body).decode()))
                outer.headers = dict(self.headers)
                self.send_response(outer.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/api/v2/write?org=o&bucket=b"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize(
    ("status", "written"),
    [
        (204, Written.SENT),
        (200, Written.SENT),
        (400, Written.REFUSED),
        (401, Written.REFUSED),
        (302, Written.REFUSED),
        (429, Written.AWAY),
        (503, Written.AWAY),
    ],
)
def test_answers_are_told_apart_and_no_redirect_is_followed(
    listener: Listener, status: int, written: Written
) -> None:
    listener.status = status
    assert HttpWriter(listener.url, "geheim").write(["a b=1i 1", "a b=2i 2"]) is written
    assert listener.seen == [("/api/v2/write?org=o&bucket=b", "a b=1i 1\na b=2i 2\n")]
    assert listener.headers["Authorization"] == "Token geheim"


def test_nobody_there_and_nobody_answering_is_away_within_the_time() -> None:
    assert HttpWriter(f"http://127.0.0.1:{free_port()}/write").write(["a b=1i 1"]) is Written.AWAY
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        writer = HttpWriter(f"http://127.0.0.1:{silent.getsockname()[1]}/write", connect=30, total=0.3)
        assert writer.write(["a b=1i 1"]) is Written.AWAY
        assert time.monotonic() - began < 5


def test_the_setting_is_checked_and_kept_out_of_sight() -> None:
    assert sink_of(Settings()) is None
    made = Settings(metrics_sink_url="https://u:geheim@host:8086/write", metrics_sink_token="auch")  # type: ignore[arg-type]
    assert sink_of(made) is not None
    assert "geheim" not in repr(made)
    assert "auch" not in repr(made)
    for wrong in ("host:8086", "file:///etc/passwd", "ftp://host/x", "http://"):
        with pytest.raises(ValidationError, match="metrics_sink_url"):
            Settings(metrics_sink_url=wrong)  # type: ignore[arg-type]


ODD = {"node": "a b,c=d\\e\nf ä☃", "server": "1"}
FIELDS = {"memory_bytes": 2**40, "share": 0.25, "text": 'say "hi" \\ there', "on": True}


def test_victoria_metrics_takes_it() -> None:
    now = int(time.time())
    with running_victoria_metrics() as server:
        odd = line("kontor odd,name", ODD, FIELDS, now)
        usual = sink_line(a_game(), READING, now)
        assert odd is not None
        assert usual is not None
        assert HttpWriter(server.write_url).write([odd, usual]) is Written.SENT
        (found,) = server.export("kontor_server_memory_bytes")
        assert (found["values"], found["timestamps"]) == ([512], [now * 1000])
        assert found["metric"]["server"] == str(UUID(int=1))
        (strange,) = server.export('{__name__="kontor odd,name_share"}')
        assert strange["metric"]["node"] == "a b,c=d/e f ä☃"
        assert strange["values"] == [0.25]


def test_influxdb_takes_it_with_its_user_and_refuses_others() -> None:
    now = int(time.time())
    with running_influxdb() as server:
        odd = line("kontor odd,name", ODD, FIELDS, now)
        usual = sink_line(a_game(), READING, now)
        assert odd is not None
        assert usual is not None
        assert HttpWriter(server.write_url).write([odd, usual]) is Written.SENT
        assert HttpWriter(server.write_url.replace("geheim", "falsch")).write([usual]) is Written.REFUSED
        (found,) = server.ask('SELECT * FROM "kontor odd,name"')
        row = dict(zip(found["columns"], found["values"][0], strict=True))
        assert row["node"] == "a b,c=d/e f ä☃"
        assert (row["memory_bytes"], row["share"], row["text"], row["on"]) == (
            2**40,
            0.25,
            'say "hi" \\ there',
            True,
        )
        (series,) = server.ask("SELECT cpu_cores, players FROM kontor_server GROUP BY *")
        assert series["tags"]["template"] == "flying-squid"
        assert series["values"][0][1:] == [0.5, 3]
