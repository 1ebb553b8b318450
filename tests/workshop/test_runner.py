"""The process runner: what crashes comes back, what was asked to stop is gone, whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kit.children import descendants
from app.kit.runner import read_procfile
from tests.services.processes import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]

# A worker that starts a game server the way a runtime does: in a session of its own, orphaned at once.
GAME = """
import os, sys, time, signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
print("worker is up", flush=True)
time.sleep(600)
"""
CRASHES = "import sys; open(sys.argv[1], 'a').write('x'); print('oh no', flush=True); sys.exit(3)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "with a space"
    place.mkdir()
    (place / "game.py").write_text(GAME)
    (place / "crash.py").write_text(CRASHES)
    (place / "Procfile").write_text(
        "# comment\n"
        f"worker: python '{place}/game.py' '{place}/game.pid'\n"
        f"clock: python '{place}/crash.py' '{place}/crashes'\n"
    )
    return place


@pytest.fixture
def runner(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    env = {**os.environ, "KONTOR_VAR_DIR": str(folder / "var"), "PORT": str(free_port())}
    with open(folder / "out", "w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.kit.runner", "--procfile", str(folder / "Procfile"), "--no-halt"],
            cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    game = folder / "game.pid"
    wait_until(lambda: game.exists() and game.read_text(), what="the game server")
    yield process
    process.kill()
    process.wait(10)


def gone(pids: set[int]) -> bool:
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ctrl-c", "term", "term supervisor", "kill guard", "kill supervisor"])
def test_nothing_is_left_behind(runner: "subprocess.Popen[str]", folder: Path, who: str) -> None:
    game = int((folder / "game.pid").read_text())
    below = descendants(runner.pid)
    assert game in below, "an orphan is adopted, not lost"
    supervisor = next(p for p in sorted(below) if parent_of(p) == runner.pid)
    victim = supervisor if who.endswith("supervisor") else runner.pid
    how = signal.SIGKILL if who.startswith("kill") else signal.SIGINT if who == "ctrl-c" else signal.SIGTERM
    started = time.monotonic()
    os.kill(victim, how)
    wait_until(lambda: gone(below | {game}), 30, what="every process to end")
    assert time.monotonic() - started < 20
    code = runner.wait(20)
    assert (code == 0) == (not who.startswith("kill"))


@pytest.mark.slow
def test_what_crashes_comes_back_with_growing_pauses(runner: "subprocess.Popen[str]", folder: Path) -> None:
    crashes = folder / "crashes"
    wait_until(lambda: crashes.exists() and len(crashes.read_text()) >= 3, what="two restarts")
    text = (folder / "out").read_text()
    assert "clock  │ oh no" in text
    assert "ended with code 3; starting again in 0.5 s" in text
    assert "ended with code 3; starting again in 1 s" in text
    assert "worker │ worker is up" in text


def test_a_second_ctrl_c_does_not_wait(folder: Path) -> None:
    stubborn = folder / "stubborn.py"
    stubborn.write_text(
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)"
    )
    (folder / "Procfile").write_text(f"web: python '{stubborn}'\n")
    env = {**os.environ, "KONTOR_VAR_DIR": str(folder / "var"), "PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.kit.runner", "--procfile", str(folder / "Procfile"), "--no-halt"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "up" in process.stdout.readline()
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    assert "stopping" in process.stdout.readline()
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(10)
    process.stdout.close()
    assert time.monotonic() - started < 8
    assert gone(below)


def test_the_procfile_of_the_product_can_be_read() -> None:
    lines = read_procfile((ROOT / "Procfile").read_text(), {})
    assert set(lines) == {"redis", "web", "live", "worker", "worker-infra", "watch", "clock", "router"}
    assert all(args[0] == sys.executable for args in lines.values())
