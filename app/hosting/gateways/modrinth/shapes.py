"""What Modrinth answers, as far as we read it. What else it says is ignored; what we need and is not there is a fault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.hosting.rules.plugin import Dependency, Release

T = TypeVar("T")
ID = r"^[A-Za-z0-9]{4,20}$"


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """An answer; `old_since` says since when it is known, where Modrinth could not be asked again."""

    value: T
    old_since: datetime | None = None


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Hit(Shape):
    """One project as the search finds it."""

    project_id: str = Field(pattern=ID)
    slug: str = Field(max_length=100)
    title: str = Field(max_length=300)
    description: str = Field("", max_length=2000)
    author: str = Field("", max_length=100)
    downloads: int = 0
    date_modified: datetime | None = None


class Hits(Shape):
    """A page of what was found."""

    hits: tuple[Hit, ...] = ()
    offset: int = 0
    limit: int = 10
    total_hits: int = 0


class Licence(Shape):
    id: str = ""
    name: str | None = None


class Project(Shape):
    """One project. Its long text is foreign HTML and Markdown: it is not read."""

    id: str = Field(pattern=ID)
    slug: str = Field(max_length=100)
    title: str = Field(max_length=300)
    description: str = Field("", max_length=2000)
    downloads: int = 0
    followers: int = 0
    updated: datetime | None = None
    loaders: tuple[str, ...] = ()
    game_versions: tuple[str, ...] = ()
    license: Licence = Field(default_factory=Licence)


class _File(Shape):
    hashes: dict[str, str]
    url: str
    filename: str = Field(max_length=255)
    primary: bool = False
    size: int = Field(ge=0)


class _Dependency(Shape):
    version_id: str | None = None
    project_id: str | None = None
    file_name: str | None = None
    dependency_type: str


class _Version(Shape):
    id: str = Field(pattern=ID)
    project_id: str = Field(pattern=ID)
    version_number: str = Field(max_length=200)
    version_type: str = "release"
    status: str | None = "listed"
    loaders: tuple[str, ...]
    game_versions: tuple[str, ...]
    date_published: datetime
    dependencies: tuple[_Dependency, ...] | None = ()
    files: tuple[_File, ...]

    @field_validator("date_published")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return value if value.tzinfo else value.replace(tzinfo=UTC)


KINDS = ("required", "optional", "incompatible", "embedded")


def release_of(raw: Any, sha512: str | None = None) -> Release | None:
    """A version as the rules know it; `sha512` names one of its files. None for one without a jar that can be checked.

    Raises ValueError for what has not the shape Modrinth promises.
    """
    found = _Version.model_validate(raw)
    jars = [one for one in found.files if one.filename.endswith(".jar") and "sha512" in one.hashes]
    named = [one for one in jars if one.hashes["sha512"].lower() == sha512] if sha512 else []
    jar = next(iter(named or [one for one in jars if one.primary] or jars), None)
    if jar is None or found.version_type not in ("release", "beta", "alpha"):
        return None
    return Release(
        id=found.id, project_id=found.project_id, number=found.version_number,
        stability=found.version_type,  # type: ignore[arg-type]
        loaders=found.loaders, game_versions=found.game_versions, published=found.date_published,
        dependencies=tuple(
            Dependency(
                kind=one.dependency_type,  # type: ignore[arg-type]
                project_id=one.project_id, version_id=one.version_id, file_name=one.file_name,
            )
            for one in found.dependencies or () if one.dependency_type in KINDS
        ),
        filename=jar.filename, url=jar.url, sha512=jar.hashes["sha512"].lower(), size=jar.size,
    )  # fmt: skip


def releases_of(raw: Any) -> list[Release]:
    """All versions of a list that can be installed."""
    if not isinstance(raw, list):
        raise ValueError("not a list")
    return [release for one in raw if (release := release_of(one)) is not None]
