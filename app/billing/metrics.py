"""What Prometheus sees of the wallets, read at each scrape: sums and counts, never an organisation."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from app.billing.models import Account, UsageInterval, Wallet
from app.billing.rules.wallet import Level
from app.kit import clock
from app.kit.db import db


def wallet_metrics() -> Iterable[Metric]:
    """Wallets by announced level, checks that are late, the ledger's sum (must be 0), open intervals by meter."""
    levels = dict.fromkeys((level.value for level in Level), 0)
    for level, count in db.session.execute(select(Wallet.level, func.count()).group_by(Wallet.level)):
        levels[level] = count
    by_level = GaugeMetricFamily("kontor_billing_wallets", "Wallets by announced level", labels=["level"])
    for level, count in levels.items():
        by_level.add_metric([level], count)
    yield by_level

    waiting = db.session.scalar(
        select(func.min(Wallet.next_check_at)).where(Wallet.next_check_at <= clock.now())
    )
    late = (clock.now() - waiting).total_seconds() if waiting else 0.0
    yield GaugeMetricFamily(
        "kontor_billing_check_delay_seconds", "How late the longest waiting wallet check is", value=late
    )

    total = db.session.scalar(select(func.coalesce(func.sum(Account.balance_nanos), 0)))
    yield GaugeMetricFamily(
        "kontor_billing_ledger_sum_nanos",
        "Sum of all accounts; anything but 0 is an alarm",
        value=int(total or 0),
    )

    running = GaugeMetricFamily("kontor_billing_open_intervals", "Usage intervals that run", labels=["meter"])
    counted = select(UsageInterval.meter, func.count()).where(UsageInterval.ended_at.is_(None))
    for meter, count in db.session.execute(counted.group_by(UsageInterval.meter)):
        running.add_metric([meter], count)
    yield running
