"""How many minutes ahead a wallet is watched: the operator's values, with the organisation's own warning time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from app.billing.rules.wallet import Thresholds
from app.core.api import get_setting

KEY = "billing.thresholds"


def operator_thresholds() -> Thresholds:
    """The operator's values, or the ones that ship."""
    return _thresholds(get_setting(None, KEY, {}))


def _thresholds(chosen: Mapping[str, Any] | None) -> Thresholds:
    return Thresholds(**{name: int(value) for name, value in (chosen or {}).items()})


def thresholds_of(
    warn_minutes: int | None, chosen: Mapping[str, Any] | Literal["ask"] | None = "ask"
) -> Thresholds:
    """The operator's values with this organisation's warning time. `chosen` is `setting_column(KEY)`, read before."""
    common = operator_thresholds() if chosen == "ask" else _thresholds(chosen)
    if warn_minutes is None:
        return common
    return Thresholds(warn_minutes, common.stop_minutes, common.reserve_minutes)
