"""The door of billing for the modules above. Frozen values in and out; money is `kit.money.Money`.

Subjects are `("hosting.server", id)`. Times are aware. Functions that say "caller's transaction" need an open
transaction and take the organisation's wallet lock: call them late, after your own rows are locked.
"""

from __future__ import annotations

from app.billing.errors import AlreadyMetered, InsufficientFunds, KeyReused, NoPrice
from app.billing.policies import P
from app.billing.queries.calculation import spell_out
from app.billing.queries.costs import (
    By,
    Cost,
    Key,
    SubjectCosts,
    cost_of,
    costs_by,
    costs_of_many,
    subject_costs,
)
from app.billing.queries.forecast import MonthForecast, forecast, month_bounds
from app.billing.queries.metering import OpenUsage, open_usage, rate_per_hour
from app.billing.queries.meters import Meter, SubjectName, meter_named, register_meter, register_subjects
from app.billing.queries.statement import ChargeLine, charges
from app.billing.queries.wallet import Affordable, WalletState, affordable, wallet_state
from app.billing.rules.forecast import Method
from app.billing.rules.wallet import Level
from app.billing.services.metering import IntervalRef, close_interval, open_interval, switch_interval
from app.billing.services.settlement import Settlement, settle

can_afford = affordable
costs = costs_by
wallet = wallet_state

__all__ = [
    "Affordable",
    "AlreadyMetered",
    "By",
    "ChargeLine",
    "Cost",
    "InsufficientFunds",
    "IntervalRef",
    "Key",
    "KeyReused",
    "Level",
    "Meter",
    "Method",
    "MonthForecast",
    "NoPrice",
    "OpenUsage",
    "P",
    "Settlement",
    "SubjectCosts",
    "SubjectName",
    "WalletState",
    "can_afford",
    "charges",
    "close_interval",
    "cost_of",
    "costs",
    "costs_of_many",
    "forecast",
    "meter_named",
    "month_bounds",
    "open_interval",
    "open_usage",
    "rate_per_hour",
    "register_meter",
    "register_subjects",
    "settle",
    "spell_out",
    "subject_costs",
    "switch_interval",
    "wallet",
]
