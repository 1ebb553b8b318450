"""Metrics add up over processes, also over those that have ended, in base units and without unbounded labels."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.kit import metric_files, observe

SCRIPT = """
import os, sys
from app.kit import metric_files, observe
jobs = observe.counter("kontor_test_jobs_total", "x", ("kind",))
took = observe.histogram("kontor_test_seconds", "x")
busy = observe.gauge("kontor_test_busy", "x")
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        jobs.labels("a").inc(); took.observe(0.3); busy.set(1)
        os._exit(0)
    os.waitpid(pid, 0)
    metric_files.retire(pid)
    metric_files.retire(pid)
jobs.labels("a").inc()
sys.stdout.write(observe.metrics_text().decode())
"""


@pytest.mark.slow
def test_what_dead_processes_counted_stays_and_files_stay_few(tmp_path: Path) -> None:
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    root = Path(__file__).resolve().parents[2]
    text = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=env, cwd=root, capture_output=True, text=True, check=True
    )
    lines = text.stdout.splitlines()
    assert 'kontor_test_jobs_total{kind="a"} 21.0' in lines
    assert "kontor_test_seconds_count 20.0" in lines
    assert 'kontor_test_seconds_bucket{le="0.25"} 0.0' in lines
    assert "kontor_test_busy 0.0" in lines or not any(line.startswith("kontor_test_busy ") for line in lines)
    assert len(list(tmp_path.glob("*.db"))) <= 6


@pytest.mark.parametrize(
    "name", ["kontor_wait_ms", "kontor_ram_mb", "kontor_cost_euros", "wait_seconds", "kontor_Wait"]
)
def test_other_than_base_units_and_our_prefix_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="metric name"):
        observe.gauge(name, "x")


def test_the_same_name_is_the_same_metric() -> None:
    assert observe.counter("kontor_test_twice_total", "x") is observe.counter("kontor_test_twice_total", "x")


def test_a_source_that_fails_does_not_take_the_others_down() -> None:
    def broken() -> list[observe.Metric]:
        raise OSError("gone")

    observe.on_scrape("test-broken", broken)
    try:
        assert b"kontor_scrape_failures_total" in observe.metrics_text()
    finally:
        observe._scrapers.pop("test-broken")


def test_a_file_that_was_never_finished_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    nobody = 2**22 + 1  # beyond the largest pid
    (tmp_path / f"counter_{nobody}.db").touch()
    (tmp_path / f"histogram_{nobody}.db").write_bytes(b"\xff" * 64)
    (tmp_path / f"gauge_livesum_{nobody}.db").touch()
    assert metric_files.retire_dead() == 1
    assert list(tmp_path.glob(f"*{nobody}*")) == []
    observe.metrics_text()  # does not raise
