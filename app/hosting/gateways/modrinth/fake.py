"""A Modrinth for tests: as strict as the real one about what it is asked, and failing as told.

Who does not say who they are gets 403, an unknown facet or a query that is no JSON 400, too many requests 429 with the
limit's headers. Versions are answered as the real one writes them; jars lie under `/data/`, as at its CDN.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

LIMIT = 300
FACETS = {
    "project_type", "categories", "versions", "client_side", "server_side", "open_source", "title", "author",
    "follows", "project_id", "license", "downloads", "color", "created_timestamp", "modified_timestamp",
}  # fmt: skip
INDEXES = {"relevance", "downloads", "follows", "newest", "updated"}
LOADERS = {"paper", "spigot", "bukkit", "purpur", "folia", "fabric", "quilt", "forge", "neoforge", "velocity"}


class Refused(Exception):
    """The request is not one the real one would answer."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


@dataclass
class FakeModrinth:
    """Projects, their versions, their jars; what was asked; what is to go wrong next (`fail`)."""

    url: str = ""
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    jars: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    left: int = LIMIT
    gone: bool = False
    plan: deque[str] = field(default_factory=deque)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def api(self) -> str:
        return f"{self.url}/v2"

    def fail(self, *what: str) -> None:
        """The next requests: a status, or `hang`, `cut`, `html`, `redirect`, `flip` (one byte of a jar is another)."""
        self.plan.extend(what)

    def project(self, slug: str, title: str = "", **more: Any) -> str:
        """Make a project; its id."""
        number = hashlib.sha256(slug.encode()).hexdigest()[:7]
        self.projects[f"P{number}"] = {
            "id": f"P{number}", "slug": slug, "title": title or slug.title(), "description": f"About {slug}.",
            "body": "# foreign", "project_type": "mod", "server_side": "required", "client_side": "unsupported",
            "categories": ["utility"], "downloads": 1000, "followers": 10, "updated": "2026-05-01T10:00:00Z",
            "license": {"id": "MIT", "name": "MIT License", "url": None}, "icon_url": None, "author": "somebody",
            **more,
        }  # fmt: skip
        return f"P{number}"

    def version(
        self, project: str, number: str, *, loaders: tuple[str, ...] = ("paper",),
        games: tuple[str, ...] = ("1.20.6",), needs: tuple[dict[str, Any], ...] = (),
        kind: str = "release", published: str = "2026-05-01T10:00:00Z", jar: bytes | None = None,
        filename: str = "",
    ) -> str:  # fmt: skip
        """Publish a version; its id."""
        slug = self.projects[project]["slug"]
        data = jar if jar is not None else f"PK {slug} {number} {loaders}".encode() * 50
        made = "V" + hashlib.sha256(f"{slug} {number} {loaders} {games}".encode()).hexdigest()[:7]
        name = filename or f"{slug}-{number}.jar"
        path = f"/data/{project}/versions/{made}/{quote(name)}"
        self.jars[path] = data
        empty = {"version_id": None, "project_id": None, "file_name": None}
        self.versions[made] = {
            "id": made, "project_id": project, "author_id": "A1234567", "name": number, "version_number": number,
            "version_type": kind, "status": "listed", "loaders": list(loaders), "game_versions": list(games),
            "date_published": published, "featured": False, "downloads": 5, "changelog": None,
            "dependencies": [{**empty, **one} for one in needs],
            "files": [{
                "hashes": {"sha1": sha1(data), "sha512": hashlib.sha512(data).hexdigest()},
                "url": f"https://cdn.modrinth.com{path}", "filename": name, "primary": True, "size": len(data),
                "file_type": None,
            }],
        }  # fmt: skip
        return made

    def jar(self, version: str) -> bytes:
        """The bytes of a version's jar."""
        return self.jars[urlsplit(self.versions[version]["files"][0]["url"]).path]

    def by_hash(self, sha512: str) -> dict[str, Any] | None:
        """The version a file belongs to."""
        for version in self.versions.values():
            if any(one["hashes"]["sha512"] == sha512 for one in version["files"]):
                return version
        return None

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """What the real one would say. Raises Refused."""
        parts = [unquote(part) for part in path.split("/")[2:]]
        match (method, parts):
            case ("GET", ["search"]):
                return self._search(query)
            case ("GET", ["project", name]):
                return self._project(name)
            case ("GET", ["projects"]):
                wanted = _json(query, "ids")
                return [one for one in self.projects.values() if one["id"] in wanted or one["slug"] in wanted]
            case ("GET", ["project", name, "version"]):
                return self._versions(self._project(name)["id"], query)
            case ("GET", ["version", name]) if name in self.versions:
                return self.versions[name]
            case ("POST", ["version_files"]):
                hashes = _hashes(body, {"hashes", "algorithm"})
                return {one: found for one in hashes if (found := self.by_hash(one))}
            case ("POST", ["version_files", "update"]):
                hashes = _hashes(body, {"hashes", "algorithm", "loaders", "game_versions", "version_types"})
                return {one: newest for one in hashes if (newest := self._newest(one, body))}
        raise Refused(404, "not_found")

    def _project(self, name: str) -> dict[str, Any]:
        for one in self.projects.values():
            if name in (one["id"], one["slug"]):
                versions = [v for v in self.versions.values() if v["project_id"] == one["id"]]
                return {
                    **one, "loaders": sorted({x for v in versions for x in v["loaders"]}),
                    "game_versions": sorted({x for v in versions for x in v["game_versions"]}),
                }  # fmt: skip
        raise Refused(404, "not_found")

    def _versions(self, project: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        loaders, games = _json(query, "loaders"), _json(query, "game_versions")
        return [
            one
            for one in self.versions.values()
            if one["project_id"] == project and _for(one, loaders, games)
        ]

    def _newest(self, sha512: str, body: dict[str, Any]) -> dict[str, Any] | None:
        known = self.by_hash(sha512)
        if known is None:
            return None
        found = [
            one for one in self.versions.values()
            if one["project_id"] == known["project_id"] and _for(one, body["loaders"], body["game_versions"])
            and one["version_type"] in body.get("version_types", ("release", "beta", "alpha"))
        ]  # fmt: skip
        return max(found, key=lambda one: one["date_published"], default=None)

    def _search(self, query: dict[str, list[str]]) -> dict[str, Any]:
        if query.get("index", ["relevance"])[0] not in INDEXES:
            raise Refused(400, "invalid_input")
        groups = _json(query, "facets") if "facets" in query else []
        offset, limit = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["10"])[0])
        if limit > 100:
            raise Refused(400, "invalid_input")
        text = query.get("query", [""])[0].casefold()
        found = [self._project(one) for one in self.projects]
        for group in groups:
            found = [one for one in found if any(_matches(one, facet) for facet in group)]
        found = [one for one in found if text in f"{one['title']} {one['description']}".casefold()]
        hits = [
            {**one, "project_id": one["id"], "versions": one["game_versions"], "date_modified": one["updated"],
             "license": one["license"]["id"]} for one in found[offset : offset + limit]
        ]  # fmt: skip
        return {"hits": hits, "offset": offset, "limit": limit, "total_hits": len(found)}


