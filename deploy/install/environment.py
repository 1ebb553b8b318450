"""The Python environment in .venv, and stamps that let a second start skip what has not changed."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from install import system

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARK = "==>"


def fail(text: str) -> None:
    """Stop with one line."""
    raise SystemExit(f"!!! {text}")


def run(*arguments: str | Path, quiet: bool = False) -> None:
    """Run a command in the checkout; stop with its name when it fails."""
    done = subprocess.run([str(a) for a in arguments], cwd=ROOT, stdout=subprocess.DEVNULL if quiet else None)
    if done.returncode != 0:
        fail(f"failed with code {done.returncode}: {' '.join(str(a) for a in arguments)}")


def digest(*things: str | Path | Iterable[Path]) -> str:
    """One hash over texts and the contents of files."""
    found = hashlib.sha256()
    for thing in things:
        paths = [thing] if isinstance(thing, Path) else [] if isinstance(thing, str) else sorted(thing)
        if isinstance(thing, str):
            found.update(thing.encode() + b"\0")
        for path in paths:
            found.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


class Stamp:
    """Remembers that something was done for these inputs."""

    def __init__(self, path: Path, value: str) -> None:
        self.path, self.value = path, value

    @property
    def fresh(self) -> bool:
        """Whether it was done for exactly these inputs."""
        return self.path.is_file() and self.path.read_text() == self.value

    def set(self) -> None:
        """It is done."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.value)


def usable_home(var: Path) -> None:
    """Tools write caches to $HOME; where that cannot be written they get a folder of ours."""
    if not os.access(os.environ.get("HOME") or "/nonexistent", os.W_OK):
        home = var / "home"
        home.mkdir(parents=True, exist_ok=True)
        os.environ["HOME"] = str(home)


def _works() -> bool:
    if not PYTHON.exists():
        return False
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0


def make_environment() -> None:
    """Make .venv with pip. Where Debian's venv cannot bring pip and we may not install it, Debian's pip wheel does."""
    if _works():
        return
    print(f"{MARK} Making the Python environment", flush=True)
    if system.may_install():
        system.install((system.VENV,))
    shutil.rmtree(VENV, ignore_errors=True)
    if system.VENV.there():
        run(sys.executable, "-m", "venv", VENV)
        return
    scratch = ROOT / "var" / "bootstrap"
    wheel = system.pip_wheel(scratch)
    if wheel is None and system.install((system.VENV,)):
        fail("no environment without pip; the line above helps")
    run(sys.executable, "-m", "venv", *(["--without-pip"] if wheel else []), VENV)
    if wheel:
        run(PYTHON, wheel / "pip", "install", "-q", "--no-index", wheel)
        shutil.rmtree(scratch, ignore_errors=True)


def install_requirements(name: str) -> None:
    """Install a requirements file when it changed."""
    files = [ROOT / "requirements.txt"] + ([ROOT / name] if name != "requirements.txt" else [])
    value = digest(sys.version, str(ROOT), *files)
    stamp = Stamp(VENV / f".{name}.stamp", value)
    wider = Stamp(
        VENV / ".requirements-dev.txt.stamp",
        digest(sys.version, str(ROOT), *files, ROOT / "requirements-dev.txt"),
    )
    if stamp.fresh or (name == "requirements.txt" and wider.fresh):
        return
    print(f"{MARK} Installing Python packages of {name} (a minute or two, once)", flush=True)
    run(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--prefer-binary",
        "--root-user-action=ignore", "-r", ROOT / name)  # fmt: skip
    stamp.set()
