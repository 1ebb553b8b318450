"""Installs a game from npm once for all servers: into a new folder, checked, made read-only, renamed into place.

A rename either happened or did not, so whoever is killed in the middle leaves nothing that looks finished; a lock file lets
the second of two wait for the first.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from app.hosting.gateways.process.config import ProcessConfig
from app.hosting.gateways.process.node import Node, find_node
from app.hosting.gateways.runtime import DiskFull, InstallFailed, Progress, Step
from app.hosting.rules.template import Template

TIMEOUT_SECONDS = 900
READABLE = 0o755
"""The games' own users read the installation."""
SEALED = 0o555
_DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()
_EXACTLY = (
    "ci",
    "--omit=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=http",
    "--no-progress",
)
_HOST = re.compile(r"https?://[^/\s]+/")
_SECRET = re.compile(r"^KONTOR_", re.IGNORECASE)


def folder(config: ProcessConfig, template: Template) -> Path:
    """Where this exact version of the template's files is installed, or will be."""
    return config.cache / f"{template.slug}-{_digest(config.catalog, template)}"


def _digest(catalog: Path, template: Template) -> str:
    assert template.process is not None
    digest = hashlib.sha256()
    for name in sorted(template.process.files):
        digest.update(name.encode() + b"\0" + (catalog / template.slug / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def install(config: ProcessConfig, template: Template, progress: Progress) -> Path:
    """The finished installation, made now if need be. Raises InstallFailed, DiskFull."""
    progress.step(Step.CHECKING, 0)
    target = folder(config, template)
    if not target.is_dir():
        node = find_node(config.node)
        if node is None:
            raise InstallFailed("no Node from version 20 on")
        config.cache.mkdir(parents=True, exist_ok=True)
        os.chmod(config.cache, READABLE)
        with _lock(target.with_suffix(".lock"), progress):
            if not target.is_dir():
                _build(config, template, node, target, progress)
    progress.step(Step.READY, 100)
    return target


@contextlib.contextmanager
def _lock(path: Path, progress: Progress) -> Iterator[None]:
    """Held by one process of this machine; the kernel frees it when that process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress.step(Step.WAITING, 1)
                if time.monotonic() > until:
                    raise InstallFailed("another installation takes too long") from None
                time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def _build(config: ProcessConfig, template: Template, node: Node, target: Path, progress: Progress) -> None:
    for left in config.cache.glob(f"{target.name}.part-*"):
        shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(config.cache).free < config.free_bytes:
        raise DiskFull(str(config.cache))
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    part.mkdir()
    try:
        assert template.process is not None
        for name in template.process.files:
            shutil.copyfile(config.catalog / template.slug / name, part / name)
        progress.step(Step.DOWNLOADING, 2)
        _npm_ci(node, part, progress)
        progress.step(Step.VERIFYING, 96)
        _verify(part)
        _seal(part)
        part.rename(target)
        shutil.rmtree(_npm_cache(part), ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(error)) from error
        raise InstallFailed(str(error)) from error
    finally:
        _unseal(part)


def _npm_cache(part: Path) -> Path:
    """What was downloaded already, kept until the installation is whole so that a second try goes on."""
    return part.with_name(part.name.partition(".part-")[0] + ".npm")


def _npm_ci(node: Node, part: Path, progress: Progress) -> None:
    """Exactly what the lock file says, each package checked against its hash; no package's own scripts are run."""
    packages = max(1, len(json.loads((part / "package-lock.json").read_text())["packages"]) - 1)
    environment = {name: value for name, value in os.environ.items() if not _SECRET.match(name)}
    environment["PATH"] = f"{node.program.parent}:{environment.get('PATH', '/usr/bin:/bin')}"
    process = subprocess.Popen(
        [*_DIE_WITH_US, *node.npm, *_EXACTLY, "--cache", str(_npm_cache(part))],
        cwd=part,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        umask=0o022,
    )
    watchdog = threading.Timer(TIMEOUT_SECONDS, _end_group, (process.pid,))
    watchdog.start()
    try:
        tail = _follow(process, packages, progress)
        if (code := process.wait()) != 0:
            raise (DiskFull if "ENOSPC" in tail else InstallFailed)(f"npm ended with {code}\n{tail}")
    finally:
        watchdog.cancel()
        if process.poll() is None:
            _end_group(process.pid)
            process.wait()


def _follow(process: subprocess.Popen[str], packages: int, progress: Progress) -> str:
    """Shows what npm says, and from it how far it is; returns its last lines."""
    assert process.stdout is not None
    tail: list[str] = []
    fetched, told = 0, 2
    for raw in process.stdout:
        line = _HOST.sub("", raw.rstrip())
        tail = [*tail[-9:], line]
        progress.line(line)
        if line.startswith(("npm http fetch", "npm http cache")):
            fetched += 1  # each package twice: its description, then its files
            if (percent := min(95, 2 + 93 * fetched // (2 * packages))) > told:
                told = percent
                progress.step(Step.DOWNLOADING, percent)
    return "\n".join(tail)


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _verify(part: Path) -> None:
    """Every package of the lock file has its folder."""
    packages = json.loads((part / "package-lock.json").read_text())["packages"]
    for name, entry in packages.items():
        if name and not entry.get("optional") and not (part / name / "package.json").is_file():
            raise InstallFailed(f"{name} is missing after the installation")


def _seal(part: Path) -> None:
    for path, _, names in os.walk(part):
        os.chmod(path, SEALED)
        for name in names:
            file = os.path.join(path, name)
            if not os.path.islink(file):
                os.chmod(file, 0o444)
    os.chmod(part, READABLE)  # a folder without write permission cannot be renamed by everyone


def _unseal(part: Path) -> None:
    """Removes a half-built folder; nothing to do after it was renamed."""
    if part.is_dir():
        for path, _, _ in os.walk(part):
            os.chmod(path, READABLE)
        shutil.rmtree(part, ignore_errors=True)
