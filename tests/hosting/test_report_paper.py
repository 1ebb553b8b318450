"""Usage reports: the sum on paper is the sum of the ledger, to the nano-euro, whatever happened in between."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta
from uuid import UUID

import pypdf
import pytest
from sqlalchemy import func, select

from app.billing.models import Account, Charge, Entry
from app.billing.models.ledger import WALLET
from app.core.api import find_job, open_file
from app.core.models import File
from app.core.queries.mail import outbox
from app.hosting.models import Report, Sample
from app.hosting.queries.report import plan_of, report_of, reports_of
from app.hosting.queries.report_data import figures
from app.hosting.rules.period import parse_period, period_of
from app.hosting.services import report as reports
from app.hosting.services import report_paper, sample
from app.hosting.services.server import start_server, stop_server
from app.hosting.wording import period_words
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Invalid, NotAllowed, NotFound
from app.kit.formats import money_exact
from app.kit.i18n import speaking
from app.kit.money import Money
from tests.hosting.conftest import Host
from tests.people import People, make_people

NOVEMBER = parse_period("2026-11")


@pytest.fixture(autouse=True)
def _frozen(frozen: datetime) -> None:
    """Noon on 21 November 2026."""


def booked(organisation_id: UUID, server_id: UUID | None = None, first: date = NOVEMBER.first) -> int:
    """What the ledger's charges of the month add up to, straight from the table."""
    db.session.rollback()
    statement = select(func.sum(Charge.amount_nanos)).where(
        Charge.organisation_id == organisation_id, Charge.day >= first
    )
    if server_id is not None:
        statement = statement.where(Charge.subject_id == server_id)
    return int(db.session.scalar(statement) or 0)


def spent(organisation_id: UUID) -> int:
    """What left the wallet for usage, straight from the entries."""
    db.session.rollback()
    statement = (
        select(func.sum(Entry.amount_nanos))
        .join(Account, Account.id == Entry.account_id)
        .where(Account.organisation_id == organisation_id, Account.kind == WALLET, Entry.amount_nanos < 0)
    )
    return -int(db.session.scalar(statement) or 0)


def make(host: Host, **more: object) -> UUID:
    values: dict[str, object] = {"period": NOVEMBER}
    report_id, job_id = reports.order_report(host.owner, **{**values, **more})  # type: ignore[arg-type]
    host.run_jobs()
    found = find_job(job_id)
    assert found is not None
    assert found.state == "done", found.error
    return report_id


def pages(host: Host, report_id: UUID) -> pypdf.PdfReader:
    found = report_of(host.owner, report_id)
    assert found.file_id is not None
    with open_file(found.file_id) as stream:
        return pypdf.PdfReader(io.BytesIO(stream.read()))


def text_of(host: Host, report_id: UUID) -> str:
    return "\n".join(page.extract_text() for page in pages(host, report_id).pages).replace("\u00a0", " ")


def play(server_id: UUID, at: datetime, seconds: int, players: int | None, ran: int = 3600) -> None:
    """An hour of measurements as the roll-up leaves them."""
    with transaction() as session:
        session.add(
            Sample(
                server_id=server_id, seconds=3600, at=int(at.timestamp()), covered=ran,
                played_seconds=None if players is None else seconds, players_peak=players,
                player_seconds=None if players is None else float(seconds),
            )
        )  # fmt: skip


