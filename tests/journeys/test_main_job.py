"""The main job as a newcomer does it: deploy in the browser, join with a real client, watch the cost, stop, pay exactly."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from app.billing import api as billing
from app.billing.models import Charge, UsageInterval
from app.hosting.models import Report
from app.kit import clock
from app.kit.db import db
from app.kit.money import NANOS
from tests.journeys.conftest import House, sign_in
from tests.services.nodejs import NodeTools

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ACTIVE = 20_000_000  # nano-euros for one GB-hour
GB_HOUR = 1024 * 3_600_000_000  # MB × microseconds


def test_deploy_join_play_stop_and_pay_to_the_nano_euro(
    house: House, visitor: Callable[..., Page], node: NodeTools
) -> None:
    page = visitor()
    sign_in(page, house)
    page.goto(f"{house.url}/hosting/servers/new")
    page.get_by_role("link", name="Flying Squid").click()
    page.get_by_label("Name", exact=True).fill("Bauwelt Nord")
    page.get_by_role("button", name="Server anlegen und starten").click()
    page.wait_for_url(re.compile(r"/hosting/servers/[0-9a-f-]{36}$"))
    server_id = UUID(page.url.rsplit("/", 1)[1])

    state = page.locator("[id$=-status] .tag")
    expect(state).to_have_text("Läuft", timeout=180_000)
    address = page.locator(".copy code").first.inner_text()
    port = int(address.rpartition(":")[2])
    players = page.locator("[id$=-players] .value")
    expect(players).to_have_text("0", timeout=30_000)

    bot = node.bot(port, "Ida", version="1.21.4")
    bot.wait_for("joined", 60)
    expect(players).to_have_text("1", timeout=30_000)
    bot.say("/help")
    bot.say("Hallo aus dem Spiel")
    expect(page.locator("[data-console-log]")).to_contain_text("Hallo aus dem Spiel", timeout=15_000)

    page.locator("input[name=command]").fill("list")
    page.get_by_role("button", name="Senden").click()
    expect(page.locator("[data-console-log]")).to_contain_text(
        re.compile(r"There are 1 of a max of"), timeout=30_000
    )

    cost = page.locator("[data-live-cost]").first
    before = cost.inner_text()
    expect(cost).not_to_have_text(before, timeout=15_000)
    bot.leave()
    expect(players).to_have_text("0", timeout=30_000)

    page.get_by_role("button", name="Server stoppen").click()
    expect(state).to_have_text("Gestoppt", timeout=60_000)
    _ledger_equals_price_times_interval(house, server_id)
    _report_equals_ledger(page, house, server_id)


def _ledger_equals_price_times_interval(house: House, server_id: UUID) -> None:
    with house.app.app_context():
        interval = db.session.scalars(
            db.select(UsageInterval).where(
                UsageInterval.subject_id == server_id, UsageInterval.meter == "hosting.active"
            )
        ).one()
        assert interval.ended_at is not None
        micros = (interval.ended_at - interval.started_at) // timedelta(microseconds=1)
        billing.settle(interval.organisation_id, clock.now())
        charged = db.session.scalar(
            db.select(db.func.sum(Charge.amount_nanos)).where(Charge.interval_id == interval.id)
        )
        assert charged == ACTIVE * 512 * micros // GB_HOUR


def _report_equals_ledger(page: Page, house: House, server_id: UUID) -> None:
    page.goto(f"{house.url}/hosting/reports")
    page.get_by_label("Server", exact=True).select_option(str(server_id))
    page.get_by_role("button", name="Bericht erstellen").click()
    page.wait_for_url(re.compile("/auftrag/"))
    page.goto(f"{house.url}/hosting/reports")
    for _ in range(180):
        if page.get_by_role("link", name="PDF").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").first.click()
    pdf = PdfReader(waiting.value.path())
    text = "\n".join(one.extract_text() for one in pdf.pages)
    found = re.search(r"Summe exakt\s+(\d+),(\d+)", text)
    assert found, text
    printed = int(found[1]) * NANOS + int(found[2].ljust(9, "0"))
    with house.app.app_context():
        report = db.session.scalars(db.select(Report).where(Report.server_id == server_id)).one()
        ledger = db.session.scalar(
            db.select(db.func.sum(Charge.amount_nanos)).where(
                Charge.subject_id == server_id, Charge.until <= report.until
            )
        )
        assert printed == ledger == report.total_nanos
    assert pdf.metadata is not None and "bericht" in (pdf.metadata.title or "").casefold()
    assert "/StructTreeRoot" in pdf.trailer["/Root"], "tagged"
