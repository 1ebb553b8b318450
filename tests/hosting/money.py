"""Credit for tests of hosting, through the ledger like any other."""

from __future__ import annotations

from uuid import uuid4

from app.billing.services.credit import credit
from app.kit.authz import SYSTEM
from app.kit.db import transaction
from app.kit.money import euros
from tests.people import People


def give_credit(people: People, amount: int = 20) -> None:
    """Euros into the wallet of Nordlicht."""
    with transaction():
        credit(people.organisation_id, euros(amount), key=f"test:{uuid4()}", kind="test", actor=SYSTEM)
