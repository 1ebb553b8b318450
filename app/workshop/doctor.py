"""Examines an installation: each finding says what is wrong and what to do about it."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import redis
from sqlalchemy import text

from app.core.queries import health
from app.kit import cache
from app.kit.assets import ROOT
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import KontorError

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is empty where all is well."""

    state: str
    what: str
    remedy: str = ""


def packages() -> Iterator[Finding]:
    """The pinned packages are the installed ones."""
    wrong = []
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        name, _, wanted = line.split("#")[0].strip().partition("==")
        if wanted:
            try:
                found = version(name.split("[")[0])
            except PackageNotFoundError:
                found = "none"
            if found != wanted:
                wrong.append(f"{name} {found} instead of {wanted}")
    if wrong:
        yield Finding(FAIL, "Packages: " + ", ".join(wrong), "python -m pip install -r requirements.txt")
    else:
        yield Finding(OK, "Packages are the pinned ones")


def folder() -> Iterator[Finding]:
    """The var folder takes files, has room, and keeps its keys to itself."""
    place = settings().var_dir
    try:
        probe = place / ".doctor"
        probe.write_text("x")
        probe.unlink()
        yield Finding(OK, f"Folder {place} can be written")
    except OSError as error:
        yield Finding(
            FAIL, f"Folder {place}: {error.strerror}", "give it to the user Kontor runs as (KONTOR_VAR_DIR)"
        )
    free = shutil.disk_usage(place).free / 2**30
    state = OK if free > 5 else WARN if free > 1 else FAIL
    yield Finding(
        state, f"{free:.1f} GiB free on its disk", "" if state == OK else "make room or move KONTOR_VAR_DIR"
    )
    key = place / "secret.key"
    if key.exists():
        mode = stat.S_IMODE(key.stat().st_mode)
        yield Finding(
            OK if mode & 0o077 == 0 else FAIL,
            f"secret.key has mode {mode:04o}",
            "" if mode & 0o077 == 0 else f"chmod 600 '{key}'",
        )


def parts() -> Iterator[Finding]:
    """What /readyz asks."""
    remedies = {
        "database": "start the database, or correct KONTOR_DATABASE_URL",
        "migrations": "flask --app wsgi db upgrade",
        "redis": "start Redis (make run brings its own), or correct KONTOR_REDIS_URL",
        "processes": "start what is missing: the Procfile names the commands",
    }
    for name in health.PARTS:
        part = health.ask(name)
        yield Finding(OK if part.ok else FAIL, f"{name}: {part.detail}", "" if part.ok else remedies[name])


def database_settings() -> Iterator[Finding]:
    """SQLite keeps a write-ahead log; more than one host wants PostgreSQL."""
    if db.engine.dialect.name == "sqlite":
        mode = db.session.scalar(text("PRAGMA journal_mode"))
        yield Finding(
            OK if mode == "wal" else WARN,
            f"SQLite journal is {mode}",
            "" if mode == "wal" else "restart Kontor",
        )
        yield Finding(
            OK, "SQLite serves one host; for more people or hosts set KONTOR_DATABASE_URL to PostgreSQL"
        )


def redis_settings() -> Iterator[Finding]:
    """Redis must not drop what it carries."""
    try:
        answer = cache.client().config_get("maxmemory-policy")
    except redis.RedisError:
        return
    policy = dict(answer).get("maxmemory-policy")  # type: ignore[arg-type]
    yield Finding(
        OK if policy == "noeviction" else FAIL,
        f"Redis drops keys by {policy}",
        "" if policy == "noeviction" else "set maxmemory-policy noeviction: queues must not be dropped",
    )


def router() -> Iterator[Finding]:
    """Somebody answers on the port players join."""
    try:
        found = [
            json.loads(cache.client().get(key) or "{}") for key in cache.client().keys("kontor:router:*")
        ]  # type: ignore[union-attr, arg-type]
    except redis.RedisError:
        return
    if not found:
        yield Finding(WARN, "No router is running: joining wakes nothing", "start it: python -m jobs.router")
    for one in found:
        if one.get("open"):
            yield Finding(OK, f"A router listens on port {one['port']} ({one['connections']} connections)")
        elif one:
            yield Finding(
                WARN, f"A router finds port {one['port']} taken", "end what has it, or set KONTOR_ROUTER_PORT"
            )


def reports() -> Iterator[Finding]:
    """PDF reports need Pango and a font."""
    try:
        import_module("weasyprint")
        yield Finding(OK, "PDF reports can be made")
    except OSError as error:
        yield Finding(
            FAIL, f"PDF reports: {str(error).splitlines()[0]}",
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-dejavu-core",
        )  # fmt: skip


