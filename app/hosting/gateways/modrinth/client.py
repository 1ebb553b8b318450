"""Modrinth's API, version 2 (docs.modrinth.com): search, projects, versions, hashes, jars.

Who asks says who they are, asks at most as often as they may, and asks for what it has not got. An answer is fresh for
some minutes; after that it is asked for with its ETag; where nobody answers, the last known answer is given, with its age.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import TypeAdapter, ValidationError

from app.hosting.gateways.modrinth.fault import ModrinthFault
from app.hosting.gateways.modrinth.guard import CDN, check_status, jar_path
from app.hosting.gateways.modrinth.kept import Kept, NoKept, Old
from app.hosting.gateways.modrinth.line import Patience, Reply, ask
from app.hosting.gateways.modrinth.shapes import Answered, Hits, Project, release_of, releases_of
from app.hosting.rules.plugin import Release, Target
from app.kit import clock, observe

T = TypeVar("T")
API = "https://api.modrinth.com/v2"
MOST_BYTES = 16 * 1024**2
MOST_HASHES = 500
FRESH = 600.0
AWAY_PAUSE = 20.0
"""Seconds nobody is asked after no answer: pages must not wait again and again for the same silence."""
LONGEST_PAUSE = 300.0
NONE_LEFT = 2
"""Requests that are left to others of this address."""

REQUESTS = observe.counter(
    "kontor_modrinth_requests_total", "Requests to Modrinth by what came of them.", ("what", "outcome")
)
SECONDS = observe.histogram("kontor_modrinth_request_seconds", "How long a request to Modrinth took.")
DOWNLOADED = observe.counter("kontor_modrinth_downloaded_bytes_total", "Bytes of jars fetched from Modrinth.")


def agent(contact: str) -> str:
    """How we say who asks: Modrinth wants a name of its own and a contact."""
    plain = "".join(char for char in contact if " " <= char <= "~" and char not in "()")
    return f"kontor/hosting/1 ({plain[:200]})"


class Modrinth:
    """The client. `base` and `cdn` are others in tests; an address of a jar always has to be Modrinth's own."""

    def __init__(
        self, base: str = API, *, contact: str, kept: Kept | None = None, cdn: str = CDN,
        patience: Patience = Patience(), download: Patience = Patience(4.0, 15.0, 300.0),
        tries: int = 2, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._base, self._prefix = base, urlsplit(base).path.rstrip("/")
        self._cdn, self._kept, self._sleep = cdn, kept or NoKept(), sleep
        self._patience, self._download, self._tries = patience, download, tries
        self._headers = {"User-Agent": agent(contact), "Accept": "application/json"}

    # --- questions ---------------------------------------------------------------------------------------------

    def search(self, text: str, target: Target, *, offset: int = 0, limit: int = 20) -> Answered[Hits]:
        """Projects with something for this game that runs on a server, the most fitting first."""
        facets = [
            [f"categories:{loader}" for loader in target.loaders],
            [f"versions:{target.game_version}"],
            ["server_side:required", "server_side:optional"],
        ]
        query = {
            "query": text, "facets": json.dumps(facets, separators=(",", ":")),
            "index": "relevance" if text else "downloads", "offset": offset, "limit": limit,
        }  # fmt: skip
        return self._get("search", f"/search?{urlencode(query)}", Hits.model_validate)

    def project(self, name: str) -> Answered[Project]:
        """One project by its id or its name in addresses."""
        return self._get("project", f"/project/{quote(name, safe='')}", Project.model_validate)

    def projects(self, names: Collection[str]) -> Answered[dict[str, Project]]:
        """Several at once, by id; those that are gone are left out."""
        if not names:
            return Answered({})
        path = f"/projects?{urlencode({'ids': json.dumps(sorted(set(names)))})}"
        read = TypeAdapter(list[Project]).validate_python
        return self._get("projects", path, lambda raw: {one.id: one for one in read(raw)})

    def releases(self, project: str, target: Target) -> Answered[list[Release]]:
        """The releases of a project for this game, newest first."""
        query = {
            "loaders": json.dumps(list(target.loaders)), "game_versions": json.dumps([target.game_version]),
            "include_changelog": "false",
        }  # fmt: skip
        return self._get(
            "versions", f"/project/{quote(project, safe='')}/version?{urlencode(query)}", _newest
        )

    def release(self, version_id: str) -> Answered[Release | None]:
        """One exact release; None for one without a jar."""
        return self._get("version", f"/version/{quote(version_id, safe='')}", release_of)

    def by_hashes(self, hashes: Collection[str]) -> dict[str, Release]:
        """The releases these sha512 belong to; those nobody knows are left out. Raises ModrinthFault."""
        return self._hashes("version_files", hashes, {}, own=True)

    def updates(
        self, hashes: Collection[str], target: Target, stability: Sequence[str]
    ) -> dict[str, Release]:
        """The newest release for this game of each project that one of these sha512 belongs to. Raises ModrinthFault."""
        more = {
            "loaders": list(target.loaders), "game_versions": [target.game_version],
            "version_types": list(stability),
        }  # fmt: skip
        return self._hashes("version_files/update", hashes, more, own=False)

    def _hashes(
        self, path: str, hashes: Collection[str], more: dict[str, Any], *, own: bool
    ) -> dict[str, Release]:
        found: dict[str, Release] = {}
        wanted = sorted(set(hashes))
        for first in range(0, len(wanted), MOST_HASHES):
            part = wanted[first : first + MOST_HASHES]
            body = json.dumps({"hashes": part, "algorithm": "sha512", **more}).encode()
            answer, _etag = self._talk(path, "POST", f"/{path}", body)
            found |= _read(partial(_by_hash, asked=part, own=own), answer)
        return found

    # --- asking ------------------------------------------------------------------------------------------------

    def _get(self, what: str, path: str, read: Callable[[Any], T]) -> Answered[T]:
        key = hashlib.sha256(f"{self._base} {path}".encode()).hexdigest()
        old = self._kept.get(key)
        now = clock.now().timestamp()
        if old is not None and 0 <= now - old.at < FRESH:
            return Answered(_read(read, old.body))
        try:
            body, etag = self._talk(what, "GET", path, None, old.etag if old else "")
        except ModrinthFault as fault:
            if old is None or fault.code == "not-there":
                raise
            REQUESTS.labels(what, "old").inc()
            return Answered(_read(read, old.body), datetime.fromtimestamp(old.at, UTC))
        if body is _SAME and old is not None:
            body, etag = old.body, old.etag
        value = _read(read, body)
        self._kept.put(key, Old(body, now, etag))
        return Answered(value)

    def _talk(self, what: str, method: str, path: str, body: bytes | None, etag: str = "") -> tuple[Any, str]:
        """Ask until there is an answer, a few times at most. Raises ModrinthFault."""
        now = clock.now().timestamp()
        if (until := self._kept.pause()) > now:
            REQUESTS.labels(what, "paused").inc()
            raise ModrinthFault("limited" if until - now > AWAY_PAUSE else "away", until - now)
        headers = dict(self._headers)
        if etag:
            headers["If-None-Match"] = etag
        if body is not None:
            headers["Content-Type"] = "application/json"
        for attempt in range(1, self._tries + 1):
            try:
                found = self._once(method, path, headers, body)
            except ModrinthFault as fault:
                REQUESTS.labels(what, fault.code).inc()
                if fault.code != "away":
                    raise
                if attempt == self._tries:
                    self._kept.set_pause(now + AWAY_PAUSE, AWAY_PAUSE)
                    raise
                self._sleep(0.25 * attempt)
            else:
                REQUESTS.labels(what, "answered").inc()
                return found
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[Any, str]:
        with (
            SECONDS.time(),
            ask(self._base, method, self._prefix + path, headers=headers, body=body, patience=self._patience) as reply,
        ):  # fmt: skip
            self._heed(reply)
            if reply.status == 304:
                return _SAME, ""
            check_status(reply.status)
            try:
                return json.loads(reply.body(MOST_BYTES)), reply.headers.get("etag", "")
            except (ValueError, RecursionError) as error:
                raise ModrinthFault("broken") from error

    def _heed(self, reply: Reply) -> None:
        """Their limit: when nothing is left, nobody asks until it is there again."""
        left, reset = (
            _number(reply.headers, "x-ratelimit-remaining"),
            _number(reply.headers, "x-ratelimit-reset"),
        )
        wait = min(LONGEST_PAUSE, reset if reset is not None else 60.0)
        if reply.status == 429 or (left is not None and left < NONE_LEFT):
            self._kept.set_pause(clock.now().timestamp() + wait, wait)
        if reply.status == 429:
            raise ModrinthFault("limited", wait)

    # --- jars --------------------------------------------------------------------------------------------------

    def download(self, release: Release, into: BinaryIO, most: int) -> None:
        """Fetch a jar; what was written is the jar only when this returns. Raises ModrinthFault foreign, wrong-hash,
        too-large, not-there, away.
        """
        path = jar_path(release.url)
        if release.size > most:
            raise ModrinthFault("too-large")
        for attempt in range(1, self._tries + 1):
            into.seek(0)
            into.truncate()
            try:
                self._fetch(path, release, into, most)
            except ModrinthFault as fault:
                REQUESTS.labels("jar", fault.code).inc()
                if fault.code != "away" or attempt == self._tries:
                    raise
                self._sleep(0.5 * attempt)
            else:
                REQUESTS.labels("jar", "answered").inc()
                return

    def _fetch(self, path: str, release: Release, into: BinaryIO, most: int) -> None:
        digest, size = hashlib.sha512(), 0
        headers = {"User-Agent": self._headers["User-Agent"], "Accept-Encoding": "identity"}
        with ask(self._cdn, "GET", path, headers=headers, body=None, patience=self._download) as reply:
            check_status(reply.status)
            for piece in reply.pieces(min(most, release.size or most)):
                digest.update(piece)
                size += len(piece)
                into.write(piece)
        DOWNLOADED.inc(size)
        if digest.hexdigest() != release.sha512 or (release.size and size != release.size):
            raise ModrinthFault("wrong-hash")


_SAME = object()


def _number(headers: dict[str, str], name: str) -> float | None:
    try:
        value = float(headers[name])
    except (KeyError, ValueError):
        return None
    return value if 0 <= value < 86_400 else None


def _read(read: Callable[[Any], T], raw: Any) -> T:
    try:
        return read(raw)
    except (ValidationError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ModrinthFault("broken") from error


def _newest(raw: Any) -> list[Release]:
    return sorted(releases_of(raw), key=lambda release: release.published, reverse=True)


def _by_hash(raw: Any, asked: Iterable[str], *, own: bool) -> dict[str, Release]:
    if not isinstance(raw, dict):
        raise ValueError("not an object")
    wanted = set(asked)
    found = {}
    for sha512, version in raw.items():
        if sha512.lower() in wanted:
            release = release_of(version, sha512.lower() if own else None)
            if release is not None:
                found[sha512.lower()] = release
    return found
