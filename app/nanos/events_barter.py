"""What happened in exchanges. Subject of most is the exchange, once in the log of either side; no words of people are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.api import Fact


@dataclass(frozen=True)
class BarterOffered(Fact):
    name: ClassVar[str] = "nanos.barter.offered"


@dataclass(frozen=True)
class BarterCountered(Fact):
    name: ClassVar[str] = "nanos.barter.countered"
    revision: int


@dataclass(frozen=True)
class BarterAccepted(Fact):
    name: ClassVar[str] = "nanos.barter.accepted"
    revision: int


@dataclass(frozen=True)
class BarterDeclined(Fact):
    name: ClassVar[str] = "nanos.barter.declined"


@dataclass(frozen=True)
class BarterWithdrawn(Fact):
    name: ClassVar[str] = "nanos.barter.withdrawn"


@dataclass(frozen=True)
class BarterExpired(Fact):
    """Nobody answered in time."""

    name: ClassVar[str] = "nanos.barter.expired"


@dataclass(frozen=True)
class BarterDelivered(Fact):
    """`side`: offerer or partner; their licences are open."""

    name: ClassVar[str] = "nanos.barter.delivered"
    side: str


@dataclass(frozen=True)
class BarterConfirmed(Fact):
    """`side` has what it was promised."""

    name: ClassVar[str] = "nanos.barter.confirmed"
    side: str


@dataclass(frozen=True)
class AmendmentProposed(Fact):
    name: ClassVar[str] = "nanos.barter.amendment_proposed"
    revision: int


@dataclass(frozen=True)
class AmendmentDropped(Fact):
    name: ClassVar[str] = "nanos.barter.amendment_dropped"


@dataclass(frozen=True)
class BarterAmended(Fact):
    """Both want the later revision; what was delivered before is taken back, and both deliver anew."""

    name: ClassVar[str] = "nanos.barter.amended"
    revision: int


@dataclass(frozen=True)
class BarterDisputed(Fact):
    name: ClassVar[str] = "nanos.barter.disputed"
    side: str


@dataclass(frozen=True)
class BarterCompleted(Fact):
    """`by`: sides (both confirmed), time (nobody complained), decision (of a moderator)."""

    name: ClassVar[str] = "nanos.barter.completed"
    by: str


@dataclass(frozen=True)
class BarterCancelled(Fact):
    """What was delivered is taken back. `by`: time or decision."""

    name: ClassVar[str] = "nanos.barter.cancelled"
    by: str


@dataclass(frozen=True)
class LicenceEnded(Fact):
    """Its date has come. The subject is the nano."""

    name: ClassVar[str] = "nanos.licence.ended"


@dataclass(frozen=True)
class LicenceLimitSet(Fact):
    """How many licences of a nano are given at the same time; None: any number. The subject is the nano."""

    name: ClassVar[str] = "nanos.licence.limit_set"
    most: int | None


@dataclass(frozen=True)
class TraderStated(Fact):
    """What stands on the organisation's receipts. `vat` is its status; name and address are not kept here."""

    name: ClassVar[str] = "nanos.trader.stated"
    vat: str


@dataclass(frozen=True)
class CreditFloorSet(Fact):
    """How low the organisation's credits may go; None: as low as is usual."""

    name: ClassVar[str] = "nanos.credit.floor_set"
    lowest: int | None


@dataclass(frozen=True)
class CreditReversed(Fact):
    """An operator took a posting back. `below`: it took somebody below their floor."""

    name: ClassVar[str] = "nanos.credit.reversed"
    amount: int
    below: bool
