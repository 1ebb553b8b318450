"""Plugins and mods: which release fits, what has to come with it, what must not, and what a change puts and takes away.

Pure: what is known of releases is passed in. A release is one published version of a project at Modrinth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from app.hosting.rules.setting import Part

MOST = 40
"""Jars of one change. Nothing sensible needs more; a tangle of dependencies must end somewhere."""
RANKS = {"alpha": 0, "beta": 1, "release": 2}
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+()\[\]-]{0,115}\.jar")


class Dependency(Part):
    """What a release needs, may use, carries inside, or does not go with."""

    kind: Literal["required", "optional", "incompatible", "embedded"]
    project_id: str | None = None
    version_id: str | None = None
    """This very release; None when any that fits will do."""
    file_name: str | None = None
    """Known by the name of a file only: it is not at Modrinth."""


class Release(Part):
    """One version of a project, with its jar."""

    id: str
    project_id: str
    number: str
    stability: Literal["release", "beta", "alpha"] = "release"
    loaders: tuple[str, ...]
    game_versions: tuple[str, ...]
    published: datetime
    dependencies: tuple[Dependency, ...] = ()
    filename: str
    url: str
    sha512: str = Field(pattern=r"^[0-9a-f]{128}$")
    size: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Target:
    """The game a jar has to fit. Loaders: its own first."""

    loaders: tuple[str, ...]
    game_version: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin that is there."""

    release: Release
    pinned: bool = False