@pytest.mark.slow
class TestTheSum:
    def test_printed_sum_is_the_ledger_to_the_nano_euro(self, host: Host) -> None:
        one, two = host.running("Bauwelt"), host.running("Himmelsinsel", memory_mb=1024)
        clock.advance(hours=3, minutes=7, seconds=13.377)
        stop_server(host.owner, one)
        host.settle()
        clock.advance(days=2, hours=5)
        start_server(host.owner, one)
        host.settle()
        clock.advance(minutes=1, seconds=1)
        text = text_of(host, make(host))
        total = booked(host.organisation_id)
        assert total > 0
        assert total == spent(host.organisation_id)
        assert f"Summe exakt {money_exact(Money(total))}".replace("\u00a0", " ") in text
        assert two

    def test_the_bookings_add_up_to_the_sum(self, host: Host) -> None:
        host.running("Bauwelt")
        clock.advance(days=1, hours=2)
        made = figures(host.organisation_id, NOVEMBER, None, _settled(host))
        assert (
            sum(row.amount.nanos for row in made.bookings) == made.total.nanos == booked(host.organisation_id)
        )
        assert sum(day.cost.nanos for day in made.days) == made.total.nanos
        assert sum(amount.nanos for _name, amount in made.servers) == made.total.nanos
        assert [row.awake for row in made.bookings] == [11 * 3600, 15 * 3600]

    def test_one_server_alone_and_a_month_without_usage(self, host: Host) -> None:
        one, two = host.running("Bauwelt"), host.running("Himmelsinsel")
        clock.advance(hours=1)
        until = _settled(host)
        parts = [figures(host.organisation_id, NOVEMBER, server, until).total.nanos for server in (one, two)]
        assert sum(parts) == figures(host.organisation_id, NOVEMBER, None, until).total.nanos
        assert parts[0] == booked(host.organisation_id, one)
        empty = make(host, period=parse_period("2026-09"))
        assert "Summe exakt 0,00 €" in text_of(host, empty)
        assert "wurde nichts gebucht" in text_of(host, empty)

    def test_an_organisation_that_never_had_anything_gets_an_empty_report(self, host: Host) -> None:
        host.owner = host.stranger
        assert "Summe exakt 0,00 €" in text_of(host, make(host))

    def test_what_the_wallet_could_not_pay_is_told_and_not_in_the_sum(self, host: Host) -> None:
        host.running("Bauwelt")
        clock.advance(days=500)
        report_id = make(host, period=period_of("month", clock.now().date()))
        text = text_of(host, report_id)
        assert report_of(host.owner, report_id).total == Money(0)
        assert "Summe exakt 0,00 €" in text
        assert "Das Guthaben reichte nicht" in text
        assert host.balance() == 0

    def test_neighbouring_weeks_share_nothing_and_lose_nothing(self, host: Host) -> None:
        host.running("Bauwelt")
        clock.advance(days=5)
        until = _settled(host)
        weeks = [
            figures(host.organisation_id, parse_period(f"2026-W{n}"), None, until).total.nanos
            for n in (47, 48)
        ]
        assert sum(weeks) == booked(host.organisation_id)
        assert all(weeks)

    def test_a_report_made_twice_by_a_repeated_job_is_one(self, host: Host) -> None:
        host.running("Bauwelt")
        clock.advance(hours=1)
        report_id = make(host)
        before = report_of(host.owner, report_id)
        clock.advance(hours=1)
        reports.make_report(report_id)
        assert report_of(host.owner, report_id) == before
        assert db.session.scalar(select(func.count()).select_from(File)) == 1


def _settled(host: Host) -> datetime:
    from app.billing.api import settle

    now = clock.now()
    settle(host.organisation_id, now)
    return now


class TestHours:
    @pytest.mark.slow
    def test_played_is_time_with_at_least_one_player(self, host: Host) -> None:
        server = host.running("Bauwelt")
        noon = clock.now().replace(minute=0, second=0)
        clock.advance(hours=3)
        play(server, noon, 1800, 4)
        play(server, noon + timedelta(hours=1), 0, 0)
        play(server, noon + timedelta(hours=2), 3600, 1)
        made = figures(host.organisation_id, NOVEMBER, None, _settled(host))
        assert (made.played_seconds, made.players_peak) == (5400, 4)
        assert made.days[20].played == 5400
        report = text_of(host, make(host))
        assert "Stunden gespielt\n1,5" in report
        assert "mindestens ein Mensch" in report, "the definition is printed"

    def test_a_game_that_tells_no_players_has_no_zero(self, host: Host) -> None:
        server = host.running("Bauwelt")
        clock.advance(hours=1)
        play(server, clock.now() - timedelta(hours=1), 0, None)
        assert figures(host.organisation_id, NOVEMBER, None, _settled(host)).played_seconds is None

    def test_readings_become_played_seconds(self, host: Host) -> None:
        from app.hosting.rules.sampling import Counters, reading

        server = host.running("Bauwelt")
        base = int(clock.now().timestamp()) // 3600 * 3600
        for n, players in enumerate((0, 2, 1, None)):
            made = reading(None, Counters(1, 1.0), 10, players=players, tps=None)
            sample.keep({server: made}, base + 10 * n)
        sample.roll_up()
        row = db.session.scalars(select(Sample).where(Sample.seconds == 3600)).one()
        assert (row.covered, row.played_seconds, row.players_peak) == (40, 20, 2)


