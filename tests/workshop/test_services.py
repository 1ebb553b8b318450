"""The real services that tests ask for do start, answer, and are what they say."""

import smtplib
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy as sa

from tests.services.nodejs import NodeTools
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.services.smtp import SmtpServer


@pytest.mark.postgres
def test_postgres_answers_and_each_database_is_its_own(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.begin() as link:
        assert link.scalar(sa.text("show server_version_num")) >= "180000"
        link.execute(sa.text("create table mark (id int)"))
    other = postgres_server.create()
    with sa.create_engine(postgres_server.url(other), poolclass=sa.NullPool).connect() as link:
        assert link.scalar(sa.text("select to_regclass('mark')")) is None
    postgres_server.drop(other)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(postgres_server.folder), user="postgres", dbname=other)


def test_redis_survives_a_kill_with_what_it_held(redis_server: RedisServer, redis_url: str) -> None:
    link = redis.Redis.from_url(redis_url)
    link.set("workshop", "kept")
    link.execute_command("WAITAOF", 1, 0, 2000)  # on disk, then the plug is pulled
    redis_server.stop(sig=9)
    redis_server.start()
    assert redis.Redis.from_url(redis_url).get("workshop") == b"kept"
    assert redis.Redis.from_url(redis_url).config_get("maxmemory-policy") == {
        "maxmemory-policy": "noeviction"
    }


def test_the_mail_server_keeps_or_refuses(smtp_server: SmtpServer) -> None:
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as mail:
        mail.sendmail("a@example.org", ["b@example.org"], "Subject: Hallo\r\n\r\nText")
    assert smtp_server.wait_for("b@example.org")["Subject"] == "Hallo"
    smtp_server.refuse = "451 Try later"
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as mail, pytest.raises(smtplib.SMTPDataError):
        mail.sendmail("a@example.org", ["b@example.org"], "Subject: Nein\r\n\r\nText")
    assert len(smtp_server.to("b@example.org")) == 1


@pytest.mark.slow
def test_node_has_the_minecraft_client(node_tools: NodeTools) -> None:
    version = node_tools.run("-p", "require('mineflayer/package.json').version + ' ' + process.version")
    assert version.startswith("4.39.0 v24.")


@pytest.mark.browser
def test_chromium_is_there(chromium_path: Path) -> None:
    assert chromium_path.is_file()
