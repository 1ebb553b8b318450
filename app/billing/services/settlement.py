"""Booking what was used, and looking after the wallet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from app.billing.events import WalletExhausted, WalletLow
from app.billing.models import Account, Charge, UsageInterval, Wallet
from app.billing.models.ledger import REVENUE, WALLET
from app.billing.queries.metering import Rates, load_prices, running_rates, undone, usage_of
from app.billing.queries.settings import thresholds_of
from app.billing.rules.metering import Step
from app.billing.rules.moments import micros, moment
from app.billing.rules.pricing import Prices
from app.billing.rules.settlement import Plan, Settled, plan_settlement
from app.billing.rules.wallet import SEVERITY, Level, level_of, next_check_in, runway_minutes
from app.billing.services.posting import lock_accounts, post
from app.core.api import record
from app.kit import clock, config, live, observe
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id

SETTLE_EVERY_MINUTES = 15
SETTLED = observe.counter("kontor_billing_settlements_total", "Settlements of wallets", ("outcome",))
WATCH_SECONDS = observe.histogram("kontor_billing_settlement_seconds", "Time a settlement takes")


@dataclass(frozen=True)
class Settlement:
    """What a settlement did and how the wallet stands: nano-euros, all of them."""

    booked: int
    unpaid: int
    balance: int
    rate_per_hour: int
    level: Level


def settle(organisation_id: UUID, until: datetime | None = None) -> Settlement:
    """Book the organisation's usage up to `until` (now at the latest) in a transaction of its own."""
    with WATCH_SECONDS.time(), transaction():
        return settle_here(organisation_id, until)


def settle_here(organisation_id: UUID, until: datetime | None = None) -> Settlement:
    """The same inside the caller's transaction."""
    require_transaction()
    now = clock.now()
    accounts = lock_accounts(organisation_id)
    rows = {row.id: row for row in db.session.scalars(undone(organisation_id).with_for_update())}
    prices = load_prices()
    plan = plan_settlement(
        [usage_of(row) for row in rows.values()],
        micros(min(until or now, now)),
        accounts[WALLET].balance_nanos,
        prices,
        config.settings().billing_zone,
    )
    if plan.steps:
        _post_plan(organisation_id, plan, rows)
    for after in plan.settled:
        _advance(rows[after.usage_id], after)
    SETTLED.labels("unpaid" if plan.unpaid else "paid").inc()
    live.changed("billing-wallet", organisation_id, "balance")
    return _review(organisation_id, accounts[WALLET], list(rows.values()), prices, plan, now)


def _post_plan(organisation_id: UUID, plan: Plan, rows: dict[UUID, UsageInterval]) -> None:
    """One transfer for what comes back, one for what is paid: money returns before it is spent."""
    numbered: dict[UUID, int] = {}
    for kind, steps in (
        ("correction", [step for step in plan.steps if step.nanos < 0]),
        ("usage", [step for step in plan.steps if step.nanos > 0]),
    ):
        if not steps:
            continue
        first, total = rows[steps[0].usage_id], sum(step.nanos for step in steps)
        # The version grows with each settlement of the interval, so this key comes once for ever.
        key = f"{kind}:{first.id.hex}:{first.version}"
        posted = post(organisation_id, key=key, kind=kind, legs={WALLET: -total, REVENUE: total})
        for step in steps:
            part = numbered[step.usage_id] = numbered.get(step.usage_id, -1) + 1
            db.session.add(_charge(step, rows[step.usage_id], posted.transfer_id, part))


def _charge(step: Step, row: UsageInterval, transfer_id: UUID, part: int) -> Charge:
    return Charge(
        id=new_id(),
        transfer_id=transfer_id,
        interval_id=row.id,
        number=row.version,
        part=part,
        organisation_id=row.organisation_id,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        meter=row.meter,
        quantity_mb=row.quantity_mb,
        price_id=step.price_id,
        since=moment(step.since),
        until=moment(step.until),
        micros=(step.until - step.since) * (1 if step.nanos > 0 else -1),
        day=step.day,
        amount_nanos=step.nanos,
    )


def _advance(row: UsageInterval, after: Settled) -> None:
    """Compare-and-set: the lock already keeps others out, this holds even if somebody forgets it."""
    db.session.flush()
    moved = db.session.execute(
        update(UsageInterval)
        .where(UsageInterval.id == row.id, UsageInterval.version == row.version)
        .values(
            booked_until=moment(after.booked_until),
            booked_nanos=after.booked,
            done=after.done,
            version=row.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict
    db.session.refresh(row)


def _review(
    organisation_id: UUID,
    account: Account,
    rows: list[UsageInterval],
    prices: Mapping[str, Prices],
    plan: Plan,
    now: datetime,
) -> Settlement:
    """Announce crossings and say when to look again."""
    wallet = db.session.get(Wallet, organisation_id, populate_existing=True)
    assert wallet is not None  # made with the accounts
    rates = running_rates(map(usage_of, rows), prices, micros(now))
    available = account.balance_nanos - plan.unpaid
    thresholds = thresholds_of(wallet.warn_minutes)
    level = level_of(available, rates.total, thresholds)
    announce(wallet, level, available, rates)
    running = any(row.ended_at is None or row.ended_at > now for row in rows)
    minutes = next_check_in(available, rates.total, thresholds, SETTLE_EVERY_MINUTES)
    wallet.next_check_at = now + timedelta(minutes=minutes) if running else None
    return Settlement(plan.total, plan.unpaid, account.balance_nanos, rates.total, level)


def announce(wallet: Wallet, level: Level, available: int, rates: Rates) -> None:
    """Record a crossing once; an exhausted wallet is repeated while something runs that can be stopped."""
    if (
        rates.total <= 0
    ):  # nothing runs: the level says nothing, and stopping and starting must not warn again
        return
    worse = SEVERITY[level] > SEVERITY[Level(wallet.level)]
    fact: WalletLow | WalletExhausted | None = None
    if level is Level.EXHAUSTED and (worse or rates.stoppable > 0):
        fact = WalletExhausted(available, rates.total, repeated=not worse)
    elif level is Level.LOW and worse:
        fact = WalletLow(available, rates.total, runway_minutes(available, rates.total) or 0)
    if fact is not None:
        record(
            fact, organisation_id=wallet.organisation_id, subject=("billing.wallet", wallet.organisation_id)
        )
    if level.value != wallet.level:
        wallet.level, wallet.level_at = level.value, clock.now()
