"""`flask --app wsgi kontor …`: what operators and developers type."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path
from uuid import UUID

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.core.services import keys
from app.core.services.job import sweep as sweep_jobs
from app.core.services.search import begin_anew
from app.kit.config import ROOT, settings
from app.workshop import caddy, scaffold
from app.workshop import doctor as examination
from app.workshop import prepare as preparing

kontor = AppGroup("kontor", help="Run, examine and extend this installation.")


@kontor.command()
@click.option("--demo", is_flag=True, help="Put the demo organisation in, too.")
def prepare(demo: bool) -> None:
    """Bring the database to the newest migration."""
    # Redis may not run yet: jobs that are made here wait in their rows and the clock pushes them.
    current_app.extensions["kontor-carrier"] = lambda *_job: None
    preparing.migrate()
    if demo:
        preparing.seed_demo()


@kontor.command()
def demo() -> None:
    """Put the demo organisation in (twice changes nothing) and say who can sign in."""
    for person in preparing.seed_demo():
        click.echo(f"{person['email']}  {person['password']}  ({person['role']})")


@kontor.command()
def doctor() -> None:
    """Examine the installation and say what to do; exit code 1 when something must be done."""
    marks = {"ok": "\033[32m✓\033[0m", "warn": "\033[33m!\033[0m", "fail": "\033[31m✗\033[0m"}
    failed = False
    for finding in examination.examine():
        failed |= finding.state == examination.FAIL
        click.echo(f"{marks[finding.state]} {finding.what}")
        if finding.remedy:
            click.echo(f"    → {finding.remedy}")
    sys.exit(1 if failed else 0)


@kontor.command()
def sweep() -> None:
    """Push jobs that were lost: due and not carried, or held by a worker that is gone. The clock does it every second."""
    click.echo(f"{sweep_jobs()} jobs pushed")


@kontor.command("search-anew")
def search_anew() -> None:
    """Have the search compare its whole index with what there is: a job for each kind writes what differs."""
    begin_anew()
    click.echo("Workers go through it now.")


@kontor.command()
@click.option(
    "--after",
    multiple=True,
    type=int,
    metavar="PID",
    help="Wait until this process has ended (30 s at most).",
)
def halt(after: tuple[int, ...]) -> None:
    """Save and stop every game server of this host. What the process runner calls before it ends."""
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in after) and time.monotonic() < deadline:
        time.sleep(0.05)
    if "hosting" in settings().enabled_modules:
        stopped = import_module("app.hosting.api").halt_host()
        click.echo(f"{stopped} game servers stopped")


@kontor.command("scaffold")
@click.argument("module")
@click.argument("noun")
def scaffold_command(module: str, noun: str) -> None:
    """Begin a NOUN in MODULE with all its layers and a passing test."""
    try:
        for path in scaffold.write(ROOT, module, noun):
            click.echo(f"  {path.relative_to(ROOT)}")
    except scaffold.Refused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo("Next: make the migration, then follow docs/adding-a-feature.md")


@kontor.command("secrets-rotate")
@click.option(
    "--reseal", "only_reseal", is_flag=True, help="Do not make a key; seal again under the newest one."
)
@click.option("--drop-old", is_flag=True, help="Forget the old keys. Only after every process was restarted.")
def secrets_rotate(only_reseal: bool, drop_old: bool) -> None:
    """A new key for secrets at rest; everything stored is sealed again under it."""
    if not only_reseal and not drop_old:
        try:
            path = keys.add_key()
        except RuntimeError as error:
            raise click.ClickException(str(error)) from None
        click.echo(
            f"A new key stands first in {path}. Restart every process, then run this again with --reseal."
        )
        return
    result = keys.reseal_all()
    click.echo(f"{result.resealed} secrets sealed again, {result.unreadable} unreadable")
    if drop_old and not result.unreadable:
        click.echo(f"{keys.drop_old_keys()} old keys forgotten")
    elif drop_old:
        raise click.ClickException("old keys kept: some secrets could not be read")


@kontor.group()
def proxy() -> None:
    """Configuration for a web proxy in front of game servers' names."""


@proxy.command("caddy")
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file to replace; without it, it is printed."
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="SERVER=HOST:PORT",
    help="Where a server's web map answers (Dynmap, BlueMap).",
)
@click.option("--own-only", is_flag=True, help="Only own domains, without the names every server has.")
def proxy_caddy(output: Path | None, maps: tuple[str, ...], own_only: bool) -> None:
    """Write a Caddyfile for the names of game servers. With --output, Caddy has to find it valid first, where it is there."""
    try:
        wanted = {UUID(server): address for server, _, address in (one.partition("=") for one in maps)}
        text = import_module("app.hosting.api").caddy_text(wanted, own_only=own_only)
    except ValueError as error:
        raise click.ClickException(f"--map wants SERVER=HOST:PORT ({error})") from None
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        click.echo(
            "valid" if caddy.replace(output, text) else "written; caddy is not here, nothing has checked it"
        )
    except caddy.Refused as refused:
        raise click.ClickException(
            f"{output} stays as it was, Caddy refuses the new one:\n{refused}"
        ) from None


def register(app: Flask) -> None:
    """Hang the commands into the application."""
    app.cli.add_command(kontor)
