"""How billing's events read in the log and in histories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.api import describe_area, describe_event, describe_subject
from app.kit import formats


def _amounts(data: dict[str, Any]) -> Mapping[str, Any]:
    """Nano-euro values as money, under their name without the unit."""
    found = {
        name.removesuffix("_nanos"): formats.money(value)
        for name, value in data.items()
        if name.endswith("_nanos")
    }
    if "runway_minutes" in data:
        found["runway"] = formats.duration(int(data["runway_minutes"]) * 60)
    if "nanos" in data:
        found["price"] = formats.money_rate(int(data["nanos"]))
    if "warn_minutes" in data:
        found["warn"] = formats.duration(int(data["warn_minutes"]) * 60)
    return found


_SENTENCES = (
    ("wallet.topped_up", _l("Guthaben um %(amount)s aufgeladen"), "wallet", "ok"),
    ("wallet.low", _l("Guthaben wird knapp, es reicht noch %(runway)s"), "triangle-alert", "warn"),
    ("wallet.exhausted", _l("Guthaben fast aufgebraucht (%(available)s)"), "octagon-alert", "bad"),
    ("wallet.settings_changed", _l("Warnzeit für das Guthaben auf %(warn)s gestellt"), "settings", ""),
    ("voucher.issued", _l("%(count)s Gutscheine über je %(amount)s angelegt"), "ticket", ""),
    ("voucher.withdrawn", _l("Gutschein zurückgezogen"), "ticket-x", ""),
    ("price.announced", _l("Neuer Preis für %(meter)s: %(price)s"), "tags", ""),
    ("ledger.alarm", _l("Die Bücher stimmen nicht überein (Prüfung %(check)s)"), "octagon-alert", "bad"),
)


def describe_events() -> None:
    """Register the sentences."""
    describe_area("billing", _l("Guthaben"))
    describe_subject("billing.wallet", _l("Guthaben"))
    describe_subject("billing.voucher", _l("Gutschein"))
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"billing.{name}", text, icon=icon, tone=tone, values=_amounts)