def _for(version: dict[str, Any], loaders: list[str], games: list[str]) -> bool:
    return bool(set(version["loaders"]) & set(loaders) and set(version["game_versions"]) & set(games))


def _matches(project: dict[str, Any], facet: str) -> bool:
    kind, colon, value = facet.partition(":")
    if not colon or kind not in FACETS or not value:
        raise Refused(400, "meilisearch_error")
    have = {
        "categories": [*project["categories"], *project["loaders"]],
        "versions": project["game_versions"],
    }.get(kind) or [str(project.get(kind))]
    return value in have


def _json(query: dict[str, list[str]], name: str) -> list[Any]:
    try:
        found = json.loads(query[name][0])
    except (KeyError, ValueError):
        raise Refused(400, "json_error") from None
    if not isinstance(found, list):
        raise Refused(400, "json_error")
    return found


def _hashes(body: Any, known: set[str]) -> list[str]:
    if not isinstance(body, dict) or body.keys() - known or body.get("algorithm") not in ("sha1", "sha512"):
        raise Refused(400, "json_error")
    if "loaders" in known and (
        not set(body.get("loaders", [""])) <= LOADERS or not body.get("game_versions")
    ):
        raise Refused(400, "json_error")
    if not all(re.fullmatch(r"[0-9a-f]{128}", one) for one in body["hashes"]):
        raise Refused(400, "invalid_input")
    found: list[str] = body["hashes"]
    return found


def sha1(data: bytes) -> str:
    """Modrinth names it beside the good one; also its mark of an answer."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
