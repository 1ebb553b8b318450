"""The Caddyfile for the names of game servers: what stands in it, and that Caddy itself takes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from app.hosting.models import Domain
from app.hosting.services.domain import add_domain
from app.kit.config import settings
from app.kit.db import db, transaction
from app.workshop import caddy
from tests.hosting.conftest import Host
from tests.services.debian import debian_program


def with_domain(host: Host, state: str = "verified") -> UUID:
    server_id = host.create("Bauwelt Süd", deploy=True)
    domain_id = add_domain(host.owner, server_id, name="mc.bücher.example")
    with transaction() as session:
        session.get_one(Domain, domain_id).state = state
    db.session.rollback()
    return server_id


def run(app: Flask, *args: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["kontor", "proxy", "caddy", *args])
    return done.exit_code, done.output


def test_all_names_of_a_server_in_one_block(app: Flask, host: Host) -> None:
    server_id = with_domain(host)
    code, text = run(app, "--map", f"{server_id}=127.0.0.1:8123")
    assert code == 0
    names = f"bauwelt-sued.play.localhost, {server_id.hex}.play.localhost, mc.xn--bcher-kva.example"
    assert (
        f"map.bauwelt-sued.play.localhost, {names} {{\n\tencode\n\treverse_proxy 127.0.0.1:8123 {{\n" in text
    )
    code, text = run(app, "--own-only")
    assert f"\nmc.xn--bcher-kva.example {{\n\tredir {settings().public_url}/ 302\n}}\n" in text
    assert "play.localhost" not in text


@pytest.mark.parametrize("state", ["pending", "lapsed"])
def test_only_what_is_proven_gets_a_certificate(app: Flask, host: Host, state: str) -> None:
    with_domain(host, state)
    assert "bcher" not in run(app)[1]


@pytest.mark.parametrize(
    "wrong", ["x=127.0.0.1:80", "{id}=127.0.0.1", "{id}=a b:80", "{id}=a}}\n:80", "{id}"]
)
def test_a_wrong_map_is_refused(app: Flask, host: Host, wrong: str) -> None:
    code, text = run(app, "--map", wrong.format(id=with_domain(host)))
    assert code == 1
    assert "SERVER=HOST:PORT" in text


def test_what_caddy_refuses_does_not_replace_the_file(
    app: Flask, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_domain(host)
    path = tmp_path / "names.caddy"
    path.write_text("old")
    program = tmp_path / "caddy"
    program.write_text("#!/bin/sh\necho no good >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    code, text = run(app, "--output", str(path))
    assert (code, path.read_text()) == (1, "old")
    assert "no good" in text
    program.unlink()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    code, text = run(app, "--output", str(path))
    assert code == 0
    assert "nothing has checked it" in text
    assert "mc.xn--bcher-kva.example" in path.read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["names.caddy"], "nothing is left beside it"


@pytest.mark.slow
def test_caddy_itself_takes_it(
    app: Flask, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(debian_program("caddy", "caddy")).parent
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    server_id = with_domain(host)
    path = tmp_path / "names.caddy"
    code, text = run(app, "--output", str(path), "--map", f"{server_id}=[::1]:8100")
    assert (code, text.strip()) == (0, "valid")
    path.write_text(path.read_text() + "\n}")
    with pytest.raises(caddy.Refused):
        caddy.valid(path)
    run(app, "--output", str(path))
    whole = tmp_path / "Caddyfile"
    whole.write_text(f"kontor.example.org {{\n\treverse_proxy 127.0.0.1:8000\n}}\n\nimport {path}\n")
    assert caddy.valid(whole)
