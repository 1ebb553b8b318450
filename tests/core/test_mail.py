"""Mail: written with what caused it, sent once it is committed, readable by the operator, gone after a month."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask_babel import format_decimal
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import text

from app.core.api import send_mail, store_file
from app.core.models import Mail
from app.core.queries.mail import find_mail, outbox
from app.core.services.mail import MAX_ATTEMPTS, send_again, tidy_mail
from app.kit import clock
from app.kit.config import ROOT
from app.kit.db import db, transaction
from tests.services.smtp import SmtpServer

TRIAL = {
    "trial/mail/hello.txt": "Subject: Grüße an {{ name }}\n\nHallo {{ name }},\nhier: {{ link }}\n",
    "trial/mail/both.txt": "Subject: Zwei\n\nnur Text\n",
    "trial/mail/both.html": "<p>als <b>HTML</b> für {{ name }}</p>",
    "trial/mail/headless.txt": "Hallo\n",
}


@pytest.fixture(autouse=True)
def templates(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = app.jinja_env.loader
    assert loader is not None
    monkeypatch.setattr(app.jinja_env, "loader", ChoiceLoader([DictLoader(TRIAL), loader]))


@pytest.fixture
def smtp(app: Flask, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> SmtpServer:
    monkeypatch.setattr(app.extensions["kontor-settings"], "mail_url", smtp_server.url)
    return smtp_server


def write(**more: object) -> UUID:
    values: dict[str, object] = {
        "to": "kim@example.org",
        "template": "trial/hello",
        "locale": "de",
        "name": "Kim",
    }
    with transaction():
        return send_mail(**{**values, "link": "https://kontor.test/x?token=secret", **more})  # type: ignore[arg-type]


def test_a_mail_arrives_with_subject_text_and_its_own_id(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]]
) -> None:
    mail_id = write()
    assert smtp.messages == [], "nothing leaves before the job runs"
    assert run_jobs() == ["jobs.core.mail.deliver: done"]
    message = smtp.to("kim@example.org")[0]
    assert message["Subject"] == "Grüße an Kim"
    assert "token=secret" in message.get_content()
    assert message["Message-ID"] == f"<{mail_id}@localhost>"
    assert find_mail(mail_id).state == "sent"


def test_a_rolled_back_mail_is_never_sent(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]]
) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        send_mail(to="kim@example.org", template="trial/hello", locale="de", name="Kim", link="x")
        raise ZeroDivisionError
    assert run_jobs() == []
    assert outbox().rows == []


def test_html_goes_beside_the_text(app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]]) -> None:
    write(template="trial/both", name="<Kim>")
    run_jobs()
    message = smtp.to("kim@example.org")[0]
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert plain.get_content().strip() == "nur Text"
    assert rich is not None
    assert "&lt;Kim&gt;" in rich.get_content(), "names are escaped in HTML"


def test_without_a_server_it_lies_in_the_outbox(app: Flask, run_jobs: Callable[[], list[str]]) -> None:
    mail_id = write()
    assert run_jobs() == []
    found = find_mail(mail_id)
    assert (found.state, found.subject) == ("kept", "Grüße an Kim")
    assert "token=secret" in found.text


def test_the_database_does_not_hold_the_link_in_clear(app: Flask) -> None:
    write()
    with db.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM core_mail")).one()
    assert "secret" not in str(row)


def test_a_server_that_says_later_is_asked_again_until_the_attempts_are_used_up(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]], frozen: object
) -> None:
    smtp.refuse = "451 Try later"
    mail_id = write()
    tries = 0
    while find_mail(mail_id).state == "waiting":
        tries += len(run_jobs())
        clock.advance(hours=3)
        db.session.rollback()
        assert tries <= MAX_ATTEMPTS
    found = find_mail(mail_id)
    assert (found.state, found.attempts, tries) == ("failed", MAX_ATTEMPTS, MAX_ATTEMPTS)
    assert "Try later" in str(found.error)


def test_what_was_delayed_arrives_once_with_the_same_id(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]], frozen: object
) -> None:
    smtp.refuse = "451 Try later"
    mail_id = write()
    run_jobs()
    smtp.refuse = None
    clock.advance(minutes=5)
    run_jobs()
    assert [m["Message-ID"] for m in smtp.messages] == [f"<{mail_id}@localhost>"]


def test_a_refusal_is_final_and_the_operator_may_try_again(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]]
) -> None:
    smtp.refuse = "550 No such user"
    mail_id = write()
    assert run_jobs() == ["jobs.core.mail.deliver: done"]
    assert find_mail(mail_id).state == "failed"
    smtp.refuse = None
    send_again(mail_id)
    run_jobs()
    assert len(smtp.to("kim@example.org")) == 1
    assert find_mail(mail_id).state == "sent"


def test_an_unreachable_server_delays(
    app: Flask, run_jobs: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        monkeypatch.setattr(
            app.extensions["kontor-settings"], "mail_url", f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        )
        mail_id = write()
        assert run_jobs() == ["jobs.core.mail.deliver: retry"]
    found = find_mail(mail_id)
    assert (found.state, found.attempts) == ("waiting", 1)


def test_a_password_never_crosses_a_network_in_clear(
    app: Flask, run_jobs: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    class Listener(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                heard.append(line)
                self.wfile.write(
                    b"250-here\r\n250 AUTH PLAIN LOGIN\r\n" if line.startswith(b"ehlo") else b"250 ok\r\n"
                )

    with socketserver.ThreadingTCPServer(
        ("127.0.0.2", 0), Listener
    ) as server:  # loopback, but not a name we trust
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"smtp://kontor:hunter2@127.0.0.2:{server.server_address[1]}"
        monkeypatch.setattr(app.extensions["kontor-settings"], "mail_url", url)
        mail_id = write()
        run_jobs()
        server.shutdown()
    assert find_mail(mail_id).state == "failed"
    assert "TLS" in str(find_mail(mail_id).error)
    assert not any(b"AUTH" in line or b"hunter2" in line for line in heard), heard


def test_a_mail_whose_key_is_gone_fails_and_is_still_listed(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_id = write()
    monkeypatch.setitem(app.extensions, "kontor-keys", ["another key"])
    run_jobs()
    assert (find_mail(mail_id).state, find_mail(mail_id).subject) == ("failed", "")
    assert smtp.messages == []


def test_stored_files_go_along_and_missing_ones_do_not_hold_it_up(
    app: Flask, smtp: SmtpServer, run_jobs: Callable[[], list[str]]
) -> None:
    file_id = store_file(b"%PDF-x", name="Bericht März.pdf", mime="application/pdf", kind="trial")
    write(files=[file_id, uuid4()])
    run_jobs()
    attached = list(smtp.to("kim@example.org")[0].iter_attachments())
    assert [(one.get_filename(), one.get_content()) for one in attached] == [("Bericht März.pdf", b"%PDF-x")]


def test_the_same_reason_writes_one_mail(app: Flask) -> None:
    assert write(dedupe="invoice-7") == write(dedupe="invoice-7")
    assert len(outbox().rows) == 1


@pytest.mark.parametrize(
    "address", ["kim@example.org\r\nBcc: all@example.org", "a@b.de, c@d.de", "nobody", ""]
)
def test_an_address_cannot_smuggle_more(app: Flask, address: str) -> None:
    with pytest.raises(ValueError):
        write(to=address)


def test_a_template_without_a_subject_is_a_mistake_at_once(app: Flask) -> None:
    with pytest.raises(ValueError, match="Subject"):
        write(template="trial/headless")


def test_a_subject_stays_one_line(app: Flask) -> None:
    assert "\n" not in find_mail(write(name="Kim\nBcc: all@example.org")).subject


def test_mails_go_after_thirty_days(app: Flask, frozen: object) -> None:
    old = write()
    clock.advance(days=29)
    new = write()
    clock.advance(days=2)
    assert tidy_mail() == 1
    assert db.session.get(Mail, old) is None
    assert db.session.get(Mail, new) is not None


def test_a_mail_speaks_the_recipients_language_and_leaves_the_senders_alone(app: Flask) -> None:
    TRIAL["trial/mail/number.txt"] = "Subject: n\n\n{{ amount|number(1) }}\n"
    before = format_decimal(1234.5)
    assert "1,234.5" in find_mail(write(template="trial/number", locale="en", amount=1234.5)).text
    assert "1.234,5" in find_mail(write(template="trial/number", locale="de", amount=1234.5)).text
    assert format_decimal(1234.5) == before


def test_the_outbox_pages_newest_first(app: Flask) -> None:
    ids = []
    for n in range(5):
        ids.append(write(to=f"p{n}@example.org"))
        time.sleep(0.002)  # keys sort by the millisecond
    first = outbox(limit=3)
    second = outbox(limit=3, cursor=first.next_cursor)
    assert [row.id for row in (*first.rows, *second.rows)] == list(reversed(ids))
    assert second.next_cursor is None
    assert [row.recipient for row in outbox(recipient="p3@").rows] == ["p3@example.org"]
    assert outbox(recipient="%").rows == [], "a wildcard is a letter like any other"


def test_every_mail_template_of_the_product_has_a_subject_line() -> None:
    for path in (ROOT / "templates").glob("*/mail/[!_]*.txt"):
        body = path.read_text()
        assert "Subject: " in body or "extends" in body, f"{path} names no subject"
