"""Payment providers behind one shape: begin a payment, ask how it stands.

A provider gets our payment's id as idempotency key, so beginning twice is one payment. It never credits anything:
it only says how a payment stands, and the service credits once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from flask_babel import gettext as _

from app.kit.config import Settings
from app.kit.db import in_transaction
from app.kit.errors import Unavailable
from app.kit.money import Money

PENDING, SUCCEEDED, FAILED = "pending", "succeeded", "failed"


@dataclass(frozen=True)
class Begun:
    """The provider's reference, how the payment stands, and where the person must go (empty: nowhere)."""

    reference: str
    state: str
    redirect_url: str = ""


class PaymentProvider(Protocol):
    """What Kontor needs of somebody who collects money."""

    name: str

    def begin(self, payment_id: UUID, amount: Money, return_url: str) -> Begun:
        """Start collecting; the same `payment_id` again gives the same payment. Raises Unavailable."""

    def state_of(self, reference: str) -> str:
        """pending, succeeded or failed. Raises Unavailable; an unknown reference raises LookupError."""


class TestProvider:
    """Play money for demonstrations: every payment succeeds at once. Offered only where the settings say demo."""

    name = "test"
    __test__ = False  # not a pytest class

    def begin(self, payment_id: UUID, amount: Money, return_url: str) -> Begun:
        return Begun(f"test-{payment_id.hex}", SUCCEEDED)

    def state_of(self, reference: str) -> str:
        if not reference.startswith("test-"):
            raise LookupError(reference)
        return SUCCEEDED


@dataclass
class FakeProvider:
    """A strict stand-in for a real provider, for tests: payments stay pending until told, the line can be cut.

    It refuses to be called inside a transaction and to change an amount under a known id.
    """

    name: str = "fake"
    online: bool = True
    states: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, Money] = field(default_factory=dict)

    def _check(self) -> None:
        if in_transaction():
            raise RuntimeError("no network inside a transaction")
        if not self.online:
            raise Unavailable(_("Der Zahlungsanbieter antwortet nicht."))

    def begin(self, payment_id: UUID, amount: Money, return_url: str) -> Begun:
        self._check()
        reference = f"fake-{payment_id.hex}"
        if self.amounts.setdefault(reference, amount) != amount:
            raise ValueError("same id, another amount")
        self.states.setdefault(reference, PENDING)
        return Begun(reference, self.states[reference], f"https://pay.example/{reference}")

    def state_of(self, reference: str) -> str:
        self._check()
        return self.states[reference]


def providers(settings: Settings) -> dict[str, PaymentProvider]:
    """The providers this installation offers, by name."""
    return {TestProvider.name: TestProvider()} if settings.demo else {}
