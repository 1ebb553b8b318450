"""What happened to actions on many servers. The event's subject is the bulk action; each server has its own events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.api import Fact


@dataclass(frozen=True)
class BulkOrdered(Fact):
    name: ClassVar[str] = "hosting.bulk.ordered"
    action: str
    count: int


@dataclass(frozen=True)
class BulkFinished(Fact):
    """Every server had its turn."""

    name: ClassVar[str] = "hosting.bulk.finished"
    action: str
    done: int
    skipped: int
    failed: int


@dataclass(frozen=True)
class BulkCancelled(Fact):
    """The servers whose turn had not come were left alone."""

    name: ClassVar[str] = "hosting.bulk.cancelled"
    action: str
    left: int
