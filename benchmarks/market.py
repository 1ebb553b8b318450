"""People browsing and searching nanos: what one page costs beside the floor, then crowds that click, read, click again.

PostgreSQL, web under gunicorn as delivered, thousands of published nanos, every person with a session and a connection of
their own. The clients run on the same machine: what they take is missing to the platform.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import insert

from app.core.api import index_documents
from app.core.services.search import refresh_search
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.catalog import slugs
from app.nanos.models import Nano, Revision
from app.nanos.queries.document import documents_of
from app.nanos.rules.finding import FACETS
from app.nanos.rules.outcome import words_of
from benchmarks import judged
from benchmarks.pages import Measured
from benchmarks.people import PER_TENANT, Person, crowd
from benchmarks.search import vacuum
from benchmarks.site import Site, make_tenant, running_site, workers_of
from benchmarks.table import percentile, table

NANOS, SMALL_NANOS = 10_000, 500
CROWDS, SMALL_CROWDS = (250, 500, 1_000, 2_000), (20, 50)
SECONDS, SMALL_SECONDS = 40.0, 8.0
ROUNDS, SMALL_ROUNDS, BATCH = 8, 2, 30


def texts(count: int) -> Iterator[tuple[str, str, str]]:
    """Title, outcome, description."""
    for document in islice([*judged.judged(), *judged.others(count)], count):
        yield (
            document.title,
            f"Sie kennen {', '.join(document.keywords)}",
            document.description or document.title,
        )


def fill(organisations: list[UUID], count: int) -> list[UUID]:
    """So many published nanos of these organisations, spread over all facets, in the tables and in the search."""
    dice, now, known = random.Random(4), clock.now(), {n: sorted(terms) for n, terms in slugs().items()}
    made: list[UUID] = []
    source = texts(count)
    while batch := list(islice(source, 500)):
        nanos: list[dict[str, Any]] = []
        revisions: list[dict[str, Any]] = []
        for title, outcome, description in batch:
            nano_id, at = new_id(), now - timedelta(minutes=len(made))
            made.append(nano_id)
            nanos.append({
                "id": nano_id, "organisation_id": dice.choice(organisations), "state": "published", "created_at": at,
                "published_at": at,
            })  # fmt: skip
            chosen = {name: dice.choice(known[f"{name}s"]) for name in FACETS if f"{name}s" in known}
            revisions.append({
                "id": new_id(), "nano_id": nano_id, "number": 1, "state": "current", "version": 1, "title": title[:120],
                "description": description, "outcome": outcome[:300], "minutes": dice.randint(1, 20), "terms": "",
                "audience": ["employees"], "preview": False, "folded": " ".join(words_of(title)), "created_at": at,
                "changed_at": at, **chosen,
            })  # fmt: skip
        with transaction():
            db.session.execute(insert(Nano), nanos)
            db.session.execute(insert(Revision), revisions)
            index_documents(documents_of([row["id"] for row in nanos]))
    refresh_search()
    vacuum()
    return made


def addresses(made: list[UUID]) -> dict[str, list[str]]:
    """What people open, by kind."""
    queries = judged.queries()
    misspelt = [one.text for one in queries if one.kind == "typo"]
    right = [one.text for one in queries if one.kind != "typo"]
    subjects, levels = sorted(slugs()["subjects"]), sorted(slugs()["levels"])
    return {
        "list": ["/nanos", "/nanos?page=2", "/nanos?sort=title"],
        "facets": [f"/nanos?subject={one}&level={two}" for one in subjects for two in levels],
        "circle": ["/nanos?around=03101", "/nanos?around=03153&radius=50"],
        "words": [f"/nanos?{urlencode({'q': one})}" for one in right],
        "misspelt": [f"/nanos?{urlencode({'q': one})}" for one in misspelt],
        "detail": [f"/nanos/{one}" for one in made[:: max(1, len(made) // 300)]],
        "palette": [f"/suche?{urlencode({'q': one[:6]})}" for one in right[:100]],
    }


SHARES = {"list": 4, "facets": 3, "circle": 1, "words": 5, "misspelt": 2, "detail": 5}
"""Of twenty clicks."""


def one_by_one(site: Site, paths: dict[str, list[str]], cookie: str, rounds: int) -> list[list[object]]:
    """What each kind of page costs one worker, beside the floor in the same minutes."""
    web = site.start("web", "web", "wsgi:app", site.port, WEB_WORKERS="1")
    floor = site.start(
        "floor", "web", "benchmarks.floor:create()", site.port + 1, WEB_WORKERS="1", PORT=str(site.port + 1),
        FLOOR_DATABASE_URL=site.database_url,
    )  # fmt: skip
    pages = [Measured("floor", site.port + 1, "/", workers_of(floor))]
    pages += [
        Measured(name, site.port, several[0], workers_of(web), cookie) for name, several in paths.items()
    ]
    dice = random.Random(5)
    for number in range(rounds + 1):
        for page in pages:
            page.link = None  # the other kinds took longer than the server keeps a silent connection
            for _ in range(BATCH):
                page.path = dice.choice(paths.get(page.name, ["/"]))
                page.batch(1)
            if number == 0:  # warming up
                page.cpu, page.seconds = 0.0, []
    site.stop("floor")
    site.stop("web")
    bare, count = pages[0], rounds * BATCH
    return [
        [
            page.name, page.cpu / count * 1000, page.cpu / max(bare.cpu, 0.001), percentile(page.seconds, 0.5) * 1000,
            percentile(page.seconds, 0.95) * 1000, os.getloadavg()[0],
        ]
        for page in pages
    ]  # fmt: skip


def crowds(
    site: Site, cookies: list[str], mix: list[str], sizes: tuple[int, ...], seconds: float
) -> list[list[object]]:
    """Growing crowds with the workers of a delivered installation."""
    everybody = [Person(cookie, mix) for cookie in cookies]
    master = site.start("web", "web", "wsgi:app", site.port)
    rows = []
    for size in sizes:
        row = asyncio.run(crowd(everybody[:size], site.port, seconds, workers_of(master)))
        rows.append([*row, os.getloadavg()[0]])
        sys.stderr.write(f"{rows[-1]}\n")  # a long run: say how far it is
    return rows


def run(*, small: bool = False) -> None:
    sizes = SMALL_CROWDS if small else CROWDS
    with running_site("postgres", "hosting,nanos") as site:
        tenants = [
            make_tenant(site, servers=0, sessions=PER_TENANT)
            for _ in range(max(2, -(-max(sizes) // PER_TENANT)))
        ]
        began = time.monotonic()
        with site.app.app_context():
            owners = [one.actor.organisation_id for one in tenants if one.actor.organisation_id]
            made = fill(owners, SMALL_NANOS if small else NANOS)
            db.session.remove()
        sys.stderr.write(f"{len(made)} nanos after {time.monotonic() - began:.0f} s\n")
        paths = addresses(made)
        cookies = [cookie for tenant in tenants for cookie in tenant.cookies]
        alone = one_by_one(site, paths, cookies[0], SMALL_ROUNDS if small else ROUNDS)
        sys.stdout.write(
            table(
                f"Pages of {len(made):,} nanos, one client, one worker, PostgreSQL",
                ["page", "CPU ms", "× floor", "p50 ms", "p95 ms", "load average"], alone,
            )
        )  # fmt: skip
        sys.stdout.flush()
        dice = random.Random(6)
        mix = [dice.choice(paths[name]) for name, share in SHARES.items() for _ in range(20 * share)]
        rows = crowds(site, cookies, mix, sizes, SMALL_SECONDS if small else SECONDS)
    columns = [
        "people", "pages", "pages/s", "failures", "p50 ms", "p95 ms", "p99 ms", "CPU ms a page", "web CPU %", "load average",
    ]  # fmt: skip
    sys.stdout.write(
        table("People browsing and searching, think time 10 s, PostgreSQL, 2 workers", columns, rows)
    )
