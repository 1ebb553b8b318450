"""Something on every page: servers in each state with hours of measurements, money, tokens, a report, mails."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.accounts.services.invitation import invite
from app.accounts.services.token import create_token
from app.billing.models import Voucher
from app.billing.services.voucher import issue_vouchers
from app.core.models import Job
from app.core.models.mail import Mail
from app.hosting.gateways.fake import FakeNode, FakeRuntime
from app.hosting.models import Domain, ScheduleRun
from app.hosting.rules.bulk import Action as BulkAction
from app.hosting.rules.period import period_of
from app.hosting.rules.sampling import Reading
from app.hosting.rules.schedule_action import Action
from app.hosting.services.bulk import order_bulk
from app.hosting.services.place import use_runtimes
from app.hosting.services.reconcile import reconcile
from app.hosting.services.report import order_report
from app.hosting.services.sample import keep, roll_up
from app.hosting.services.schedule import create_schedule, switch_schedule
from app.hosting.services.seat import give_seat
from app.hosting.services.server import change_server, create_server, send_command, stop_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.money import euros
from jobs.runtime import run
from tests.browser.furnish_backups import backups
from tests.browser.furnish_barter import barters
from tests.browser.furnish_chat import conversations
from tests.browser.furnish_files import game_files
from tests.browser.furnish_insight import insight
from tests.browser.furnish_nanos import nanos
from tests.browser.furnish_plugins import plugins
from tests.browser.furnish_webhooks import webhooks
from tests.hosting.money import give_credit
from tests.hosting.team import guest, let_in
from tests.people import People

_GIGABYTE = 1024**3


def work_off(app: Flask, limit: int = 200) -> None:
    """Run the jobs that are due, as workers do."""
    for done in count():
        assert done < limit, "jobs do not come to an end"
        due = (
            select(Job.id)
            .where(Job.state == "queued", Job.run_at <= clock.now())
            .order_by(Job.run_at, Job.id)
        )
        job_id = db.session.scalar(due.limit(1))
        db.session.rollback()
        if job_id is None:
            return
        run(app, job_id)


def settle(app: Flask) -> None:
    """What workers and the watch do until nothing changes."""
    for _ in range(3):
        work_off(app)
        reconcile()
    work_off(app)


def measure(server_id: UUID, hours: int = 6) -> None:
    """A curve with a gap in it."""
    now = int(clock.now().timestamp()) // 10 * 10
    for seconds in (*range(hours * 3600, 3600, -60), *range(3600, 0, -10)):
        i = hours * 60 - seconds // 60
        if not 100 <= i < 130:
            keep({server_id: _reading(i)}, now - seconds)
    roll_up(hours * 3600 + 600)


def _reading(i: int) -> Reading:
    return Reading(
        covered=10,
        memory_bytes=int((0.3 + 0.1 * math.sin(i / 25)) * _GIGABYTE),
        memory_peak_bytes=int(0.45 * _GIGABYTE),
        cpu_seconds=max(0.1, 2 + 1.6 * math.sin(i / 12)),
        disk_bytes=200 * 1024**2,
        player_seconds=float(10 * (i // 60 % 4)),
        players_peak=i // 60 % 4,
        tps=None,
        network_received_bytes=12_000,
        network_sent_bytes=90_000,
    )


def furnish(app: Flask, people: People) -> dict[str, Any]:
    """Fill the application; returns ids by name. Needs an application context."""
    node = FakeNode()
    use_runtimes(app, {"process": lambda: FakeRuntime(node)}, node.sweep)  # type: ignore[arg-type]
    give_credit(people, 40)
    alice = people.alice.actor
    made: dict[str, Any] = {}
    for name, title in (
        ("server", "Bauwelt Nord"),
        ("crashed", "Testserver mit einem langen Namen für schmale Telefone"),
        ("stopped", "SkyBlock Klasse 9b"),
    ):
        made[name] = create_server(alice, name=title, template="flying-squid", deploy=True)
        settle(app)
    node.join(made["server"], "Mia")
    node.say(made["server"], "Can't keep up! Is the server overloaded?")
    send_command(alice, made["server"], "list")
    node.out_of_memory(made["crashed"])
    settle(app)
    stop_server(alice, made["stopped"])
    settle(app)
    game_files(node, made["stopped"])
    made["draft"] = create_server(alice, name="Noch nicht fertig", template="flying-squid")
    measure(made["server"])
    paper = create_server(alice, name="Paperwelt", template="flying-squid", deploy=True)
    settle(app)
    made |= plugins(app, node, paper, people, work_off)
    made |= webhooks(app, made["server"], people)
    made |= _addresses(made, people) | _bulks(app, made, people)
    made |= conversations(people)
    made |= nanos(app, people, work_off)
    made |= barters(app, people, work_off)
    insight(people, made)
    made |= _plans(made["server"], people) | _papers(app, people) | _team(made["server"], people)
    return made | backups(app, node, made["server"], people, settle)


def _addresses(made: dict[str, Any], people: People) -> dict[str, Any]:
    """A map for browsers, and a domain that is looked for in vain."""
    change_server(people.alice.actor, made["stopped"], web_map=True)
    now, domain_id = clock.now(), new_id()
    with transaction() as session:
        session.add(
            Domain(
                id=domain_id, organisation_id=people.organisation_id, server_id=made["server"],
                name="mc.xn--bcher-kva.example", token="t" * 43, state="pending", verdict="missing", failures=0,
                warned=False, checked_at=now, next_look_at=now + timedelta(days=1), created_at=now,
            )
        )  # fmt: skip
    return {"domain": domain_id}


def _bulks(app: Flask, made: dict[str, Any], people: People) -> dict[str, Any]:
    """One that has ended, with what was done and what was left out."""
    servers = [made["stopped"], made["draft"], made["crashed"]]
    done = order_bulk(people.alice.actor, BulkAction.STOP, servers)
    work_off(app)
    return {"bulk": done}


def _plans(server_id: UUID, people: People) -> dict[str, Any]:
    """A plan of each kind; the nightly one has run, failed and been missed."""
    alice = people.alice.actor
    nightly = create_schedule(alice, server_id, action=Action.RESTART, cron="0 4 * * *", zone="Europe/Berlin")
    create_schedule(
        alice, server_id, action=Action.COMMAND, cron="*/30 8-20 1,15 * 1-5", zone="America/New_York",
        command="say Restart in 10 minutes, please gather in the great hall",
    )  # fmt: skip
    off = create_schedule(alice, server_id, action=Action.STOP, cron="0 23 * * 0-4", zone="Europe/Berlin")
    switch_schedule(alice, server_id, off, on=False)
    night = clock.now().replace(hour=3, minute=0, second=0, microsecond=0)
    with transaction():
        for days, outcome, reason in ((1, "done", None), (2, "failed", "no-credit"), (9, "missed", None)):
            at = night - timedelta(days=days)
            count = 3 if outcome == "missed" else 1
            db.session.add(
                ScheduleRun(
                    schedule_id=nightly, due_at=at, until=at + timedelta(days=count - 1), count=count,
                    noted_at=at, outcome=outcome, reason=reason,
                )
            )  # fmt: skip
    return {"plan": nightly}


def _team(server_id: UUID, people: People) -> dict[str, Any]:
    """A guest with a choice of areas, one who manages, and two who have not answered."""
    gina = guest(people)
    seat = let_in(people, gina, server_id, "custom", ["power", "files-write"])
    let_in(people, guest(people, "Finn"), server_id, "admin")
    alice = people.alice.actor
    asked = give_seat(
        alice, server_id, email="somebody.with.a.long.address@a-school.example.org", role="admin"
    )
    give_seat(alice, server_id, email="max@example.org", role="custom", areas=["schedules", "plugins"])
    return {"seat": seat, "asked": asked, "gina": gina}


def _papers(app: Flask, people: People) -> dict[str, Any]:
    alice, olga = people.alice.actor, people.olga.actor
    report, job = order_report(alice, period=period_of("month", clock.now().date()))
    token, _plain = create_token(alice, name="Trainings-Bot", scopes=["servers:read"], days=90)
    issue_vouchers(olga, amount=euros(10), count=2, purpose="Messe")
    voucher = db.session.scalar(select(Voucher.id).limit(1))
    invite(alice, email="neu@example.org", role="member")
    work_off(app)
    mail = db.session.scalar(select(Mail.id).limit(1))
    db.session.rollback()
    return {"report": report, "job": job, "token": token, "mail": mail, "voucher": voucher}
