"""Starts one run: folders, user, cgroup, then a supervisor that belongs to nobody and outlives every Kontor process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import secrets
import shutil
import subprocess
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from app.hosting.gateways.cgroups import Cgroups
from app.hosting.gateways.disk import below, folder_bytes, remove_folder
from app.hosting.gateways.ports import loopback_port, port_free
from app.hosting.gateways.process import npm, worlds
from app.hosting.gateways.process.config import ProcessConfig
from app.hosting.gateways.process.folders import Folders, Record, Run, ServerFolder, write_whole
from app.hosting.gateways.process.node import find_node
from app.hosting.gateways.process.properties import merge_properties
from app.hosting.gateways.process.system import BOOT_ID
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    DiskFull,
    NotPrepared,
    PortTaken,
    RuntimeFault,
    RuntimeUnavailable,
    Spec,
)
from app.hosting.rules.template import facts
from app.kit import clock

SCRIPT = (Path(__file__).parent / "supervise.sh").read_text()
LOCK_SECONDS = 10.0
NOTED_SECONDS = 10.0
KEPT_BYTES = 32 << 20
"""What a game may keep in its cache from run to run: nobody pays for it, and it can be made again."""


@contextlib.contextmanager
def locked(server: ServerFolder, spec: Spec) -> Iterator[int]:
    """The server's lock as a file descriptor. A living supervisor holds it too, so whoever gets it is alone."""
    descriptor = os.open(server.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                run = server.current()
                if run is not None and run.run_id != spec.run_id and run.alive():
                    raise AlreadyRunning("", run.run_id) from None
                if run is not None and run.run_id == spec.run_id and run.launched():
                    break  # ours, started by someone else a moment ago: the caller sees that it was
                if time.monotonic() > until:
                    raise RuntimeUnavailable("the server's lock is held for too long") from None
                time.sleep(0.02)
        yield descriptor
    finally:
        os.close(descriptor)


def launch(config: ProcessConfig, folders: Folders, groups: Cgroups | None, spec: Spec, lock: int) -> Run:
    """Starts the run; the caller holds the lock and has made sure that nothing else runs."""
    if shutil.disk_usage(config.root).free < config.free_bytes:
        raise DiskFull(str(config.root))
    server = folders.server(spec.server_id)
    install = _installed(config, spec)
    if not port_free(config.bind_host, spec.port):
        raise PortTaken(str(spec.port))
    if spec.web_map is not None and not port_free(config.map_host, spec.web_map.outside):
        raise PortTaken(str(spec.web_map.outside))
    try:
        user_id = _user(config, folders, server, install)
        record = _record(spec, groups, user_id)
        with worlds.held(server):
            worlds.there(server, spec.world)
            _make_folders(server, spec, user_id)
            run = server.add_run(record)
        if groups and record.cgroup:
            groups.create(record.cgroup, record.memory_bytes, config.limits.processes, spec.cpu_cores)
        _spawn(
            run,
            server,
            _command(config, spec, record, server, install),
            _arguments(config, groups, record),
            lock,
        )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(error)) from error
        raise RuntimeUnavailable(str(error)) from error
    except subprocess.SubprocessError as error:
        raise RuntimeUnavailable(type(error).__name__) from error  # its text has the game's whole environment
    return run


def _installed(config: ProcessConfig, spec: Spec) -> Path:
    plan = spec.template.process
    if plan is None:
        raise NotPrepared(f"{spec.template.slug} does not run as a process")
    if plan.install == "none":
        return config.catalog / spec.template.slug
    install = npm.folder(config, spec.template)
    if not install.is_dir():
        raise NotPrepared(str(install.name))
    return install


def _record(spec: Spec, groups: Cgroups | None, user_id: int | None) -> Record:
    return Record(
        server_id=str(spec.server_id),
        run_id=str(spec.run_id),
        slug=spec.template.slug,
        boot_id=BOOT_ID,
        started_at=clock.now().isoformat(),
        memory_bytes=spec.memory_mb * 1024**2,
        port=spec.port,
        rcon_port=loopback_port(spec.port) if spec.template.rcon else 0,
        rcon=spec.template.rcon,
        user_id=user_id,
        cgroup=f"{spec.server_id.hex}-{spec.run_id.hex[-12:]}" if groups else None,
        world=spec.world,
    )