def front_end() -> Iterator[Finding]:
    """Fetched files and compiled catalogues are there."""
    there = (settings().var_dir / "static" / "vendor").is_dir()
    yield Finding(
        OK if there else FAIL,
        "Front-end files " + ("are there" if there else "are missing"),
        "" if there else "python -m app.kit.assets sync",
    )
    stale = [
        po.parent.parent.name
        for po in sorted((ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po"))
        if not po.with_suffix(".mo").exists() or po.with_suffix(".mo").stat().st_mtime < po.stat().st_mtime
    ]
    if stale:
        yield Finding(
            WARN, f"Translations are not compiled: {', '.join(stale)}", "pybabel compile -d app/translations"
        )
    else:
        yield Finding(OK, "Translations are compiled")


def public() -> Iterator[Finding]:
    """The address people type, and what it asks for."""
    address = urlsplit(settings().public_url)
    local = address.hostname in ("127.0.0.1", "localhost", "::1")
    if address.scheme != "https" and not local:
        yield Finding(
            FAIL,
            f"{settings().public_url} is not encrypted",
            "put a proxy with TLS before it and set KONTOR_PUBLIC_URL=https://…",
        )
    else:
        yield Finding(OK, f"People reach it at {settings().public_url}")
    if not local and settings().trusted_proxies == 0:
        yield Finding(
            WARN, "No proxy is trusted: every visitor has the proxy's address", "set KONTOR_TRUSTED_PROXIES=1"
        )
    if not local and not settings().mail_url:
        yield Finding(WARN, "Mail stays in the outbox", "set KONTOR_MAIL_URL=smtp://…")
    if not local and settings().demo:
        yield Finding(
            FAIL,
            "Demo data with known passwords on a public address",
            "set KONTOR_DEMO=0 and remove the demo people",
        )


def docker() -> Iterator[Finding]:
    """The engine answers where new servers use it."""
    if settings().game_runtime != "docker":
        return
    target = Path(urlsplit(settings().docker_url).path or "/var/run/docker.sock")
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            probe.connect(str(target))
        yield Finding(OK, "The Docker engine answers")
    except OSError as error:
        yield Finding(
            FAIL,
            f"Docker engine at {target}: {error.strerror}",
            "start it and let Kontor's user into its group",
        )


def games() -> Iterator[Finding]:
    """How games that run as processes of this host are kept apart."""
    if "hosting" not in settings().enabled_modules or settings().game_runtime != "process":
        return
    found = import_module("app.hosting.api").isolation()
    if found["user"] == "own":
        yield Finding(OK, "Each game runs as a user of its own")
    else:
        yield Finding(
            WARN, "All games run as Kontor's own user: one could read the others' worlds and Kontor's keys",
            "run Kontor as root with util-linux installed and the folders above its var folder open to others"
            " (chmod o+x), or set KONTOR_GAME_RUNTIME=docker",
        )  # fmt: skip
    if found["memory"] == "watched":
        yield Finding(
            WARN, "The memory of games is watched every ten seconds, not limited by the kernel",
            "let Kontor write to a control group, or set KONTOR_GAME_RUNTIME=docker (docs/runtimes.md)",
        )  # fmt: skip
    else:
        yield Finding(OK, f"The kernel limits the memory of games (cgroup v{found['memory'][-1]})")


def archive() -> Iterator[Finding]:
    """Worlds that rest and backups have a place, which takes what is written to it."""
    if "hosting" not in settings().enabled_modules:
        return
    try:
        import_module("app.hosting.api").check_archive()
    except (KontorError, ValueError) as error:
        yield Finding(
            FAIL, f"The archive of worlds cannot be used: {error}",
            "worlds stay on their node and backups fail until KONTOR_ARCHIVE_URL is right (docs/archive.md)",
        )  # fmt: skip
    else:
        yield Finding(OK, "The archive of worlds can be written")


EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    packages, folder, parts, database_settings, redis_settings, router, reports, front_end, public, docker,
    games,
    archive,
)  # fmt: skip


def examine() -> Iterator[Finding]:
    """Everything, one after the other; an examination that breaks is a finding itself."""
    for examination in EXAMINATIONS:
        try:
            yield from examination()
        except Exception as error:
            db.session.rollback()
            yield Finding(
                FAIL, f"{examination.__name__}: {type(error).__name__}: {error}", "see the part named above"
            )
