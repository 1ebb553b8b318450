"""How many minutes ahead a wallet is watched: the operator's values, with the organisation's own warning time."""

from __future__ import annotations

from app.billing.rules.wallet import Thresholds
from app.core.api import get_setting

KEY = "billing.thresholds"


def operator_thresholds() -> Thresholds:
    """The operator's values, or the ones that ship."""
    chosen = get_setting(None, KEY, {})
    return Thresholds(**{name: int(value) for name, value in chosen.items()})


def thresholds_of(warn_minutes: int | None) -> Thresholds:
    """The operator's values with this organisation's warning time."""
    common = operator_thresholds()
    if warn_minutes is None:
        return common
    return Thresholds(warn_minutes, common.stop_minutes, common.reserve_minutes)