@pytest.mark.slow
class TestPaper:
    def test_it_is_tagged_with_embedded_fonts_and_page_numbers(self, host: Host) -> None:
        for number in range(20):
            host.create(f"Server {number:02d}", deploy=True)
        host.settle()
        clock.advance(days=3)
        made = pages(host, make(host))
        assert len(made.pages) > 1
        assert f"Seite 1 von {len(made.pages)}" in made.pages[0].extract_text()
        root = made.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
        assert root["/Lang"] == "de"  # type: ignore[index]
        for page in made.pages:
            for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
                described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
                assert {"/FontFile2", "/FontFile3"} & set(described)
        assert made.metadata is not None
        assert made.metadata.title == "Verbrauchsbericht November 2026"

    def test_a_long_table_is_put_together_and_says_so(
        self, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.hosting.queries import report_data

        monkeypatch.setattr(report_data, "MOST_ROWS", 3)
        host.running("Bauwelt")
        clock.advance(days=6)
        made = figures(host.organisation_id, NOVEMBER, None, _settled(host))
        assert made.shortened
        assert all(row.day is None for row in made.bookings)
        assert sum(row.amount.nanos for row in made.bookings) == made.total.nanos

    def test_a_running_month_has_a_forecast_a_finished_one_has_not(self, host: Host) -> None:
        host.running("Bauwelt")
        clock.advance(hours=2)
        until = _settled(host)
        assert figures(host.organisation_id, NOVEMBER, None, until).forecast is not None
        assert figures(host.organisation_id, NOVEMBER.before(), None, until).forecast is None

    def test_english(self, host: Host) -> None:
        from dataclasses import replace

        host.owner = replace(host.owner, locale="en")
        made = pages(host, make(host))
        assert made.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]

    def test_weeks_are_written_as_each_language_writes_them(self, host: Host) -> None:
        week = parse_period("2026-W47")
        with speaking("de"):
            assert period_words(week) == "Woche 47, 16. Nov. bis 22. Nov. 2026"
        with speaking("en"):
            words = period_words(week)
        assert "16 Nov" in words
        assert "22 Nov 2026" in words

    def test_names_with_markup_stay_text(self, host: Host) -> None:
        host.running("<b>Fett</b> & Söhne")
        clock.advance(hours=1)
        assert "<b>Fett</b> & Söhne" in text_of(host, make(host))

    def test_without_fonts_the_job_fails_clearly_and_nothing_is_half_there(
        self, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.kit import pdf

        monkeypatch.setattr(pdf, "system_fonts", lambda: 0)
        report_id, job_id = reports.order_report(host.owner, period=NOVEMBER)
        host.run_jobs()
        found = find_job(job_id)
        assert found is not None
        assert "fonts-dejavu-core" in str(found.error)
        assert report_of(host.owner, report_id).file_id is None

    def test_file_names_are_plain(self, host: Host) -> None:
        name = report_paper._file_name("Müller & Söhne/../x", "Server: 1", NOVEMBER)
        assert re.fullmatch(r"[\w-]+\.pdf", name)


class TestWho:
    def test_members_and_strangers_may_not(self, host: Host) -> None:
        with pytest.raises(NotAllowed):
            reports.order_report(host.member, period=NOVEMBER)
        server = host.create()
        with pytest.raises(NotFound):
            reports.order_report(host.stranger, period=NOVEMBER, server_id=server)
        report_id = make(host)
        with pytest.raises(NotFound):
            report_of(host.stranger, report_id)
        with pytest.raises(NotFound):
            reports.delete_report(host.stranger, report_id)

    def test_a_double_click_makes_one(self, host: Host) -> None:
        first = reports.order_report(host.owner, period=NOVEMBER, once="x")
        assert reports.order_report(host.owner, period=NOVEMBER, once="x") == first
        assert len(reports_of(host.owner).rows) == 1

    def test_the_future_has_no_report(self, host: Host) -> None:
        with pytest.raises(Invalid):
            reports.order_report(host.owner, period=parse_period("2026-12"))

    def test_deleting_takes_the_file_along(self, host: Host) -> None:
        report_id = make(host)
        file_id = report_of(host.owner, report_id).file_id
        reports.delete_report(host.owner, report_id)
        assert reports_of(host.owner).rows == []
        assert file_id is not None
        with pytest.raises(NotFound):
            open_file(file_id)


class TestSchedule:
    @pytest.fixture
    def people(self, host: Host) -> People:
        people = make_people(db.session.get_bind() and _app())
        host.organisation_id, host.owner = people.organisation_id, people.alice.actor
        host.fund()
        return people

    def test_a_finished_week_comes_by_mail_once_with_the_pdf(self, host: Host, people: People) -> None:
        reports.choose_plan(host.owner, weekly=True, monthly=False)
        assert plan_of(host.organisation_id).weekly
        host.running("Bauwelt")
        assert reports.order_due_reports() == 0, "no week has ended since"
        clock.advance(days=2)  # Monday noon
        assert reports.order_due_reports() == 1
        assert reports.order_due_reports() == 0
        host.run_jobs()
        mails = [
            row for row in outbox().rows if row.template == "messaging/notice" and "Verbrauch" in row.subject
        ]
        assert sorted(row.recipient for row in mails) == ["alice@example.org", "dora@example.org"]
        report = reports_of(host.owner).rows[0]
        assert (report.period.key, report.scheduled) == ("2026-W47", True)
        assert report.total == Money(booked(host.organisation_id, first=date(2026, 11, 16))) - Money(
            booked(host.organisation_id, first=date(2026, 11, 23))
        )
        clock.advance(days=8)
        assert reports.order_due_reports() == 1, "the next week, and only that"

    def test_switched_off_nothing_comes(self, host: Host, people: People) -> None:
        reports.choose_plan(host.owner, weekly=True, monthly=True)
        reports.choose_plan(host.owner, weekly=False, monthly=False)
        clock.advance(days=14)
        assert reports.order_due_reports() == 0
        assert db.session.scalar(select(func.count()).select_from(Report)) == 0


def _app() -> object:
    from flask import current_app

    return current_app._get_current_object()  # type: ignore[attr-defined]
