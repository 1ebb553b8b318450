"""API v1: the wallet."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.billing.policies import P
from app.billing.queries.wallet import wallet_state
from app.billing.rules.wallet import Level
from app.kit.errors import NotFound
from app.kit.rest import Call, Shape, blueprint, operation
from app.kit.rest_types import Euros, euros

bp = blueprint("billing")


class ApiWallet(Shape):
    """How the organisation's wallet stands at `at`."""

    balance: Euros = Field(description="What the ledger says.")
    unbooked: Euros = Field(description="Used, but not booked yet.")
    available: Euros = Field(description="The difference; negative where something is still open.")
    rate_per_hour: Euros = Field(description="What everything that runs costs an hour.")
    runway_minutes: int | None = Field(
        description="How long it lasts like this; null while nothing costs anything."
    )
    level: Level
    at: datetime


@operation(
    bp, "GET", "/wallet", tag="Costs", summary="Show the wallet", permission=P.WALLET_SEE, answer=ApiWallet
)  # fmt: skip
def api_get_wallet(call: Call) -> ApiWallet:
    if call.actor.organisation_id is None:
        raise NotFound
    state = wallet_state(call.actor.organisation_id)
    return ApiWallet(
        balance=euros(state.balance), unbooked=euros(state.unbooked), available=euros(state.available),
        rate_per_hour=euros(state.rate_per_hour), runway_minutes=state.runway_minutes, level=state.level, at=state.at,
    )  # fmt: skip