def _user(config: ProcessConfig, folders: Folders, server: ServerFolder, install: Path) -> int | None:
    """The server's own user id, the same for ever; None where Kontor may not switch users or paths are closed to others."""
    if not own_users(config, install):
        return None
    noted = server.path / "user"
    with contextlib.suppress(OSError, ValueError):
        return int(noted.read_text())
    assert config.user_ids is not None
    with open(folders.root / "users.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        taken = {number for _, other in folders.servers() if (number := _noted_user(other)) is not None}
        # Installations that share a machine begin in different places of the same range.
        first = zlib.crc32(str(folders.root.resolve()).encode()) % len(config.user_ids)
        order = (*config.user_ids[first:], *config.user_ids[:first])
        number = next((number for number in order if number not in taken), None)
        if number is None:  # without one of its own it would run as ours
            raise RuntimeFault(f"all {len(config.user_ids)} user ids of this installation are taken")
        write_whole(noted, str(number))
    return number


def _noted_user(server: ServerFolder) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((server.path / "user").read_text())
    return None


@cache
def _setpriv() -> str | None:
    return shutil.which("setpriv")


def can_switch_user(config: ProcessConfig) -> bool:
    return config.user_ids is not None and os.geteuid() == 0 and _setpriv() is not None


def own_users(config: ProcessConfig, install: Path) -> bool:
    """Whether each server gets a user of its own: Kontor may switch users, and other users reach what a game needs."""
    if not can_switch_user(config):
        return False
    node = find_node(config.node)
    paths = [config.root / "servers", install, *([node.program] if node else [])]
    return all(_open_to_others(path) for path in paths)


def _open_to_others(path: Path) -> bool:
    """Whether any user may pass through every folder above a path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _make_folders(server: ServerFolder, spec: Spec, user_id: int | None) -> None:
    server.path.chmod(0o711)
    data, temporary, kept = server.data(spec.world), server.path / "tmp", server.path / "cache"
    for path in (temporary, *([kept] if folder_bytes(str(kept)) > KEPT_BYTES else [])):
        with contextlib.suppress(OSError):
            remove_folder(path)
    for path in (data, temporary, kept):
        path.mkdir(mode=0o700, exist_ok=True)
        if user_id is not None and path.stat().st_uid != user_id:
            _give(path, user_id)
    if spec.template.rcon:
        write_whole(server.secret, secrets.token_urlsafe(24), 0o600)
        if user_id is not None:
            os.chown(server.secret, user_id, user_id)
    if properties := spec.template.properties(spec.settings):
        merge_properties(data / "server.properties", properties, user_id)


def _give(path: Path, user_id: int) -> None:
    """Hands a folder and everything in it to a user; links are handed over themselves, not what they point to."""
    os.lchown(path, user_id, user_id)
    for entry in below(path):
        os.lchown(entry.path, user_id, user_id)


def _command(
    config: ProcessConfig, spec: Spec, record: Record, server: ServerFolder, install: Path
) -> list[str]:
    """The game's command line, behind what drops the rights of the user who starts it."""
    plan = spec.template.process
    assert plan is not None
    node = find_node(config.node)
    known = facts(
        memory_mb=spec.memory_mb,
        port=spec.port,
        rcon_port=record.rcon_port,
        rcon_secret_file=str(server.secret),
        map_port=spec.web_map.outside if spec.web_map else None,
        install=str(install),
        node=str(node.program) if node else "node",
    )
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        # Not the game's folder: Node looks there for modules it misses, and people put files into that one.
        "HOME": str(server.path / "tmp"),
        "TMPDIR": str(server.path / "tmp"),
        "XDG_CACHE_HOME": str(server.path / "cache"),  # stays from run to run
        "LANG": "C.UTF-8",
        "NODE_ENV": "production",
        "GAME_HOST": config.bind_host,
        "MAP_HOST": config.map_host,
        "KONTOR_RUN": spec.run_id.hex,
        **spec.template.environment("process", spec.settings, known),
    }
    drop = ["--no-new-privs"]
    if record.user_id is not None:
        drop += [
            f"--reuid={record.user_id}",
            f"--regid={record.user_id}",
            "--clear-groups",
            "--bounding-set=-all",
        ]
    setpriv = [str(_setpriv()), *drop, "--"] if _setpriv() else []
    variables = [f"{name}={value}" for name, value in environment.items()]
    return [*setpriv, "env", "-i", *variables, *(part.format_map(known) for part in plan.command)]


def _arguments(config: ProcessConfig, groups: Cgroups | None, record: Record) -> list[str]:
    """cgroup folders and limits, as supervise.sh takes them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = (
        config.limits.open_files if hard == resource.RLIM_INFINITY else min(hard, config.limits.open_files)
    )
    folders = groups.folders(record.cgroup) if groups and record.cgroup else []
    processes = str(config.limits.processes) if record.user_id is not None else "-"
    return [" ".join(map(str, folders)), str(files), str(config.limits.file_bytes // 512), processes]


def _spawn(run: Run, server: ServerFolder, command: list[str], arguments: list[str], lock: int) -> None:
    """Two shells: the outer ends at once, so that the inner is nobody's child and no zombie is left."""
    outer = 'exec 9<&0; script=$1; shift; /bin/sh -c "$script" kontor-server "$@" </dev/null >/dev/null 2>&1 & exit 0'
    subprocess.run(
        [
            "/bin/sh",
            "-c",
            outer,
            "kontor-start",
            SCRIPT,
            str(run.path),
            str(server.data(run.record.world)),
            *arguments,
            *command,
        ],
        stdin=lock,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        start_new_session=True,
        check=True,
        timeout=NOTED_SECONDS,
    )
    until = time.monotonic() + NOTED_SECONDS
    while not run.has_game():
        if time.monotonic() > until:
            raise RuntimeUnavailable("the supervisor did not start")
        time.sleep(0.002)
