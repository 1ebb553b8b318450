"""What people and Prometheus read: calculations, sentences of events, metrics."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.billing.metrics import wallet_metrics
from app.billing.queries.calculation import amount, length_of_time, quantity, spell_out
from app.billing.rules.calculation import Calculation, decimal_places, duration_parts
from app.billing.services.wallet import set_warning
from app.core.api import history
from app.core.describe import described, sentence
from app.core.models import Event
from app.kit import clock
from app.kit.db import db
from tests.billing.conftest import EUR, House, plain


@given(st.integers(-(10**18), 10**18), st.sampled_from([1, 1024, 10**6, 10**9]))
def test_written_numbers_lose_nothing(value: int, divisor: int) -> None:
    assert Decimal(decimal_places(value, divisor, 10)) == Decimal(value) / Decimal(divisor)


@given(st.integers(0, 10**15))
def test_written_times_lose_nothing(micros: int) -> None:
    hours, minutes, seconds = duration_parts(micros)
    assert minutes < 60
    assert (hours * 60 + minutes) * 60_000_000 + int(Decimal(seconds) * 10**6) == micros


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0 s"),
        (3_600_000_000, "1 h"),
        (61_000_000, "1 min 1 s"),
        (1, "0,000001 s"),
        (90_061_500_000, "25 h 1 min 1,5 s"),
    ],
)
def test_lengths_of_time(app: Flask, micros: int, text: str) -> None:
    with app.test_request_context():
        assert plain(length_of_time(micros)) == text


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["€0.122888888", "-€1.00", "1.5 GB", "512 MB"]),
        ("de", ["0,122888888 €", "-1,00 €", "1,5 GB", "512 MB"]),
    ],
)
def test_figures_follow_the_language(app: Flask, language: str, texts: list[str]) -> None:
    with app.test_request_context(f"/?lang={language}"):
        written = [amount(122_888_888), amount(-EUR), quantity(1536), quantity(512)]
    assert [plain(text) for text in written] == texts


def test_a_correction_is_spelled_out_with_its_sign(app: Flask) -> None:
    made = Calculation(1024, -300_000_000, 20_000_000, "gb_hour", 1024, 3600, -1_666_667)
    with app.test_request_context():
        assert plain(spell_out(made)) == "1 GB × −5 min × 0,02 €/GB-h = −0,001666667 €"


def test_every_event_of_billing_reads_as_a_sentence(app: Flask, house: House, frozen: datetime) -> None:
    house.fund(EUR)
    house.start(house.server())
    set_warning(house.owner, minutes=48 * 60)
    clock.advance(hours=13)
    house.fund(EUR)
    rows = history(house.id).rows
    texts = {row.name: plain(sentence(row)) for row in rows}
    assert texts["billing.wallet.topped_up"] == "Guthaben um 1,00 € aufgeladen"
    assert texts["billing.wallet.low"].startswith("Guthaben wird knapp, es reicht noch 12 h")
    assert "2 Tage" in texts["billing.wallet.settings_changed"]
    names = db.session.scalars(select(Event.name).where(Event.name.startswith("billing."))).all()
    assert set(names) <= set(described())


def test_metrics_say_what_matters_and_name_nobody(app: Flask, house: House, frozen: datetime) -> None:
    house.fund(EUR)
    house.start(house.server())
    clock.advance(hours=1)
    found = {family.name: family.samples for family in wallet_metrics()}
    assert found["kontor_billing_ledger_sum_nanos"][0].value == 0
    assert found["kontor_billing_check_delay_seconds"][0].value == timedelta(hours=1).total_seconds()
    assert [(s.labels, s.value) for s in found["kontor_billing_open_intervals"]] == [
        ({"meter": "hosting.active"}, 1)
    ]
    assert {s.labels["level"]: s.value for s in found["kontor_billing_wallets"]} == {
        "ok": 1,
        "low": 0,
        "exhausted": 0,
    }
    assert house.id.hex not in str(found)
