"""`make` on a machine that lacks something: it helps itself where it may, and says one clear line where it may not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

from install import environment, system  # noqa: E402 - lives beside deploy/setup.py, which starts without packages


def need(there: bool = False) -> system.Need:
    return system.Need("pango", lambda: there, ("libpango-1.0-0", "fontconfig"), "PDF reports")


def test_what_is_there_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert system.install((need(there=True),)) == []
    assert capsys.readouterr().out == ""


def test_without_the_right_one_line_names_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "_become_root", lambda: None)
    assert [n.name for n in system.install((need(),))] == ["pango"]
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["!!! Missing for PDF reports; type: sudo apt-get install -y fontconfig libpango-1.0-0"]


def test_with_the_right_apt_is_asked_and_asked_again_with_new_lists(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> "{said}"\n[ "$1" = update ] || [ $(wc -l < "{said}") -gt 2 ]\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(system, "_become_root", list)
    there = iter([False, True])
    wanted = system.Need("pango", lambda: next(there), ("libpango-1.0-0",), "PDF reports")
    assert system.install((wanted,)) == []
    words = [line.split()[0] for line in said.read_text().splitlines()]
    assert words == ["install", "update", "install"]


def test_a_stamp_is_fresh_for_exactly_its_inputs(tmp_path: Path) -> None:
    stamp = environment.Stamp(tmp_path / "a" / "stamp", environment.digest("x", ROOT / "requirements.txt"))
    assert not stamp.fresh
    stamp.set()
    assert stamp.fresh
    assert not environment.Stamp(stamp.path, environment.digest("y", ROOT / "requirements.txt")).fresh


def test_an_unwritable_home_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/proc/1/nothing")
    environment.usable_home(tmp_path)
    assert os.environ["HOME"] == str(tmp_path / "home")


def run_setup(target: str, tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    full: dict[str, Any] = {**os.environ, "KONTOR_VAR_DIR": str(tmp_path / "var"), **env}
    return subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "setup.py"), target],
        env=full,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_taken_port_is_said_at_once_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_setup("run", tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1" in done.stderr
    assert f"PORT={port + 10} make run" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_makefile_works_from_any_folder_and_lists_itself(tmp_path: Path) -> None:
    link = tmp_path / "a house with spaces"
    link.symlink_to(ROOT)
    for arguments in (["-C", str(link), "help"], ["-f", str(link / "Makefile"), "help"]):
        done = subprocess.run(["make", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "make run " in done.stdout
        assert "make test-fast" in done.stdout
