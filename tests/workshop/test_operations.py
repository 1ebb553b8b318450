"""What operators type and machines ask: health, readiness, metrics, keys, the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts.models import Person
from app.core.queries import health
from app.core.services import keys
from app.core.services.machinery import beat
from app.hosting.gateways.archive import FolderStore
from app.hosting.gateways.process import ProcessRuntime
from app.hosting.services.place import use_archive
from app.kit.db import db, transaction
from app.kit.secrets import load_keys, seal, unseal
from app.workshop import doctor
from tests.people import People
from tests.services.redis import RedisServer


@contextmanager
def with_redis(app: Flask, address: str) -> Iterator[None]:
    """The application talks to this Redis meanwhile."""
    settings = app.extensions["kontor-settings"]
    before, settings.redis_url = settings.redis_url, address
    app.extensions.pop("kontor-redis", None)
    yield
    settings.redis_url = before
    app.extensions.pop("kontor-redis", None)


@pytest.fixture
def at_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests make their tables without migrations: take the empty line of history as the newest."""
    monkeypatch.setattr(health, "_head", lambda _folder: frozenset())


def alive_all() -> None:
    for kind in health.expected_processes():
        beat(f"{kind}@test", kind)


def test_healthz_answers_whatever_else_is_broken(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


@pytest.mark.usefixtures("at_head")
def test_readyz_names_each_part_and_says_503_until_all_work(
    app: Flask, client: FlaskClient, redis_server: RedisServer
) -> None:
    with with_redis(app, redis_server.url):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        parts = answer.json["parts"]
        assert {n for n, p in parts.items() if p["ok"]} == {"database", "migrations", "redis"}
        assert "worker-default" in parts["processes"]["detail"]
        alive_all()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["status"]) == (200, "ready")
        redis_server.stop()
        try:
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert not answer.json["parts"]["redis"]["ok"]
            assert str(redis_server.socket) not in answer.text, "no addresses to strangers"
            assert client.get("/readyz?part=database").status_code == 200
        finally:
            redis_server.start()
    assert client.get("/readyz?part=nothing").status_code == 404


def test_a_database_behind_the_code_is_not_ready(client: FlaskClient) -> None:
    part = client.get("/readyz?part=migrations").json["parts"]["migrations"]
    assert not part["ok"]
    assert "flask db upgrade" in part["detail"]


def test_metrics_are_for_this_host_or_with_the_token(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive_all()
    client.get("/healthz")
    text = client.get("/metrics").text
    assert (
        'kontor_http_request_duration_seconds_count{endpoint="health.alive",method="GET",status="2xx"}'
        in text
    )
    assert 'kontor_processes{kind="clock"} 1.0' in text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    settings = app.extensions["kontor-settings"]
    monkeypatch.setattr(settings, "metrics_token", type(settings.metrics_token)("letmein"))
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    away = {"REMOTE_ADDR": "203.0.113.9"}
    right = client.get("/metrics", headers={"Authorization": "Bearer letmein"}, environ_base=away)
    assert right.status_code == 200
    assert right.content_type.startswith("text/plain")


def test_a_rotation_seals_everything_again_and_the_old_key_can_go(app: Flask, people: People) -> None:
    settings = app.extensions["kontor-settings"]
    with transaction() as session:
        session.execute(update(Person).where(Person.id == people.alice.id).values(totp_secret=seal("ABC")))
        session.execute(
            update(Person).where(Person.id == people.bob.id).values(totp_secret="not sealed at all")
        )
    path = keys.add_key()
    assert path.stat().st_mode & 0o077 == 0
    result = keys.reseal_all()
    assert result.unreadable == 1
    assert result.resealed >= 1
    assert keys.drop_old_keys() == 1
    app.extensions["kontor-keys"] = load_keys(settings)
    assert len(app.extensions["kontor-keys"]) == 1
    stored = db.session.scalar(select(Person.totp_secret).where(Person.id == people.alice.id))
    assert stored
    assert unseal(stored) == "ABC"


def test_the_command_keeps_old_keys_while_something_needs_them(app: Flask, people: People) -> None:
    with transaction() as session:
        session.execute(update(Person).where(Person.id == people.bob.id).values(totp_secret="lost"))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["kontor", "secrets-rotate"]).exit_code == 0
    done = runner.invoke(args=["kontor", "secrets-rotate", "--drop-old"])
    assert done.exit_code == 1
    assert "old keys kept" in done.output
    assert len(load_keys(app.extensions["kontor-settings"])) > 1


def test_the_doctor_says_what_to_do(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["kontor-settings"]
    key = Path(settings.var_dir) / "secret.key"
    key.chmod(0o644)
    monkeypatch.setattr(settings, "public_url", "http://games.example.org")
    try:
        done = app.test_cli_runner().invoke(args=["kontor", "doctor"])
    finally:
        key.chmod(0o600)
    assert done.exit_code == 1
    assert "secret.key has mode 0644" in done.output
    assert f"chmod 600 '{key}'" in done.output
    assert "is not encrypted" in done.output
    assert "Demo data with known passwords on a public address" in done.output


@pytest.mark.parametrize(
    ("user", "memory", "told", "remedies"),
    [
        (
            "own",
            "cgroup2",
            ["Each game runs as a user of its own", "limits the memory of games (cgroup v2)"],
            0,
        ),
        ("shared", "watched", ["All games run as Kontor's own user", "watched every ten seconds"], 2),
    ],
)
def test_the_doctor_tells_how_games_are_kept_apart(
    app: Flask, monkeypatch: pytest.MonkeyPatch, user: str, memory: str, told: list[str], remedies: int
) -> None:
    monkeypatch.setattr(ProcessRuntime, "isolation", lambda _self: {"user": user, "memory": memory})
    found = list(doctor.games())
    assert [words in finding.what for words, finding in zip(told, found, strict=True)] == [True, True]
    assert sum(finding.state == doctor.WARN and bool(finding.remedy) for finding in found) == remedies


def test_the_doctor_asks_the_runtime_itself(app: Flask) -> None:
    assert len(list(doctor.games())) == 2
    assert doctor.games in doctor.EXAMINATIONS


@pytest.mark.usefixtures("app")
def test_an_examination_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[doctor.Finding]:
        raise RuntimeError("odd")
        yield

    monkeypatch.setattr(doctor, "EXAMINATIONS", (broken,))
    [finding] = doctor.examine()
    assert (finding.state, finding.what) == (doctor.FAIL, "broken: RuntimeError: odd")


def test_the_doctor_tells_when_the_archive_takes_nothing(app: Flask, tmp_path: Path) -> None:
    kept = app.extensions["kontor-hosting-runtimes"].pop("archive", None)
    try:
        (tmp_path / "share").write_text("a file where a folder should be")
        use_archive(app, FolderStore(tmp_path / "share" / "archive"))
        assert [found.state for found in doctor.archive()] == ["fail"]
        use_archive(app, FolderStore(tmp_path / "archive"))
        assert [found.state for found in doctor.archive()] == ["ok"]
    finally:
        app.extensions["kontor-hosting-runtimes"].pop("archive", None)
        if kept is not None:
            use_archive(app, kept)
