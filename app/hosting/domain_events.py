"""What happened to own domains of game servers. The subject is the server. Ids only, as in events.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class DomainAdded(Fact):
    """A name was entered; it leads here once its records are found."""

    name: ClassVar[str] = "hosting.domain.added"
    domain_id: UUID


@dataclass(frozen=True)
class DomainVerified(Fact):
    """Its records prove whose it is and lead here: it is the server's address from now on."""

    name: ClassVar[str] = "hosting.domain.verified"
    domain_id: UUID


@dataclass(frozen=True)
class DomainElsewhere(Fact):
    """Three daily looks found something else. It keeps its route until `until`, a date. `again`: the second warning."""

    name: ClassVar[str] = "hosting.domain.elsewhere"
    domain_id: UUID
    until: str
    again: bool = False


@dataclass(frozen=True)
class DomainLapsed(Fact):
    """It has led elsewhere for too long and has no route any more."""

    name: ClassVar[str] = "hosting.domain.lapsed"
    domain_id: UUID


@dataclass(frozen=True)
class DomainRemoved(Fact):
    name: ClassVar[str] = "hosting.domain.removed"
    domain_id: UUID