class FaultKind(StrEnum):
    """Why a change cannot be made."""

    UNFIT = "unfit"
    """Not for this game version or loader."""
    MISSING = "missing"
    """A required dependency has no release that fits."""
    INCOMPATIBLE = "incompatible"
    PINNED = "pinned"
    """A pinned plugin would have to change."""
    HELD = "held"
    """Another plugin needs the release that is there now."""
    TANGLED = "tangled"
    """Two plugins need different releases of the same one."""
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class Fault:
    """`project_id` is what is wrong, `by` the project that wants it so."""

    kind: FaultKind
    project_id: str | None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """A release to be put there. `by` is the project that needs it, None when a person asked for it."""

    release: Release
    by: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a wish comes to. Nothing may be done while there are faults."""

    puts: tuple[Put, ...]
    faults: tuple[Fault, ...] = ()
    optional: tuple[str, ...] = ()
    """Projects that would add something and are not there."""
    external: tuple[str, ...] = ()
    """Files that are needed and cannot be had from Modrinth."""


Find = Callable[[Dependency], Release | None]


def fits(release: Release, target: Target) -> bool:
    """Whether it is for this game version and one of the loaders."""
    return target.game_version in release.game_versions and not set(target.loaders).isdisjoint(
        release.loaders
    )


def choose(releases: Iterable[Release], target: Target, *, least: str = "release") -> Release | None:
    """The newest that fits and is at least as stable as `least`; without one, the most stable there is.

    Of several with the number of the newest, the one for the game's own loader.
    """
    fitting = [release for release in releases if fits(release, target)]
    if not fitting:
        return None
    best = max(RANKS[release.stability] for release in fitting)
    bar = min(RANKS[least], best)
    found = [release for release in fitting if RANKS[release.stability] >= bar]
    newest = max(found, key=lambda release: (release.published, release.id))
    twins = [release for release in found if release.number == newest.number]
    return min(twins, key=lambda release: (_loader_rank(release, target), release is not newest, release.id))


def _loader_rank(release: Release, target: Target) -> int:
    return min(n for n, loader in enumerate(target.loaders) if loader in release.loaders)


def newer(current: Release, candidate: Release) -> bool:
    """Whether it is an update: published later, the same project, and not less stable than what is there."""
    return (
        candidate.project_id == current.project_id
        and candidate.id != current.id
        and candidate.sha512 != current.sha512
        and candidate.published > current.published
        and RANKS[candidate.stability] >= RANKS[current.stability]
    )


class _Resolving:
    """Follows what releases need until nothing is open. Each project is chosen once, and once more at most when
    somebody needs one exact release of it: so it ends, also where dependencies go round in circles.
    """

    def __init__(self, target: Target, installed: Mapping[str, Installed], find: Find) -> None:
        self.target, self.installed, self.find = target, installed, find
        self.chosen: dict[str, Put] = {}
        self.faults: dict[Fault, None] = {}
        self.optional: dict[str, None] = {}
        self.external: dict[str, None] = {}
        self.open: list[Release] = []

    def take(self, put: Put) -> None:
        if len(self.chosen) >= MOST and put.release.project_id not in self.chosen:
            self.fault(FaultKind.TOO_MANY, put.release.project_id, put.by)
            return
        if not fits(put.release, self.target):
            self.fault(FaultKind.UNFIT, put.release.project_id, put.by)
        self.chosen[put.release.project_id] = put
        self.open.append(put.release)

    def fault(self, kind: FaultKind, project_id: str | None, by: str | None = None) -> None:
        self.faults[Fault(kind, project_id, by)] = None

    def follow(self) -> None:
        while self.open:
            release = self.open.pop(0)
            if self.chosen[release.project_id].release is not release:
                continue  # replaced meanwhile by an exact one
            for dependency in release.dependencies:
                if dependency.kind == "required":
                    self.require(dependency, release.project_id)
                elif dependency.kind == "optional" and dependency.project_id:
                    self.optional[dependency.project_id] = None

    def require(self, dependency: Dependency, by: str) -> None:
        if dependency.project_id is None and dependency.version_id is None:
            if dependency.file_name:
                self.external[dependency.file_name] = None
            return
        there = self.there(dependency.project_id)
        if there is not None and dependency.version_id in (None, there.id):
            return
        project_id = dependency.project_id
        if project_id in self.chosen and self.chosen[project_id].exact:
            self.fault(FaultKind.TANGLED, project_id, by)
            return
        installed = self.installed.get(project_id or "")
        if installed is not None and installed.pinned:
            self.fault(FaultKind.PINNED, project_id, by)
            return
        found = self.find(dependency)
        if found is None or (project_id is not None and found.project_id != project_id):
            self.fault(FaultKind.MISSING, project_id, by)
            return
        now = self.there(found.project_id)
        if now is None or now.id != found.id:
            self.take(Put(found, by, exact=dependency.version_id is not None))

    def there(self, project_id: str | None) -> Release | None:
        if project_id in self.chosen:
            return self.chosen[project_id].release
        installed = self.installed.get(project_id or "")
        return installed.release if installed else None

    def check_neighbours(self) -> None:
        after = {project: one.release for project, one in self.installed.items()}
        after |= {project: put.release for project, put in self.chosen.items()}
        for project, release in after.items():
            for dependency in release.dependencies:
                other = after.get(dependency.project_id or "")
                if other is None or not {project, other.project_id} & self.chosen.keys():
                    continue
                same = dependency.version_id in (None, other.id)
                if dependency.kind == "incompatible" and same and other.project_id != project:
                    self.fault(FaultKind.INCOMPATIBLE, other.project_id, project)
                elif dependency.kind == "required" and not same:
                    self.unmet(other.project_id, project)

    def unmet(self, project_id: str, by: str) -> None:
        """`by` needs another release than the one that will be there, also when it was there before it was replaced."""
        if not any(fault.project_id == project_id and fault.by == by for fault in self.faults):
            self.fault(FaultKind.TANGLED if by in self.chosen else FaultKind.HELD, project_id, by)


def resolve(
    wanted: Sequence[Release], target: Target, installed: Mapping[str, Installed], find: Find
) -> Plan:
    """Everything that has to be put there so that `wanted` work, and what speaks against it.

    `find` gives a release for a dependency, None where there is none. What is installed already stays, unless
    somebody needs another exact release of it.
    """
    work = _Resolving(target, installed, find)
    for release in wanted:
        work.take(Put(release, exact=True))
    work.follow()
    work.check_neighbours()
    puts = tuple(work.chosen.values())
    offered = [one for one in work.optional if one not in work.chosen and one not in installed]
    return Plan(puts, tuple(work.faults), tuple(offered), tuple(work.external))


def dependents(project_id: str, installed: Mapping[str, Installed]) -> list[str]:
    """Installed projects that cannot be without this one."""
    return [
        other
        for other, one in installed.items()
        if other != project_id
        and any(d.kind == "required" and d.project_id == project_id for d in one.release.dependencies)
    ]


def missing(installed: Mapping[str, Installed]) -> list[Fault]:
    """Requirements that nothing fulfils, as after somebody removed a jar by hand."""
    return [
        Fault(FaultKind.MISSING, dependency.project_id, project)
        for project, one in installed.items()
        for dependency in one.release.dependencies
        if dependency.kind == "required" and dependency.project_id and dependency.project_id not in installed
    ]


def jar_name(release: Release, slug: str, taken: Collection[str]) -> str:
    """The name its jar gets: its own when it is plain and free."""
    for name in (release.filename, f"{slug}.jar", f"{slug}-{release.id}.jar"):
        if _PLAIN_NAME.fullmatch(name) and name not in taken:
            return name
    return f"plugin-{release.sha512[:16]}.jar"
