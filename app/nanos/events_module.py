"""What happened to modules. Ids alone, no text of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.api import Fact


@dataclass(frozen=True)
class ModuleCreated(Fact):
    name: ClassVar[str] = "nanos.module.created"


@dataclass(frozen=True)
class ModuleChanged(Fact):
    """`part`: words, units or needs."""

    name: ClassVar[str] = "nanos.module.changed"
    part: str


@dataclass(frozen=True)
class ModulePublished(Fact):
    """For the first time, or again."""

    name: ClassVar[str] = "nanos.module.published"


@dataclass(frozen=True)
class ModuleRetired(Fact):
    name: ClassVar[str] = "nanos.module.retired"


@dataclass(frozen=True)
class ModuleDeleted(Fact):
    """A draft that was never public."""

    name: ClassVar[str] = "nanos.module.deleted"
