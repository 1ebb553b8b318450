"""The price list as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.billing.queries.calculation import unit_price
from app.billing.queries.metering import load_prices
from app.billing.queries.meters import meter_named, meter_order
from app.billing.rules.calculation import unit_of
from app.billing.rules.moments import micros, moment
from app.billing.rules.shipped import EVER
from app.kit import clock
from app.kit.money import Money


@dataclass(frozen=True)
class PriceLine:
    """One price: `state` is "current", "coming" or "past"; `valid_from` is None where it has always been so."""

    meter: str
    label: Any
    quantity: Any
    text: str
    amount: Money
    valid_from: datetime | None
    valid_to: datetime | None
    state: str


def price_list(*, past: bool = False) -> list[PriceLine]:
    """Prices that are valid or announced, by meter; with `past` also those that have ended."""
    now = micros(clock.now())
    found = []
    for name, prices in sorted(load_prices().items(), key=lambda item: meter_order(item[0])):
        meter = meter_named(name)
        for price in prices:
            ended = price.valid_to is not None and price.valid_to <= now
            state = "past" if ended else "coming" if price.valid_from > now else "current"
            if state == "past" and not past:
                continue
            found.append(
                PriceLine(
                    name,
                    meter.label,
                    meter.quantity,
                    unit_price(price.nanos, unit_of(price), price.unit_mb, price.unit_seconds),
                    Money(price.nanos),
                    None if price.valid_from <= EVER else moment(price.valid_from),
                    None if price.valid_to is None else moment(price.valid_to),
                    state,
                )
            )
    return found
